# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509 certificates as the collection speaks of them: known by SHA-256, shown in words."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import typing as t

from .errors import IdentityError
from .libraries import Encoding, NameOID, PublicFormat, UnsupportedAlgorithm, hashes, x509

# A controller and a gateway whose clocks differ by less than this agree on "not yet valid".
CLOCK_SKEW = dt.timedelta(minutes=5)

# What cryptography raises for bytes that only look like a certificate: not all of them are ValueErrors, and a name in a string
# type that it does not know is a KeyError, one in a bit string a TypeError (pyca/cryptography, parse_name_attribute, NameAttribute).
UNREADABLE = (ValueError, KeyError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


def utc_now() -> dt.datetime:
    """Return the current time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def iso(moment: dt.datetime) -> str:
    """Return an aware UTC time as ISO 8601, to the second: ``2026-11-23T09:00:00Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclasses.dataclass(frozen=True)
class Certificate:
    """One X.509 certificate. Two are the same when their DER bytes are."""

    der: bytes

    def __post_init__(self) -> None:
        """Refuse bytes that are not one DER certificate, with ``IdentityError``."""
        try:
            self.x509.subject, self.x509.issuer, self.x509.not_valid_before_utc, self.x509.extensions  # noqa: B018
        except UNREADABLE as error:
            raise IdentityError("the data is not a readable X.509 certificate", "give the certificate as PEM or DER") from error

    @classmethod
    def from_pem_or_der(cls, data: bytes) -> Certificate:
        """Read the first certificate of a PEM text, or a DER one. Raises ``IdentityError``."""
        begin = data.find(b"-----BEGIN CERTIFICATE-----")
        if begin < 0:
            return cls(data)
        body, end, _rest = data[begin + 27 :].partition(b"-----END CERTIFICATE-----")
        try:
            if not end:
                raise ValueError("no END line")
            return cls(base64.b64decode(b"".join(body.split()), validate=True))
        except ValueError as error:
            raise IdentityError("the PEM certificate is cut short or damaged", "copy the whole text from BEGIN to END again") from error

    @functools.cached_property
    def x509(self) -> x509.Certificate:
        """The parsed certificate."""
        return x509.load_der_x509_certificate(self.der)

    @property
    def pem(self) -> str:
        """PEM text, 64 columns, with a final newline."""
        text = base64.b64encode(self.der).decode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 over the DER, lower-case hex."""
        return _digest(hashes.SHA256(), self.der)

    @functools.cached_property
    def sha1(self) -> str:
        """SHA-1 over the DER, lower-case hex: Azure's thumbprint and the name `security find-identity` uses."""
        return _digest(hashes.SHA1(), self.der)

    @property
    def common_name(self) -> str | None:
        """The subject's (last, most specific) common name, or ``None``."""
        names = self.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[-1].value) if names else None

    @functools.cached_property
    def public_key(self) -> bytes | None:
        """The public key as DER (SubjectPublicKeyInfo), or ``None`` for one of an unknown kind."""
        try:
            return self.x509.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, UnsupportedAlgorithm):
            return None

    @property
    def subject(self) -> str:
        """The subject as RFC 4514 text."""
        return self.x509.subject.rfc4514_string()

    @property
    def issuer(self) -> str:
        """The issuer as RFC 4514 text."""
        return self.x509.issuer.rfc4514_string()

    @property
    def serial_number(self) -> str:
        """The serial number, lower-case hex."""
        return f"{self.x509.serial_number:x}"

    @property
    def not_before(self) -> dt.datetime:
        """Begin of validity, aware UTC."""
        return self.x509.not_valid_before_utc

    @property
    def not_after(self) -> dt.datetime:
        """End of validity, aware UTC."""
        return self.x509.not_valid_after_utc

    def days_left(self, now: dt.datetime) -> int:
        """Return whole days until the certificate expires; negative once it has."""
        return (self.not_after - now).days

    def is_current(self, now: dt.datetime) -> bool:
        """Return whether ``now`` lies in the validity, clock skew allowed for at its begin."""
        return self.not_before - CLOCK_SKEW <= now <= self.not_after

    def to_result(self, now: dt.datetime) -> dict[str, t.Any]:
        """Return what modules show of a certificate."""
        return {
            "common_name": self.common_name,
            "subject": self.subject,
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "sha256": self.sha256,
            "sha1": self.sha1,
            "not_before": iso(self.not_before),
            "not_after": iso(self.not_after),
            "days_left": self.days_left(now),
        }


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> str:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize().hex()
