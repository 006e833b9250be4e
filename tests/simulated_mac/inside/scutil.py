# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""scutil(8): `--nc` does not see IKEv2 services; the dynamic store knows the console user and little else."""

from __future__ import annotations

import re
import sys
import typing as t
import uuid

from . import tunnel
from .machine_context import Machine

HEADER = "Available network connection services in the current set (*=enabled):"


def main(mac: Machine, argv: list[str]) -> int:
    """``scutil --nc ...``, ``scutil --get NAME``, or commands on standard input."""
    if argv[:1] == ["--nc"]:
        return _nc(mac, argv[1:])
    if argv[:1] == ["--get"]:
        if argv[1:] in (["ComputerName"], ["LocalHostName"]):
            print(mac.spec["name"])
            return 0
        print("HostName: not set")
        return 1
    if argv:
        sys.stderr.write("usage: scutil\n       interactive access to the dynamic store.\n")
        return 64
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] in ("quit", "exit", "q"):
            break
        _store(mac, words)
    return 0


def _nc(mac: Machine, argv: list[str]) -> int:
    if argv == ["list"]:
        print(HEADER)
        for service in _others(mac):
            print(_row(service))
        return 0
    if argv[:1] and argv[0] in ("status", "start", "stop", "show", "statistics", "trigger") and len(argv) > 1:
        found = [service for service in _others(mac) if argv[1] in (service["name"], service["uuid"])]
        if len(found) == 1:
            return _service(mac, argv[0], found[0])
        if found:
            sys.stderr.write("Multiple services match\n")
        sys.stderr.write("No service\n")
        return 1
    sys.stderr.write("Valid commands for scutil --nc (VPN connections)\n")
    return 1


def _others(mac: Machine) -> list[dict[str, t.Any]]:
    """Return the services that are not IKEv2, with their state."""
    with mac.state() as data:
        up = data["other_services_up"]
    services = []
    for number, service in enumerate(mac.spec["other_services"]):
        name = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}.{service['name']}")).upper()
        services.append({**service, "uuid": name, "status": "Connected" if name in up else "Disconnected"})
    return services


def _row(service: dict[str, t.Any]) -> str:
    kind, _colon, subtype = service["kind"].partition(":")
    shown = f"{kind} --> {subtype}" if kind == "PPP" else f"{kind} ({subtype})" if subtype else kind
    mark, status = ("*", service["status"]) if service["enabled"] else (" ", "Invalid")
    # Padding a name to 32 also cuts it there, quotation marks included.
    name = f'"{service["name"]}"'
    return f"{mark} {f'({status})':<16} {service['uuid']} {shown:<18} {name[:32]:<32} [{service['kind']}]"


_IPV4 = "  IPv4 : <dictionary> {\n    Addresses : <array> {\n      0 : 192.0.2.35\n    }\n    InterfaceName : ppp0\n  }\n"


def _service(mac: Machine, verb: str, service: dict[str, t.Any]) -> int:
    connected = service["status"] == "Connected"
    if verb == "status":
        print(service["status"])
        print(f"Extended Status <dictionary> {{\n{_IPV4 if connected else ''}  Status : {2 if connected else 0}\n}}")
    elif verb == "show":
        print(_row(service))
    elif verb == "statistics":
        print("No statistics available")
    elif verb in ("start", "stop"):
        with mac.state() as data:
            others = [name for name in data["other_services_up"] if name != service["uuid"]]
            data["other_services_up"] = [*others, service["uuid"]] if verb == "start" else others
    return 0


def _services(mac: Machine) -> dict[str, str]:
    """Return the connected VPN services by their keys, where the store has them."""
    found: dict[str, str] = {}
    if not mac.mode("dynamic_store"):
        return found
    interfaces = {address: name for name, (address, _netmask) in tunnel.interfaces(mac).items()}
    for service in tunnel.services(mac):
        address = service.get("address") or mac.spec["gateway"]["address"]
        if service["status"] == "Connected":
            found[f"State:/Network/Service/{service['uuid']}/IPv4"] = (
                f"<dictionary> {{\n  Addresses : <array> {{\n    0 : {address}\n  }}\n"
                f"  InterfaceName : {interfaces[address]}\n  ServerAddress : {service['ike']['RemoteAddress']}\n}}"
            )
    return found


def _store(mac: Machine, words: list[str]) -> None:
    if words == ["show", "State:/Users/ConsoleUser"]:
        with mac.state() as data:
            name = data["console_user"]
        uid = mac.uid_of(name) if name else 0
        print("<dictionary> {")
        print(f"  GID : {20 if name else 0}")
        print(f"  Name : {name or 'loginwindow'}")
        print(f"  UID : {uid}\n}}")
    elif words[0] == "list":
        keys = ["State:/Users/ConsoleUser", *_services(mac)]
        shown = [key for key in keys if len(words) == 1 or re.fullmatch(words[1], key) or words[1] in key]
        print("\n".join(f"  subKey [{number}] = {key}" for number, key in enumerate(shown)) or "  no keys")
    elif words[0] == "show":
        print(_services(mac).get(words[1] if len(words) > 1 else "", "  No such key"))
    elif words[0] not in ("open", "close"):
        print(f'{words[0]}: unknown, type "help" for command info')
