# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server roots of a client package: decoding them, checking the root files, leaving out expired ones."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterable

from .errors import IdentityError, PackageError
from .package_archive import AGAIN
from .package_values import shown
from .pki import Certificate, iso

MAX_ROOTS = 16  # a real package has one, and two while Azure moves to another root
MAX_ROOT = 8 * 1024  # bytes of DER, real ones have about 1 KiB; parsing takes some fifty times as much memory

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?(?:-----END CERTIFICATE-----|\Z)", re.DOTALL)


def from_base64(texts: Iterable[str]) -> tuple[Certificate, ...]:
    """Return the roots of base64 DER texts, each once, in order. Raises ``ValueError`` with a finding."""
    return _parse_all(_decode(text) for text in texts)


def from_file(data: bytes) -> tuple[Certificate, ...]:
    """Return the roots of a file: DER as Azure writes it, or PEM, one or several. Raises ``ValueError`` with a finding.

    Microsoft's articles call the file ``VpnServerRoot.cer``; since 2022-10 gateways also name it
    ``.cer_0`` (MicrosoftDocs/azure-docs issue 99723).
    """
    if not data:
        raise ValueError("is empty")
    return _parse_all(_PEM.findall(data) or [data])


def check_files(roots: Iterable[Certificate], files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Compare the root files (name to show, content) with the roots of VpnSettings.xml, which are the ones that count.

    Returns warnings. Raises ``PackageError`` when a file is unreadable or when the two share no root.
    """
    in_settings = {root.sha256: root for root in roots}
    in_files: dict[str, tuple[str, str]] = {}
    for title, data in files:
        try:
            found = from_file(data)
        except ValueError as error:
            raise PackageError(f"has a server root file {title} that {error}", AGAIN) from error
        for root in found:
            in_files.setdefault(root.sha256, (label(root), title))
        if len(in_files) > MAX_ROOTS:
            raise PackageError(f"has more than {MAX_ROOTS} server roots in its root files", f"do not use this package, {AGAIN}")
    if not in_files:
        return ["The package has no VpnServerRoot file; the server roots are those of VpnSettings.xml."]
    if not in_files.keys() & in_settings.keys():
        one, (other, title) = label(next(iter(in_settings.values()))), next(iter(in_files.values()))
        raise PackageError(f"contradicts itself: VpnSettings.xml has the server root {one}, {title} has {other}", AGAIN)
    surplus = [
        f"The server root {name} of {title} is not in VpnSettings.xml and is left out."
        for sha256, (name, title) in in_files.items()
        if sha256 not in in_settings
    ]
    missing = [
        f"The server root {label(root)} of VpnSettings.xml is in no VpnServerRoot file; it is used all the same."
        for sha256, root in in_settings.items()
        if sha256 not in in_files
    ]
    return surplus + missing


def current(roots: Iterable[Certificate], now: dt.datetime) -> tuple[tuple[Certificate, ...], list[str]]:
    """Return the roots that are valid at ``now``, and a warning for each other one. Raises ``PackageError`` when none is left."""
    kept, findings = [], []
    for root in roots:
        if root.is_current(now):
            kept.append(root)
        elif now > root.not_after:
            findings.append(f"server root {label(root)} expired on {iso(root.not_after)}")
        else:
            findings.append(f"server root {label(root)} is not valid before {iso(root.not_before)}")
    if not kept:
        raise PackageError(
            f"has no currently valid server root: {', '.join(findings)}",
            "check the clock of the controller and download a new package, for the gateway's root has been replaced",
        )
    return tuple(kept), [f"The {finding} and is left out." for finding in findings]


def label(root: Certificate) -> str:
    """Return what to call a root in a message."""
    return f"{shown(root.common_name or root.subject)} (SHA-256 {root.sha256[:16]}…)"


def _decode(text: str) -> bytes:
    line = text.strip(" \t")
    if not line:
        raise ValueError("is empty")
    if "\n" in line or "\r" in line:
        raise ValueError("holds a line break")
    try:
        return base64.b64decode(line, validate=True)
    except ValueError:
        raise ValueError(f"is not base64, it begins with {shown(line, 20)}") from None


def _parse_all(blobs: Iterable[bytes]) -> tuple[Certificate, ...]:
    found: dict[bytes, Certificate] = {}
    for blob in blobs:
        if len(blob) > 2 * MAX_ROOT:
            raise ValueError(f"has {len(blob)} bytes, far more than a certificate")
        try:
            root = Certificate.from_pem_or_der(blob)
        except IdentityError:
            raise ValueError("is not a readable certificate") from None
        if len(root.der) > MAX_ROOT:
            raise ValueError(f"has {len(root.der)} bytes, far more than a certificate")
        found.setdefault(root.der, root)
        if len(found) > MAX_ROOTS:
            raise ValueError(f"holds more than {MAX_ROOTS} certificates")
    return tuple(found.values())
