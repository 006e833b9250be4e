# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity that is there: read from its file, or taken from the ledger where that tells the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import identity as identities
from . import identity_checks as checks
from . import identity_files as files
from . import issuing_names, pkcs12_structure
from .errors import IdentityError
from .identity_ledger import Entry, Ledger
from .issuing_authority import Authority
from .issuing_wanted import Request
from .libraries import rsa
from .pki import Certificate

_VAULT = b"$ANSIBLE_VAULT;"


@dataclasses.dataclass(frozen=True)
class Present:
    """The file that is there: its digest and mode; its certificate, unless ``entry``, which tells the same, was written with it."""

    file_sha256: str
    mode: int
    entry: Entry | None = None
    certificate: Certificate | None = None
    key_type: str = ""

    @property
    def issuer(self) -> str:
        """Issuer as RFC 4514 text."""
        return self.entry.issuer if self.entry else t.cast(Certificate, self.certificate).issuer

    def issued_by(self, authority: Authority) -> bool:
        """Return whether it comes from ``authority``: by its signature, or its key, as another authority may have the same name."""
        if self.certificate:
            return authority.issued(self.certificate)
        entry = t.cast(Entry, self.entry)
        return (entry.issuer, entry.issuer_key_sha256) == (authority.certificate.subject, authority.key_sha256)

    @property
    def not_after(self) -> dt.datetime:
        """End of validity, aware UTC."""
        return self.entry.expires() if self.entry else t.cast(Certificate, self.certificate).not_after


def observe(request: Request, ledger: Ledger, now: dt.datetime) -> Present | None:
    """Return what is at the path of ``request``, ``None`` for nothing. Raises ``IdentityError`` for what is not its identity."""
    found = files.look(request.path)
    if found is None:
        return None
    data, mode = found.data, found.mode
    if data.startswith(_VAULT):
        raise IdentityError(
            f"{request.path} is encrypted with ansible-vault, so that it cannot be renewed in its place",
            "decrypt it: the identity is protected by its passphrase already",
            option="path",
        )
    digest = files.sha256(data)
    entry = next((one for one in ledger.of(request.name) if one.file_sha256 == digest), None)
    # An entry that does not name its issuer's key proves nothing of the issuer: the certificate itself has to.
    if entry and (request.public_key or (entry.issuer_key_sha256 and _opens(data, request.passphrase))):
        return Present(digest, mode, entry, Certificate.from_pem_or_der(data) if request.public_key else None)
    certificate = _read_certificate(request, data, now)
    entry = ledger.by_sha256(request.name, certificate.sha256)
    return Present(digest, mode, entry, certificate, key_type(certificate))


def _opens(data: bytes, passphrase: str | None) -> bool:
    """Return whether the passphrase makes the file's MAC; a tenth of the time that opening it takes."""
    try:
        return pkcs12_structure.inspect(data).fits((passphrase or "").encode()) is True
    except (ValueError, IndexError, RecursionError):
        return False


def _read_certificate(request: Request, data: bytes, now: dt.datetime) -> Certificate:
    """Return the certificate in a file that this ledger has not written. Raises ``IdentityError`` rather than have it overwritten."""
    if request.public_key:
        try:
            certificate = Certificate.from_pem_or_der(data)
        except IdentityError as error:
            raise IdentityError(f"{request.path} holds no certificate", "give another path, or move the file", option="path") from error
    else:
        try:
            certificate = identities.certificate_of(data, request.passphrase, now=now)
        except IdentityError as error:
            if error.option == "passphrase":
                raise IdentityError(
                    f"the identity in {request.path} does not open with this passphrase",
                    "give the one that it was written with; it is not overwritten",
                    option="passphrase",
                ) from error
            raise IdentityError(
                f"{request.path} cannot be read: {error.finding}", "move the file away; it is not overwritten", option="path"
            ) from error
    if not issuing_names.same(certificate.common_name or "", request.name):
        raise IdentityError(
            f"{request.path} holds the certificate of '{certificate.common_name}'",
            f"give '{request.name}' a file of its own",
            option="path",
        )
    return certificate


def key_type(certificate: Certificate) -> str:
    """Return ``rsa2048`` and the like, ``other`` for what is no RSA key."""
    public_key = certificate.x509.public_key()
    return f"rsa{public_key.key_size}" if isinstance(public_key, rsa.RSAPublicKey) else "other"


def refuse_unusable(request: Request, certificate: Certificate, now: dt.datetime) -> None:
    """Refuse to take over a certificate that would not work, with ``IdentityError``."""
    checks.refuse_unusable(certificate, now)
    local = checks.local_identifier(certificate)
    if not issuing_names.same(local, request.name):
        raise IdentityError(
            f"the certificate in {request.path} has the Local ID '{local}' instead of '{request.name}'",
            "move the file away to have another one issued",
            option="path",
        )
