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
from .mac import TIMED_OUT, Mac, Script, Section, words
from .tunnel import Found, TunnelError, Wanted, in_pools
from .tunnel_causes import Cause

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
    """Return what brings the connection into ``state``, waiting at most ``seconds``. Raises ``MacError`` when its state cannot be known.

    macOS has no tool of its own that starts or stops an IKEv2 connection: vpnutil does, and on-demand rules start it by themselves.
    """
    if found.tunnels is None:
        raise MacError("/sbin/ifconfig did not tell the Mac's interfaces", "see that it answers on the Mac, and run the play again")
    status = found.status(wanted)
    if status == state:
        return Plan(steps=("wait_until_down",) if seconds and _half_way_down(found, state) else ())
    if found.told is None and found.vpnutil is not None and found.session == "gui":
        raise found.vpnutil_error or MacError(
            f"{found.owner.name} has no VPN called {wanted.name}",
            "let the profile be approved at the Mac first; the name is that of the VPN in its settings",
            option="name",
        )
    change = Change(f"connection {wanted.name}", status, state)
    if found.told is None:
        on_demand = state == "connected" and found.on_demand and seconds
        return Plan((), "on_demand", ("wait_until_up",)) if on_demand else Plan()
    if state == "disconnected":
        return Plan((change,), "vpnutil", ("stop_connection", "wait_until_down")[: 2 if seconds else 1])
    if found.told == "Connecting" or (found.told == "Connected" and not found.tunnels):
        return Plan(steps=("wait_until_up",) if seconds else ())
    if found.told == "Connected":
        return Plan()
    return Plan((change,), "vpnutil", ("start_connection", "wait_until_up")[: 2 if seconds else 1])


def _half_way_down(found: Found, state: str) -> bool:
    return state == "disconnected" and found.told == "Disconnecting"


def apply(mac: Mac, found: Found, wanted: Wanted, steps: tuple[str, ...], seconds: int) -> tuple[Found, Mapping[str, Section]]:
    """Take ``steps`` and look again: one round trip. Raises ``MacError``."""
    variables = {
        **tunnel.variables(wanted),
        "timeout": str(seconds),
        "before": words([f"{one.interface} {one.address}" for one in found.tunnels or ()]),
        "asks": "" if found.told is None else "yes",
        "has_pools": "yes" if wanted.pools else "",
    }
    script = Script(
        (*tunnel.READ_PARTS, "tunnel_write"),
        ("find_owner", "find_vpnutil", "mark_time", *steps, "read_tunnel", "read_vpn_profiles"),
        variables,
    )
    sections = mac.run(script)
    for step in ("start", "stop"):
        # What did not answer was not asked again.
        if step in sections and sections[step].status == TIMED_OUT:
            raise tunnel.vpnutil_error(sections[step], found.vpnutil or "vpnutil", found.owner.name)
    return tunnel.found_in(sections, wanted), sections


def refuse_undone(found: Found, wanted: Wanted, state: str, sections: Mapping[str, Section], seconds: int, before: Found) -> None:
    """Raise ``MacError``, with macOS's reason, when a connection that was started or stopped is not in ``state``.

    Without ``seconds`` to wait only vpnutil itself can have failed.
    """
    if found.status(wanted) == state and not _half_way_down(found, state):
        return
    for step in ("start", "stop"):
        if step in sections and sections[step].status != 0:
            raise tunnel.vpnutil_error(sections[step], found.vpnutil or "vpnutil", found.owner.name)
    if not seconds:
        return
    if state == "disconnected":
        again = "; its on-demand rules start it again, so take them out of the profile" if found.on_demand else ""
        is_still = "on its way down" if _half_way_down(found, state) else found.status(wanted)
        raise MacError(f"{wanted.name} is still {is_still}{again}", "switch it off in the Mac's VPN settings")
    waited = int(sections["waited"].text) if "waited" in sections else seconds
    told = "Connecting" if waited >= seconds else before.told
    cause = _mismatch(found, wanted) or tunnel_causes.explain(_log(sections), wanted.name, seconds=waited, told=told)
    raise MacError(f"{wanted.name} did not come up ({waited} s): {cause.finding}", cause.remedy)


