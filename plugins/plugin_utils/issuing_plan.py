# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done so that a Mac has a valid identity: nothing, as a rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import typing as t
from collections.abc import Collection, Iterable

from . import identity as identities
from . import identity_checks as checks
from . import identity_store as store
from . import issuing_names, pkcs12_structure
from .changes import Change
from .errors import IdentityError
from .identity_ledger import Entry, Ledger
from .issuing import Authority, validity
from .libraries import Encoding, PublicFormat, rsa
from .pki import Certificate, iso

_VAULT = b"$ANSIBLE_VAULT;"
# Whoever renews without gaining at least this much would renew again at the next run.
_WORTHWHILE = dt.timedelta(days=1)

Action = t.Literal["keep", "adopt", "issue", "renew"]


@dataclasses.dataclass(frozen=True)
class Request:
    """One identity that shall be there. With ``public_key``, out of a signing request, the file is its certificate alone."""

    name: str
    host: str
    path: pathlib.Path
    passphrase: str | None = dataclasses.field(default=None, repr=False)
    public_key: rsa.RSAPublicKey | None = None


@dataclasses.dataclass(frozen=True)
class Terms:
    """How identities are issued; days."""

    key_type: str
    valid_for: int
    renew_before: int
    force: bool = False

    def __post_init__(self) -> None:
        """Refuse terms that could not be kept, with ``IdentityError``."""
        if not 1 <= self.valid_for <= 36500:
            raise IdentityError(f"{self.valid_for} days are no validity", "give 1 to 36500 days", option="valid_for")
        if not 0 <= self.renew_before < self.valid_for:
            raise IdentityError(
                f"renewing {self.renew_before} days before the end of {self.valid_for} would renew at every run, or never",
                "give fewer days than valid_for, and not less than 0",
                option="renew_before",
            )


