# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the state of a connection to what can be done about it, and to what a person has to do."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from . import tunnel, tunnel_causes
from .changes import Change
from .errors import MacError
from .mac import Mac, Script, Section, usable
from .tunnel import Found, TunnelError, Wanted, in_pools

Method = t.Literal["vpnutil", "on_demand"]
MAX_SECONDS = 600
_VPNUTIL = "vpnutil of Timac/VPNStatus (brew install timac/vpnstatus/vpnutil)"


@dataclasses.dataclass(frozen=True)
class Plan:
    """The changes to show, the way to make them, and the steps of the remote script: none when there is nothing that can be done."""

    changes: tuple[Change, ...] = ()
    method: Method | None = None
    steps: tuple[str, ...] = ()


def refuse_timeout(seconds: int) -> None:
    """Raise ``TunnelError`` for a time that is none."""
    if not 0 <= seconds <= MAX_SECONDS:
        raise TunnelError(f"{seconds} is not a number of seconds from 0 to {MAX_SECONDS}", "give such a number", option="timeout")


def plan(found: Found, wanted: Wanted, state: str, seconds: int) -> Plan:
    """Return what brings the connection into ``state``. Raises ``MacError`` when its state cannot be known.

    macOS has no tool of its own that starts or stops an IKEv2 connection: vpnutil does, and on-demand rules start it by themselves.
    """
    if found.tunnels is None:
        raise MacError("/sbin/ifconfig did not tell the Mac's interfaces", "see that it answers on the Mac, and run the play again")
    status = found.status(wanted)
    if status == state:
        return Plan()
    change = Change(f"connection {wanted.name}", status, state)
    if found.told is None and found.vpnutil is not None and found.session == "gui":
        raise MacError(
            f"{found.owner.name} has no VPN called {wanted.name}",
            "let the profile be approved at the Mac first; the name is that of the VPN in its settings",
            option="name",
        )
    if found.told is not None:
        if state == "disconnected":
            return Plan((change,), "vpnutil", ("stop_connection", "wait_until_down"))
        if found.told in ("Connecting", "Connected"):
            return Plan((), None, ("expect_connection", "wait_until_up"))
        return Plan((change,), "vpnutil", ("start_connection", "wait_until_up"))
    if state == "connected" and found.on_demand and seconds:
        return Plan((), "on_demand", ("expect_connection", "wait_until_up"))
    return Plan()


def apply(mac: Mac, found: Found, wanted: Wanted, steps: tuple[str, ...], seconds: int) -> tuple[Found, Mapping[str, Section]]:
    """Take ``steps`` and look again: one round trip. Raises ``MacError``."""
    script = Script(
        (*tunnel.READ_PARTS, "tunnel_write"),
        ("find_owner", "find_vpnutil", *steps, "read_tunnel", "read_vpn_profiles"),
        {**tunnel.variables(wanted), "timeout": str(seconds)},
    )
    sections = mac.run(script)
    for step in ("start", "stop"):
        if step in sections:
            usable(sections[step], found.vpnutil or "vpnutil")
    return tunnel.found_in(sections, wanted), sections


def refuse_undone(found: Found, wanted: Wanted, state: str, sections: Mapping[str, Section], seconds: int, before: Found) -> None:
    """Raise ``MacError``, with macOS's reason, when a connection that was started or stopped is not in ``state``."""
    if found.status(wanted) == state:
        return
    if state == "disconnected":
        again = "; its on-demand rules start it again, so take them out of the profile" if found.on_demand else ""
        raise MacError(f"{wanted.name} is still {found.status(wanted)}{again}", "switch it off in the Mac's VPN settings")
    waited = int(sections["waited"].text) if "waited" in sections else seconds
    reason = sections["reason"].text if "reason" in sections else ""
    told = "Connecting" if waited >= seconds else before.told
    cause = tunnel_causes.explain(reason, seconds=waited, told=told)
    raise MacError(f"{wanted.name} did not come up ({waited} s): {cause.finding}", cause.remedy)


def result(found: Found, wanted: Wanted, method: Method | None, state: str | None = None) -> dict[str, t.Any]:
    """Return what the modules show of the connection; ``state`` is the one that was asked for."""
    mine = found.tunnel(wanted)
    return {
        "name": wanted.name,
        "status": found.status(wanted),
        "interface": mine.interface if mine else None,
        "address": mine.address if mine else None,
        "in_pool": in_pools(mine.address, wanted.pools) if mine and wanted.pools else None,
        "routed": found.route == mine.interface if mine and wanted.probe and found.route else None,
        "method": method,
        "on_demand": found.on_demand,
        "other_tunnels": [{"interface": one.interface, "address": one.address} for one in found.tunnels or () if one != mine],
        "remedy": remedy(found, wanted, state),
        "user": found.owner.name,
    }


def remedy(found: Found, wanted: Wanted, state: str | None) -> str | None:
    """Return what a person must do next, or ``None``."""
    status, user = found.status(wanted), found.owner.name
    mine = found.tunnel(wanted)
    if found.tunnels is None:
        return "See that /sbin/ifconfig answers on the Mac."
    if mine and wanted.pools and not in_pools(mine.address, wanted.pools):
        return f"{mine.address} is in no address pool: download the client package again, or see where {wanted.name} leads to."
    if mine and wanted.probe and found.route and found.route != mine.interface:
        return (
            f"Packets for {wanted.probe} go to {found.route}: another network has these addresses too, or the gateway does not serve them."
        )
    if status == "unknown" and found.told is None:
        return "Give address_pools, as client_package_info returns them: more cannot be told from an interface's name."
    if state is None or status in (state, "unknown"):
        return None
    return _by_hand(found, wanted, state, user)


def _by_hand(found: Found, wanted: Wanted, state: str, user: str) -> str:
    verb = "on" if state == "connected" else "off"
    click = f"{user} switches {wanted.name} {verb} in the VPN menu or in the Mac's settings"
    if state == "disconnected" and found.on_demand:
        return f"{click}, and on-demand rules start it again: take them out of the profile."
    if found.vpnutil is not None:
        return f"vpnutil reaches a VPN only from the session at the screen: run with become while {user} is logged in, or {click}."
    if found.on_demand:
        return f"Its on-demand rules have not started {wanted.name} yet: they do when there is traffic for the VPN; or {click}."
    return f"macOS has no command that switches an IKEv2 VPN {verb}: {click}; or install {_VPNUTIL}, or give the profile on_demand_rules."
