# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit report as a whole: from what the hosts of a play hold to files."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import pathlib
import typing as t
from collections.abc import Callable, Iterable, Mapping

from . import report_csv, report_html, report_json, report_junit, report_model
from .report_history import History, load, with_history
from .report_model import Report
from .report_text import clean, distinct

# Format: the end of its file's name, and who writes it.
FORMATS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "json": ("json", report_json.render),
    "csv": ("csv", report_csv.render),
    "html": ("html", report_html.render),
    "junit": ("xml", report_junit.render),
}
# What a report can be told to fail for: a state of a Mac, or the status of any of its findings.
FAILURES = ("unreachable", "failed", "drift", "unknown", "pending", "warning")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a report is told.

    Its title, how many days before its end a certificate is warned of, and urgently so, and whether ``--limit`` left Macs out.
    """

    title: str = "Azure VPN on Macs"
    warn_days: int = 30
    critical_days: int = 7
    limited: bool = False


def build(
    results: Mapping[str, object],
    settings: Settings,
    now: dt.datetime,
    history: pathlib.Path | None = None,
    *,
    notes: tuple[str, ...] = (),
) -> Report:
    """Return the report on the hosts of ``results`` (name to what client_audit returned, or anything else), with ``notes`` at its end.

    Raises ``ReportError`` for a history that is no folder.
    """
    shown = distinct(results)
    hosts = [report_model.host(shown[name], result) for name, result in results.items()]
    names = [host.name for host in hosts]
    past = load(history, names, limited=settings.limited) if history else History()
    return Report(
        title=clean(settings.title),
        generated=now,
        hosts=with_history(hosts, past),
        warn_days=settings.warn_days,
        critical_days=settings.critical_days,
        previous=past.previous,
        gone=() if settings.limited else past.gone(names),
        notes=(*notes, *past.notes),
        limited=settings.limited,
    )


def files(report: Report, formats: Iterable[str], basename: str) -> dict[str, str]:
    """Return the report in ``formats``, as text by the name of its file."""
    return {f"{basename}.{FORMATS[name][0]}": FORMATS[name][1](report) for name in formats}


def history_file(report: Report) -> dict[str, str]:
    """Return the report for a folder of earlier ones: its name has the time, and differs for two reports of the same second."""
    text = report_json.render(report)
    return {f"{report.generated:%Y-%m-%dT%H-%M-%SZ}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json": text}


def summary(report: Report) -> dict[str, t.Any]:
    """Return what the module tells of the report."""
    return {
        "hosts": len(report.hosts),
        "states": report.states,
        "changed": [host.name for host in report.hosts if host.changed],
        "gone": list(report.gone),
        "notes": list(report.notes),
    }


def lines(report: Report) -> list[str]:
    """Return the report in a few lines, for the log of a run: how many, and each Mac that is not as wanted with its worst finding."""
    counts = ", ".join(f"{count} {state}" for state, count in reversed(report.states.items()) if count) or "no Macs"
    told = [counts]
    for host in report.hosts:
        if host.state == "ok":
            continue
        worst = next((finding for finding in host.findings if finding.status == host.state), None)
        detail = host.message or (f"{worst.title}: {worst.actual}" if worst else "")
        known = f" (last known {host.last_known.observed_at}: {host.last_known.state})" if host.last_known else ""
        told.append(f"{host.name}: {host.state}: {detail}{known}")
    return told
