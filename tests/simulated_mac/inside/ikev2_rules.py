# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which IKEv2 settings macOS takes, after the tables of Apple's payload schema; whether it takes others is unknown, so it does not."""

from __future__ import annotations

import typing as t

CIPHERS = {"DES", "3DES", "AES-128", "AES-256", "AES-128-GCM", "AES-256-GCM", "ChaCha20Poly1305"}
HASHES = {"SHA1-96", "SHA1-160", "SHA2-256", "SHA2-384", "SHA2-512"}
GROUPS = {1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 31, 32}
# Deprecated in macOS 14, removed in macOS 26 (release note 148767790).
_DEAD_CIPHERS, _DEAD_HASHES, _DEAD_GROUPS = {"DES", "3DES"}, {"SHA1-96", "SHA1-160"}, {1, 2, 5}
_STRENGTH = {"DES": 0, "3DES": 1, "AES-128": 2, "AES-128-GCM": 2, "AES-256": 3, "AES-256-GCM": 3, "ChaCha20Poly1305": 3}
_VALUES = {
    "AuthenticationMethod": ("None", "SharedSecret", "Certificate"),
    "CertificateType": ("RSA", "ECDSA256", "ECDSA384", "ECDSA521", "RSA-PSS"),
    "TLSMinimumVersion": ("1.0", "1.1", "1.2"),
    "TLSMaximumVersion": ("1.0", "1.1", "1.2"),
    "DeadPeerDetectionRate": ("None", "Low", "Medium", "High"),
}
# Switches that are 0 or 1; macOS tolerates true and false. Since which version it looks at them.
_SWITCHES = {
    "ExtendedAuthEnabled": (10, 11),
    "EnableCertificateRevocationCheck": (10, 11),
    "DisableMOBIKE": (10, 11),
    "DisableRedirect": (10, 11),
    "UseConfigurationAttributeInternalIPSubnet": (10, 11),
    "EnablePFS": (10, 11),
    "OnDemandEnabled": (10, 11),
    "DisconnectOnIdle": (10, 11),
    "NATKeepAliveOffloadEnable": (10, 11),
    "IncludeAllNetworks": (10, 15),
    "ExcludeLocalNetworks": (10, 15),
    "EnforceRoutes": (11, 0),
    "PPKMandatory": (15, 0),
    "EnforceStrictAlgorithmSelection": (15, 5),
}
_TEXTS = ("ServerCertificateIssuerCommonName", "ServerCertificateCommonName", "PayloadCertificateUUID")
_ACTIONS = ("Connect", "Disconnect", "Ignore", "EvaluateConnection", "Allow")
_LISTS = ("SSIDMatch", "DNSDomainMatch", "DNSServerAddressMatch")


def _refuse(text: str) -> t.NoReturn:
    from .profile_store import Refused

    raise Refused(f"The VPN payload is malformed: {text}.")


