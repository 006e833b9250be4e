# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issuing for a whole inventory: what is due is found without a lock, keys are made on all cores, files change in small steps."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import itertools
import os
import pathlib
import typing as t
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from . import identity_files, issuing, issuing_plan
from . import identity_ledger as ledgers
from . import identity_store as store
from .changes import Change
from .errors import IdentityError, P2SError
from .identity import Identity, PrivateKey
from .identity_ledger import Entry, Ledger
from .identity_lock import locked
from .issuing_authority import Authority
from .issuing_plan import Plan
from .issuing_present import Present, key_type
from .issuing_wanted import Request, Terms
from .pki import Certificate

# Each step writes the ledger once, and is what a full disk or a power cut can cost at most.
_STEP = 50
_STATUS = {"keep": "valid", "adopt": "adopted", "issue": "issued", "renew": "renewed"}

_T = t.TypeVar("_T")
# a plan, the new certificate and the new file
_Made = tuple[Plan, Certificate | None, bytes]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one request: an error, or a status and the certificate that is there now (none yet in check mode)."""

    request: Request
    status: str
    reason: str = ""
    entry: Entry | None = None
    changes: tuple[Change, ...] = ()
    error: P2SError | None = None

    def to_result(self, now: dt.datetime) -> dict[str, t.Any]:
        """Return what the module shows: never a key, never a passphrase."""
        shown: dict[str, t.Any] = {
            "name": self.request.name,
            "host": self.request.host,
            "path": str(self.request.path),
            "status": self.status,
            "reason": self.reason,
        }
        if self.error:
            return {**shown, "error": str(self.error)}
        return {**shown, **(self.entry.to_result(now) if self.entry else {})}


@dataclasses.dataclass(frozen=True)
class Office:
    """Who issues into which ledger, and how. ``signing_key`` is asked for only when something has to be issued."""

    ledger: pathlib.Path
    authority: Authority
    signing_key: Callable[[], PrivateKey]
    terms: Terms
    hosts: Collection[str]
    lock_timeout: float
    now: dt.datetime

    def run(self, requests: Sequence[Request], *, check_mode: bool) -> list[Outcome]:
        """Return the outcome of each request, in their order; no two are for the same name, file or host.

        Raises ``IdentityError`` when none can be done at all.
        """
        planned = self._planned(requests, store.read_ledger(self.ledger))
        outcomes = {id(one.request): one if isinstance(one, Outcome) else self._predicted(one) for one in planned}
        todo = [one for one in planned if isinstance(one, Plan) and (one.changes or one.action != "keep")]
        key = self.signing_key() if any(one.issues for one in todo) else None
        if not check_mode:
            outcomes.update((id(outcome.request), outcome) for outcome in self._done(todo, key))
        return [outcomes[id(request)] for request in requests]

    def _planned(self, requests: Iterable[Request], ledger: Ledger) -> list[Plan | Outcome]:
        return [self._plan(request, ledger) for request in requests]

    def _plan(self, request: Request, ledger: Ledger) -> Plan | Outcome:
        try:
            folder = self.ledger.parent
            return issuing_plan.plan(request, ledger, self.authority, self.terms, folder=folder, hosts=self.hosts, now=self.now)
        except IdentityError as error:
            return Outcome(request, "failed", error=error)

    def _predicted(self, plan: Plan) -> Outcome:
        return Outcome(plan.request, _STATUS[plan.action], plan.reason, plan.entry, plan.changes)

    def _done(self, todo: Sequence[Plan], key: PrivateKey | None) -> Iterator[Outcome]:
        """Do ``todo`` step by step. A step that fails changes nothing, and nothing is begun after it."""
        failure: IdentityError | None = None
        make = functools.partial(self._make, key)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
            for step in _steps(todo):
                done = 0
                if failure is None:
                    try:
                        for outcome in self._committed(list(threads.map(make, step))):
                            yield outcome
                            done += 1
                    except IdentityError as error:
                        failure = error
                yield from (Outcome(plan.request, "failed", error=failure) for plan in step[done:])

    def _committed(self, made: Sequence[_Made]) -> Iterator[Outcome]:
        """Commit a step; where a file of it cannot be written each of them alone, so that it stops no other."""
        try:
            outcomes = self._commit(made)
        except store.OneFileError as error:
            if len(made) == 1:
                outcomes = [Outcome(made[0][0].request, "failed", error=error)]
            else:
                for one in made:
                    yield from self._committed([one])
                return
        yield from outcomes

    def _make(self, key: PrivateKey | None, plan: Plan) -> _Made:
        """Return the new certificate and file of one plan; nothing for one that issues nothing."""
        if key is None or not plan.issues:
            return plan, None, b""
        request = plan.request
        own = None if request.public_key else issuing.new_key(self.terms.key_type)
        public_key = request.public_key or t.cast(t.Any, own).public_key()
        certificate = issuing.issue(self.authority, key, public_key, request.name, valid_for=self.terms.valid_for, now=self.now)
        if own is None:
            return plan, certificate, "".join(one.pem for one in (certificate, *self.authority.issuers)).encode()
        identity = Identity(certificate, self.authority.issuers, own, self.terms.key_type, request.name)
        return plan, certificate, identity.for_macos(request.passphrase or "", label=request.name)

    def _commit(self, made: Sequence[_Made]) -> list[Outcome]:
        """Put new files and ledger in place, under the lock; where another run was faster, its identity stands."""
        with locked(self.ledger, self.lock_timeout):
            ledger = store.read_ledger(self.ledger)
            outcomes, files = [], []
            for before, certificate, content in made:
                plan = self._plan(before.request, ledger)
                if isinstance(plan, Plan) and plan.issues and certificate is None:
                    error = IdentityError(
                        f"{before.request.path} was changed while this run was at work", "run the task again", option="path"
                    )
                    plan = Outcome(before.request, "failed", error=error)
                if isinstance(plan, Outcome):
                    outcomes.append(plan)
                    continue
                entry = plan.entry
                if plan.issues and certificate:
                    self._remember(ledger, plan)
                    files.append(store.Replacement(plan.request.path, content))
                    entry = self._record(ledger, plan.request, certificate, identity_files.sha256(content))
                elif plan.action == "adopt":
                    entry = self._adopt(ledger, plan)
                outcomes.append(self._made_private(plan, Outcome(plan.request, _STATUS[plan.action], plan.reason, entry, plan.changes)))
            if any(outcome.changes for outcome in outcomes):
                store.replace(files, self.ledger, ledger.dump())
        return outcomes

    def _made_private(self, plan: Plan, outcome: Outcome) -> Outcome:
        """Take a file that stays away from other readers, if it is open to them; return what became of it."""
        if plan.issues or plan.present is None or plan.present.mode == identity_files.PRIVATE:
            return outcome
        try:
            identity_files.make_private(plan.request.path)
        except IdentityError as error:
            return Outcome(plan.request, "failed", error=error)
        return outcome

    def _remember(self, ledger: Ledger, plan: Plan) -> None:
        """Make the ledger know the file that is replaced: a Mac may have it, and only what is known is revoked and removed."""
        present = plan.present
        if present is None:
            return
        known, digest = present.entry, present.file_sha256
        if known is None:
            self._record(ledger, plan.request, t.cast(Certificate, present.certificate), digest)
        else:
            ledger.update(known.name, lambda old: dataclasses.replace(old, file_sha256=digest) if old.sha256 == known.sha256 else old)

    def _record(self, ledger: Ledger, request: Request, certificate: Certificate, digest: str) -> Entry:
        entry = ledgers.new_entry(
            certificate,
            name=request.name,
            host=request.host,
            path=ledgers.relative(request.path, self.ledger.parent),
            key_type=key_type(certificate),
            file_sha256=digest,
            issuer_key_sha256=self.authority.key_sha256 if self.authority.issued(certificate) else None,
            now=self.now,
        )
        ledger.supersede_by(entry)
        return entry

    def _adopt(self, ledger: Ledger, plan: Plan) -> Entry:
        """Make the ledger say what the file says: a run was killed between the two, or the file comes from another tool."""
        entry = plan.entry
        if entry is None:
            present = t.cast(Present, plan.present)
            return self._record(ledger, plan.request, t.cast(Certificate, present.certificate), present.file_sha256)

        def change(old: Entry) -> Entry:
            if old.sha256 == entry.sha256:
                return entry
            return dataclasses.replace(old, state="superseded") if old.state == "current" else old

        ledger.update(entry.name, change)
        return entry


def _steps(items: Sequence[_T]) -> Iterator[list[_T]]:
    rest = iter(items)
    while step := list(itertools.islice(rest, _STEP)):
        yield step
