# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which profiles macOS installs and which it refuses, after Apple's published payload schema and release notes."""

from __future__ import annotations

import datetime
import re
import typing as t

from . import ikev2_rules

PKCS12 = "com.apple.security.pkcs12"
VPN = "com.apple.vpn.managed"
ROOTS = ("com.apple.security.root", "com.apple.security.pem", "com.apple.security.pkcs1")
# Identity payloads that a PayloadCertificateUUID may name.
_IDENTITIES = (PKCS12, "com.apple.security.scep", "com.apple.security.acme")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_SECRET_KEYS = ("Password", "SharedSecret", "AuthPassword", "PPK", "PayloadContent")


def _refuse(text: str) -> t.NoReturn:
    from .profile_store import Refused

    raise Refused(text)


def check(profile: dict[str, t.Any], version: tuple[int, ...]) -> None:
    """Raise ``Refused`` unless macOS ``version`` installs ``profile``."""
    payloads = profile.get("PayloadContent")
    if not isinstance(payloads, list) or not payloads or not all(isinstance(payload, dict) for payload in payloads):
        _refuse("The profile is malformed: it has no payloads.")
    for part in [profile, *payloads]:
        for name in ("PayloadIdentifier", "PayloadUUID", "PayloadType"):
            if not isinstance(part.get(name), str) or not part[name]:
                _refuse(f"The profile is malformed: {name} is missing.")
        for name in ("PayloadDisplayName", "PayloadDescription", "PayloadOrganization"):
            if not isinstance(part.get(name, ""), str):
                _refuse(f"The profile is malformed: {name}.")
        if not isinstance(part.get("PayloadVersion"), int):
            _refuse("The profile is malformed: PayloadVersion is missing.")
        if not _UUID.fullmatch(part["PayloadUUID"]):
            _refuse("The profile is malformed: PayloadUUID is no UUID.")
    for name in ("PayloadUUID", "PayloadIdentifier"):
        if len({payload[name] for payload in payloads}) != len(payloads):
            _refuse(f"The profile is malformed: two payloads have one {name}.")
    if profile.get("TargetDeviceType", 5) not in (0, 5):
        _refuse("The profile is not for a Mac.")
    identities = {payload["PayloadUUID"] for payload in payloads if payload["PayloadType"] in _IDENTITIES}
    for payload in payloads:
        if payload["PayloadType"] == VPN and payload.get("VPNType") == "IKEv2":
            ikev2_rules.check(payload, identities, version)
        elif payload["PayloadType"] in ROOTS:
            root(payload)


def root(payload: dict[str, t.Any]) -> bytes:
    """Return the DER of a certificate payload. Raises ``Refused``."""
    from . import crypto

    try:
        return crypto.certificates(bytes(payload["PayloadContent"]))[0]
    except (KeyError, TypeError, crypto.Unreadable):
        _refuse("A certificate payload holds no certificate.")


def identity(payload: dict[str, t.Any]) -> tuple[dict[str, t.Any], bytes, list[bytes]]:
    """Return the key, its PKCS#8 and the chain of a PKCS#12 payload. Raises ``Refused``."""
    from . import crypto

    content, password = payload.get("PayloadContent"), payload.get("Password")
    if not isinstance(content, bytes) or not isinstance(password, str) or not password or not password.isascii():
        _refuse("The identity in the profile cannot be opened.")
    # Not `security import -f pkcs12`: no report says that the profile path reads the newer algorithms.
    if crypto.is_modern(content):
        _refuse("The identity in the profile cannot be opened.")
    try:
        key, pkcs8, chain = crypto.open_pkcs12(content, password)
    except (crypto.Unreadable, crypto.WrongPassword):
        _refuse("The identity in the profile cannot be opened.")
    if key is None or not chain:
        _refuse("The identity in the profile has no private key.")
    return key, pkcs8, chain


def without_secrets(value: t.Any) -> t.Any:
    """Return payload data as macOS lists it: no password, no key, nothing that is not JSON."""
    if isinstance(value, dict):
        return {
            name: without_secrets(entry) for name, entry in value.items() if not (name in _SECRET_KEYS and isinstance(entry, (bytes, str)))
        }
    if isinstance(value, list):
        return [without_secrets(entry) for entry in value]
    if isinstance(value, bytes):
        return {"(data)": value.hex()}
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value
