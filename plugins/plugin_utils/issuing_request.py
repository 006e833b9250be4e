# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate signing requests: for a Mac, MDM or smart card that keeps its private key to itself."""

from __future__ import annotations

from . import issuing_names
from .errors import IdentityError
from .identity_checks import MIN_RSA_BITS
from .libraries import InvalidSignature, NameOID, UnsupportedAlgorithm, ec, rsa, x509
from .pki import UNREADABLE

_OPTION = "csr"
# The largest key that the collection makes itself; Microsoft's pages on these certificates stop there, too.
_MAX_RSA_BITS = 4096


def read_request(data: bytes, name: str) -> rsa.RSAPublicKey:
    """Return the public key that a request, PEM or DER, asks a certificate for; the name in the certificate is ``name`` alone.

    Refused, with ``IdentityError`` and option ``csr``: a request that names somebody else, one whose signature does
    not prove possession of the key, a key that is not RSA.
    """
    request = _parsed(data)
    try:
        names = _names(request)
    except UNREADABLE:
        raise IdentityError("the names in the request cannot be read", "make the request again", option=_OPTION) from None
    try:
        proven = request.is_signature_valid
        key = request.public_key()
    except (*UNREADABLE, UnsupportedAlgorithm, InvalidSignature):
        raise IdentityError("the request's key or signature is of an unknown kind", "make it with an RSA key", option=_OPTION) from None
    if not proven:
        raise IdentityError("the signature of the request is wrong", "make the request again, with the key it is for", option=_OPTION)
    strangers = sorted({other for other in names if not issuing_names.same(other, name)})
    if strangers:
        raise IdentityError(
            f"the request is for '{strangers[0]}' and not for '{name}'", "give the request of this very identity", option=_OPTION
        )
    if isinstance(key, ec.EllipticCurvePublicKey):
        raise IdentityError(
            "the request has an ECDSA key, and Microsoft documents RSA only for point-to-site client certificates",
            "make it with an RSA key of 2048 to 4096 bits",
            option=_OPTION,
        )
    if not isinstance(key, rsa.RSAPublicKey) or not MIN_RSA_BITS <= key.key_size <= _MAX_RSA_BITS:
        raise IdentityError(
            "the request's key is not RSA of at least 2048 bits and at most 4096",
            "make it with an RSA key of 2048 to 4096 bits",
            option=_OPTION,
        )
    return key


def _parsed(data: bytes) -> x509.CertificateSigningRequest:
    try:
        return x509.load_pem_x509_csr(data) if b"-----BEGIN" in data else x509.load_der_x509_csr(data)
    except UNREADABLE:
        raise IdentityError("the data is not a certificate signing request", "give it as PEM or DER (PKCS#10)", option=_OPTION) from None


def _names(request: x509.CertificateSigningRequest) -> list[str]:
    names = [str(attribute.value) for attribute in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        alternative = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    return names + [str(getattr(entry, "value", entry)) for entry in alternative]
