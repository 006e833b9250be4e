# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a certificate, its key and its chain can serve as an Azure point-to-site client identity; what to warn of."""

from __future__ import annotations

import datetime as dt
import typing as t

from .errors import IdentityError
from .libraries import (
    Encoding,
    ExtendedKeyUsageOID,
    InvalidSignature,
    PublicFormat,
    PublicKeyAlgorithmOID,
    UnsupportedAlgorithm,
    ec,
    rsa,
    x509,
)
from .pki import CLOCK_SKEW, Certificate, iso

# Whoever is warned this early can still renew in peace.
EXPIRES_SOON = dt.timedelta(days=30)
MIN_RSA_BITS = 2048
# Azure's sign-up pages stop at 4096; this only keeps a nonsensical key from stalling the controller.
MAX_RSA_BITS = 16384
_CURVES = {"secp256r1": "ecdsa256", "secp384r1": "ecdsa384", "secp521r1": "ecdsa521"}
_REISSUE_RSA = "issue a certificate with an RSA key of 2048 bits or more"

_Extension = t.TypeVar("_Extension", bound=x509.ExtensionType)


def what_it_is(data: bytes) -> str:
    """Return in words what ``data`` seems to be instead of a PKCS#12."""
    head = data[:4096]
    if not data:
        return "the data is empty"
    if b"-----BEGIN" in head:
        return "the data is PEM text"
    if head.lstrip().startswith(b"MII"):
        return "the data is base64 text"
    if head.startswith(b"\xfe\xed\xfe\xed"):
        return "the data is a Java keystore"
    try:
        Certificate(data)
    except IdentityError:
        return "the data is damaged, cut short or of another kind" if head.startswith(b"\x30") else "the data is something else"
    return "the data is a certificate without its key"


def leaf_of(key: t.Any, certificates: list[Certificate], now: dt.datetime) -> Certificate:
    """Return the certificate that belongs to ``key``: of several, the usable one that lasts longest. Raises ``IdentityError``."""
    if not certificates:
        raise IdentityError("the PKCS#12 holds a private key but no certificate", "export the certificate together with its private key")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if hasattr(key, "public_key") else None
    own = [certificate for certificate in certificates if _public_key(certificate) == public]
    if not own:
        raise IdentityError(
            f"the private key of the PKCS#12 belongs to none of its {len(certificates)} certificate(s)",
            "export the certificate together with its own private key",
        )
    return max(own, key=lambda certificate: (not _is_ca(certificate), certificate.is_current(now), certificate.not_after))


def _public_key(certificate: Certificate) -> bytes | None:
    try:
        return certificate.x509.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None


def key_type(key: t.Any, leaf: Certificate) -> str:
    """Return ``rsa2048``, ``ecdsa256`` and the like. Raises ``IdentityError`` for a key that IKEv2 on macOS and Azure cannot use."""
    if isinstance(key, rsa.RSAPrivateKey):
        if leaf.x509.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
            raise IdentityError("the certificate's key is bound to RSA-PSS, which Azure's gateways do not use", _REISSUE_RSA)
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise IdentityError(f"the certificate's RSA key has {key.key_size} bits", _REISSUE_RSA)
        return f"rsa{key.key_size}"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if key.curve.name not in _CURVES:
            raise IdentityError(f"the certificate's key is on the curve {key.curve.name}, which macOS does not use for IKEv2", _REISSUE_RSA)
        return _CURVES[key.curve.name]
    kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_")
    raise IdentityError(f"the certificate's key is of the type {kind}, which macOS does not use for IKEv2", _REISSUE_RSA)


def refuse_unusable(leaf: Certificate, now: dt.datetime) -> None:
    """Raise ``IdentityError`` when no gateway would accept ``leaf`` from a client at ``now``."""
    name = leaf.common_name or leaf.subject
    if _is_ca(leaf):
        raise IdentityError(
            f"the certificate '{name}' is that of a certificate authority",
            "issue a client certificate from it, and keep the authority's private key away from the Macs",
        )
    if now > leaf.not_after:
        raise IdentityError(f"the certificate '{name}' expired on {iso(leaf.not_after)}", "issue a new one")
    if now < leaf.not_before - CLOCK_SKEW:
        raise IdentityError(f"the certificate '{name}' is not valid before {iso(leaf.not_before)}", "check the controller's clock, or wait")
    usage = _extension(leaf, x509.ExtendedKeyUsage)
    if usage is not None and not {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usage):
        raise IdentityError(
            f"the certificate '{name}' is not meant for client authentication",
            "issue one with the extended key usage clientAuth (1.3.6.1.5.5.7.3.2)",
        )


