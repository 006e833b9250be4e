# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A judge of IKEv2 configuration profiles, written after Apple's device-management schema and what is known of macOS and Azure.

It shares no code with the renderer and knows every key, type, range and cross-rule on its own. ``violations`` returns what is wrong.
"""

from __future__ import annotations

import ipaddress
import plistlib
import re
import typing as t
import unicodedata
from collections.abc import Callable, Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

Version = tuple[int, int]
OLDEST: Version = (10, 15)
NEWEST: Version = (26, 0)

_UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]+")
_HOST = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")

_CONTROL = ("Cc", "Cs", "Zl", "Zp")

Rule = Callable[[t.Any], bool]


def _text(value: t.Any) -> bool:
    return type(value) is str and value.strip() == value != "" and not any(unicodedata.category(char) in _CONTROL for char in value)


def _is(kind: type) -> Rule:
    return lambda value: type(value) is kind


def _one_of(*known: t.Any) -> Rule:
    return lambda value: any(type(value) is type(entry) and value == entry for entry in known)


def _between(low: int, high: int) -> Rule:
    return lambda value: type(value) is int and low <= value <= high


def _matches(pattern: re.Pattern[str]) -> Rule:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


def _some(rule: Rule) -> Rule:
    return lambda value: type(value) is list and len(value) > 0 and all(rule(entry) for entry in value)


def _address(value: t.Any) -> bool:
    try:
        return type(value) is str and "%" not in value and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _address_pattern(value: t.Any) -> bool:
    return _address(value) or (type(value) is str and re.fullmatch(r"[0-9A-Fa-f.:]*\*", value) is not None)


def _common_name(value: t.Any) -> bool:
    return _text(value) and len(value) <= 64


def _local_identifier(value: t.Any) -> bool:
    return _text(value) and not re.match(r"[A-Za-z0-9.-]+\s*=", value)


def _server(value: t.Any) -> bool:
    return _address(value) or _matches(_HOST)(value)


def _url(value: t.Any) -> bool:
    return type(value) is str and re.fullmatch(r"https?://[^\s/@]+(/\S*)?|https?://[^\s/@]+\?\S*", value) is not None


def _wild_domain(value: t.Any) -> bool:
    return value == "*" or (type(value) is str and _DOMAIN.fullmatch(value.removeprefix("*.")) is not None)


_SWITCH = _one_of(0, 1)
_ANY_DICT, _ANY_DATA = _is(dict), _is(bytes)

# key: (rule, required, first macOS that knows it)
Table = dict[str, tuple[Rule, bool, Version]]
_COMMON: Table = {
    "PayloadType": (_text, True, OLDEST),
    "PayloadVersion": (_one_of(1), True, OLDEST),
    "PayloadIdentifier": (_matches(_IDENTIFIER), True, OLDEST),
    "PayloadUUID": (_matches(_UUID), True, OLDEST),
    "PayloadDisplayName": (_text, True, OLDEST),
    "PayloadDescription": (_text, False, OLDEST),
}
_TOP: Table = {
    **_COMMON,
    "PayloadType": (_one_of("Configuration"), True, OLDEST),
    "PayloadContent": (_some(_ANY_DICT), True, OLDEST),
    "PayloadScope": (_one_of("User", "System"), True, OLDEST),  # absent means User, but is not documented to
    "PayloadRemovalDisallowed": (_is(bool), False, OLDEST),
    "PayloadOrganization": (_text, False, OLDEST),
    "TargetDeviceType": (_one_of(5), False, OLDEST),
}
_VPN: Table = {
    **_COMMON,
    "VPNType": (_one_of("IKEv2"), True, OLDEST),
    "UserDefinedName": (_text, True, OLDEST),
    "IKEv2": (_ANY_DICT, True, OLDEST),
    "DNS": (_ANY_DICT, False, OLDEST),
}
_IDENTITY: Table = {
    **_COMMON,
    "PayloadContent": (_ANY_DATA, True, OLDEST),
    "Password": (lambda value: _text(value) and value.isascii(), True, OLDEST),
    "PayloadCertificateFileName": (_text, False, OLDEST),
    "AllowAllAppsAccess": (_one_of(False), False, OLDEST),
    "KeyIsExtractable": (_is(bool), False, OLDEST),
}
_ROOT: Table = {**_COMMON, "PayloadContent": (_ANY_DATA, True, OLDEST), "PayloadCertificateFileName": (_text, False, OLDEST)}
_IKEV2: Table = {
    "RemoteAddress": (_server, True, OLDEST),
    "RemoteIdentifier": (_matches(_HOST), True, OLDEST),
    "LocalIdentifier": (_local_identifier, True, OLDEST),
    "AuthenticationMethod": (_one_of("None", "Certificate"), True, OLDEST),
    "ExtendedAuthEnabled": (_SWITCH, True, OLDEST),
    "PayloadCertificateUUID": (_matches(_UUID), True, OLDEST),
    "CertificateType": (_one_of("RSA", "ECDSA256", "ECDSA384", "ECDSA521", "RSA-PSS"), False, OLDEST),
    "ServerCertificateIssuerCommonName": (_common_name, False, OLDEST),
    "ServerCertificateCommonName": (_common_name, False, OLDEST),
    "TLSMinimumVersion": (_one_of("1.2"), False, OLDEST),
    "TLSMaximumVersion": (_one_of("1.2"), False, OLDEST),
    "DeadPeerDetectionRate": (_one_of("None", "Low", "Medium", "High"), False, OLDEST),
    "EnablePFS": (_SWITCH, True, OLDEST),
    "IKESecurityAssociationParameters": (_ANY_DICT, True, OLDEST),
    "ChildSecurityAssociationParameters": (_ANY_DICT, True, OLDEST),
    "OnDemandEnabled": (_SWITCH, False, OLDEST),
    "OnDemandRules": (_some(_ANY_DICT), False, OLDEST),
    "DisconnectOnIdle": (_SWITCH, False, OLDEST),
    "DisconnectOnIdleTimer": (_between(1, 2**31 - 1), False, OLDEST),
    "MTU": (_between(1280, 1400), False, (11, 0)),
    "IncludeAllNetworks": (_SWITCH, False, OLDEST),
}
_PARAMETERS: Table = {
    "EncryptionAlgorithm": (_one_of("AES-128", "AES-256", "AES-128-GCM", "AES-256-GCM", "ChaCha20Poly1305"), True, OLDEST),
    "IntegrityAlgorithm": (_one_of("SHA2-256", "SHA2-384", "SHA2-512"), True, OLDEST),
    "DiffieHellmanGroup": (_one_of(2, *range(14, 22), 31, 32), True, OLDEST),
    "LifeTimeInMinutes": (_between(10, 1440), True, OLDEST),
}
_RULE: Table = {
    "Action": (_one_of("Connect", "Disconnect", "Ignore", "EvaluateConnection"), True, OLDEST),
    "InterfaceTypeMatch": (_one_of("Ethernet", "WiFi", "Cellular"), False, OLDEST),
    "SSIDMatch": (_some(lambda value: type(value) is str and 0 < len(value.encode()) <= 32), False, OLDEST),
    "DNSDomainMatch": (_some(_wild_domain), False, OLDEST),
    "DNSServerAddressMatch": (_some(_address_pattern), False, OLDEST),
    "URLStringProbe": (_url, False, OLDEST),
    "ActionParameters": (_some(_ANY_DICT), False, OLDEST),
}
_ACTION: Table = {
    "Domains": (_some(_wild_domain), True, OLDEST),
    "DomainAction": (_one_of("ConnectIfNeeded", "NeverConnect"), True, OLDEST),
    "RequiredDNSServers": (_some(_address), False, OLDEST),
    "RequiredURLStringProbe": (_url, False, OLDEST),
}
_DNS: Table = {
    "DNSProtocol": (_one_of("Cleartext", "HTTPS", "TLS"), True, OLDEST),
    "ServerAddresses": (_some(_address), True, OLDEST),
    "ServerURL": (lambda value: _url(value) and value.startswith("https://"), False, (11, 0)),
    "ServerName": (_matches(_HOST), False, (11, 0)),
    "DomainName": (_matches(_DOMAIN), False, OLDEST),
    "SearchDomains": (_some(_matches(_DOMAIN)), False, OLDEST),
    "SupplementalMatchDomains": (_some(lambda value: value == "" or _matches(_DOMAIN)(value)), False, OLDEST),
    "SupplementalMatchDomainsNoSearch": (_SWITCH, False, OLDEST),
}
_PAYLOADS = {"com.apple.vpn.managed": _VPN, "com.apple.security.pkcs12": _IDENTITY, "com.apple.security.root": _ROOT}


def violations(profile: bytes, macos: Version | None = None) -> list[str]:
    """Return everything that is wrong with an unsigned ``profile`` for a Mac with ``macos``, or for Macs of all versions."""
    try:
        tree = plistlib.loads(profile, fmt=plistlib.FMT_XML)
    except Exception as error:  # whatever is raised: it is not a property list
        return [f"not an XML property list: {error}"]
    found = list(_keys("profile", tree, _TOP, macos))
    return found or list(_structure(tree, macos)) or list(_identity(tree))


def _keys(where: str, found: dict[str, t.Any], table: Table, macos: Version | None) -> Iterator[str]:
    if type(found) is not dict:
        yield f"{where}: not a dictionary"
        return
    for key in found.keys() - table.keys():
        yield f"{where}: unknown key {key}"
    for key, (rule, required, since) in table.items():
        if key in found and not rule(found[key]):
            yield f"{where}: {key} must not be {found[key]!r:.60}"
        elif key in found and macos is not None and macos < since:
            yield f"{where}: {key} is unknown to macOS {macos}"
        elif required and key not in found:
            yield f"{where}: {key} is missing"


def _structure(tree: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    payloads = tree["PayloadContent"]
    for index, payload in enumerate(payloads):
        if payload.get("PayloadType") not in _PAYLOADS:
            yield f"payload {index}: type {payload.get('PayloadType')!r}"
            return
        problems = list(_keys(f"payload {index}", payload, _PAYLOADS[payload["PayloadType"]], macos))
        yield from problems
        if problems:
            return
        if not payload["PayloadIdentifier"].startswith(tree["PayloadIdentifier"] + "."):
            yield f"payload {index}: its identifier does not continue the profile's"
    for key in ("PayloadUUID", "PayloadIdentifier"):
        every = [entry[key] for entry in (tree, *payloads)]
        if len(set(every)) != len(every):
            yield f"{key} is not unique"
    by_type = [payload["PayloadType"] for payload in payloads]
    for kind in ("com.apple.vpn.managed", "com.apple.security.pkcs12"):
        if by_type.count(kind) != 1:
            yield f"{by_type.count(kind)} payloads of type {kind}"
    for payload in payloads:
        if payload["PayloadType"] == "com.apple.security.root":
            yield from _root(payload["PayloadContent"])
        if payload["PayloadType"] == "com.apple.vpn.managed":
            yield from _vpn(payload, macos)


def _root(der: bytes) -> Iterator[str]:
    try:
        root = x509.load_der_x509_certificate(der)
    except ValueError:
        yield "root: not DER"
        return
    if root.subject != root.issuer:
        yield "root: not self-issued"


def _vpn(payload: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    ike = payload["IKEv2"]
    problems = list(_keys("IKEv2", ike, _IKEV2, macos))
    if "DNS" in payload:
        problems += _dns(payload["DNS"], macos)
    yield from problems
    if problems:
        return
    eap = ike["ExtendedAuthEnabled"]
    if ike["AuthenticationMethod"] == "None" and not eap:
        yield "IKEv2: None without EAP means SharedSecret"
    if bool(eap) != ("TLSMinimumVersion" in ike) or bool(eap) != ("TLSMaximumVersion" in ike):
        yield "IKEv2: TLS versions go with EAP-TLS, and only with it"
    if "CertificateType" in ike and "ServerCertificateIssuerCommonName" not in ike:
        yield "IKEv2: CertificateType without ServerCertificateIssuerCommonName"
    if bool(ike.get("OnDemandEnabled", 0)) != ("OnDemandRules" in ike):
        yield "IKEv2: OnDemandEnabled and OnDemandRules disagree"
    if bool(ike.get("DisconnectOnIdle", 0)) != ("DisconnectOnIdleTimer" in ike):
        yield "IKEv2: DisconnectOnIdle and its timer disagree"
    yield from _associations(ike, macos)
    rules = ike.get("OnDemandRules", [])
    for index, rule in enumerate(rules):
        yield from _rule(f"rule {index}", rule, macos)
        if set(rule) <= {"Action", "ActionParameters"} and index < len(rules) - 1:
            yield f"rule {index}: always applies and hides the next"


def _associations(ike: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    first, second = ike["IKESecurityAssociationParameters"], ike["ChildSecurityAssociationParameters"]
    problems = [*_keys("IKE SA", first, _PARAMETERS, macos), *_keys("child SA", second, _PARAMETERS, macos)]
    yield from problems
    if problems:
        return
    if 2 in (first["DiffieHellmanGroup"], second["DiffieHellmanGroup"]) and (macos is None or macos >= (26, 0)):
        yield "DH group 2 is gone in macOS 26"
    if not ike["EnablePFS"] and first["DiffieHellmanGroup"] != second["DiffieHellmanGroup"]:
        yield "child SA: its DH group counts only with EnablePFS"
    if "128" in first["EncryptionAlgorithm"] and "128" not in second["EncryptionAlgorithm"]:
        yield "child SA: its cipher is stronger than the IKE SA's"


def _rule(where: str, rule: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    problems = list(_keys(where, rule, _RULE, macos))
    yield from problems
    if problems:
        return
    if (rule["Action"] == "EvaluateConnection") != ("ActionParameters" in rule):
        yield f"{where}: EvaluateConnection and ActionParameters disagree"
    if "SSIDMatch" in rule and rule.get("InterfaceTypeMatch", "WiFi") != "WiFi":
        yield f"{where}: an SSID on {rule['InterfaceTypeMatch']}"
    for action in rule.get("ActionParameters", []):
        problems = list(_keys(f"{where} action", action, _ACTION, macos))
        yield from problems
        if not problems and action["DomainAction"] == "NeverConnect" and set(action) - {"Domains", "DomainAction"}:
            yield f"{where}: required servers or probe with NeverConnect"


def _dns(dns: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    problems = list(_keys("DNS", dns, _DNS, macos))
    yield from problems
    if problems:
        return
    for key, protocol in (("ServerURL", "HTTPS"), ("ServerName", "TLS")):
        if (key in dns) != (dns["DNSProtocol"] == protocol):
            yield f"DNS: {key} goes with {protocol}"
    if "SupplementalMatchDomainsNoSearch" in dns and "SupplementalMatchDomains" not in dns:
        yield "DNS: NoSearch without SupplementalMatchDomains"


def _identity(tree: dict[str, t.Any]) -> Iterator[str]:
    """Yield what keeps macOS from importing the identity, or the VPN from finding it."""
    (payload,) = [entry for entry in tree["PayloadContent"] if entry["PayloadType"] == "com.apple.security.pkcs12"]
    (ike,) = [entry["IKEv2"] for entry in tree["PayloadContent"] if entry["PayloadType"] == "com.apple.vpn.managed"]
    if ike.get("PayloadCertificateUUID") != payload["PayloadUUID"]:
        yield "IKEv2: PayloadCertificateUUID names no identity of this profile"
    encoded = payload["PayloadContent"]
    # pbeWithSHAAnd3-KeyTripleDES-CBC twice (key, certificates), SHA-1 for the MAC; no PBES2, which macOS 14 cannot read
    if encoded.count(bytes.fromhex("060a2a864886f70d010c0103")) != 2 or bytes.fromhex("06092a864886f70d01050d") in encoded:
        yield "identity: not encrypted as every macOS reads it"
    if bytes.fromhex("06052b0e03021a") not in encoded[-80:]:
        yield "identity: its MAC is not SHA-1"
    try:
        bundle = pkcs12.load_pkcs12(encoded, payload["Password"].encode())
    except (ValueError, UnsupportedAlgorithm):
        yield "identity: does not open with its password"
        return
    if bundle.key is None or bundle.cert is None:
        yield "identity: without key or certificate"
    elif isinstance(bundle.key, rsa.RSAPrivateKey):
        if "CertificateType" in ike and ike["CertificateType"] != "RSA":
            yield "IKEv2: CertificateType is wrong for an RSA key"
    elif isinstance(bundle.key, ec.EllipticCurvePrivateKey) and ike.get("CertificateType") != f"ECDSA{bundle.key.curve.key_size}":
        yield "IKEv2: CertificateType is wrong for this ECDSA key"
