# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an admin sees who forgot to install requirements.txt."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

WITHOUT = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["cryptography"] = None  # what an import of a library that is not there finds
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import errors, identity, pki, profile_signing
try:
    {call}
except errors.P2SError as error:
    print(error)
"""

CALLS = {
    "a-server-root": "pki.Certificate.from_pem_or_der(b'0' * 64)",
    "an-identity": "identity.read(b'0' * 64, 'passphrase', now=pki.utc_now())",
    "a-signer": "profile_signing.read_signer(b'0' * 64, b'0' * 64, None)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_controller_without_cryptography_says_what_to_install(call: str) -> None:
    """One sentence, and no traceback, whatever is read first."""
    collections = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(call=call), collections], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert "the Python library cryptography is missing on the controller; install requirements.txt" in done.stdout
