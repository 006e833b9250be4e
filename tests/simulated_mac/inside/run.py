# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start of every stand-in: record the call, misbehave if a test wants it, run the tool, exit with its status."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from .machine_context import Machine
from .state import FOLDER


def record(argv: list[str]) -> None:
    """Append this call, arguments and environment, to the Mac's record (the launchers of plain tools do the same)."""
    environment = "\n".join(f"{name}={value}" for name, value in os.environ.items())
    text = "\x1f".join(argv) + "\x1d" + environment + "\x1e"
    descriptor = os.open(os.path.join(FOLDER, "calls"), os.O_WRONLY | os.O_APPEND)
    os.write(descriptor, text.encode("utf-8", "surrogateescape"))
    os.close(descriptor)


def hang() -> None:
    """Never return, as a tool that waits for a dialog."""
    while True:
        time.sleep(3600)


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


def start(path: str, module: str, function: str) -> None:
    """Run the stand-in ``function`` of ``module`` as the program at ``path``; does not return."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    argv = [path, *sys.argv[1:]]
    record(argv)
    misbehave(os.path.basename(path))
    import importlib

    tool = getattr(importlib.import_module(f"simulated_mac.inside.{module}"), function)
    try:
        status = tool(Machine(), argv[1:])
    except BrokenPipeError:
        status = 141
    try:
        sys.stdout.flush()
    except OSError as error:  # a full disk behind stdout
        sys.stderr.write(f"{os.path.basename(path)}: stdout: {error.strerror}\n")
        status = status or 1
    sys.stderr.flush()
    os._exit(status)
