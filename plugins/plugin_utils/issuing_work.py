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

from . import identity_ledger as ledgers
from . import identity_store as store
from . import issuing, issuing_plan
from .changes import Change
from .errors import IdentityError
from .identity import Identity, PrivateKey
from .identity_ledger import Entry, Ledger
from .issuing import Authority
from .issuing_plan import Plan, Request, Terms
from .pki import Certificate

# Each step writes the ledger once, and is what a full disk or a power cut can cost at most.
_STEP = 50
_STATUS = {"keep": "valid", "adopt": "adopted", "issue": "issued", "renew": "renewed"}

_T = t.TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one request: an error, or a status and the certificate that is there now (none yet in check mode)."""

    request: Request
    status: str
    reason: str = ""
    entry: Entry | None = None
    changes: tuple[Change, ...] = ()
    error: IdentityError | None = None

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
        """Return the outcome of each request, in their order; no two are for the same name or file.

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
            return issuing_plan.plan(request, ledger, self.authority, self.terms, hosts=self.hosts, now=self.now)
        except IdentityError as error:
            return Outcome(request, "failed", error=error)

    def _predicted(self, plan: Plan) -> Outcome:
        entry = plan.present.entry if plan.present and not plan.issues else None
        return Outcome(plan.request, _STATUS[plan.action], plan.reason, entry, plan.changes)

    def _done(self, todo: Sequence[Plan], key: PrivateKey | None) -> Iterator[Outcome]:
        """Do ``todo`` step by step. A step that fails changes nothing, and nothing is begun after it."""
        failure: IdentityError | None = None
        make = functools.partial(self._make, key)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
            for step in _steps(todo):
                if failure is None:
                    try:
                        yield from self._commit(list(threads.map(make, step)))
                        continue
                    except IdentityError as error:
                        failure = error
                yield from (Outcome(plan.request, "failed", error=failure) for plan in step)

    def _make(self, key: PrivateKey | None, plan: Plan) -> tuple[Plan, Certificate | None, bytes]:
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

    def _commit(self, made: Sequence[tuple[Plan, Certificate | None, bytes]]) -> list[Outcome]:
        """Put new files and ledger in place, under the lock; where another run was faster, its identity stands."""
        with store.locked(self.ledger, self.lock_timeout):
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
                entry = plan.present.entry if plan.present else None
                if plan.issues and certificate:
                    files.append(store.Replacement(plan.request.path, content))
                    entry = self._record(ledger, plan.request, certificate, store.sha256(content))
                elif plan.action == "adopt":
                    entry = self._adopt(ledger, plan)
                outcomes.append(self._made_private(plan, Outcome(plan.request, _STATUS[plan.action], plan.reason, entry, plan.changes)))
            if any(outcome.changes for outcome in outcomes):
                store.replace(files, self.ledger, ledger.dump())
        return outcomes

    def _made_private(self, plan: Plan, outcome: Outcome) -> Outcome:
        """Take a file that stays away from other readers, if it is open to them; return what became of it."""
        if plan.issues or plan.present is None or plan.present.mode == store.PRIVATE:
            return outcome
        try:
            store.make_private(plan.request.path)
        except IdentityError as error:
            return Outcome(plan.request, "failed", error=error)
        return outcome

    def _record(self, ledger: Ledger, request: Request, certificate: Certificate, digest: str) -> Entry:
        public_key = certificate.x509.public_key()
        entry = ledgers.new_entry(
            certificate,
            name=request.name,
            host=request.host,
            path=self.relative(request.path),
            key_type=f"rsa{t.cast(t.Any, public_key).key_size}",
            file_sha256=digest,
            now=self.now,
        )
        ledger.supersede_by(entry)
        return entry

    def _adopt(self, ledger: Ledger, plan: Plan) -> Entry:
        """Make the ledger say what the file says: a run was killed between the two, or the file comes from another tool."""
        present = t.cast(issuing_plan.Present, plan.present)
        if present.entry is None:
            return self._record(ledger, plan.request, t.cast(Certificate, present.certificate), present.file_sha256)
        entry = dataclasses.replace(present.entry, state="current", host=plan.request.host, path=self.relative(plan.request.path))

        def change(old: Entry) -> Entry:
            if old.sha256 == entry.sha256:
                return entry
            return dataclasses.replace(old, state="superseded") if old.state == "current" else old

        ledger.update(entry.name, change)
        return entry

    def relative(self, path: pathlib.Path) -> str:
        """Return ``path`` as the ledger names it: a folder that is moved as a whole stays right."""
        try:
            return str(path.relative_to(self.ledger.parent))
        except ValueError:
            return str(path)


def _steps(items: Sequence[_T]) -> Iterator[list[_T]]:
    rest = iter(items)
    while step := list(itertools.islice(rest, _STEP)):
        yield step
