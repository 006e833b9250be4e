# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client certificates from a point-to-site root, and the root itself."""

from __future__ import annotations

import datetime as dt

from .errors import IdentityError
from .identity import PrivateKey
from .issuing_authority import Authority
from .libraries import ExtendedKeyUsageOID, NameOID, ec, hashes, rsa, serialization, x509
from .pki import Certificate

KEY_TYPES = {"rsa2048": 2048, "rsa3072": 3072, "rsa4096": 4096}
_PUBLIC_EXPONENT = 65537
# A Mac or gateway whose clock is behind by less than this accepts the certificate at once.
_BACKDATED = dt.timedelta(hours=1)


def check_key_type(key_type: str) -> str:
    """Return ``key_type`` when a client key may be of it. Raises ``IdentityError`` with option ``key_type``."""
    if key_type in KEY_TYPES:
        return key_type
    if key_type.lower().startswith(("ec", "ed", "p256", "p384", "p521", "secp")):
        finding = f"Microsoft documents RSA only for point-to-site client certificates, and '{key_type}' is none"
    else:
        finding = f"there is no key type '{key_type}'"
    raise IdentityError(finding, f"use one of {', '.join(KEY_TYPES)}", option="key_type")


def new_key(key_type: str) -> rsa.RSAPrivateKey:
    """Make a private key; other threads run meanwhile."""
    return rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=KEY_TYPES[key_type])


def validity(authority: Authority | None, valid_for: int, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return begin and end of what is issued at ``now`` for ``valid_for`` days: never outside the authority's own validity."""
    begin, end = now.replace(microsecond=0) - _BACKDATED, now.replace(microsecond=0) + dt.timedelta(days=valid_for)
    if authority:
        begin, end = max(begin, authority.certificate.not_before), min(end, authority.not_after)
    return begin, end


def issue(
    authority: Authority, signing_key: PrivateKey, public_key: rsa.RSAPublicKey, name: str, *, valid_for: int, now: dt.datetime
) -> Certificate:
    """Issue a client certificate whose common name is also its DNS name, as a gateway needs it for the Local ID.

    ``name`` has gone through ``issuing_names.check``, ``valid_for`` is in days. Raises ``IdentityError`` when the
    signature turns out to be none of ``authority``.
    """
    begin, end = validity(authority, valid_for, now)
    builder = (
        _builder(name, authority.certificate.x509.subject, public_key, begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True, key_encipherment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(_authority_key_identifier(authority.certificate.x509), critical=False)
    )
    certificate = Certificate(builder.sign(signing_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    if not authority.issued(certificate):
        raise IdentityError(
            "the authority's key makes signatures that its certificate does not bear out", "restore it", option="ca_private_key"
        )
    return certificate


def new_root(name: str, key: rsa.RSAPrivateKey, *, valid_for: int, now: dt.datetime) -> Certificate:
    """Return a self-signed root for ``key``, valid for ``valid_for`` days, that may issue end certificates only."""
    begin, end = validity(None, valid_for, now)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(name, subject, key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )
    return Certificate(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def key_usage(**usages: bool) -> x509.KeyUsage:
    """Return a key usage in which only ``usages`` are set."""
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: usages.get(name, False) for name in names})


def _builder(name: str, issuer: x509.Name, public_key: rsa.RSAPublicKey, begin: dt.datetime, end: dt.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        public_key = issuer.public_key()
        if not isinstance(public_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
