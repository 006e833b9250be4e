# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start of every stand-in: misbehave if a test wants it, run the tool, exit with its status."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import typing as t

from .machine_context import Machine
from .state import FOLDER


class WouldWait(BaseException):
    """A stand-in that resident.py runs within itself does not end at once."""


# Whether hang() may wait.
alone = True


def hang() -> None:
    """Never return, as a tool that waits for a dialog."""
    while alone:
        time.sleep(3600)
    raise WouldWait


def misbehave(name: str) -> None:
    """Do what the fault set for ``name`` (a tool, or "tool subcommand") says, if there is one."""
    path = os.path.join(FOLDER, "faults", name)
    try:
        with open(path, encoding="utf-8") as file:
            kind = file.readline().strip()
            details = json.loads(file.readline() or "{}")
    except FileNotFoundError:
        return
    left = details.get("after", 0)
    if left:
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{kind}\n{json.dumps({**details, 'after': left - 1})}\n")
        return
    if details.get("once"):
        os.unlink(path)
    sys.stdout.flush()
    if kind == "hang":
        hang()
    elif kind == "fail":
        sys.stderr.write(details.get("stderr", f"{name}: simulated failure\n"))
        sys.exit(details.get("status", 1))
    elif kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "garbage":
        sys.stdout.write(details.get("stdout", "\x00\xff what no version prints\n"))
        sys.exit(details.get("status", 0))
    elif kind == "cut":
        from . import person, sessions

        person.request("cut", sshd=sessions.connection())
        if not details.get("goes_on"):
            hang()
        # The tool has not noticed that nobody is there any more.
        while sessions.connection():
            time.sleep(0.05)
    elif kind == "change":
        from . import faults

        faults.change(details)
    else:
        raise SystemExit(f"simulated Mac: unknown fault {kind}")


def become(command: list[str]) -> int:
    """Run ``command`` in place of the stand-in. Returns the exit status when it cannot be started."""
    sys.stdout.flush()
    try:
        replace(command)
    except OSError as error:
        sys.stderr.write(f"Could not execute {command[0]}: {error.strerror}\n")
    return 78


def _replace(command: list[str]) -> None:
    os.execvp(command[0], command)


# How a process becomes another one; where resident.py runs the stand-in, that process is somebody else.
replace: t.Callable[[list[str]], None] = _replace


def run(path: str, entry: str, arguments: list[str]) -> t.NoReturn:
    """Run the stand-in ``entry`` (module:function) as the program at ``path`` and end this process."""
    for number in (signal.SIGPIPE, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    status = outcome(path, entry, arguments)
    try:
        sys.stdout.flush()
    except OSError as error:  # a full disk behind stdout
        sys.stderr.write(f"{os.path.basename(path)}: stdout: {error.strerror}\n")
        status = status or 1
    sys.stderr.flush()
    os._exit(status)


def outcome(path: str, entry: str, arguments: list[str]) -> int:
    """Run a stand-in and return its exit status, 1 for a mistake of the simulator, whose traceback is then on stderr."""
    try:
        return _run(path, entry, arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(end.code + "\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except WouldWait:
        raise
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1


def _run(path: str, entry: str, arguments: list[str]) -> int:
    misbehave(os.path.basename(path))
    import importlib

    module, _colon, function = entry.partition(":")
    tool = getattr(importlib.import_module(f"simulated_mac.inside.{module}"), function)
    try:
        status: int = tool(Machine(), arguments)
    except BrokenPipeError:
        return 141
    return status


def start() -> t.NoReturn:
    """Run the stand-in that ``launchers/tool.c`` names in the arguments, in a process of its own."""
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    run(sys.argv[1], sys.argv[2], sys.argv[3:])
