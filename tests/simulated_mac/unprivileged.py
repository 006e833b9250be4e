# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a fleet without being root: as root of a user namespace of its own, with the ids that /etc/subuid lends."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys

from . import linux

# Every id that a Mac uses, 501 for the first user, 65534 for nobody.
_IDS = 65535


class NotPossibleError(Exception):
    """This machine does not let an unprivileged user start simulated Macs; the text says what is missing."""


def lacking() -> str:
    """Return why an unprivileged user cannot start simulated Macs here; an empty text when nothing is in the way."""
    try:
        _maps()
    except NotPossibleError as error:
        return str(error)
    child = os.fork()
    if child == 0:
        try:
            linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID)
        except OSError:
            os._exit(1)
        os._exit(0)
    return "" if os.waitpid(child, 0)[1] == 0 else "the kernel allows no unprivileged user namespaces; start as root"


def _maps() -> list[tuple[str, list[str]]]:
    return [_map("newuidmap", "/etc/subuid", os.getuid()), _map("newgidmap", "/etc/subgid", os.getgid())]


def enter() -> int:
    """Return in a child process that is root, and process 1, of new namespaces; the original process never returns.

    The result is the process id that the rest of the machine sees. Raises ``NotPossibleError``.
    """
    maps = _maps()
    outer = os.getpid()
    ready_to_map = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.read(ready_to_map[0], 1)
        done = all(subprocess.run([program, str(outer), *numbers], check=False).returncode == 0 for program, numbers in maps)
        os._exit(0 if done else 1)
    try:
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID)
    except OSError as error:
        os.kill(helper, signal.SIGKILL)
        os.waitpid(helper, 0)
        raise NotPossibleError(f"the kernel allows no unprivileged user namespaces ({error}); start as root") from error
    os.write(ready_to_map[1], b"m")
    _pid, status = os.waitpid(helper, 0)
    for descriptor in ready_to_map:
        os.close(descriptor)
    if status != 0:
        raise NotPossibleError("newuidmap refused to map the ids; see /etc/subuid and /etc/subgid, or start as root")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    child = os.fork()
    if child:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
        sys.stdin.close()
        os.close(1)
        _pid, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    linux.die_with_parent()
    linux.private_mounts()
    linux.mount("proc", "/proc", "proc")
    return outer


def _map(program: str, table: str, own: int) -> tuple[str, list[str]]:
    found = shutil.which(program)
    if found is None:
        raise NotPossibleError(f"{program} is missing; install the package uidmap, or start as root")
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
        lines = [line.split(":") for line in pathlib.Path(table).read_text().splitlines() if line.count(":") == 2]
    except (KeyError, OSError) as error:
        raise NotPossibleError(f"{table} lends no ids ({error}); start as root") from error
    for owner, first, count in lines:
        if owner in (name, str(os.getuid())) and int(count) >= _IDS:
            return found, ["0", str(own), "1", "1", first, str(_IDS)]
    raise NotPossibleError(f"{table} lends {name} fewer than {_IDS} ids; start as root")
