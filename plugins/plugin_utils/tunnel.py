# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of an IKEv2 connection on a Mac, from what macOS shows of it.

Nothing of macOS's own lists such a connection by name: scutil --nc does not (Apple bug 41950946), networksetup does not. Its interface does
show, as ipsec0 or another number, and vpnutil (Timac/VPNStatus) knows its name where somebody has installed that.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from . import owner as owners
from . import profile_lists
from .errors import MacError, P2SError
from .mac import TIMED_OUT, Mac, Script, Section
from .owner import Owner, Session

Status = t.Literal["connected", "disconnected", "connecting", "unknown"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_INTERFACE = re.compile(r"^(\S+): ")
_INET = re.compile(r"^\s+inet ([0-9.]+) ")
_ROUTE = re.compile(r"^\s*interface: (\S+)", re.MULTILINE)
_VPN_PAYLOAD = "com.apple.vpn.managed"
MAX_NAME = 200


class TunnelError(P2SError):
    """The options do not describe a connection."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which connection is meant, and how it is recognised: by the gateway's address pools and the networks behind it."""

    name: str
    pools: tuple[Network, ...]
    routes: tuple[Network, ...]
    user: str | None

    @property
    def probe(self) -> str:
        """An address behind the gateway, for the route; empty when none is known."""
        return next((str(network.network_address + 1) for network in self.routes if network.version == 4 and network.num_addresses > 1), "")


@dataclasses.dataclass(frozen=True)
class Tunnel:
    """An IPsec interface that has an address."""

    interface: str
    address: str


@dataclasses.dataclass(frozen=True)
class Found:
    """What was seen on the Mac.

    ``vpnutil`` is its path, or ``None``; ``told`` what it says of the connection (``Connected``, ``Connecting``, ``Disconnected`` …),
    ``None`` when it does not know it. ``tunnels`` is ``None`` when the interfaces could not be read. ``on_demand`` is ``None`` when no
    installed profile is seen to have the VPN. ``route`` is the interface that packets for the networks behind the gateway take.
    ``vpnutil_error`` says why vpnutil told nothing, when it did not answer or failed. ``came_up`` are the tunnels that were not there
    before, when that was waited for.
    """

    owner: Owner
    session: Session
    vpnutil: str | None
    told: str | None
    tunnels: tuple[Tunnel, ...] | None
    route: str | None
    on_demand: bool | None
    vpnutil_error: MacError | None = None
    came_up: tuple[Tunnel, ...] = ()

    def tunnel(self, wanted: Wanted) -> Tunnel | None:
        """Return the connection's tunnel: the one with an address from the pools, or the only one that there is, or that came up."""
        tunnels = self.tunnels or ()
        inside = [tunnel for tunnel in tunnels if in_pools(tunnel.address, wanted.pools)]
        # The interface of a connection that is on its way down may still be there.
        if inside and self.told not in ("Disconnected", "Disconnecting", "Invalid"):
            return inside[0]
        if self.told == "Connected" and len(tunnels) == 1:
            return tunnels[0]
        # vpnutil lags behind: a tunnel that came up while it still says Connecting is the one that was waited for.
        fresh = [tunnel for tunnel in tunnels if tunnel in self.came_up]
        return fresh[0] if len(fresh) == 1 and self.told in ("Connecting", "Connected") else None

    def status(self, wanted: Wanted) -> Status:
        """Return the connection's state. vpnutil lags behind, so that an interface with an address says more than its Connecting."""
        if self.tunnels is None:
            return "unknown"
        if self.tunnel(wanted) is not None:
            return "connected"
        if self.told == "Connecting":
            return "connecting"
        if self.told is None and self.tunnels and not wanted.pools:
            return "unknown"
        return "unknown" if self.told in ("Connected", "Unknown") else "disconnected"


def wanted_from_options(options: Mapping[str, t.Any]) -> Wanted:
    """Read ``name``, ``address_pools``, ``routes`` and ``user``. Raises ``P2SError``."""
    name = options["name"]
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise TunnelError("the text is not the name of a VPN", "give the name that the Mac's VPN settings show", option="name")
    pools = tuple(_networks(options["address_pools"], "address_pools"))
    return Wanted(name, pools, tuple(_networks(options["routes"], "routes")), options["user"])


def _networks(values: Sequence[str] | None, option: str) -> Iterator[Network]:
    for value in values or ():
        try:
            yield ipaddress.ip_network(value.strip(), strict=False)
        except ValueError:
            raise TunnelError(f"{value[:60]!r} is not a network", "write it as 172.16.201.0/24", option=option) from None


def in_pools(address: str, pools: Sequence[Network]) -> bool:
    """Return whether ``address`` lies in one of ``pools``; what is no address does not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in pool for pool in pools)


READ_PARTS = ("owner", "profile_read", "tunnel_read")
READ_STEPS = ("find_vpnutil", "read_tunnel", "read_vpn_profiles")


def variables(wanted: Wanted) -> dict[str, str]:
    """Return the variables of the remote scripts."""
    return {
        "user": wanted.user or "",
        "as_root": "",
        "connection": wanted.name,
        "probe": wanted.probe,
        # what remote/profile_read.sh asks for besides; nothing is looked for
        "identifier": "",
        "scope": "user",
    }


def observe(mac: Mac, wanted: Wanted) -> Found:
    """Look at the connection: one round trip, nothing on the Mac changes. Raises ``MacError``."""
    sections = mac.run(Script(READ_PARTS, ("find_owner", *READ_STEPS), variables(wanted)))
    return found_in(sections, wanted)


def found_in(sections: Mapping[str, Section], wanted: Wanted) -> Found:
    """Return what remote/tunnel_read.sh saw. Raises ``MacError`` when there is no user to act for."""
    owner = owners.from_sections(sections, wanted.user)
    path, session, _end = sections["vpnutil"].text.split("\n")
    route = sections.get("route")
    match = _ROUTE.search(route.text) if route is not None and route.status == 0 else None
    return Found(
        owner=owner,
        session="gui" if session == "gui" else "ssh",
        vpnutil=path or None,
        told=_told(sections.get("vpnutil_status"), wanted.name),
        tunnels=tunnels_in(sections["interfaces"]),
        route=match[1] if match else None,
        on_demand=_on_demand(sections, wanted.name, owner.name),
        vpnutil_error=_vpnutil_error(sections.get("vpnutil_status"), path, owner.name),
        came_up=_came_up(sections.get("came_up")),
    )


def tunnels_in(section: Section) -> tuple[Tunnel, ...] | None:
    """Return the IPsec interfaces with an IPv4 address in what ifconfig printed; ``None`` when it did not answer."""
    if section.status != 0 or "lo0" not in section.text:
        return None
    tunnels, name = [], ""
    for line in section.text.splitlines():
        if header := _INTERFACE.match(line):
            name = header[1]
        elif name.startswith("ipsec") and (address := _INET.match(line)):
            tunnels.append(Tunnel(name, address[1]))
    return tuple(tunnels)


def vpnutil_error(section: Section, path: str, user: str) -> MacError:
    """Return what is wrong with the vpnutil at ``path`` that ended in ``section``."""
    if section.status == TIMED_OUT:
        return MacError(
            f"{path} did not answer in time",
            f"answer the dialog that may wait on the Mac's screen, or let {user} log in again, and run the play again",
        )
    said = f": {section.complaint}" if section.complaint else ""
    remedy = f"see that {user} can run {path} list in the Mac's Terminal, install it again if not, and run the play again"
    return MacError(f"{path} failed with status {section.status}{said}", remedy)


def _vpnutil_error(section: Section | None, path: str, user: str) -> MacError | None:
    return vpnutil_error(section, path, user) if section is not None and section.status != 0 else None


def _came_up(section: Section | None) -> tuple[Tunnel, ...]:
    lines = (line.split() for line in section.text.splitlines()) if section is not None else ()
    return tuple(Tunnel(*words) for words in lines if len(words) == 2)


def _told(section: Section | None, name: str) -> str | None:
    """Return vpnutil's word for the connection; it exits with 0 also when it has found none."""
    if section is None or section.status != 0:
        return None
    for line in section.text.splitlines():
        if line.startswith(f"{name} "):
            return line[len(name) + 1 :].strip()
    return None


def _on_demand(sections: Mapping[str, Section], name: str, owner: str) -> bool | None:
    found = None
    for section, level in (("profiles_user", owner), ("profiles_system", profile_lists.DEVICE_LEVEL)):
        if section not in sections:
            continue
        try:
            profiles = profile_lists.listed(sections[section]).get(level, [])
        except MacError:
            continue
        for profile in profiles:
            for vpn in _vpns(profile):
                if vpn.get("UserDefinedName") == name:
                    ikev2 = vpn.get("IKEv2")
                    found = bool(found) or (isinstance(ikev2, dict) and ikev2.get("OnDemandEnabled") in (1, True))
    return found


def _vpns(profile: Mapping[str, t.Any]) -> Iterator[Mapping[str, t.Any]]:
    items = profile.get("ProfileItems")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and item.get("PayloadType") == _VPN_PAYLOAD and isinstance(item.get("PayloadContent"), dict):
            yield item["PayloadContent"]
