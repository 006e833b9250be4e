# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway from the command line, for the demo: ``PYTHONPATH=tests python -m gateway up --dir DIR --client-root FILE``."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

from . import machine
from .detached import NotRunningError, down, keep, status, up


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description="Start, watch and stop a simulated Azure VPN gateway (strongSwan).")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("can", help="say whether this machine can run one; the exit status is 1 and the reason printed when not")
    start = commands.add_parser("up", help="start one in the background; returns when it answers")
    keeper = commands.add_parser("_keep")
    for command in (start, keeper):
        command.add_argument(
            "--client-root", type=pathlib.Path, action="append", required=True, metavar="FILE", help="PEM; may be repeated"
        )
        command.add_argument("--package", type=pathlib.Path, metavar="FILE", help="where to write the gateway's client package (zip)")
        command.add_argument(
            "--fleet", type=pathlib.Path, metavar="DIR", help="folder of running simulated Macs (with --network) to connect"
        )
        command.add_argument("--authentication", choices=("certificate", "eap_tls", "both"), default="both")
    look = commands.add_parser("status", help="who is connected, as JSON: virtual address, identity, packets each way in the tunnel")
    stop = commands.add_parser("down", help="stop it, and remove what a crash left")
    for command in (start, keeper, look, stop):
        command.add_argument("--dir", type=pathlib.Path, required=True, help="the gateway's folder")
    return parser


def main() -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args()
    if options.command in ("can", "up") and (reasons := machine.lacking()):
        print(f"no gateway can run here: {'; '.join(reasons)}", file=sys.stderr)
        return 1
    try:
        if options.command == "up":
            arguments = [f"--client-root={root.resolve()}" for root in options.client_root]
            arguments += [f"--{name}={getattr(options, name).resolve()}" for name in ("package", "fleet") if getattr(options, name)]
            print(up(options.dir, [*arguments, f"--authentication={options.authentication}"]))
        elif options.command == "_keep":
            keep(options.dir, options.client_root, options.package, options.fleet, options.authentication)
        elif options.command == "status":
            print(json.dumps(status(options.dir), indent=2))
        elif options.command == "down":
            down(options.dir)
    except NotRunningError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
