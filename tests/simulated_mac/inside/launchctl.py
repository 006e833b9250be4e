# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""launchctl(1): ``asuser`` and the little else that scripts ask of it."""

from __future__ import annotations

import sys

from . import run, sessions
from .machine_context import Machine


def main(mac: Machine, argv: list[str]) -> int:
    """``launchctl asuser UID command...`` runs the command in that user's GUI session, when root asks and the user is there."""
    if argv[:1] == ["asuser"]:
        return _asuser(mac, argv[1:])
    if argv[:1] == ["managername"]:
        print("Aqua" if mac.in_gui else "Background" if mac.uid else "System")
        return 0
    if argv[:1] == ["manageruid"]:
        print(mac.uid)
        return 0
    if argv[:1] == ["print"] and len(argv) == 2 and argv[1].startswith("gui/"):
        if argv[1][4:] == str(_console_uid(mac)):
            print(f"{argv[1]} = {{\n\ttype = login\n}}")
            return 0
        sys.stderr.write("Could not print domain: 125: Domain does not support specified action\n")
        return 125
    sys.stderr.write(f"Unrecognized subcommand: {argv[0]}\n" if argv else "Usage: launchctl <subcommand> ... | help [subcommand]\n")
    return 64 if not argv else 1


def _console_uid(mac: Machine) -> int | None:
    with mac.state() as data:
        name = data["console_user"]
    return None if name is None else mac.uid_of(name)


def _asuser(mac: Machine, argv: list[str]) -> int:
    if len(argv) < 2 or not argv[0].isdigit():
        sys.stderr.write("Usage: launchctl asuser <UID> <command> [arguments...]\n")
        return 64
    uid = int(argv[0])
    if mac.uid == 0:
        if uid != _console_uid(mac):
            sys.stderr.write(f"Could not switch to audit session 0x186a{uid:x}: 1: Operation not permitted\n")
            return 1
        sessions.adopt(uid)
    elif uid != mac.uid:
        sys.stderr.write("Could not switch to audit session: 1: Operation not permitted\n")
        return 1
    # Without root, for one's own user id: the command runs, and nothing is different.
    return run.become(argv[1:])