@dataclasses.dataclass(frozen=True)
class Present:
    """The file that is there: its digest and mode; its certificate, unless ``entry``, which tells the same, was written with it."""

    file_sha256: str
    mode: int
    entry: Entry | None = None
    certificate: Certificate | None = None
    key_type: str = ""

    @property
    def not_after(self) -> dt.datetime:
        """End of validity, aware UTC."""
        return self.entry.expires() if self.entry else t.cast(Certificate, self.certificate).not_after


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to do for one request, and why."""

    request: Request
    action: Action
    reason: str
    present: Present | None
    changes: tuple[Change, ...] = ()

    @property
    def issues(self) -> bool:
        """Whether a certificate has to be issued."""
        return self.action in ("issue", "renew")


def refuse_duplicates(requests: Iterable[Request]) -> None:
    """Raise ``IdentityError`` when two requests are for the same name or the same file."""
    names: dict[str, Request] = {}
    paths: dict[pathlib.Path, Request] = {}
    for request in requests:
        other = names.setdefault(request.name.casefold(), request)
        if other is not request:
            raise IdentityError(
                f"{other.host} and {request.host} would both get the name '{request.name}'",
                "give every Mac a name of its own: by it the gateway's log and a revocation tell them apart",
                option="name",
            )
        other = paths.setdefault(request.path, request)
        if other is not request:
            raise IdentityError(
                f"{other.host} and {request.host} would both keep their identity in {request.path}",
                "give every Mac a file of its own, with inventory_hostname in the path",
                option="path",
            )


def plan(request: Request, ledger: Ledger, authority: Authority, terms: Terms, *, hosts: Collection[str], now: dt.datetime) -> Plan:
    """Return what to do for ``request``. Reads the identity's file; changes nothing.

    ``hosts`` is the inventory: a name that belongs to another host of it is refused. Raises ``IdentityError``.
    """
    issuing_names.check(request.name)
    _refuse_others_name(request, ledger, hosts)
    present = _observe(request, ledger, now)
    for entry in (ledger.latest(request.name), present and present.entry):
        if entry and entry.state == "revoked" and not terms.force:
            raise IdentityError(
                f"the identity of '{request.name}' was revoked on {entry.revoked_at}",
                "take the host out of the inventory, or use force once to give it a new identity",
                option="name",
            )
    _begin, end = validity(authority, terms.valid_for, now)
    after = {"identity": request.name, "issuer": authority.certificate.subject, "valid_until": iso(end)[:10], "mode": "0600"}
    if present is None:
        _refuse_unissuable(request)
        missing = "its file is gone" if ledger.current(request.name) else "there was none"
        return Plan(request, "issue", missing, None, (Change(str(request.path), "absent", after),))
    reason = _why_renew(request, present, authority, terms, end, now)
    before = {**_shown(present), "mode": f"{present.mode:04o}"}
    if reason:
        _refuse_unissuable(request)
        return Plan(request, "renew", reason, present, (Change(str(request.path), before, {**after, "reason": reason}),))
    changes = []
    if present.mode != store.PRIVATE:
        changes.append(Change(str(request.path), before, {**before, "mode": "0600"}))
    if present.entry is None or present.entry.state != "current" or present.entry.host != request.host:
        changes.append(Change(f"ledger: {request.name}", present.entry.state if present.entry else "unknown", "current"))
        return Plan(request, "adopt", "the ledger did not know it", present, tuple(changes))
    return Plan(request, "keep", "it is valid", present, tuple(changes))


def _refuse_unissuable(request: Request) -> None:
    if request.public_key is None:
        identities.refuse_passphrase(request.passphrase)
    store.refuse_unwritable(request.path)


def _refuse_others_name(request: Request, ledger: Ledger, hosts: Collection[str]) -> None:
    current = ledger.current(request.name)
    if current and current.host != request.host and current.host in hosts:
        raise IdentityError(
            f"the name '{request.name}' belongs to the host {current.host}",
            "give every Mac a name of its own: by it the gateway's log and a revocation tell them apart",
            option="name",
        )


def _observe(request: Request, ledger: Ledger, now: dt.datetime) -> Present | None:
    data = store.read(request.path)
    if data is None:
        return None
    if data.startswith(_VAULT):
        raise IdentityError(
            f"{request.path} is encrypted with ansible-vault, so that it cannot be renewed in its place",
            "decrypt it: the identity is protected by its passphrase already",
            option="path",
        )
    digest, mode = store.sha256(data), request.path.stat().st_mode & 0o777
    entry = next((one for one in ledger.of(request.name) if one.file_sha256 == digest), None)
    if entry and (request.public_key or _opens(data, request.passphrase)):
        return Present(digest, mode, entry, Certificate.from_pem_or_der(data) if request.public_key else None)
    certificate = _read_certificate(request, data, now)
    entry = ledger.by_sha256(request.name, certificate.sha256)
    return Present(digest, mode, entry, certificate, _key_type(certificate))


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


def _key_type(certificate: Certificate) -> str:
    public_key = certificate.x509.public_key()
    return f"rsa{public_key.key_size}" if isinstance(public_key, rsa.RSAPublicKey) else "other"


def _why_renew(request: Request, present: Present, authority: Authority, terms: Terms, end: dt.datetime, now: dt.datetime) -> str | None:
    """Return why the identity that is there does not do, ``None`` if it does. Raises ``IdentityError`` for one that is not ours."""
    if terms.force:
        return "it was asked for"
    issuer = present.entry.issuer if present.entry else t.cast(Certificate, present.certificate).issuer
    ours = issuer == authority.certificate.subject and (present.certificate is None or authority.issued(present.certificate))
    if not ours:
        if present.entry is None:
            raise IdentityError(
                f"{request.path} holds an identity from another authority ({issuer}) that is not in the ledger",
                "leave it out here if it comes from elsewhere, or move the file away to have one issued",
                option="path",
            )
        return f"it was issued by {issuer}"
    if request.public_key and present.certificate and _spki(present.certificate.x509.public_key()) != _spki(request.public_key):
        return "the request has another key"
    if present.not_after <= now:
        return f"it expired on {iso(present.not_after)}"
    if present.not_after - now <= dt.timedelta(days=terms.renew_before) and end - present.not_after >= _WORTHWHILE:
        return f"it expires on {iso(present.not_after)}"
    if present.entry is None:
        _refuse_unusable(request, t.cast(Certificate, present.certificate), now)
    return None


def _refuse_unusable(request: Request, certificate: Certificate, now: dt.datetime) -> None:
    """Refuse to take over a certificate that would not work."""
    checks.refuse_unusable(certificate, now)
    local = checks.local_identifier(certificate)
    if not issuing_names.same(local, request.name):
        raise IdentityError(
            f"the certificate in {request.path} has the Local ID '{local}' instead of '{request.name}'",
            "move the file away to have another one issued",
            option="path",
        )


def _spki(public_key: t.Any) -> bytes:
    return t.cast(bytes, public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _shown(present: Present) -> dict[str, t.Any]:
    if present.entry:
        name, issuer = present.entry.name, present.entry.issuer
    else:
        certificate = t.cast(Certificate, present.certificate)
        name, issuer = certificate.common_name or "", certificate.issuer
    return {"identity": name, "issuer": issuer, "valid_until": iso(present.not_after)[:10]}
