# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a rollout is: one line for each Mac that is not done, said to the admin."""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

# The results that the role vpn_client registers, in the order of its tasks.
REGISTERED = ("asked", "own", "planned", "certificates", "identity", "profile", "superseded", "connection")
STATES = ("failed", "unreachable", "not reached", "not yet reached", "waiting for a person", "would change", "done")
_COLUMNS = ("host", "would change", "pending", "unreachable", "note")


@dataclasses.dataclass(frozen=True)
class Row:
    """Where one host stands. ``detail`` says what is wrong or who has to do what, ``changes`` what a run in check mode would change.

    ``waits``: a person or the MDM has to act, now or once the changes are made.
    """

    host: str
    state: str
    detail: str = ""
    changes: tuple[str, ...] = ()
    waits: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table that a run in check mode ends with, as ``_COLUMNS``."""
        note = self.detail if self.state in ("waiting for a person", "would change") else f"{self.state}: {self.detail}"
        gone = self.state == "unreachable"
        return self.host, ", ".join(self.changes) or "-", "a person" if self.waits else "-", "yes" if gone else "-", note


def row(host: str, variables: Mapping[str, t.Any], *, check: bool, active: bool = True) -> Row:
    """Return where ``host`` stands, from what the role registered for it; ``active``: it is still in the play."""
    results = [result for name in REGISTERED if isinstance(result := variables.get(f"vpn_client__{name}"), Mapping)]
    for result in results:
        if result.get("unreachable"):
            return Row(host, "unreachable", _first_line(result.get("msg")))
        if result.get("failed"):
            return Row(host, "failed", _first_line(result.get("msg")))
    if not results and "vpn_client__shared" not in variables:
        if active:
            return Row(host, "not yet reached", "it is in a later batch")
        return Row(host, "not reached", "it was away or failed before the role began")
    profile = _profile(variables)
    if not profile:
        return Row(host, "not reached", "an earlier task failed")
    remedy = _remedy(variables, profile)
    changing = tuple(name for name in REGISTERED if (variables.get(f"vpn_client__{name}") or {}).get("changed"))
    if check and changing:
        asked = remedy is not None or ("profile" in changing and profile["delivery"] == "approval")
        return Row(host, "would change", remedy or "", changing, asked)
    return Row(host, "done") if remedy is None else Row(host, "waiting for a person", remedy, waits=True)


def _remedy(variables: Mapping[str, t.Any], profile: Mapping[str, t.Any]) -> str | None:
    """Return what a person has to do, ``None`` when nobody has to do anything."""
    if profile["status"] in ("staged", "awaiting_approval") or profile["delivery"] == "file":
        return profile["remedy"] or ""
    result = variables.get("vpn_client__connection") or {}
    connection = result.get("connection")
    # One that is connected may still lead elsewhere; one that is not may be what a run without check mode sees to.
    if not connection or (not connection["remedy"] and (connection["status"] == "connected" or result.get("changed"))):
        return None
    return connection["remedy"] or ""


def _profile(variables: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    """Return how far the profile is: as delivered, or as seen before where nothing was to be done."""
    for name in ("profile", "planned"):
        found: Mapping[str, t.Any] | None = (variables.get(f"vpn_client__{name}") or {}).get("profile")
        if found:
            return found
    return {}


def warnings(variables: Mapping[str, t.Any]) -> list[str]:
    """Return the warnings of package, identity and profile that the role registered for a host."""
    shared = ((variables.get("vpn_client__shared") or {}).get("results") or [{}])[0]
    own = variables.get("vpn_client__own") or {}
    package = own.get("package") or shared.get("package") or {}
    identity = (variables.get("vpn_client__identity") or {}).get("identity") or {}
    profile = _profile(variables)
    return list(dict.fromkeys(warning for part in (package, identity, profile) for warning in part.get("warnings", [])))


def summary(hosts: Mapping[str, Mapping[str, t.Any]], *, check: bool, active: Iterable[str] | None = None) -> list[str]:
    """Return the lines to show: how many hosts are in which state, each that is not done, and each warning once with its hosts.

    ``active`` are the hosts that are still in the play, ``None``: all.
    """
    still = set(hosts if active is None else active)
    rows = sorted(
        (row(host, variables, check=check, active=host in still) for host, variables in hosts.items()),
        key=lambda one: (STATES.index(one.state), one.host),
    )
    counts = collections.Counter(one.state for one in rows)
    lines = [", ".join(f"{counts[state]} {state}" for state in reversed(STATES) if counts[state])]
    open_rows = [one for one in rows if one.state != "done"]
    if check:
        lines += _table([one.cells for one in open_rows])
    else:
        lines += [": ".join(part for part in (one.host, one.state, one.detail) if part) for one in open_rows]
    concerned: dict[str, list[str]] = {}
    for host, variables in sorted(hosts.items()):
        for warning in warnings(variables):
            concerned.setdefault(warning, []).append(host)
    return lines + [f"Warning ({_named(names)}): {warning}" for warning, names in concerned.items()]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    table = [_COLUMNS, *rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(_COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]


def _named(hosts: Iterable[str]) -> str:
    names = list(hosts)
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} others"


def _first_line(message: object) -> str:
    lines = str(message or "").strip().splitlines()
    return lines[0] if lines else "no message"