def known_cause(sections: Mapping[str, Section], wanted: Wanted) -> Cause | None:
    """Return why on-demand rules have not brought the connection up, if macOS's log says it."""
    return tunnel_causes.known(_log(sections), wanted.name)


def _log(sections: Mapping[str, Section]) -> str:
    return sections["reason"].text if "reason" in sections else ""


def _mismatch(found: Found, wanted: Wanted) -> Cause | None:
    """Return what is wrong when vpnutil calls the connection up and its tunnel is not to be seen."""
    if found.told != "Connected":
        return None
    if not found.tunnels:
        return Cause("vpnutil says Connected, and no interface has an address of it", "see it in the Mac's VPN settings")
    addresses = " and ".join(one.address for one in found.tunnels)
    no_pool = f"none of {addresses} is in an address pool" if wanted.pools else f"which of {addresses} is its address is not known"
    remedy = "download the client package again" if wanted.pools else "give address_pools, as client_package_info returns them"
    return Cause(f"vpnutil says Connected, and {no_pool}", remedy)


def result(
    found: Found,
    wanted: Wanted,
    method: Method | None,
    state: str | None = None,
    *,
    cause: Cause | None = None,
    planned: bool = False,
) -> dict[str, t.Any]:
    """Return what the modules show of the connection; ``state`` is the one that was asked for.

    ``cause`` says why on-demand rules did not bring it up; ``planned`` that a run without check mode would see to the state.
    """
    mine, status = found.tunnel(wanted), found.status(wanted)
    return {
        "name": wanted.name,
        "status": status,
        "interface": mine.interface if mine else None,
        "address": mine.address if mine else None,
        "in_pool": in_pools(mine.address, wanted.pools) if mine and wanted.pools else None,
        "routed": found.route == mine.interface if mine and wanted.probe and found.route else None,
        # Rules that were waited for in vain have started nothing.
        "method": method if method != "on_demand" or status == "connected" else None,
        "on_demand": found.on_demand,
        "other_tunnels": [{"interface": one.interface, "address": one.address} for one in found.tunnels or () if one != mine],
        "remedy": None if planned else remedy(found, wanted, state, cause),
        "user": found.owner.name,
    }


def remedy(found: Found, wanted: Wanted, state: str | None, cause: Cause | None = None) -> str | None:
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
    if status == "unknown" and (mismatch := _mismatch(found, wanted)):
        return f"{mismatch.finding}: {mismatch.remedy}."
    if state is None or status in (state, "unknown"):
        return None
    return _by_hand(found, wanted, state, user, cause)


def _by_hand(found: Found, wanted: Wanted, state: str, user: str, cause: Cause | None) -> str:
    verb = "on" if state == "connected" else "off"
    click = f"{user} switches {wanted.name} {verb} in the VPN menu or in the Mac's settings"
    if found.told is not None:
        return f"{wanted.name} is not {state} yet: look again in a moment, and see whether a dialog waits on the Mac's screen."
    if state == "disconnected" and found.on_demand:
        return f"{click}, and on-demand rules start it again: take them out of the profile."
    if found.vpnutil is not None and not found.on_demand:
        return f"vpnutil reaches a VPN only from the session at the screen: run with become while {user} is logged in, or {click}."
    if found.on_demand and cause:
        return f"On-demand rules have tried to start {wanted.name}: {cause.finding}; {cause.remedy}."
    if found.on_demand and found.came_up:
        addresses = " and ".join(one.address for one in found.came_up)
        return f"{addresses} came up and is in no address pool: if it is {wanted.name}'s, download the client package again."
    if found.on_demand:
        return f"Its on-demand rules have not started {wanted.name} yet: they do when there is traffic for the VPN; or {click}."
    return f"macOS has no command that switches an IKEv2 VPN {verb}: {click}; or install {_VPNUTIL}, or give the profile on_demand_rules."
