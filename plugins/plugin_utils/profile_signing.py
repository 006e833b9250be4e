# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed profiles: CMS SignedData in DER with the profile inside, the only form that macOS takes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import typing as t
from collections.abc import Iterable

from .ber import Node
from .errors import IdentityError
from .identity import PrivateKey
from .libraries import InvalidSignature, UnsupportedAlgorithm, ec, hashes, padding, pkcs7, rsa, serialization, x509
from .pki import Certificate, iso, utc_now

_DATA = "1.2.840.113549.1.7.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SET_OF, _CONTEXT_0 = 0x31, 0xA0


@dataclasses.dataclass(frozen=True)
class Signer:
    """Who signs profiles: a certificate, its key, and the issuers that the Mac may lack."""

    certificate: Certificate
    private_key: PrivateKey = dataclasses.field(repr=False, compare=False)
    chain: tuple[Certificate, ...] = ()


def read_signer(certificates: bytes, private_key: bytes, passphrase: str | None = None, *, now: dt.datetime | None = None) -> Signer:
    """Read PEM ``certificates`` (the signer's first, then its issuers) and the PEM ``private_key``, for use at ``now``.

    Raises ``IdentityError`` with option ``sign_certificate``, ``sign_private_key`` or ``sign_private_key_passphrase``.
    """
    try:
        found = [Certificate(entry.public_bytes(serialization.Encoding.DER)) for entry in x509.load_pem_x509_certificates(certificates)]
    except (ValueError, IdentityError):
        raise IdentityError(
            "the signing certificate is not readable PEM text", "give the signer's certificate, then its issuers", option="sign_certificate"
        ) from None
    if not found[0].is_current(now or utc_now()):
        raise IdentityError(
            f"the signing certificate is valid from {iso(found[0].not_before)} to {iso(found[0].not_after)} only",
            "sign with a certificate that is valid, or leave the profile unsigned",
            option="sign_certificate",
        )
    key = _load_key(private_key, passphrase)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise IdentityError("the signing key is neither RSA nor ECDSA", "use a key of one of these types", option="sign_private_key")
    if key.public_key() != found[0].x509.public_key():
        raise IdentityError(
            "the signing key does not belong to the first signing certificate",
            "give the signer's own certificate first, and its key",
            option="sign_private_key",
        )
    return Signer(found[0], key, tuple(found[1:]))


def _load_key(private_key: bytes, passphrase: str | None) -> t.Any:
    try:
        return serialization.load_pem_private_key(private_key, passphrase.encode() if passphrase else None)
    except TypeError:
        finding = "the signing key is not encrypted, but a passphrase was given" if passphrase else "the signing key needs a passphrase"
        remedy = "leave the passphrase out" if passphrase else "give it"
        raise IdentityError(finding, remedy, option="sign_private_key_passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        if passphrase and b"ENCRYPTED" in private_key:
            raise IdentityError(
                "the signing key does not open with this passphrase", "correct the passphrase", option="sign_private_key_passphrase"
            ) from None
        raise IdentityError("the signing key is not a readable PEM private key", "give it as PEM text", option="sign_private_key") from None


def sign(profile: bytes, certificate: Certificate, private_key: PrivateKey, chain: Iterable[Certificate] = ()) -> bytes:
    """Return ``profile`` signed: CMS, DER, with the profile unchanged inside (macOS takes no detached signature)."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(profile).add_signer(certificate.x509, private_key, hashes.SHA256())
    for issuer in chain:
        builder = builder.add_certificate(issuer.x509)
    # Binary: without it the line ends would become CRLF.
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def content_of(signed: bytes) -> bytes:
    """Return what is inside a signed profile, without looking at the signature. Raises ``ValueError`` for anything else."""
    oid, content = _signed_data(signed).children[2].children
    if oid.oid != _DATA:
        raise ValueError("not data")
    return content.children[0].octets


def is_signed_by(signed: bytes, certificate: Certificate) -> bool:
    """Return whether a signature of ``signed`` is by ``certificate`` and over just this content (with SHA-256, as ``sign`` makes it)."""
    try:
        digest = hashlib.sha256(content_of(signed)).digest()
        return any(_verifies(signer, certificate, digest) for signer in _signed_data(signed).children[-1].children)
    except (ValueError, IndexError):
        return False


def _signed_data(signed: bytes) -> Node:
    oid, content = Node.first(signed).children
    if oid.oid != _SIGNED_DATA:
        raise ValueError("not signed data")
    return content.children[0]


def _verifies(signer: Node, certificate: Certificate, digest: bytes) -> bool:
    _version, _identifier, _algorithm, attributes, _signature_algorithm, signature = signer.children[:6]
    if attributes.tag != _CONTEXT_0:
        return False
    digests = [
        attribute.children[1].children[0].octets for attribute in attributes.children if attribute.children[0].oid == _MESSAGE_DIGEST
    ]
    if digests != [digest]:
        return False
    # RFC 5652 section 5.4: what is signed is the attributes as a SET OF, not with the tag they have in the message.
    signed = Node(_SET_OF, attributes.body).encoded
    key = certificate.x509.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature.octets, signed, padding.PKCS1v15(), hashes.SHA256())
            return True
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature.octets, signed, ec.ECDSA(hashes.SHA256()))
            return True
    except InvalidSignature:
        pass
    return False
