# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who issues client certificates: the authority's certificate with its own issuers, and its private key."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Sequence

from . import identity_checks as checks
from .errors import IdentityError
from .identity import PrivateKey
from .libraries import InvalidSignature, UnsupportedAlgorithm, ec, hashes, rsa, serialization, x509
from .pki import Certificate, iso


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

    @functools.cached_property
    def key_sha256(self) -> str:
        """SHA-256 over the public key as DER: what tells two authorities of one name apart, and a renewed one keeps."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.certificate.public_key or b"")
        return digest.finalize().hex()

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
    # said of the first before its own issuers are looked for
    _constraints(certificates[0])
    authority = Authority(certificates[0], checks.chain_of(certificates[0], certificates))
    for number, certificate in enumerate(authority.issuers):
        _refuse_too_deep(certificate, _constraints(certificate), authority.issuers[:number])
        _refuse_not_current(certificate, now)
    return authority


def _all_of(data: bytes) -> list[Certificate]:
    begin = b"-----BEGIN CERTIFICATE-----"
    if begin not in data:
        return [Certificate(data)]
    return [Certificate.from_pem_or_der(begin + part) for part in data.split(begin)[1:]]


def _constraints(certificate: Certificate) -> x509.BasicConstraints:
    """Return what binds an authority. Raises ``IdentityError`` for a certificate that may not sign others."""
    name = certificate.common_name or certificate.subject
    remedy = "give the certificate of the root that is uploaded to the gateway, or of an authority below it"
    extensions = certificate.x509.extensions
    try:
        found = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        found = x509.BasicConstraints(ca=False, path_length=None)
    if not found.ca:
        raise IdentityError(f"the certificate '{name}' is not that of an authority (it lacks the CA flag)", remedy, option="ca_certificate")
    try:
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    if not signs:
        raise IdentityError(f"the key usage of '{name}' does not let it sign certificates", remedy, option="ca_certificate")
    return found


def _refuse_too_deep(certificate: Certificate, constraints: x509.BasicConstraints, below: Sequence[Certificate]) -> None:
    """Refuse an authority that its own issuer does not allow: no gateway would verify what it issues (RFC 5280, section 4.2.1.9)."""
    depth = sum(one.subject != one.issuer for one in below)
    if constraints.path_length is not None and depth > constraints.path_length:
        raise IdentityError(
            f"the authority '{certificate.common_name or certificate.subject}' allows {constraints.path_length} authorities below it "
            f"(its path length), and there would be {depth}",
            "issue from the root itself; a root made by client_root allows no authority below it",
            option="ca_certificate",
        )


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
