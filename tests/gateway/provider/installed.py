# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What macOS knows of a VPN once its profile is installed, and what it makes of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import plistlib
import typing as t
from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from simulated_mac.inside import profile_rules, tunnel

from .causes import Cause, RefusedError

_CIPHERS = {
    "DES": "des",
    "3DES": "3des",
    "AES-128": "aes128",
    "AES-256": "aes256",
    "AES-128-GCM": "aes128gcm16",
    "AES-256-GCM": "aes256gcm16",
    "ChaCha20Poly1305": "chacha20poly1305",
}
_HASHES = {"SHA1-96": "sha1", "SHA1-160": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
_GROUPS = {
    1: "modp768", 2: "modp1024", 5: "modp1536", 14: "modp2048", 15: "modp3072", 16: "modp4096", 17: "modp6144", 18: "modp8192",
    19: "ecp256", 20: "ecp384", 21: "ecp521", 31: "curve25519", 32: "curve448",
}  # fmt: skip
# Apple's defaults since macOS 11 for what the profile leaves out.
_DEFAULT_PARAMETERS = {
    "EncryptionAlgorithm": "AES-256",
    "IntegrityAlgorithm": "SHA2-256",
    "DiffieHellmanGroup": 14,
    "LifeTimeInMinutes": 1440,
}
# Removed in macOS 26 (Apple's release note 148767790).
_DEAD: frozenset[str | int] = frozenset({"DES", "3DES", "SHA1-96", "SHA1-160", 1, 2, 5})
# Apple's CertificateType: the type of key, and for ECDSA its curve.
_CURVES = {"ECDSA256": "secp256r1", "ECDSA384": "secp384r1", "ECDSA521": "secp521r1"}
_DEAD_PEER_SECONDS = {"None": 0, "Low": 1800, "Medium": 600, "High": 60}
DEFAULT_MTU = 1280


@dataclasses.dataclass(frozen=True)
class InstalledVpn:
    """An IKEv2 service of a Mac.

    ``ike`` is the payload's dictionary as macOS keeps it, ``key`` (PKCS#8 DER) and ``chain`` (DER, the leaf first) the identity that the
    same profile brought, ``roots`` (DER) what this Mac trusts as the gateway's root, ``macos`` the Mac's version.
    """

    name: str
    ike: Mapping[str, t.Any]
    key: bytes = dataclasses.field(repr=False)
    chain: tuple[bytes, ...]
    roots: tuple[bytes, ...]
    macos: tuple[int, int]

    @property
    def mtu(self) -> int:
        """The MTU of the tunnel's interface."""
        return int(self.ike.get("MTU", DEFAULT_MTU))

    def connection(self, now: dt.datetime | None = None) -> dict[str, t.Any]:
        """Return the connection for vici's load-conn. Raises ``RefusedError`` for what macOS does not even try."""
        authentication = self._authentication()
        self._check_identity(now or dt.datetime.now(dt.UTC))
        ike = self._parameters("IKESecurityAssociationParameters", {})
        child = self._parameters("ChildSecurityAssociationParameters", self.ike.get("IKESecurityAssociationParameters", {}))
        local: dict[str, t.Any] = {"auth": "pubkey", "certs": [self.chain[0]], "id": _identity(self.ike["LocalIdentifier"])}
        if authentication == "eap_tls":
            local |= {"auth": "eap-tls", "eap_id": _identity(self.ike["LocalIdentifier"])}
        return {
            "version": "2",
            "remote_addrs": [self.ike["RemoteAddress"]],
            "vips": ["0.0.0.0"],  # "any address", asked of the gateway
            # With parameters macOS sends exactly the one proposal.
            "proposals": [_ike_proposal(ike)],
            # Without the issuer's name macOS sends no CERTREQ (strongSwan, "iOS and macOS").
            "send_certreq": "yes" if "ServerCertificateIssuerCommonName" in self.ike else "no",
            "send_cert": "always",
            "mobike": "no" if self.ike.get("DisableMOBIKE") else "yes",
            "dpd_delay": f"{_DEAD_PEER_SECONDS[self.ike.get('DeadPeerDetectionRate', 'Medium')]}s",
            "rekey_time": f"{ike['LifeTimeInMinutes']}m",
            "keyingtries": "1",
            "local-1": local,
            "remote-1": {"auth": "pubkey", "id": _identity(self.ike["RemoteIdentifier"])},
            "children": {
                "vpn": {
                    "local_ts": ["dynamic"],
                    # Everything; the gateway narrows it to what it serves.
                    "remote_ts": ["0.0.0.0/0"],
                    "esp_proposals": [_esp_proposal(child, pfs=bool(self.ike.get("EnablePFS", 0)))],
                    "rekey_time": f"{child['LifeTimeInMinutes']}m",
                }
            },
        }

    def check_server(self, leaf: x509.Certificate) -> None:
        """Apply what macOS demands of the gateway's certificate beyond its chain. Raises ``RefusedError``.

        Since macOS 10.15 the name must be a subjectAltName, and the certificate be one for servers.
        """
        name = self.ike.get("ServerCertificateCommonName", self.ike["RemoteIdentifier"])
        try:
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
            usages = list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        except x509.ExtensionNotFound as error:
            raise RefusedError(Cause.SERVER_CERTIFICATE, f"the gateway's certificate lacks an extension: {error}") from None
        if name not in names:
            raise RefusedError(Cause.SERVER_CERTIFICATE, f"the gateway's certificate is for {names}, not for {name}")
        if x509.oid.ExtendedKeyUsageOID.SERVER_AUTH not in usages:
            raise RefusedError(Cause.SERVER_CERTIFICATE, "the gateway's certificate is not one for servers")
        issuer = self.ike.get("ServerCertificateIssuerCommonName")
        issuers = [attribute.value for attribute in leaf.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if issuer is not None and issuer not in issuers:
            raise RefusedError(Cause.SERVER_CERTIFICATE, f"the gateway's certificate was issued by {issuers}, not by {issuer}")
        kind = self.ike.get("CertificateType")
        if kind is not None and not _is_of(leaf.public_key(), kind):
            raise RefusedError(Cause.SERVER_CERTIFICATE, f"the gateway signs with a key that is not of the type {kind}")

    def _authentication(self) -> str:
        authentication = tunnel.authentication(dict(self.ike))
        if authentication == "none":
            raise RefusedError(Cause.CONFIGURATION, "without EAP and without a certificate macOS wants a shared secret")
        if authentication == "eap_tls" and self.macos < (11, 0):
            # MicrosoftDocs/azure-docs issue 41069: "Trusted EAP hostname does not match name(s) in certificate".
            raise RefusedError(Cause.SERVER_CERTIFICATE, "macOS 10.15 checks the name a second time in EAP-TLS, and fails")
        if authentication == "eap_tls" and self.ike.get("TLSMaximumVersion", "1.2") != "1.2":
            raise RefusedError(Cause.NEGOTIATION, "Azure ends TLS below 1.2")
        return authentication

    def _check_identity(self, now: dt.datetime) -> None:
        leaf = x509.load_der_x509_certificate(self.chain[0])
        key = serialization.load_der_private_key(self.key, None)
        encoding = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        if key.public_key().public_bytes(*encoding) != leaf.public_key().public_bytes(*encoding):
            raise RefusedError(Cause.CLIENT_CERTIFICATE_INVALID, "key and certificate are no pair")
        kind = self.ike.get("CertificateType", "RSA")
        if not _is_of(leaf.public_key(), kind):
            raise RefusedError(Cause.CLIENT_CERTIFICATE_INVALID, f"the key is not of the kind {kind}")
        if now > leaf.not_valid_after_utc:
            raise RefusedError(Cause.CLIENT_CERTIFICATE_EXPIRED, f"it ended on {leaf.not_valid_after_utc:%F}")
        if now < leaf.not_valid_before_utc:
            raise RefusedError(Cause.CLIENT_CERTIFICATE_NOT_YET_VALID, f"it begins on {leaf.not_valid_before_utc:%F}")

    def _parameters(self, name: str, fallback: Mapping[str, t.Any]) -> dict[str, t.Any]:
        parameters = {**_DEFAULT_PARAMETERS, **(self.ike.get(name) or fallback)}
        dead = _DEAD & {parameters[key] for key in ("EncryptionAlgorithm", "IntegrityAlgorithm", "DiffieHellmanGroup")}
        if dead and self.macos >= (26, 0):
            raise RefusedError(Cause.CONFIGURATION, f"macOS 26 no longer has {dead}")
        return parameters


def _is_of(key: object, kind: str) -> bool:
    """Return whether a public key is of the type that ``CertificateType`` names."""
    if kind in _CURVES:
        return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == _CURVES[kind]
    return isinstance(key, rsa.RSAPublicKey)


def _identity(text: str) -> str:
    """Return an IKE identity as macOS chooses its type from the text."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ("email:" if "@" in text else "fqdn:") + text


def _ike_proposal(parameters: Mapping[str, t.Any]) -> str:
    cipher, hash_ = _CIPHERS[parameters["EncryptionAlgorithm"]], _HASHES[parameters["IntegrityAlgorithm"]]
    # With an AEAD cipher the integrity algorithm still names the PRF.
    prefix = "prf" if _aead(parameters) else ""
    return f"{cipher}-{prefix}{hash_}-{_GROUPS[parameters['DiffieHellmanGroup']]}"


def _esp_proposal(parameters: Mapping[str, t.Any], *, pfs: bool) -> str:
    parts = [_CIPHERS[parameters["EncryptionAlgorithm"]]]
    if not _aead(parameters):
        parts.append(_HASHES[parameters["IntegrityAlgorithm"]])
    if pfs:  # the child's own group counts with EnablePFS only (openradar 31203776)
        parts.append(_GROUPS[parameters["DiffieHellmanGroup"]])
    return "-".join(parts)


def _aead(parameters: Mapping[str, t.Any]) -> bool:
    return "GCM" in parameters["EncryptionAlgorithm"] or "Poly" in parameters["EncryptionAlgorithm"]


def from_profile(content: bytes, *, macos: tuple[int, int] = (15, 6), roots: Sequence[bytes] | None = None) -> InstalledVpn:
    """Return the VPN of an unsigned profile on a Mac that installed it and trusts its roots (or ``roots`` instead).

    Raises the simulated Mac's ``Refused`` where that would not install it.
    """
    profile = plistlib.loads(content)
    profile_rules.check(profile, macos)
    payloads = {payload["PayloadUUID"]: payload for payload in profile["PayloadContent"]}
    vpn = next(payload for payload in payloads.values() if payload["PayloadType"] == profile_rules.VPN)
    identity = payloads[vpn["IKEv2"]["PayloadCertificateUUID"]]
    _key, pkcs8, chain = profile_rules.identity(identity)
    own = [payload["PayloadContent"] for payload in payloads.values() if payload["PayloadType"] in profile_rules.ROOTS]
    return InstalledVpn(
        vpn["UserDefinedName"],
        profile_rules.without_secrets(vpn["IKEv2"]),
        pkcs8,
        tuple(chain),
        tuple(own if roots is None else roots),
        macos,
    )
