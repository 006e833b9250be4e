# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of Macs that need the same, each with the ``--limit`` that names it to Ansible."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Sequence

from .audit_findings import TITLES
from .report_model import STATES, Host, Report

# A name that Ansible reads as itself in a pattern, not as a wildcard, a range, a file, an exclusion or two names. It splits at colons
# where a pattern has no comma, and takes some IPv6 addresses for one name and some not: none is safe.
_PLAIN = re.compile(r"[^\s,:\[\]*?!&~@\ufffd-][^\s,:\[\]*?\ufffd]*")
_NEEDS_WORK = ("drift", "unknown", "pending", "warning")


@dataclasses.dataclass(frozen=True)
class Group:
    """Some Macs: ``key`` is a state, or a finding's id and status. ``limit`` is ready for a shell; ``left_out`` cannot be named in it."""

    key: str
    label: str
    hosts: tuple[str, ...]

    @property
    def limit(self) -> str | None:
        """The option for ansible-playbook, or ``None`` when none of the Macs can be named."""
        return limit(self.hosts)

    @property
    def left_out(self) -> int:
        """How many Macs have a name that no pattern can hold."""
        return sum(1 for name in self.hosts if not _PLAIN.fullmatch(name))


def limit(hosts: Sequence[str]) -> str | None:
    """Return ``--limit 'mac01,mac02'`` for those of ``hosts`` that a pattern can name."""
    names = [name for name in hosts if _PLAIN.fullmatch(name)]
    return f"--limit {shlex.quote(','.join(names))}" if names else None


def by_state(report: Report) -> list[Group]:
    """Return the Macs of each state that there is, worst first."""
    groups = [Group(state, state, _names(report.in_state(state))) for state in STATES]
    return [group for group in groups if group.hosts]


def by_finding(report: Report) -> list[Group]:
    """Return the Macs of each finding that needs work, in the order of the findings, worst first."""
    titles = dict(TITLES)
    for host in report.hosts:
        titles.update({finding.id: finding.title for finding in host.findings})
    found: dict[tuple[str, str], list[Host]] = {}
    for host in report.hosts:
        for finding in host.findings:
            found.setdefault((finding.id, finding.status), []).append(host)
    return [
        Group(f"{name}:{status}", f"{title}: {status}", _names(found[name, status]))
        for name, title in titles.items()
        for status in _NEEDS_WORK
        if (name, status) in found
    ]


def _names(hosts: Sequence[Host]) -> tuple[str, ...]:
    return tuple(host.name for host in hosts)
