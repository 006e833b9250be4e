# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A judge of IKEv2 configuration profiles, written after Apple's device-management schema and what is known of macOS and Azure.

It shares no code with the renderer and knows every key, type, range and cross-rule on its own. ``violations`` returns what is wrong.
"""

from __future__ import annotations

import plistlib
import typing as t
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from . import profile_schema_keys as keys
from .profile_schema_keys import Table, Version


def violations(profile: bytes, macos: Version | None = None) -> list[str]:
    """Return everything that is wrong with an unsigned ``profile`` for a Mac with ``macos``, or for Macs of all versions."""
    try:
        tree = plistlib.loads(profile, fmt=plistlib.FMT_XML)
    except Exception as error:  # whatever is raised: it is not a property list
        return [f"not an XML property list: {error}"]
    found = list(_keys("profile", tree, keys.TOP, macos))
    return found or list(_structure(tree, macos)) or list(_identity(tree))


def _keys(where: str, found: dict[str, t.Any], table: Table, macos: Version | None) -> Iterator[str]:
    if not isinstance(found, dict):
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
        if payload.get("PayloadType") not in keys.PAYLOADS:
            yield f"payload {index}: type {payload.get('PayloadType')!r}"
            return
        problems = list(_keys(f"payload {index}", payload, keys.PAYLOADS[payload["PayloadType"]], macos))
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
    problems = list(_keys("IKEv2", ike, keys.IKEV2, macos))
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
    problems = [*_keys("IKE SA", first, keys.PARAMETERS, macos), *_keys("child SA", second, keys.PARAMETERS, macos)]
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
    problems = list(_keys(where, rule, keys.RULE, macos))
    yield from problems
    if problems:
        return
    if (rule["Action"] == "EvaluateConnection") != ("ActionParameters" in rule):
        yield f"{where}: EvaluateConnection and ActionParameters disagree"
    if "SSIDMatch" in rule and rule.get("InterfaceTypeMatch", "WiFi") != "WiFi":
        yield f"{where}: an SSID on {rule['InterfaceTypeMatch']}"
    for action in rule.get("ActionParameters", []):
        problems = list(_keys(f"{where} action", action, keys.ACTION, macos))
        yield from problems
        if not problems and action["DomainAction"] == "NeverConnect" and set(action) - {"Domains", "DomainAction"}:
            yield f"{where}: required servers or probe with NeverConnect"


def _dns(dns: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    problems = list(_keys("DNS", dns, keys.DNS, macos))
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
