# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""open(1): shows a file or a URL to the user at the screen. Since macOS 11 a profile is only downloaded."""

from __future__ import annotations

import os
import sys
import time

from . import profile_store
from .machine_context import Machine
from .state import wake

_URLS = ("x-apple.systempreferences:", "http://", "https://")


def main(mac: Machine, argv: list[str]) -> int:
    """Open files and URLs; needs the session of the user who is logged in."""
    operands = [argument for argument in argv if not argument.startswith("-")]
    if any(argument not in ("-g", "-F", "-j") for argument in argv if argument.startswith("-")):
        sys.stderr.write("open: unrecognized option\nUsage: open [-e] [-t] [-f] [-W] [-R] [-n] [-g] [-h] [-s <sdk>] ...\n")
        return 1
    if not operands:
        sys.stderr.write("Usage: open [-e] [-t] [-f] [-W] [-R] [-n] [-g] [-h] [-s <sdk>] ...\n")
        return 1
    with mac.state() as data:
        here = mac.in_gui and data["console_user"] is not None and mac.session == f"gui:{mac.uid_of(data['console_user'])}"
    for operand in operands:
        if not operand.startswith(_URLS) and not os.path.exists(operand):
            sys.stderr.write(f"The file {os.path.abspath(operand)} does not exist.\n")
            return 1
    if not here:
        sys.stderr.write("LSOpenURLsWithRole() failed with error -610 for the file.\n")
        return 1
    for operand in operands:
        _show(mac, operand)
    return 0


def _show(mac: Machine, operand: str) -> None:
    """Whatever becomes of it, the exit status of open does not tell."""
    with mac.state() as data:
        data.setdefault("opened", []).append(operand)
    if not operand.endswith(".mobileconfig"):
        return
    try:
        with open(operand, "rb") as file:
            content = file.read()
        profile, _signed = profile_store.parse(content)
        identifier = str(profile["PayloadIdentifier"])
    except (OSError, KeyError, profile_store.Refused):
        return
    import hashlib

    digest = hashlib.sha256(content).hexdigest()
    with mac.state() as data:
        user = data["console_user"]
        known = data["profiles"].get(profile_store.DEVICE, []) + data["profiles"].get(user, [])
        if any(entry["identifier"] == identifier and entry["digest"] == digest for entry in known):
            return  # identical content is ignored
        data["pending"] = {
            "content": profile_store.pack(content),
            "identifier": identifier,
            "uuid": str(profile.get("PayloadUUID")),
            "user": user,
            "since": time.time(),
        }
    wake()
