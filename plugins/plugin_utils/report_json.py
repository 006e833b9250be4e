# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JSON: what machines read, and what later reports are compared with. docs/audit-report.schema.json describes it."""

from __future__ import annotations

import collections
import json
import typing as t
from collections.abc import Mapping

from .pki import iso
from .report_model import STATES, Host, Report, Seen, parse_time, seen_in
from .report_text import clean, optional
from .report_text import name as clean_name

SCHEMA_VERSION = 1
SCHEMA = "https://github.com/azure-p2s/ansible-collection-macos/blob/main/docs/audit-report.schema.json"


class UnreadableReportError(ValueError):
    """A file is not a report that can be read; the text says why."""


class Earlier(t.NamedTuple):
    """An earlier report, as far as it matters to a later one."""

    generated: str
    states: Mapping[str, str]
    seen: Mapping[str, Seen]
    limited: bool = False


def render(report: Report) -> str:
    """Return the report as JSON text: the same report gives the same text."""
    return json.dumps(plain(report), indent=1, ensure_ascii=False) + "\n"


def plain(report: Report) -> dict[str, t.Any]:
    """Return the report as plain data."""
    return {
        "$schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "title": report.title,
        "generated": iso(report.generated),
        "limited": report.limited,
        "thresholds": {"warn_days": report.warn_days, "critical_days": report.critical_days},
        "summary": {
            "hosts": len(report.hosts),
            "states": report.states,
            "findings": _by_finding(report),
            "macos": dict(sorted(collections.Counter(_macos(host) for host in report.hosts).items())),
        },
        "previous": report.previous,
        "changes": [{"host": host.name, "before": host.before, "after": host.state} for host in report.hosts if host.changed],
        "gone": list(report.gone),
        "notes": list(report.notes),
        "hosts": [_host(host, report) for host in report.hosts],
    }


def read(text: str) -> Earlier:
    """Read an earlier report. Raises ``UnreadableReportError``."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableReportError("is not JSON") from None
    if not isinstance(data, dict) or "schema_version" not in data:
        raise UnreadableReportError("is not an audit report")
    if data["schema_version"] != SCHEMA_VERSION:
        raise UnreadableReportError(f"has the schema version {clean(data['schema_version'])[:20]}, and this release reads {SCHEMA_VERSION}")
    try:
        generated = iso(parse_time(data["generated"]))
        hosts = {clean_name(host["host"]): host for host in data["hosts"]}
        states = {name: host["state"] for name, host in hosts.items() if host["state"] in STATES}
    except (LookupError, ValueError, TypeError):
        raise UnreadableReportError("is an audit report with parts missing") from None
    # A Mac that was not reached then either brings along what was known of it.
    seen = {name: found for name, host in hosts.items() if (found := seen_in(host) or seen_in(_mapping(host.get("last_known"))))}
    return Earlier(generated, states, seen, data.get("limited") is True)


def _host(host: Host, report: Report) -> dict[str, t.Any]:
    return {
        "host": host.name,
        "state": host.state,
        "before": host.before,
        "message": optional(host.message),
        "observed_at": host.seen.observed_at if host.seen else None,
        "days_left": host.days_left(report.generated),
        "urgency": report.urgency(host.days_left(report.generated)),
        "facts": dict(host.seen.facts) if host.seen else {},
        "findings": [dict(vars(finding)) for finding in host.findings],
        "last_known": None if host.last_known is None else _seen(host.last_known),
    }


def _seen(seen: Seen) -> dict[str, t.Any]:
    return {
        "observed_at": seen.observed_at,
        "state": seen.state,
        "facts": dict(seen.facts),
        "findings": [dict(vars(finding)) for finding in seen.findings],
    }


def _by_finding(report: Report) -> dict[str, dict[str, int]]:
    counts: dict[str, collections.Counter[str]] = {}
    for host in report.hosts:
        for finding in host.findings:
            counts.setdefault(finding.id, collections.Counter())[finding.status] += 1
    return {name: dict(sorted(count.items())) for name, count in counts.items()}


def _macos(host: Host) -> str:
    return host.facts.get("macos") or "unknown"


def _mapping(value: object) -> Mapping[str, t.Any]:
    return value if isinstance(value, Mapping) else {}