def chain_of(leaf: Certificate, certificates: list[Certificate]) -> tuple[Certificate, ...]:
    """Return the issuers of ``leaf`` found in ``certificates``, each proven by its signature, from the leaf's issuer upwards."""
    chain: list[Certificate] = []
    last = leaf
    while not _issued(last, last):
        issuers = [candidate for candidate in certificates if candidate not in (leaf, *chain) and _issued(candidate, last)]
        if not issuers:
            break
        last = max(issuers, key=lambda issuer: issuer.not_after)
        chain.append(last)
    return tuple(chain)


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def local_identifier(leaf: Certificate) -> str:
    """Return the Local ID for ``leaf``: the CN when it is also an alternative name, else the first dNSName, else the CN.

    Gateways look for the Local ID among the certificate's names; strongSwan only among the alternative names. Raises
    ``IdentityError`` for a certificate without either name.
    """
    names, mails = alternative_names(leaf)
    common_name = leaf.common_name
    if common_name and (_contains(names, common_name) or _contains(mails, common_name)):
        return common_name
    for name in (*names, common_name, *mails):
        if name:
            return name
    raise IdentityError(
        "the certificate has neither a common name nor a DNS name, so there is no Local ID for the gateway",
        "issue one whose common name is also a DNS name of its subjectAltName",
    )


def is_named(leaf: Certificate, name: str) -> bool:
    """Return whether ``name`` is the common name or an alternative name of ``leaf``."""
    names, mails = alternative_names(leaf)
    return _contains([*names, *mails, leaf.common_name or ""], name)


def warnings_of(leaf: Certificate, chain: tuple[Certificate, ...], key_type: str, unused: int, now: dt.datetime) -> tuple[str, ...]:
    """Return what may go wrong with the identity although it is usable, as whole sentences."""
    name = leaf.common_name or leaf.subject
    return tuple(
        f"Client certificate '{name}' {text}"
        for text in (
            *_name_warnings(leaf),
            *_usage_warnings(leaf, key_type),
            *_validity_warnings(leaf, chain, now),
            *_chain_warnings(leaf, chain, unused),
        )
    )


def _name_warnings(leaf: Certificate) -> t.Iterator[str]:
    names, mails = alternative_names(leaf)
    local = local_identifier(leaf)
    if not _contains(names, local) and not _contains(mails, local):
        yield f"has no DNS name in its subjectAltName: not every gateway matches the Local ID '{local}' with a common name alone."
    elif leaf.common_name and local != leaf.common_name:
        yield f"does not have its common name in its subjectAltName: the DNS name '{local}' is used as Local ID instead."
    if "@" in local:
        yield f"has the Local ID '{local}', which macOS sends as a mail address because of the @: gateways may not match it."


def _usage_warnings(leaf: Certificate, key_type: str) -> t.Iterator[str]:
    extended = _extension(leaf, x509.ExtendedKeyUsage)
    if extended is None:
        yield "has no extended key usage: Azure asks for clientAuth, and macOS may not offer the certificate for a VPN."
    elif ExtendedKeyUsageOID.CLIENT_AUTH not in set(extended):
        yield "allows any extended key usage but does not name clientAuth, which Azure asks for."
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        yield "has a key usage without digitalSignature: a gateway may refuse its signature."
    if key_type.startswith("ecdsa"):
        yield f"has an {key_type.upper()} key: Microsoft documents RSA only for point-to-site client certificates."


def _validity_warnings(leaf: Certificate, chain: tuple[Certificate, ...], now: dt.datetime) -> t.Iterator[str]:
    if leaf.not_after - now <= EXPIRES_SOON:
        yield f"expires on {iso(leaf.not_after)}, in {leaf.days_left(now)} days."
    for issuer in chain:
        if not issuer.is_current(now):
            issuer_name = issuer.common_name or issuer.subject
            yield f"comes with the issuer '{issuer_name}', which has expired or is not yet valid: the gateway will refuse it."


def _chain_warnings(leaf: Certificate, chain: tuple[Certificate, ...], unused: int) -> t.Iterator[str]:
    last = (leaf, *chain)[-1]
    if _issued(leaf, leaf):
        yield "is self-signed: Azure expects client certificates that are issued by an uploaded root."
    elif not _issued(last, last):
        yield f"comes without its whole chain: '{last.issuer}' is missing, and must be a root that was uploaded to the gateway."
    if unused:
        yield f"comes with {unused} certificate(s) outside its chain, which are left out."


def _is_ca(certificate: Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def alternative_names(leaf: Certificate) -> tuple[list[str], list[str]]:
    """Return the DNS names and the mail addresses of the subjectAltName."""
    names = _extension(leaf, x509.SubjectAlternativeName)
    return (names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.RFC822Name)) if names else ([], [])


def _contains(names: list[str], name: str) -> bool:
    return name.casefold() in (other.casefold() for other in names)


def _extension(certificate: Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.x509.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
