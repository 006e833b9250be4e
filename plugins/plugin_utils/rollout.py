# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a rollout is: one line for each Mac that is not done, said to the admin."""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

# The results that the role vpn_client registers, in the order of its tasks.
REGISTERED = ("own", "planned", "certificates", "identity", "profile", "superseded", "connection")
STATES = ("failed", "unreachable", "not reached", "waiting for a person", "would change", "done")


@dataclasses.dataclass(frozen=True)
class Row:
    """Where one host stands. ``detail`` says what is wrong or who has to do what."""

    host: str
    state: str
    detail: str = ""


def row(host: str, variables: Mapping[str, t.Any], *, check: bool) -> Row:
    """Return where ``host`` stands, from what the role registered for it."""
    results = [result for name in REGISTERED if isinstance(result := variables.get(f"vpn_client__{name}"), Mapping)]
    for result in results:
        if result.get("unreachable"):
            return Row(host, "unreachable", _first_line(result.get("msg")))
        if result.get("failed"):
            return Row(host, "failed", _first_line(result.get("msg")))
    profile = _profile(variables)
    if not profile:
        return Row(host, "not reached", "an earlier task failed")
    changing = [name for name in REGISTERED if (variables.get(f"vpn_client__{name}") or {}).get("changed")]
    if check and changing:
        return Row(host, "would change", ", ".join(changing))
    if profile["status"] in ("staged", "awaiting_approval") or profile["delivery"] == "file":
        return Row(host, "waiting for a person", profile["remedy"] or "")
    connection = (variables.get("vpn_client__connection") or {}).get("connection")
    if connection and connection["status"] != "connected":
        return Row(host, "waiting for a person", connection["remedy"] or "")
    return Row(host, "done")


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


def summary(hosts: Mapping[str, Mapping[str, t.Any]], *, check: bool) -> list[str]:
    """Return the lines to show: how many hosts are in which state, each that is not done, and each warning once with its hosts."""
    rows = sorted(
        (row(host, variables, check=check) for host, variables in hosts.items()), key=lambda one: (STATES.index(one.state), one.host)
    )
    counts = collections.Counter(one.state for one in rows)
    lines = [", ".join(f"{counts[state]} {state}" for state in reversed(STATES) if counts[state])]
    lines += [": ".join(part for part in (one.host, one.state, one.detail) if part) for one in rows if one.state != "done"]
    concerned: dict[str, list[str]] = {}
    for host, variables in sorted(hosts.items()):
        for warning in warnings(variables):
            concerned.setdefault(warning, []).append(host)
    return lines + [f"Warning ({_named(names)}): {warning}" for warning, names in concerned.items()]


def _named(hosts: Iterable[str]) -> str:
    names = list(hosts)
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} others"


def _first_line(message: object) -> str:
    lines = str(message or "").strip().splitlines()
    return lines[0] if lines else "no message"
