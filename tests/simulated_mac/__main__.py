# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated Macs from the command line: ``python -m simulated_mac up --count 3 --dir DIR``."""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import sys


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulated_mac", description="Start, stop and enter simulated Macs.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start Macs in the background and print the path of their inventory")
    up.add_argument("--count", type=int, default=3)
    up.add_argument("--macos", default="15.6.1", help="version, for example 10.15.7, 13.7, 26.1 (default: %(default)s)")
    up.add_argument("--console-user", default="alice", help="who is logged in at the screen; empty for nobody")
    up.add_argument("--approves-after", type=float, help="seconds after which the person approves a profile (default: never)")
    up.add_argument("--declines-after", type=float, help="seconds after which the person declines it")
    up.add_argument("--sudo-password", action="store_true", help="sudo asks for the login password")
    up.add_argument("--network", action="store_true", help="a network of its own for each, which a gateway can be connected to")
    up.add_argument("--answers-dialogs-after", type=float, help="seconds after which the person answers a dialog (default: never)")
    up.add_argument("--vpnutil", action="store_true", help="vpnutil is installed")
    up.add_argument("--mdm", action="store_true", help="the Mac is enrolled")
    up.add_argument("--mode", action="append", default=[], metavar="NAME=VALUE", help="switch what public sources leave open")
    down = commands.add_parser("down", help="stop them")
    shell = commands.add_parser("shell", help="a shell in one of them, over SSH; or run COMMAND")
    shell.add_argument("name")
    shell.add_argument("run", nargs="*", metavar="COMMAND", default=[])
    inner = commands.add_parser("_supervise")
    inner.add_argument("--owned", action="store_true")
    for command in (up, down, shell, inner):
        command.add_argument("--dir", type=pathlib.Path, required=True, help="the fleet's folder")
    return parser


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    # argparse takes no operands after an option that follows the first operand: the command to run in a Mac comes back as unknown.
    options, rest = parser.parse_known_args()
    if options.command == "shell":
        options.run += rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    from .fleet import Fleet, FleetError
    from .inside import modes
    from .spec import MacSpec, Person

    if options.command == "_supervise":
        from .supervisor import supervise

        supervise(options.dir, owned=options.owned)
        return 0
    try:
        if options.command == "up":
            spec = MacSpec(
                "",
                macos=options.macos,
                console_user=options.console_user or None,
                person=Person(
                    approves_after=options.approves_after,
                    declines_after=options.declines_after,
                    answers_dialogs_after=options.answers_dialogs_after,
                ),
                network=options.network,
                sudo_password=options.sudo_password,
                vpnutil=options.vpnutil,
                mdm=options.mdm,
                modes=modes.from_text(options.mode),
            )
            width = max(2, len(str(options.count)))
            specs = [dataclasses.replace(spec, name=f"mac{number:0{width}}") for number in range(1, options.count + 1)]
            print(Fleet(options.dir, specs, detached=True).start().inventory)
        elif options.command == "down":
            Fleet.attach(options.dir).down()
        else:
            mac = Fleet.attach(options.dir)[options.name]
            command = mac.ssh_command(*options.run, options=[] if options.run else ["-t"])
            os.execvp(command[0], command)
    except (FleetError, KeyError, ValueError) as error:
        print(f"simulated_mac: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
