# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a secret in whatever form it may have got out: quoted in JSON, in base64 of any alignment, with line breaks, as bytes."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import rsa

Secret: t.TypeAlias = str | rsa.RSAPrivateKey

_WINDOW = 36  # bytes; long enough to be nobody else's, and whole groups of three
_BREAKS = re.compile(rb"\s|\\n|\\r")
# What these subcommands are given must come on standard input, never as an argument.
_TAKES_SECRETS = {"import", "unlock-keychain", "set-key-partition-list", "create-keychain", "set-keychain-password"}


def stands_in(secret: Secret, content: bytes) -> bool:
    """Return whether ``content`` holds ``secret``: a text, or the private exponent that every unencrypted form of an RSA key has."""
    if isinstance(secret, str):
        quoted = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        return any(form.encode() in content for form in quoted)
    number = secret.private_numbers().d
    exponent = number.to_bytes((number.bit_length() + 7) // 8, "big")
    # base64 goes by threes: of the three beginnings one is that of any text that holds the number
    encoded = [base64.b64encode(exponent[start : start + _WINDOW]) for start in range(3)]
    unbroken = _BREAKS.sub(b"", content)
    return exponent[:_WINDOW] in content or any(form in unbroken for form in encoded)


def secret_bearing(argv: Sequence[str]) -> bool:
    """Return whether a command line of security(1) is of a kind that would carry a secret, also one that nobody knows to look for."""
    return argv[0].endswith("/security") and bool(_TAKES_SECRETS & set(argv[1:]))
