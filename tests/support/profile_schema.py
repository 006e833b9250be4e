# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A judge of IKEv2 configuration profiles, written after Apple's device-management schema and what is known of macOS and Azure.

It shares no code with the renderer and knows every key, type, range and cross-rule on its own. ``violations`` returns what is wrong.
"""

from __future__ import annotations

import functools
import plistlib
import typing as t
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from . import profile_schema_keys as keys
from . import profile_schema_rules as rules
from .profile_schema_keys import Table, Version


def violations(profile: bytes, macos: Version | None = None, *, chosen_local_identifier: bool = False) -> list[str]:
    """Return everything that is wrong with an unsigned ``profile`` for a Mac with ``macos``, or for Macs of all versions.

    With ``chosen_local_identifier`` somebody has chosen the Local ID, who was warned if the certificate does not have it.
    """
    try:
        tree = plistlib.loads(profile, fmt=plistlib.FMT_XML)
    except Exception as error:  # whatever is raised: it is not a property list
        return [f"not an XML property list: {error}"]
    found = list(_keys("profile", tree, keys.TOP, macos))
    return found or list(_structure(tree, macos)) or list(_identity(tree, chosen_local_identifier))


def vpn_violations(payload: dict[str, t.Any], macos: Version) -> list[str]:
    """Return what is wrong with the VPN payload of an installed profile, which macOS shows without the secrets of the others."""
    return list(_keys("VPN", payload, keys.VPN, macos)) or list(_vpn(payload, macos))


def _keys(where: str, found: dict[str, t.Any], table: Table, macos: Version | None) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{where}: not a dictionary"
        return
    for key in found.keys() - table.keys():
        yield f"{where}: {key} {keys.FORBIDDEN[key]}" if key in keys.FORBIDDEN else f"{where}: unknown key {key}"
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
        if keys.PAYLOADS[payload["PayloadType"]] is keys.ROOT:
            yield from _root(payload)
        if payload["PayloadType"] == "com.apple.vpn.managed":
            yield from _vpn(payload, macos)


def _root(payload: dict[str, t.Any]) -> Iterator[str]:
    read = x509.load_pem_x509_certificate if payload["PayloadType"].endswith(".pem") else x509.load_der_x509_certificate
    try:
        root = read(payload["PayloadContent"])
    except ValueError:
        yield "root: no certificate in the encoding of its payload"
        return
    if root.subject != root.issuer:
        yield "root: not self-issued"


def _vpn(payload: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    ike = payload["IKEv2"]
    problems = list(_keys("IKEv2", ike, keys.IKEV2, macos))
    if "DNS" in payload:
        problems += _dns(payload["DNS"], macos)
    for name in ("IKESecurityAssociationParameters", "ChildSecurityAssociationParameters"):
        if not problems:
            problems += _keys(name, ike[name], keys.PARAMETERS, macos)
    yield from problems
    if problems:
        return
    yield from rules.broken("IKEv2", ike, rules.IKEV2)
    groups = [ike[f"{part}SecurityAssociationParameters"]["DiffieHellmanGroup"] for part in ("IKE", "Child")]
    if 2 in groups and (macos is None or macos >= (26, 0)):
        yield "DH group 2 is gone in macOS 26"
    on_demand = ike.get("OnDemandRules", [])
    for index, rule in enumerate(on_demand):
        yield from _rule(f"rule {index}", rule, macos)
        if set(rule) <= {"Action", "ActionParameters"} and index < len(on_demand) - 1:
            yield f"rule {index}: always applies and hides the next"


def _rule(where: str, rule: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    problems = list(_keys(where, rule, keys.RULE, macos))
    yield from problems or rules.broken(where, rule, rules.RULE)
    for action in [] if problems else rule.get("ActionParameters", []):
        yield from list(_keys(f"{where} action", action, keys.ACTION, macos)) or rules.broken(where, action, rules.ACTION)


def _dns(dns: dict[str, t.Any], macos: Version | None) -> Iterator[str]:
    problems = list(_keys("DNS", dns, keys.DNS, macos))
    yield from problems or rules.broken("DNS", dns, rules.DNS)
    # An older Mac does not know the key and asks in clear, which is what the profile has to mean then.
    if not problems and macos is not None and macos < (11, 0) and dns["DNSProtocol"] != "Cleartext":
        yield f"DNS: DNSProtocol is unknown to macOS {macos}"


def _identity(tree: dict[str, t.Any], chosen_local_identifier: bool) -> Iterator[str]:
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
        bundle = _opened(encoded, payload["Password"])
    except (ValueError, UnsupportedAlgorithm):
        yield "identity: does not open with its password"
        return
    if bundle.key is None or bundle.cert is None:
        yield "identity: without key or certificate"
        return
    leaf = bundle.cert.certificate
    if bundle.key.public_key() != leaf.public_key():
        yield "identity: its key is not that of its certificate"
    yield from _chain(leaf, [entry.certificate for entry in bundle.additional_certs])
    if not chosen_local_identifier and ike["LocalIdentifier"] not in _names(leaf):
        yield "identity: its certificate does not have the LocalIdentifier"
    if isinstance(bundle.key, rsa.RSAPrivateKey):
        if "CertificateType" in ike and ike["CertificateType"] != "RSA":
            yield "IKEv2: CertificateType is wrong for an RSA key"
    elif isinstance(bundle.key, ec.EllipticCurvePrivateKey) and ike.get("CertificateType") != f"ECDSA{bundle.key.curve.key_size}":
        yield "IKEv2: CertificateType is wrong for this ECDSA key"


@functools.lru_cache(maxsize=4)
def _opened(encoded: bytes, passphrase: str) -> pkcs12.PKCS12KeyAndCertificates:
    """Open a PKCS#12, which takes long and is often wanted twice in a row."""
    return pkcs12.load_pkcs12(encoded, passphrase.encode())


def _chain(leaf: x509.Certificate, others: list[x509.Certificate]) -> Iterator[str]:
    last = leaf
    while others and last.subject != last.issuer:
        issuer = next((other for other in others if other.subject == last.issuer), None)
        if issuer is None:
            break
        try:
            last.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            yield f"identity: {issuer.subject.rfc4514_string()} has not signed {last.subject.rfc4514_string()}"
        others = [other for other in others if other != issuer]
        last = issuer
    if others:
        yield "identity: carries a certificate outside its chain"


def _names(leaf: x509.Certificate) -> list[str]:
    names = [str(entry.value) for entry in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    return [*names, *alternative.get_values_for_type(x509.DNSName), *alternative.get_values_for_type(x509.RFC822Name)]
