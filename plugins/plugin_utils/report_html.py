# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML file that needs nothing else: no request leaves it, and what comes from the Macs cannot become a script."""

from __future__ import annotations

import base64
import functools
import hashlib
import pathlib
import typing as t

import jinja2
from markupsafe import Markup

from . import report_charts, report_groups
from .audit_findings import STATUSES, TITLES
from .pki import iso
from .report_model import STATES, Host, Report

ASSETS = pathlib.Path(__file__).with_name("report_assets")
MEANINGS = {
    "unreachable": "not reached",
    "failed": "reached, but not audited",
    "drift": "differ from what is wanted",
    "unknown": "something could not be read",
    "pending": "wait for a person or the MDM",
    "warning": "work, but need attention",
    "ok": "all as wanted",
}
_WORKING = ("ok", "warning")
# In which colour a certificate that has to be renewed is shown.
_COLOURS = {"expired": "drift", "urgent": "drift", "soon": "warning"}


def render(report: Report) -> str:
    """Return the report as an HTML page: the same report gives the same page."""
    style, script = (Markup((ASSETS / name).read_text("utf-8").strip()) for name in ("report.css", "report.js"))  # noqa: S704
    working = sum(report.states[state] for state in _WORKING)
    return _template().render(
        report=report,
        generated=iso(report.generated),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'",
        states=[(state, report.states[state], MEANINGS[state]) for state in STATES],
        working=working,
        percent=100 * working // len(report.hosts) if report.hosts else 0,
        fleets=[(shape, report_charts.fleet(report, widest)) for shape, widest in (("wide", 50), ("narrow", 25))],
        checks=_checks(report),
        expiries=report_charts.expiries(report),
        versions=report_charts.versions(report),
        changed=_changes(report),
        groups=report_groups.by_state(report),
        groups_by_finding=report_groups.by_finding(report),
        entries=[_mac(host, report) for host in report.hosts],
        statuses=STATUSES,
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string((ASSETS / "report.html.j2").read_text("utf-8"))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _checks(report: Report) -> list[dict[str, t.Any]]:
    """Return for each finding how many Macs have which status, with the begin and width of each part of its bar in percent."""
    titles = dict(TITLES)
    counts: dict[str, dict[str, int]] = {}
    for host in report.hosts:
        for finding in host.findings:
            titles[finding.id] = finding.title
            of = counts.setdefault(finding.id, dict.fromkeys(STATUSES, 0))
            of[finding.status] += 1
    checks = []
    for name, title in titles.items():
        if name not in counts:
            continue
        total, begin, parts = sum(counts[name].values()), 0.0, []
        for status, count in counts[name].items():
            width = 100 * count / total
            if count:
                parts.append({"status": status, "count": count, "x": round(begin, 3), "width": round(width, 3)})
            begin += width
        needs = sum(counts[name][status] for status in ("drift", "unknown", "pending", "warning"))
        checks.append({"id": name, "title": title, "parts": parts, "needs": needs})
    return checks


def _changes(report: Report) -> list[dict[str, t.Any]]:
    """Return the Macs by the state that they had and have now, what got worst first."""
    found: dict[tuple[int, int], list[str]] = {}
    for host in report.hosts:
        if host.changed and host.before:
            found.setdefault((STATES.index(host.state), -STATES.index(host.before)), []).append(host.name)
    return [{"before": STATES[-before], "now": STATES[now], "hosts": hosts} for (now, before), hosts in sorted(found.items())]


def _mac(host: Host, report: Report) -> dict[str, t.Any]:
    """Return what the page shows of one Mac. ``text`` is what the search looks at, ``checks`` what the filter by finding does."""
    facts = host.facts
    shown = host.shown
    findings = shown.findings if shown else ()
    problems = [finding for finding in findings if finding.status not in ("ok", "not_applicable")]
    problems.sort(key=lambda finding: STATUSES.index(t.cast(t.Any, finding.status)))
    texts = [host.name, *(facts.get(name) for name in ("user", "serial", "macos")), host.message]
    texts += [text for finding in problems for text in (finding.title, finding.actual, finding.remedy)]
    certificate = facts.get("certificate") or {}
    texts.append(certificate.get("common_name"))
    days = host.days_left(report.generated)
    return {
        "host": host,
        "facts": facts,
        "certificate": certificate,
        "days": days,
        "urgency": _COLOURS.get(report.urgency(days) or ""),
        "headline": host.message or (problems[0].title if problems else ""),
        "more": max(0, len(problems) - 1),
        "problems": problems,
        "others": [finding for finding in findings if finding.status in ("ok", "not_applicable")],
        "text": " ".join(text for text in texts if text).lower(),
        "checks": " ".join(sorted({finding.id for finding in problems})) if host.seen else "",
    }
