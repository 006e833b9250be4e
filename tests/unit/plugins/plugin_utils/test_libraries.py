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
{break_it}
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import errors, identity, identity_warm_up, pki, profile_signing
try:
    {call}
except errors.P2SError as error:
    print(error)
"""

# what an import finds when the library is not there, and when it is one that does not know all the names yet
MISSING = 'sys.modules["cryptography"] = None'
OLD = "import cryptography.x509.oid; del cryptography.x509.oid.PublicKeyAlgorithmOID"

CALLS = {
    "a-server-root": "pki.Certificate.from_pem_or_der(b'0' * 64)",
    "an-identity": "identity.read(b'0' * 64, 'passphrase', now=pki.utc_now())",
    "a-signer": "profile_signing.read_signer(b'0' * 64, b'0' * 64, None)",
}


def _said(break_it: str, call: str) -> str:
    collections = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    program = WITHOUT.format(break_it=break_it, call=call)
    done = subprocess.run([sys.executable, "-c", program, collections], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_controller_without_cryptography_says_what_to_install(call: str) -> None:
    """One sentence, and no traceback, whatever is read first."""
    assert "the Python library cryptography is missing on the controller; install requirements.txt" in _said(MISSING, call)


def test_a_cryptography_too_old_is_not_called_missing() -> None:
    """Debian 12's is 38: an admin who sees it installed must not be told that it is missing."""
    assert "cryptography is older than 44.0, or damaged, on the controller; install requirements.txt" in _said(OLD, CALLS["an-identity"])


@pytest.mark.parametrize("break_it", [MISSING, OLD, ""], ids=["missing", "old", "there"])
def test_what_is_loaded_ahead_of_time_is_no_condition(break_it: str) -> None:
    """Ansible loads a plugin before it can report anything."""
    assert _said(break_it, "identity_warm_up.warm_up()") == ""
