# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which profiles macOS installs and which it refuses, after Apple's published payload schema and release notes."""

from __future__ import annotations

import datetime
import re
import typing as t

PKCS12 = "com.apple.security.pkcs12"
VPN = "com.apple.vpn.managed"
ROOTS = ("com.apple.security.root", "com.apple.security.pem", "com.apple.security.pkcs1")
# Identity payloads that a PayloadCertificateUUID may name.
_IDENTITIES = (PKCS12, "com.apple.security.scep", "com.apple.security.acme")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

CIPHERS = {"DES", "3DES", "AES-128", "AES-256", "AES-128-GCM", "AES-256-GCM", "ChaCha20Poly1305"}
HASHES = {"SHA1-96", "SHA1-160", "SHA2-256", "SHA2-384", "SHA2-512"}
GROUPS = {1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 31, 32}
# Deprecated in macOS 14, removed in macOS 26 (release note 148767790).
_DEAD_CIPHERS, _DEAD_HASHES, _DEAD_GROUPS = {"DES", "3DES"}, {"SHA1-96", "SHA1-160"}, {1, 2, 5}
_SECRET_KEYS = ("Password", "SharedSecret", "AuthPassword", "PPK", "PayloadContent")


def _refuse(text: str) -> t.NoReturn:
    from .profile_store import Refused

    raise Refused(text)


def check(profile: dict[str, t.Any], version: tuple[int, ...]) -> None:
    """Raise ``Refused`` unless macOS ``version`` installs ``profile``."""
    for part in [profile, *profile.get("PayloadContent", [])]:
        for name in ("PayloadIdentifier", "PayloadUUID", "PayloadType"):
            if not isinstance(part.get(name), str) or not part[name]:
                _refuse(f"The profile is malformed: {name} is missing.")
        if not isinstance(part.get("PayloadVersion"), int):
            _refuse("The profile is malformed: PayloadVersion is missing.")
        if not _UUID.fullmatch(part["PayloadUUID"]):
            _refuse("The profile is malformed: PayloadUUID is no UUID.")
    payloads = profile.get("PayloadContent")
    if not isinstance(payloads, list) or not payloads:
        _refuse("The profile is malformed: it has no payloads.")
    if len({payload["PayloadUUID"] for payload in payloads}) != len(payloads):
        _refuse("The profile is malformed: two payloads have one UUID.")
    if profile.get("TargetDeviceType", 5) not in (0, 5):
        _refuse("The profile is not for a Mac.")
    identities = {payload["PayloadUUID"] for payload in payloads if payload["PayloadType"] in _IDENTITIES}
    for payload in payloads:
        if payload["PayloadType"] == VPN and payload.get("VPNType") == "IKEv2":
            _check_ikev2(payload, identities, version)
        elif payload["PayloadType"] in ROOTS and not isinstance(payload.get("PayloadContent"), bytes):
            _refuse("A certificate payload holds no certificate.")


def _check_ikev2(payload: dict[str, t.Any], identities: set[str], version: tuple[int, ...]) -> None:
    ike = payload.get("IKEv2")
    if not isinstance(ike, dict):
        _refuse("The VPN payload has no IKEv2 settings.")
    for name in ("RemoteAddress", "RemoteIdentifier", "LocalIdentifier", "AuthenticationMethod"):
        if not isinstance(ike.get(name), str) or (not ike[name] and name != "LocalIdentifier"):
            _refuse(f"The VPN payload is malformed: {name} is missing.")
    if ike["AuthenticationMethod"] not in ("None", "SharedSecret", "Certificate"):
        _refuse("The VPN payload is malformed: AuthenticationMethod.")
    reference = ike.get("PayloadCertificateUUID")
    if reference is not None and reference not in identities:
        _refuse("The VPN payload names a certificate that is not in the profile.")
    if ike.get("CertificateType") and not ike.get("ServerCertificateIssuerCommonName"):
        _refuse("The VPN payload is malformed: CertificateType needs ServerCertificateIssuerCommonName.")
    for name in ("IKESecurityAssociationParameters", "ChildSecurityAssociationParameters"):
        parameters = ike.get(name, {})
        cipher = parameters.get("EncryptionAlgorithm", "AES-256")
        integrity = parameters.get("IntegrityAlgorithm", "SHA2-256")
        group = parameters.get("DiffieHellmanGroup", 14)
        if cipher not in CIPHERS or integrity not in HASHES or group not in GROUPS:
            _refuse(f"The VPN payload is malformed: {name}.")
        lifetime = parameters.get("LifeTimeInMinutes", 1440)
        if not isinstance(lifetime, int) or not 10 <= lifetime <= 1440:
            _refuse(f"The VPN payload is malformed: {name}.LifeTimeInMinutes.")
        if version >= (26, 0) and (cipher in _DEAD_CIPHERS or integrity in _DEAD_HASHES or group in _DEAD_GROUPS):
            _refuse("The VPN payload asks for an algorithm that this version of macOS does not have.")
        if version >= (15, 5) and ike.get("EnforceStrictAlgorithmSelection") == 1 and (cipher in _DEAD_CIPHERS or group in _DEAD_GROUPS):
            _refuse("The VPN payload asks for an algorithm that EnforceStrictAlgorithmSelection forbids.")


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
