# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client certificates from a point-to-site root: reading the authority, and issuing in its name."""

from __future__ import annotations

import dataclasses
import datetime as dt

from . import identity_checks as checks
from .errors import IdentityError
from .identity import PrivateKey
from .libraries import ExtendedKeyUsageOID, InvalidSignature, NameOID, UnsupportedAlgorithm, ec, hashes, rsa, serialization, x509
from .pki import Certificate, iso

KEY_TYPES = {"rsa2048": 2048, "rsa3072": 3072, "rsa4096": 4096}
_PUBLIC_EXPONENT = 65537
# A Mac or gateway whose clock is behind by less than this accepts the certificate at once.
_BACKDATED = dt.timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class Authority:
    """Who issues: a CA certificate, and its own issuers from the nearest to the root (none for a root)."""

    certificate: Certificate
    chain: tuple[Certificate, ...] = ()

    @property
    def issuers(self) -> tuple[Certificate, ...]:
        """The chain that goes with every certificate it issues."""
        return (self.certificate, *self.chain)

    @property
    def not_after(self) -> dt.datetime:
        """When the first of its certificates expires, aware UTC."""
        return min(certificate.not_after for certificate in self.issuers)

    def issued(self, certificate: Certificate) -> bool:
        """Return whether ``certificate`` carries this authority's signature."""
        try:
            certificate.x509.verify_directly_issued_by(self.certificate.x509)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    def warnings(self) -> list[str]:
        """Return what may go wrong with what it issues, as whole sentences."""
        name, last = self.certificate.common_name or self.certificate.subject, self.issuers[-1]
        notes = []
        if not isinstance(self.certificate.x509.public_key(), rsa.RSAPublicKey):
            notes.append(f"The authority '{name}' has no RSA key: Microsoft documents RSA only for point-to-site certificates.")
        if not Authority(last).issued(last):
            notes.append(f"The authority '{name}' comes without its whole chain: '{last.issuer}' is missing, which Azure needs as root.")
        return notes


def read_authority(data: bytes, now: dt.datetime) -> Authority:
    """Read the CA certificate, PEM or DER, in PEM followed by its own issuers in any order; see that it can issue at ``now``.

    Raises ``IdentityError`` with option ``ca_certificate``.
    """
    try:
        certificates = _all_of(data)
    except IdentityError as error:
        raise error.for_option("ca_certificate") from error
    first = certificates[0]
    _refuse_no_authority(first)
    authority = Authority(first, checks.chain_of(first, certificates))
    for certificate in authority.issuers:
        _refuse_not_current(certificate, now)
    return authority


def _all_of(data: bytes) -> list[Certificate]:
    begin = b"-----BEGIN CERTIFICATE-----"
    if begin not in data:
        return [Certificate(data)]
    return [Certificate.from_pem_or_der(begin + part) for part in data.split(begin)[1:]]


def _refuse_no_authority(certificate: Certificate) -> None:
    name = certificate.common_name or certificate.subject
    remedy = "give the certificate of the root that is uploaded to the gateway, or of an authority below it"
    extensions = certificate.x509.extensions
    try:
        is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_ca = False
    if not is_ca:
        raise IdentityError(f"the certificate '{name}' is not that of an authority (it lacks the CA flag)", remedy, option="ca_certificate")
    try:
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    if not signs:
        raise IdentityError(f"the key usage of '{name}' does not let it sign certificates", remedy, option="ca_certificate")


def _refuse_not_current(certificate: Certificate, now: dt.datetime) -> None:
    name = certificate.common_name or certificate.subject
    if now > certificate.not_after:
        raise IdentityError(
            f"the authority '{name}' expired on {iso(certificate.not_after)}",
            "make a new root, upload it to the gateway and issue from it",
            option="ca_certificate",
        )
    if not certificate.is_current(now):
        raise IdentityError(
            f"the authority '{name}' is not valid before {iso(certificate.not_before)}",
            "check the controller's clock",
            option="ca_certificate",
        )


def read_signing_key(authority: Authority, data: bytes, passphrase: str | None) -> PrivateKey:
    """Read the authority's private key, PEM or DER.

    Raises ``IdentityError`` with option ``ca_private_key`` or ``ca_private_key_passphrase``.
    """
    key = _load_key(data, passphrase)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise IdentityError("the authority's key is neither RSA nor ECDSA", "issue from a root with an RSA key", option="ca_private_key")
    if key.public_key() != authority.certificate.x509.public_key():
        raise IdentityError(
            f"the private key does not belong to the authority '{authority.certificate.common_name or authority.certificate.subject}'",
            "give the key of just this certificate, with the authority's own certificate first in the file",
            option="ca_private_key",
        )
    return key


def _load_key(data: bytes, passphrase: str | None) -> object:
    pem = b"-----BEGIN" in data
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    secret = passphrase.encode() if passphrase else None
    try:
        # The check of the primes costs more than all the rest, in every task. A faulty key shows in the signature, which `issue` proves.
        return load(data, secret, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        finding, remedy = (
            ("the authority's key is not encrypted, but a passphrase was given", "leave the passphrase out, or encrypt the key")
            if passphrase
            else ("the authority's key needs a passphrase and none was given", "give it")
        )
    except (ValueError, UnsupportedAlgorithm):
        if not passphrase or (pem and b"ENCRYPTED" not in data):
            raise IdentityError(
                "the authority's key is not a readable private key", "give it as PEM text", option="ca_private_key"
            ) from None
        finding, remedy = "the authority's key does not open with this passphrase", "correct the passphrase"
    raise IdentityError(finding, remedy, option="ca_private_key_passphrase")


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
