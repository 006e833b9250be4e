# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of an audit: one for each thing that is looked at, with a status of a fixed vocabulary."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from .errors import P2SError

Status = t.Literal["ok", "drift", "pending", "warning", "unknown", "not_applicable"]
# What is worst comes first.
STATUSES: tuple[Status, ...] = ("drift", "unknown", "pending", "warning", "ok", "not_applicable")

# Everything that is looked at, in the order of a report.
TITLES: Mapping[str, str] = {
    "macos.supported": "macOS version",
    "user.resolved": "User of the Mac",
    "keychain.readable": "Login keychain",
    "root.present": "Gateway's roots in the keychain",
    "root.trusted": "Gateway's roots trusted by macOS",
    "identity.present": "Client identity in the keychain",
    "identity.validity": "Client certificate",
    "identity.superseded": "Older identities",
    "profile.installed": "VPN profile installed",
    "profile.current": "VPN profile up to date",
    "connection.state": "VPN connection",
}
ROLLOUT = "Run the rollout for this Mac."


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was looked at, and what was found. ``expected``, ``actual`` and ``remedy`` are for people and never secret."""

    id: str
    status: Status
    expected: str | None = None
    actual: str | None = None
    remedy: str | None = None

    @property
    def title(self) -> str:
        """What was looked at, in words."""
        return TITLES[self.id]

    def to_result(self) -> dict[str, t.Any]:
        """Return the finding as plain data."""
        return {
            "id": self.id,
            "title": self.title,
            "status": self.status,
            "expected": self.expected,
            "actual": self.actual,
            "remedy": self.remedy,
        }


def unknown(name: str, expected: str, why: P2SError) -> Finding:
    """Return the finding on something that could not be found out."""
    return Finding(name, "unknown", expected, why.finding, sentence(why.remedy))


def not_applicable(name: str, why: str, expected: str | None = None) -> Finding:
    """Return the finding on something that does not matter on this Mac."""
    return Finding(name, "not_applicable", expected, why)


def worst(statuses: Iterable[str]) -> Status:
    """Return the worst of ``statuses``; what does not apply does not count, and nothing at all is unknown."""
    found = set(statuses) - {"not_applicable"}
    return next((status for status in STATUSES if status in found), "unknown")


def sentence(text: str) -> str:
    """Return ``text``, the remedy of an error, as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