def _texts(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def check(payload: dict[str, t.Any], identities: set[str], version: tuple[int, ...]) -> None:
    """Raise ``Refused`` unless macOS ``version`` takes the IKEv2 payload of a profile with these ``identities`` (UUIDs)."""
    if not isinstance(payload.get("UserDefinedName"), str) or not payload["UserDefinedName"]:
        _refuse("UserDefinedName is missing")
    ike = payload.get("IKEv2")
    if not isinstance(ike, dict):
        _refuse("it has no IKEv2 settings")
    for name in ("RemoteAddress", "RemoteIdentifier", "LocalIdentifier", "AuthenticationMethod"):
        if not isinstance(ike.get(name), str) or (not ike[name] and name != "LocalIdentifier"):
            _refuse(f"{name} is missing")
    for name, values in _VALUES.items():
        if name in ike and ike[name] not in values:
            _refuse(name)
    for name, since in _SWITCHES.items():
        if name in ike and version >= since and not (isinstance(ike[name], int) and ike[name] in (0, 1)):
            _refuse(name)
    for name in _TEXTS:
        if not isinstance(ike.get(name, ""), str):
            _refuse(name)
    if ike.get("TLSMinimumVersion", "1.0") > ike.get("TLSMaximumVersion", "1.2"):
        _refuse("TLSMinimumVersion is above TLSMaximumVersion")
    if version >= (11, 0) and not (isinstance(ike.get("MTU", 1280), int) and 1280 <= ike.get("MTU", 1280) <= 1400):
        _refuse("MTU")
    if not isinstance(ike.get("DisconnectOnIdleTimer", 0), int) or ike.get("DisconnectOnIdleTimer", 0) < 0:
        _refuse("DisconnectOnIdleTimer")
    reference = ike.get("PayloadCertificateUUID")
    if reference is not None and reference not in identities:
        _refuse("it names a certificate that is not in the profile")
    if ike.get("CertificateType") and not ike.get("ServerCertificateIssuerCommonName"):
        _refuse("CertificateType needs ServerCertificateIssuerCommonName")
    _check_algorithms(ike, version)
    _check_on_demand(ike.get("OnDemandRules", []))
    if "DNS" in payload:
        _check_dns(payload["DNS"], version)


def _check_algorithms(ike: dict[str, t.Any], version: tuple[int, ...]) -> None:
    strict = version >= (15, 5) and ike.get("EnforceStrictAlgorithmSelection") == 1
    ciphers = []
    own = ike.get("IKESecurityAssociationParameters", {})
    for name, parameters in (
        ("IKESecurityAssociationParameters", own),
        ("ChildSecurityAssociationParameters", ike.get("ChildSecurityAssociationParameters", own)),
    ):
        if not isinstance(parameters, dict):
            _refuse(name)
        cipher = parameters.get("EncryptionAlgorithm", "AES-256")
        integrity = parameters.get("IntegrityAlgorithm", "SHA2-256")
        group = parameters.get("DiffieHellmanGroup", 14)
        known = isinstance(cipher, str) and cipher in CIPHERS and isinstance(integrity, str) and integrity in HASHES
        if not known or not isinstance(group, int) or group not in GROUPS:
            _refuse(name)
        lifetime = parameters.get("LifeTimeInMinutes", 1440)
        if not isinstance(lifetime, int) or not 10 <= lifetime <= 1440:
            _refuse(f"{name}.LifeTimeInMinutes")
        if version >= (26, 0) and (cipher in _DEAD_CIPHERS or integrity in _DEAD_HASHES or group in _DEAD_GROUPS):
            _refuse("this version of macOS does not have one of the algorithms")
        if strict and (cipher in _DEAD_CIPHERS or group in _DEAD_GROUPS):
            _refuse("EnforceStrictAlgorithmSelection forbids one of the algorithms")
        ciphers.append(_STRENGTH[cipher])
    if strict and ciphers[1] > ciphers[0]:
        _refuse("EnforceStrictAlgorithmSelection forbids a child cipher that is stronger than the IKE cipher")


def _check_on_demand(rules: t.Any) -> None:
    if not isinstance(rules, list):
        _refuse("OnDemandRules")
    for rule in rules:
        if not isinstance(rule, dict) or rule.get("Action") not in _ACTIONS:
            _refuse("OnDemandRules.Action")
        if rule.get("InterfaceTypeMatch", "WiFi") not in ("Ethernet", "WiFi", "Cellular"):
            _refuse("OnDemandRules.InterfaceTypeMatch")
        if not all(_texts(rule.get(name, [])) for name in _LISTS) or not isinstance(rule.get("URLStringProbe", ""), str):
            _refuse("OnDemandRules")
        parameters = rule.get("ActionParameters", [])
        if not isinstance(parameters, list) or (rule["Action"] == "EvaluateConnection" and not parameters):
            _refuse("OnDemandRules.ActionParameters")
        for entry in parameters:
            action = entry.get("DomainAction") if isinstance(entry, dict) else None
            if action not in ("ConnectIfNeeded", "NeverConnect") or not entry.get("Domains") or not _texts(entry["Domains"]):
                _refuse("OnDemandRules.ActionParameters")


def _check_dns(dns: t.Any, version: tuple[int, ...]) -> None:
    if not isinstance(dns, dict) or not dns.get("ServerAddresses") or not _texts(dns["ServerAddresses"]):
        _refuse("DNS.ServerAddresses")
    if version >= (11, 0) and dns.get("DNSProtocol") not in ("Cleartext", "HTTPS", "TLS"):
        _refuse("DNS.DNSProtocol")
    for name in ("SearchDomains", "SupplementalMatchDomains"):
        if not _texts(dns.get(name, [])):
            _refuse(f"DNS.{name}")
