# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as CSV: one row for each Mac and finding, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re

from .report_model import Report

COLUMNS = (
    *("host", "state", "observed_at", "finding", "title", "status", "expected", "actual", "remedy"),
    *("macos", "serial", "user", "certificate_expires", "certificate_urgency", "last_seen", "last_known_state"),
)
# What a spreadsheet takes for the begin of a formula, and runs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# In many countries a spreadsheet splits a CSV file at semicolons, within cells as well: what follows one would be a cell's begin.
_LATER_FORMULA = re.compile(r"([;|\t][\s\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
REACHED = "host.reached"


def render(report: Report) -> str:
    """Return the report as CSV text. It begins with a byte-order mark, without which Excel misreads all but English letters."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for host in report.hosts:
        facts = host.facts
        known = host.last_known
        rest = [
            *(facts.get(name) for name in ("macos", "serial", "user")),
            (facts.get("certificate") or {}).get("not_after"),
            report.urgency(host.days_left(report.generated)),
            *((known.observed_at, known.state) if known else (None, None)),
        ]
        begin = [host.name, host.state, host.seen.observed_at if host.seen else None]
        rows: list[list[str | None]] = [
            [finding.id, finding.title, finding.status, finding.expected, finding.actual, finding.remedy] for finding in host.findings
        ] or [[REACHED, "Mac reached and audited", host.state, "reached and audited", host.message, None]]
        for row in rows:
            writer.writerow([cell(value) for value in [*begin, *row, *rest]])
    return "\ufeff" + out.getvalue()


def cell(value: str | None) -> str:
    """Return ``value`` as a spreadsheet shall show it: a formula in it is not run, but kept as text after an apostrophe."""
    text = _LATER_FORMULA.sub(r"\1'", value or "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
