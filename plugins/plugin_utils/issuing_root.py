# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The point-to-site root: made once, never replaced, its key encrypted at rest."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import typing as t

from . import issuing, issuing_authority
from .errors import IdentityError
from .issuing_authority import Authority
from .libraries import rsa, serialization
from .pki import Certificate, iso

NAME = "Azure P2S Root"
# OpenSSL derives the file's key with few rounds; the length of the passphrase is what protects it.
_MIN_PASSPHRASE = 16
_MAX_NAME = 64
# What the library calls the authority's parts, and client_root the root's.
_OPTIONS = {part: part.removeprefix("ca_") for part in ("ca_private_key_passphrase",)} | {
    part: f"{part.removeprefix('ca_')}_path" for part in ("ca_certificate", "ca_private_key")
}
# Roots are exchanged on gateway and Macs with less haste than this.
_ENDS_SOON = dt.timedelta(days=365)


@dataclasses.dataclass(frozen=True)
class NewRoot:
    """A root and the file of its private key, encrypted."""

    certificate: Certificate
    private_key: bytes = dataclasses.field(repr=False)


def check(name: str, passphrase: str, valid_for: int) -> None:
    """Refuse what makes no good root, with ``IdentityError``. ``valid_for`` is in days."""
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise IdentityError(
            f"the common name of a certificate holds 1 to {_MAX_NAME} printable characters", "use another name", option="common_name"
        )
    if len(passphrase) < _MIN_PASSPHRASE:
        raise IdentityError(
            f"the passphrase is shorter than {_MIN_PASSPHRASE} characters, and whoever has the root's key makes valid identities",
            "use a long random one, from a password manager or ansible-vault",
            option="private_key_passphrase",
        )
    if not 1 <= valid_for <= 36500:
        raise IdentityError(f"{valid_for} days are no validity", "give 1 to 36500 days", option="valid_for")


def create(name: str, passphrase: str, *, key_type: str, valid_for: int, now: dt.datetime) -> NewRoot:
    """Make a root; ``check`` has been called, ``valid_for`` is in days."""
    key = issuing.new_key(key_type)
    encryption = serialization.BestAvailableEncryption(passphrase.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return NewRoot(issuing.new_root(name, key, valid_for=valid_for, now=now), pem)


def read_root(certificate: bytes, private_key: bytes, passphrase: str, *, name: str | None, now: dt.datetime) -> Authority:
    """Read the root that is there and see that it can be used, under this passphrase. Raises ``IdentityError``."""
    try:
        authority = issuing_authority.read_authority(certificate, now)
        issuing_authority.read_signing_key(authority, private_key, passphrase)
    except IdentityError as error:
        raise error.for_option(_OPTIONS[error.option or "ca_certificate"]) from error
    if name is not None and authority.certificate.common_name != name:
        raise IdentityError(
            f"the root that is there is called '{authority.certificate.common_name}', and a root is never replaced",
            "give other paths to make another root",
            option="common_name",
        )
    return authority


def public_cert_data(certificate: Certificate) -> str:
    """Return the certificate as Azure's portal and ``publicCertData`` take it: base64 of the DER on one line, no BEGIN and END."""
    return base64.b64encode(certificate.der).decode("ascii")


def to_result(certificate: Certificate, now: dt.datetime) -> dict[str, t.Any]:
    """Return what the module shows of a root."""
    public_key = certificate.x509.public_key()
    return {
        **certificate.to_result(now),
        "key_type": f"rsa{public_key.key_size}" if isinstance(public_key, rsa.RSAPublicKey) else "other",
        "pem": certificate.pem,
        "public_cert_data": public_cert_data(certificate),
    }


def warnings(certificate: Certificate, now: dt.datetime) -> list[str]:
    """Return what the admin should know of the root, as whole sentences."""
    if certificate.not_after - now > _ENDS_SOON:
        return []
    name, end = certificate.common_name, iso(certificate.not_after)
    return [f"The root '{name}' ends on {end}, and with it all that it issued: make another at other paths, and upload that as well."]
