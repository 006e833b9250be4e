# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security sessions. Apple's sshd makes one per login; securityd ties "unlocked" to (session, keychain).

Here the session of a process is the sshd process of its connection, or the GUI session of a user when one of its ancestors
was moved there by ``launchctl asuser``. A process that has lost its ancestors has a session of its own, with everything locked.
"""

from __future__ import annotations

import os

from .state import State

PROC = "/.simulator/proc"
# The process that was started as the tool, where resident.py runs the stand-in for it.
caller: int | None = None


def _stat(pid: int) -> tuple[str, int, str]:
    """Return (command, parent, start time) of a process."""
    with open(f"{PROC}/{pid}/stat", encoding="utf-8", errors="replace") as file:
        text = file.read()
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    return name, int(fields[1]), fields[19]


def ancestors() -> list[tuple[int, str, str]]:
    """Return (pid, command, start time) of this process and its ancestors, nearest first."""
    chain = []
    pid = caller or int(os.readlink(f"{PROC}/self"))
    while pid > 0:
        try:
            name, parent, start = _stat(pid)
        except FileNotFoundError:
            break
        chain.append((pid, name, start))
        pid = parent
    return chain


def connection() -> list[int]:
    """Return the process ids (in the Mac) of the sshd processes that serve this process's SSH connection."""
    return [pid for pid, name, _start in ancestors() if pid != 1 and name.startswith("sshd")]


def current(*, per_exec: bool) -> str:
    """Return the name of this process's session: ``gui:501``, ``ssh:...`` or ``lost:...``."""
    chain = ancestors()
    with State() as data:
        for pid, _name, start in chain:
            uid = data["adopted"].get(f"{pid}:{start}")
            if uid is not None:
                return f"gui:{uid}"
    servers = [index for index, (pid, name, _start) in enumerate(chain) if pid != 1 and name.startswith("sshd")]
    if not servers:
        pid, _name, start = chain[-1] if chain[-1][0] != 1 else chain[-2]
        return f"lost:{pid}:{start}"
    if per_exec and servers[0] > 0:
        pid, _name, start = chain[servers[0] - 1]
        return f"exec:{pid}:{start}"
    pid, _name, start = chain[servers[-1]]
    return f"ssh:{pid}:{start}"


def adopt(uid: int) -> None:
    """Move this process, with what it starts from now on, into the GUI session of ``uid``."""
    pid, _name, start = ancestors()[0]
    with State() as data:
        data["adopted"] = {key: value for key, value in data["adopted"].items() if alive(key)}
        data["adopted"][f"{pid}:{start}"] = uid


def alive(key: str) -> bool:
    """Return whether the process "pid:start" still runs."""
    pid, _colon, start = key.partition(":")
    try:
        return _stat(int(pid))[2] == start
    except FileNotFoundError:
        return False
