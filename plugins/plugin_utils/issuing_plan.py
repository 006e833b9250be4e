# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done so that a Mac has a valid identity: nothing, as a rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import typing as t
from collections.abc import Collection

from . import identity as identities
from . import identity_files, identity_ledger, identity_store, issuing_names, issuing_present
from .changes import Change
from .errors import IdentityError
from .identity_ledger import Entry, Ledger
from .issuing import validity
from .issuing_authority import Authority
from .issuing_present import Present
from .issuing_wanted import Request, Terms
from .libraries import Encoding, PublicFormat
from .pki import Certificate, iso

# Whoever renews without gaining at least this much would renew again at the next run.
_WORTHWHILE = dt.timedelta(days=1)

Action = t.Literal["keep", "adopt", "issue", "renew"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to do for one request, and why; ``entry`` is what the ledger shall say of a certificate that it knows and that stays."""

    request: Request
    action: Action
    reason: str
    present: Present | None
    changes: tuple[Change, ...] = ()
    entry: Entry | None = None

    @property
    def issues(self) -> bool:
        """Whether a certificate has to be issued."""
        return self.action in ("issue", "renew")


def plan(
    request: Request,
    ledger: Ledger,
    authority: Authority,
    terms: Terms,
    *,
    folder: pathlib.Path,
    hosts: Collection[str],
    now: dt.datetime,
) -> Plan:
    """Return what to do for ``request``. Reads the identity's file; changes nothing.

    ``folder`` is the ledger's; ``hosts`` is the inventory: a name that belongs to another host of it is refused. Raises ``IdentityError``.
    """
    issuing_names.check(request.name)
    _refuse_others_name(request, ledger, hosts)
    present = issuing_present.observe(request, ledger, now)
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
    if present.mode != identity_files.PRIVATE:
        changes.append(Change(str(request.path), before, {**before, "mode": "0600"}))
    if present.entry is None:
        changes.append(Change(f"ledger: {request.name}", "unknown", "current"))
        return Plan(request, "adopt", "the ledger did not know it", present, tuple(changes))
    entry = dataclasses.replace(
        present.entry,
        state="current",
        host=request.host,
        path=identity_ledger.relative(request.path, folder),
        file_sha256=present.file_sha256,
        issuer_key_sha256=authority.key_sha256,
    )
    if entry != present.entry:
        changes.append(Change(f"ledger: {request.name}", *identity_ledger.difference(present.entry, entry)))
        return Plan(request, "adopt", "the ledger said something else of it", present, tuple(changes), entry)
    return Plan(request, "keep", "it is valid", present, tuple(changes), entry)


def _refuse_unissuable(request: Request) -> None:
    if request.public_key is None:
        identities.refuse_passphrase(request.passphrase)
    identity_store.refuse_unwritable(request.path)


def _refuse_others_name(request: Request, ledger: Ledger, hosts: Collection[str]) -> None:
    current = ledger.current(request.name)
    if current and current.host != request.host and current.host in hosts:
        raise IdentityError(
            f"the name '{request.name}' belongs to the host {current.host}",
            "give every Mac a name of its own: by it the gateway's log and a revocation tell them apart",
            option="name",
        )


def _why_renew(request: Request, present: Present, authority: Authority, terms: Terms, end: dt.datetime, now: dt.datetime) -> str | None:
    """Return why the identity that is there does not do, ``None`` if it does. Raises ``IdentityError`` for one that is not ours."""
    if terms.force:
        return "it was asked for"
    if not present.issued_by(authority):
        issuer = present.issuer
        if present.entry is None:
            raise IdentityError(
                f"{request.path} holds an identity from another authority ({issuer}) that is not in the ledger",
                "leave it out here if it comes from elsewhere, or move the file away to have one issued",
                option="path",
            )
        return f"it was issued by {'another authority called ' * (issuer == authority.certificate.subject)}{issuer}"
    if request.public_key and present.certificate and _spki(present.certificate.x509.public_key()) != _spki(request.public_key):
        return "the request has another key"
    if present.not_after <= now:
        return f"it expired on {iso(present.not_after)}"
    if present.not_after - now <= dt.timedelta(days=terms.renew_before) and end - present.not_after >= _WORTHWHILE:
        return f"it expires on {iso(present.not_after)}"
    if present.entry is None:
        issuing_present.refuse_unusable(request, t.cast(Certificate, present.certificate), now)
    return None


def _spki(public_key: t.Any) -> bytes:
    return t.cast(bytes, public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _shown(present: Present) -> dict[str, t.Any]:
    name = present.entry.name if present.entry else t.cast(Certificate, present.certificate).common_name or ""
    return {"identity": name, "issuer": present.issuer, "valid_until": iso(present.not_after)[:10]}
