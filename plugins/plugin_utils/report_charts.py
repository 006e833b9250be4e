# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the HTML report, as numbers: the template draws them."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import math

from .report_model import Report, expiry, natural

_MONTHS = 12
_CELL, _GAP = 16, 3


@dataclasses.dataclass(frozen=True)
class Cell:
    """One Mac in the picture of the fleet."""

    x: int
    y: int
    index: int
    name: str
    state: str


@dataclasses.dataclass(frozen=True)
class Fleet:
    """The picture of the fleet: a square for each Mac, sizes in units of the picture."""

    width: int
    height: int
    size: int
    cells: tuple[Cell, ...]


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar: ``label`` in full, ``short`` for under a narrow column, ``kind`` for its colour, ``percent`` of the longest one."""

    label: str
    short: str
    count: int
    percent: float
    kind: str = "plain"
    note: str = ""


def fleet(report: Report, widest: int) -> Fleet:
    """Return a square for each Mac, in the order of the report, row by row, at most ``widest`` in one."""
    columns = min(widest, max(12, math.ceil(math.sqrt(len(report.hosts) * 4))))
    step = _CELL + _GAP
    cells = tuple(
        Cell(number % columns * step, number // columns * step, number, host.name, host.state) for number, host in enumerate(report.hosts)
    )
    rows = max(1, math.ceil(len(report.hosts) / columns))
    return Fleet(columns * step - _GAP, rows * step - _GAP, _CELL, cells)


def expiries(report: Report) -> list[Bar]:
    """Return how many certificates expire when: what is urgent, then month by month, then later."""
    urgencies = collections.Counter(report.urgency(host.days_left(report.generated)) for host in report.hosts)
    ends = [end for host in report.hosts if (end := expiry(host.facts))]
    rows: list[tuple[str, str, int, str, str]] = [
        ("expired", "past", urgencies["expired"], "drift", ""),
        (f"within {report.critical_days} days", f"{report.critical_days} d", urgencies["urgent"], "drift", ""),
        (f"within {report.warn_days} days", f"{report.warn_days} d", urgencies["soon"], "warning", ""),
    ]
    # A day of which a part is left counts as none.
    begin = report.generated + dt.timedelta(days=report.warn_days + 1)
    for number in range(_MONTHS):
        end = (begin.replace(day=1, hour=0, minute=0, second=0) + dt.timedelta(days=32)).replace(day=1)
        # The year at its January, and at the first month unless its January is the next one.
        year = f"{begin:%Y}" if begin.month == 1 or (not number and begin.month < 12) else ""
        rows.append((f"{begin:%B %Y}", f"{begin:%b}", sum(begin <= one < end for one in ends), "plain", year))
        begin = end
    rows.append(("later", "later", sum(one >= begin for one in ends), "plain", ""))
    most = max(1, *(count for _label, _short, count, _kind, _note in rows))
    return [Bar(label, short, count, round(100 * count / most, 2), kind, note) for label, short, count, kind, note in rows]


def versions(report: Report) -> list[Bar]:
    """Return how many Macs run which macOS, newest first, by the number of the major release; what is not known comes last."""
    minor: dict[str, collections.Counter[str]] = {}
    for host in report.hosts:
        version = host.facts.get("macos")
        parts = version.split(".") if version else ["unknown"]
        major = ".".join(parts[:2]) if parts[0] == "10" else parts[0]
        minor.setdefault(major, collections.Counter())[version or ""] += 1
    order = sorted((name for name in minor if name != "unknown"), key=natural, reverse=True) + [name for name in minor if name == "unknown"]
    most = max((sum(counter.values()) for counter in minor.values()), default=1)
    return [
        Bar(
            "not known" if name == "unknown" else f"macOS {name}",
            name,
            total := sum(minor[name].values()),
            round(100 * total / most, 2),
            note="" if name == "unknown" else ", ".join(f"{version} ({count})" for version, count in _sorted(minor[name])),
        )
        for name in order
    ]


def _sorted(counter: collections.Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: natural(item[0]), reverse=True)
