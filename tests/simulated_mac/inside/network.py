# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifconfig, route, networksetup, ipconfig."""

from __future__ import annotations

import sys

from . import bsd_getopt, tunnel
from .machine_context import Machine

_LO0 = (
    "lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384\n"
    "\toptions=1203<RXCSUM,TXCSUM,TXSTATUS,SW_TIMESTAMP>\n\tinet 127.0.0.1 netmask 0xff000000\n"
    "\tinet6 ::1 prefixlen 128 \n\tnd6 options=201<PERFORMNUD,DAD>\n"
)
_EN0 = (
    "en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n"
    "\toptions=6463<RXCSUM,TXCSUM,TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>\n"
    "\tether 02:00:00:00:00:01\n\tinet 192.0.2.10 netmask 0xffffff00 broadcast 192.0.2.255\n"
    "\tnd6 options=201<PERFORMNUD,DAD>\n\tmedia: autoselect\n\tstatus: active\n"
)


def _ipsec(name: str, address: str | None, netmask: str) -> str:
    number = int(name.removeprefix("ipsec")) + 16
    text = (
        f"{name}: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1280\n"
        f"\toptions=6463<RXCSUM,TXCSUM,TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>\n"
    )
    if address:
        text += f"\tinet {address} --> {address} netmask {netmask} \n"
    return text + f"\tinet6 fe80::1%{name} prefixlen 64 scopeid 0x{number:x} \n\tnd6 options=201<PERFORMNUD,DAD>\n"


def interfaces(mac: Machine) -> dict[str, str]:
    """Return name -> what ifconfig prints of it. ipsec0 may be another VPN's; ours is the next."""
    found = {"lo0": _LO0, "en0": _EN0}
    for name, address in tunnel.interfaces(mac).items():
        found[name] = _ipsec(name, address[0], address[1])
    return found


def ifconfig(mac: Machine, argv: list[str]) -> int:
    """Show one interface or all."""
    found = interfaces(mac)
    names = [argument for argument in argv if not argument.startswith("-")]
    if any(argument not in ("-a", "-l", "-u") for argument in argv if argument.startswith("-")) or len(names) > 1:
        sys.stderr.write("usage: ifconfig interface address_family [address [dest_address]]\n                [parameters]\n")
        return 1
    if "-l" in argv:
        print(" ".join(found))
        return 0
    if names:
        if names[0] not in found:
            sys.stderr.write(f"ifconfig: interface {names[0]} does not exist\n")
            return 1
        sys.stdout.write(found[names[0]])
        return 0
    sys.stdout.write("".join(found.values()))
    return 0


def route(mac: Machine, argv: list[str]) -> int:
    """``route -n get ADDRESS``: through the tunnel if it is ours and up."""
    try:
        _flags, words = bsd_getopt.parse(argv, "dnqtv")
    except bsd_getopt.OptionError as error:
        sys.stderr.write(f"route: {error}\n")
        words = []
    if words[:1] != ["get"] or len(words) != 2:
        sys.stderr.write("usage: route [-dnqtv] command [[modifiers] args]\n")
        return 64
    interface = tunnel.route(mac, words[1])
    print(f"   route to: {words[1]}\ndestination: {'10.0.0.0' if interface else 'default'}")
    if interface:
        print("       mask: 255.255.0.0")
    print(f"  interface: {interface or 'en0'}\n      flags: <UP,DONE,CLONING,STATIC>")
    return 0


def networksetup(mac: Machine, argv: list[str]) -> int:
    """Network services of its own kind: an IKEv2 VPN is never among them."""
    if argv == ["-listallnetworkservices"]:
        print("An asterisk (*) denotes that a network service is disabled.\nAX88179A\nThunderbolt Bridge\nWi-Fi")
        return 0
    if argv[:1] in (["-showpppoestatus"], ["-connectpppoeservice"], ["-getinfo"]):
        print(f"{argv[1] if len(argv) > 1 else ''} is not a recognized network service.\n** Error: The parameters were not valid.")
        return 4
    print("** Error: Unable to parse the command line arguments.")
    return 5


def ipconfig(mac: Machine, argv: list[str]) -> int:
    """getifaddr knows the Ethernet address only: whether it knows a tunnel's is open."""
    if argv[:1] == ["getifaddr"] and len(argv) == 2:
        if argv[1] == "en0":
            print("192.0.2.10")
            return 0
        return 1
    sys.stderr.write("usage: ipconfig <command> <args>\n")
    return 1
