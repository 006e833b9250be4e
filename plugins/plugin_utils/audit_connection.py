# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The finding on the connection: what the rollout, which connects once the profile is installed, would do about it."""

from __future__ import annotations

from . import audit_profile, tunnel_work
from .audit_findings import ROLLOUT, Finding, not_applicable, sentence, unknown
from .audit_identity import WantedIdentity
from .audit_observation import Observation
from .audit_wanted import Wanted
from .errors import MacError
from .tunnel import Found

_STATE = "connection.state"
_INTERFACES = MacError("the Mac did not tell its network interfaces", "see that /sbin/ifconfig answers on the Mac, and audit again")


def state(wanted: Wanted, identity: WantedIdentity, seen: Observation) -> Finding:
    """Return the finding on whether the VPN is connected."""
    if not wanted.connected:
        return _as_the_user_likes(wanted, seen.connection)
    expected = "connected"
    if wanted.profile.delivery == "file":
        return not_applicable(_STATE, "the MDM delivers the profile, and the rollout does not connect", expected)
    installed = audit_profile.is_installed(wanted.profile, identity, seen.profile)
    if installed is None:
        problem = MacError("whether the wanted profile is installed is not known", "see the findings on the VPN profile")
        return unknown(_STATE, expected, problem)
    if not installed:
        return not_applicable(_STATE, "the rollout connects once the wanted profile is installed", expected)
    if isinstance(seen.connection, MacError):
        return unknown(_STATE, expected, seen.connection)
    return _shall_be_connected(wanted, seen.connection, expected)


def _as_the_user_likes(wanted: Wanted, found: Found | MacError) -> Finding:
    expected = "connected or not, as the user likes"
    if isinstance(found, MacError):
        return not_applicable(_STATE, "it is not known whose connection is meant", expected)
    if found.tunnels is None:
        return unknown(_STATE, expected, _INTERFACES)
    status = found.status(wanted.connection)
    if status == "connected":
        return Finding(_STATE, "ok", expected, _actual(wanted, found))
    if status == "unknown":
        return Finding(_STATE, "unknown", expected, *_unclear(wanted, found))
    return not_applicable(_STATE, "being connected" if status == "connecting" else "not connected", expected)


def _shall_be_connected(wanted: Wanted, found: Found, expected: str) -> Finding:
    """Return the finding where the rollout would see to the connection."""
    if found.tunnels is None:
        return unknown(_STATE, expected, _INTERFACES)
    try:
        # How long a run waits decides nothing about what it changes.
        plan = tunnel_work.plan(found, wanted.connection, "connected", 1)
    except MacError as error:
        if error is found.vpnutil_error:
            return unknown(_STATE, expected, error)
        return Finding(_STATE, "drift", expected, f"not connected; {error.finding}", sentence(error.remedy))
    status = found.status(wanted.connection)
    if plan.changes:
        return Finding(_STATE, "drift", expected, "not connected", ROLLOUT)
    if status == "connected":
        return Finding(_STATE, "ok", expected, _actual(wanted, found))
    if status == "unknown":
        return Finding(_STATE, "unknown", expected, *_unclear(wanted, found))
    if found.told == "Connecting":
        waits = "Audit again in a minute; a rollout waits for it and says why it does not come up."
        return Finding(_STATE, "pending", expected, "being connected", waits)
    return Finding(_STATE, "pending", expected, "not connected", tunnel_work.remedy(found, wanted.connection, "connected"))


def _actual(wanted: Wanted, found: Found) -> str:
    tunnel = found.tunnel(wanted.connection)
    return f"connected, with the address {tunnel.address}" if tunnel else "connected"


def _unclear(wanted: Wanted, found: Found) -> tuple[str, str]:
    """Return what is known, and what to do, when the interfaces do not tell whether the VPN is connected."""
    if found.told is None:
        return "an IPsec tunnel is up, but whose cannot be told without the gateway's address pools", "Give package, and audit again."
    said = "".join(char for char in found.told if char.isprintable())[:40]
    remedy = tunnel_work.remedy(found, wanted.connection, "connected")
    return f"vpnutil says {said}, and no tunnel can be told to be its", (
        remedy or f"See {wanted.connection.name} in the Mac's VPN settings, and audit again."
    )
