# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vpnutil (Timac/VPNStatus 3.1), if a person installed it: the only command line tool known to reach IKEv2 services."""

from __future__ import annotations

import json
import os
import sys
import time

from . import tunnel
from .machine_context import Machine


def main(mac: Machine, argv: list[str]) -> int:
    """``vpnutil list|status NAME|start NAME|stop NAME``; exit status 0 whatever happened, 1 for usage only."""
    if argv[:1] == ["list"] and len(argv) == 1:
        return _list(mac)
    if len(argv) != 2 or argv[0] not in ("status", "start", "stop"):
        sys.stderr.write("Usage: vpnutil list | status NAME | start NAME | stop NAME\n")
        return 1
    verb, name = argv
    # In a bare SSH session it is not known to find anything; the harsher branch is that it does not.
    found = next((service for service in tunnel.services(mac) if service["name"] == name), None) if mac.in_gui else None
    if found is None:
        _say(f"Could not find {name}")
    elif verb == "status":
        print(f"{name} {tunnel.told(mac, found)}")
    elif verb == "start":
        before = tunnel.start(mac, name)
        _say(f"{name} has been started" if before == "Disconnected" else f"{name} was not started because it was in the state '{before}'")
    else:
        before = tunnel.stop(mac, name)
        _say(
            f"{name} has been stopped"
            if before in ("Connected", "Connecting")
            else f"{name} was not stopped because it was in the state '{before}'"
        )
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S.000')} vpnutil[{os.getpid()}:{os.getpid() + 1000}] {text}\n")


def _list(mac: Machine) -> int:
    found = tunnel.services(mac) if mac.in_gui else []
    if not found:
        _say("Could not find any VPN")
        print("{\n\n}")
        return 0
    text = json.dumps({"VPNs": [{"name": service["name"], "status": tunnel.told(mac, service)} for service in found]}, indent=2)
    print(text.replace('": ', '" : '))
    return 0
