# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""scutil(8): `--nc` does not see IKEv2 services; the dynamic store knows the console user and little else."""

from __future__ import annotations

import sys

from .machine_context import Machine

HEADER = "Available network connection services in the current set (*=enabled):"


def main(mac: Machine, argv: list[str]) -> int:
    """``scutil --nc ...``, ``scutil --get NAME``, or commands on standard input."""
    if argv[:1] == ["--nc"]:
        return _nc(argv[1:])
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


def _nc(argv: list[str]) -> int:
    if argv == ["list"]:
        print(HEADER)
        return 0
    if argv[:1] and argv[0] in ("status", "start", "stop", "show", "statistics", "trigger") and len(argv) > 1:
        sys.stderr.write("No service\n")
        return 1
    sys.stderr.write("Valid commands for scutil --nc (VPN connections)\n")
    return 1


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
        print("  subKey [0] = State:/Users/ConsoleUser" if len(words) == 1 or "ConsoleUser" in words[1] else "  no keys")
    elif words[0] == "show":
        print("  No such key")
    elif words[0] not in ("open", "close"):
        print(f'{words[0]}: unknown, type "help" for command info')
