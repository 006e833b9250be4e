# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one model that every format of the audit report is written from."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import re
import typing as t
from collections.abc import Iterable, Mapping

from .audit_findings import STATUSES, worst
from .pki import utc_now
from .report_text import clean, optional
from .report_text import name as clean_name

# A host's state is its worst finding, or that there is none. What is worst comes first.
STATES = ("unreachable", "failed", "drift", "unknown", "pending", "warning", "ok")
NOT_AUDITED = ("unreachable", "failed")
Urgency = t.Literal["expired", "urgent", "soon"]
FACTS = ("macos", "serial", "user", "console_user", "mdm_enrolled", "certificate", "profile_uuid")


@dataclasses.dataclass(frozen=True)
class Finding:
    """A finding as it is reported: of this run, or out of an earlier report that may know others."""

    id: str
    title: str
    status: str
    expected: str | None
    actual: str | None
    remedy: str | None

    @classmethod
    def from_result(cls, data: Mapping[str, t.Any]) -> Finding:
        """Return the finding in plain data. Raises ``LookupError`` or ``ValueError`` for what is none."""
        if data["status"] not in STATUSES:
            raise ValueError("not a status")
        texts = (optional(data.get(name)) for name in ("expected", "actual", "remedy"))
        return cls(clean(data["id"]), clean(data["title"]), str(data["status"]), *texts)


@dataclasses.dataclass(frozen=True)
class Seen:
    """A Mac as it was when it was last audited."""

    observed_at: str
    state: str
    findings: tuple[Finding, ...]
    facts: Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Host:
    """One Mac in the report. ``seen`` is what this run saw, ``last_known`` what an earlier one did if this saw nothing.

    ``message`` says why nothing was seen. ``before`` is the state in the last report that has this Mac.
    """

    name: str
    state: str
    seen: Seen | None = None
    last_known: Seen | None = None
    message: str | None = None
    before: str | None = None

    @property
    def shown(self) -> Seen | None:
        """What is known of the Mac, however old."""
        return self.seen or self.last_known

    @property
    def facts(self) -> Mapping[str, t.Any]:
        """What the Mac told of itself, perhaps in an earlier run."""
        return self.shown.facts if self.shown else {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of this run."""
        return self.seen.findings if self.seen else ()

    @property
    def changed(self) -> bool:
        """Whether the state is another one than last time."""
        return self.before is not None and self.before != self.state

    def days_left(self, now: dt.datetime) -> int | None:
        """Return whole days until the certificate expires, or ``None`` if no certificate is known."""
        not_after = expiry(self.facts)
        return None if not_after is None else (not_after - now).days


@dataclasses.dataclass(frozen=True)
class Report:
    """A whole audit.

    ``limited``: only a part of the inventory was audited, by ``--limit``. ``previous`` is when the report was made that this one is
    compared with, ``gone`` the Macs that only the last whole report has.
    """

    title: str
    generated: dt.datetime
    hosts: tuple[Host, ...]
    warn_days: int = 30
    critical_days: int = 7
    previous: str | None = None
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    limited: bool = False

    @property
    def states(self) -> dict[str, int]:
        """How many Macs are in which state, all states, worst first."""
        counts = collections.Counter(host.state for host in self.hosts)
        return {state: counts[state] for state in STATES}

    def urgency(self, days: int | None) -> Urgency | None:
        """Return how urgent it is to renew a certificate that lasts ``days`` more, as client_audit counts them."""
        if days is None or days > self.warn_days:
            return None
        return "expired" if days < 0 else "urgent" if days <= self.critical_days else "soon"

    def in_state(self, *states: str) -> tuple[Host, ...]:
        """Return the Macs in one of ``states``."""
        return tuple(host for host in self.hosts if host.state in states)

    def having(self, statuses: Iterable[str]) -> tuple[Host, ...]:
        """Return the Macs of which the state or any finding is one of ``statuses``."""
        wanted = set(statuses)
        return tuple(host for host in self.hosts if wanted & {host.state, *(finding.status for finding in host.findings)})


def host(name: str, result: object) -> Host:
    """Return the Mac ``name``, from what client_audit left in the variable that its task registered."""
    name = clean_name(name)
    if not isinstance(result, Mapping):
        return Host(name, "failed", message="It was not audited: an earlier task failed or was skipped.")
    message = clean(result.get("msg") or "no message")
    if result.get("unreachable"):
        return Host(name, "unreachable", message=message)
    if result.get("failed"):
        return Host(name, "failed", message=message)
    seen = seen_in(result)
    if seen is None:
        return Host(name, "failed", message="It was not audited: the task was skipped, or its result is not that of client_audit.")
    return Host(name, seen.state, seen)


def seen_in(data: Mapping[str, t.Any]) -> Seen | None:
    """Return what plain data say of a Mac, a result of client_audit or a part of a report, or ``None`` if they do not."""
    facts = data.get("host") if isinstance(data.get("host"), Mapping) else data.get("facts")
    try:
        findings = tuple(Finding.from_result(finding) for finding in data["findings"])
        observed_at = parse_time(data["observed_at"])
    except (LookupError, ValueError, TypeError, AttributeError):
        return None
    if not findings:
        return None
    state = worst(finding.status for finding in findings)
    return Seen(observed_at.strftime("%Y-%m-%dT%H:%M:%SZ"), state, findings, _facts(facts if isinstance(facts, Mapping) else {}))


def expiry(facts: Mapping[str, t.Any]) -> dt.datetime | None:
    """Return when the certificate in ``facts`` expires, if they have one."""
    certificate = facts.get("certificate")
    return parse_time(certificate["not_after"]) if isinstance(certificate, Mapping) else None


def parse_time(text: object) -> dt.datetime:
    """Return an ISO 8601 time in UTC. Raises ``ValueError``."""
    return dt.datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)


def ordered(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """Return ``hosts`` with the worst first, and by name within a state."""
    return tuple(sorted(hosts, key=lambda one: (STATES.index(one.state), natural(one.name))))


def natural(name: str) -> tuple[t.Any, ...]:
    """Return a key that sorts ``mac9`` before ``mac10``."""
    parts = re.split(r"([0-9]+)", name)
    return (*((0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part.casefold()) for part in parts), (2, 0, name))


def now() -> dt.datetime:
    """Return the current time to the second, as reports give it."""
    return utc_now().replace(microsecond=0)


def _facts(data: Mapping[str, t.Any]) -> dict[str, t.Any]:
    facts: dict[str, t.Any] = {name: optional(data.get(name)) for name in FACTS}
    facts["mdm_enrolled"] = data.get("mdm_enrolled") if isinstance(data.get("mdm_enrolled"), bool) else None
    facts["certificate"] = _certificate(data.get("certificate"))
    return facts


def _certificate(data: object) -> dict[str, str | None] | None:
    if not isinstance(data, Mapping):
        return None
    try:
        not_after = parse_time(data.get("not_after"))
    except ValueError:
        return None
    return {
        "common_name": optional(data.get("common_name")),
        "sha256": optional(data.get("sha256")),
        "not_after": not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
