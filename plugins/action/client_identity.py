# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of client_identity: works on the controller and contacts no host."""

from __future__ import annotations

import collections
import datetime as dt
import pathlib
import typing as t
from collections.abc import Iterator, Sequence

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    identity_files,
    identity_retirement,
    identity_store,
    issuing_options,
    issuing_wanted,
    pki,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import P2SError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_retirement import Ended, Holder
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.issuing_authority import Authority
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.issuing_wanted import Request
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.issuing_work import Office, Outcome


class ActionModule(P2SActionBase):
    """Have valid client identities, issued by the point-to-site root, or bring them to their end."""

    SPEC: t.ClassVar[dict[str, t.Any]] = issuing_options.SPEC
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        variables = task_vars or {}
        self._host = str(variables.get("inventory_hostname", "localhost"))
        self._hosts = frozenset(variables.get("groups", {}).get("all", ()))
        return super().run(tmp, task_vars)

    def _validated_options(self, secrets: set[str]) -> dict[str, t.Any]:
        secrets |= issuing_options.secrets_of(self._task.args.get("identities"))
        return super()._validated_options(secrets)

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        now = pki.utc_now()
        return self._present(options, now) if options["state"] == "present" else self._ended(options, now)

    def _present(self, options: dict[str, t.Any], now: dt.datetime) -> dict[str, t.Any]:
        """Issue what is missing or due."""
        terms = issuing_options.terms(options)
        authority = issuing_options.authority(self, options, now)
        outcomes: list[Outcome] = []
        requests = issuing_options.requests(self, options, self._host)
        issuing_wanted.refuse_duplicates(requests)
        groups = self._by_ledger(options, requests)
        for ledger, group in groups:
            office = Office(
                ledger=ledger,
                authority=authority,
                signing_key=lambda: issuing_options.signing_key(self, options, authority),
                terms=terms,
                hosts=self._hosts,
                lock_timeout=options["lock_timeout"],
                now=now,
            )
            try:
                outcomes += office.run(group, check_mode=self.check_mode)
            except P2SError as error:
                if len(groups) == 1:
                    raise
                # what is wrong with one ledger must not hide what was done with another
                outcomes += [Outcome(request, "failed", error=error) for request in group]
        notes = [*authority.warnings(), *_shortened(authority, terms.valid_for, now)]
        changed = [change for outcome in outcomes if not outcome.error for change in outcome.changes]
        result = {"changed": bool(changed), "diff": differences.diff(changed), "warnings": notes}
        return {**result, **(_one(outcomes[0], authority, now) if options["identities"] is None else _many(outcomes, now))}

    def _by_ledger(self, options: dict[str, t.Any], requests: Sequence[Request]) -> list[tuple[pathlib.Path, list[Request]]]:
        groups: dict[pathlib.Path, list[Request]] = {}
        for request in requests:
            groups.setdefault(issuing_options.ledger_of(self, options, request.path), []).append(request)
        return list(groups.items())

    def _ended(self, options: dict[str, t.Any], now: dt.datetime) -> dict[str, t.Any]:
        """Revoke, retire or remove: in no ledger before it is seen that it can be done in all."""
        groups: dict[pathlib.Path, list[Holder]] = {}
        for one in [options] if options["identities"] is None else options["identities"]:
            path = issuing_options.local_path(self, "path", one["path"]) if one["path"] else None
            holder = Holder(one["name"], path)
            groups.setdefault(issuing_options.ledger_of(self, options, path), []).append(holder)

        def end(*, check_mode: bool) -> Iterator[Ended]:
            for ledger, holders in groups.items():
                yield from identity_retirement.end(
                    holders, options["state"], ledger, lock_timeout=options["lock_timeout"], now=now, check_mode=check_mode
                )

        ended = list(end(check_mode=True))
        failure: dict[str, t.Any] = {}
        if not self.check_mode:
            ended = []
            try:
                # one by one: what was done stays told when a later ledger fails
                for one in end(check_mode=False):
                    ended.append(one)
            except P2SError as error:
                failure = error.as_result()
        changed = [change for one in ended for change in one.changes]
        return {
            "changed": bool(changed),
            "diff": differences.diff(changed),
            "revoked": [entry for one in ended for entry in identity_retirement.revocations(one.entries, now)],
            **failure,
        }


def _shortened(authority: Authority, valid_for: int, now: dt.datetime) -> list[str]:
    """Return a warning when the issuer ends before what it issues would."""
    if now + dt.timedelta(days=valid_for) <= authority.not_after:
        return []
    name, end = authority.certificate.common_name or authority.certificate.subject, pki.iso(authority.not_after)
    return [
        f"The authority '{name}' ends on {end}, and with it all that it issues: make a new root and upload it to the gateway in good time."
    ]


def _one(outcome: Outcome, authority: Authority, now: dt.datetime) -> dict[str, t.Any]:
    if outcome.error:
        raise outcome.error
    request = outcome.request
    shown: dict[str, t.Any] = {
        "identity": outcome.to_result(now),
        "previous": [str(path) for path in identity_store.previous_files(request.path)],
    }
    if request.public_key:
        data = identity_files.read(request.path) if outcome.entry else None
        shown["certificate"] = pki.Certificate.from_pem_or_der(data).pem if data else None
        shown["chain"] = [certificate.pem for certificate in authority.issuers]
    return shown


def _many(outcomes: Sequence[Outcome], now: dt.datetime) -> dict[str, t.Any]:
    """Return what is worth telling of many: what changed or failed. The ledger has the rest."""
    counts = collections.Counter(outcome.status for outcome in outcomes)
    errors = {outcome.request.host: str(outcome.error) for outcome in outcomes if outcome.error}
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"
    shown: dict[str, t.Any] = {
        "msg": f"Identities: {told}",
        "summary": {"total": len(outcomes), **counts},
        "identities": [outcome.to_result(now) for outcome in outcomes if outcome.error or outcome.changes],
        "errors": errors,
    }
    if errors:
        first = "; ".join(f"{host}: {error}" for host, error in list(errors.items())[:3])
        shown |= {"failed": True, "msg": f"{len(errors)} of {len(outcomes)} identities could not be had. {first}"}
    return shown
