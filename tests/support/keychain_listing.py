# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What security(1) prints of a keychain."""

from __future__ import annotations

import base64
import hashlib


def certificates(*ders: bytes) -> bytes:
    """Return what `find-certificate -a -Z -p` prints."""
    blocks = []
    for der in ders:
        text = base64.b64encode(der).decode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        hashes = [f"SHA-256 hash: {hashlib.sha256(der).hexdigest().upper()}", f"SHA-1 hash: {hashlib.sha1(der).hexdigest().upper()}"]
        blocks += [*hashes, "-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]
    return "".join(f"{line}\n" for line in blocks).encode()


def identities(*sha1s: str) -> bytes:
    """Return what `find-identity` prints of identities of a private authority."""
    lines = [f'{number:3d}) {sha1.upper()} "mac01" (CSSMERR_TP_NOT_TRUSTED)' for number, sha1 in enumerate(sha1s, 1)]
    head = ["", "Policy: X.509 Basic", "  Matching identities"]
    tail = [f"     {len(lines)} identities found", "", "  Valid identities only", "     0 valid identities found"]
    return "".join(f"{line}\n" for line in [*head, *lines, *tail]).encode()
