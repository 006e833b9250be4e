# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dscl(1): reading local accounts."""

from __future__ import annotations

import sys

from .machine_context import Machine

_MISSING = "<dscl_cmd> DS Error: -14136 (eDSRecordNotFound)"


def main(mac: Machine, argv: list[str]) -> int:
    """``dscl . -read /Users/NAME [KEY...]``, ``dscl . -list /Users [KEY]``."""
    words = [word for word in argv if word not in ("-q", "-plist")]
    if len(words) < 3 or words[0] not in (".", "/Local/Default", "localhost"):
        sys.stderr.write("dscl (v257)\nusage: dscl [options] [<datasource> [<command>]]\n")
        return 64
    users = {user["name"]: user for user in mac.spec["users"]}
    verb = words[1].lstrip("-").lower()
    if verb in ("list", "ls") and words[2] == "/Users":
        for name, record in sorted(
            {**{name: _record(user) for name, user in users.items()}, "root": _root(), "_mbsetupuser": {"UniqueID": "248"}}.items()
        ):
            print(f"{name:<23} {record.get(words[3], '')}".rstrip() if len(words) > 3 else name)
        return 0
    if verb in ("read", "cat") and words[2].startswith("/Users/"):
        name = words[2].removeprefix("/Users/")
        if name not in users and name != "root":
            sys.stderr.write(_MISSING + "\n")
            return 56
        record = _record(users[name]) if name in users else _root()
        missing = False
        for key in words[3:] or record:
            if key in record:
                value = record[key]
                print(f"{key}:\n {value}" if " " in value else f"{key}: {value}")
            else:
                sys.stderr.write(f"No such key: {key}\n")
                missing = True
        return 181 if missing else 0
    sys.stderr.write(_MISSING + "\n")
    return 56


def _record(user: dict[str, object]) -> dict[str, str]:
    return {
        "RecordName": str(user["name"]),
        "RealName": str(user["full_name"]),
        "UniqueID": str(user["uid"]),
        "PrimaryGroupID": "20",
        "NFSHomeDirectory": f"/Users/{user['name']}",
        "UserShell": "/bin/zsh",
    }


def _root() -> dict[str, str]:
    return {
        "RecordName": "root",
        "RealName": "System Administrator",
        "UniqueID": "0",
        "PrimaryGroupID": "0",
        "NFSHomeDirectory": "/var/root",
        "UserShell": "/bin/sh",
    }
