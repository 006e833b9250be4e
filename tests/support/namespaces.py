# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network namespaces of this machine, found by the processes in them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import time
from collections.abc import Collection

# Who else runs tests, benchmarks or the demo on this machine is recognised by these in an ancestor's command line.
_OTHERS = ("pytest", "scripts/")


def present() -> dict[int, list[int]]:
    """Return the inode of each network namespace that a process is in, and those processes."""
    found: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        # A process can end meanwhile.
        with contextlib.suppress(OSError):
            found.setdefault((entry / "ns" / "net").stat().st_ino, []).append(int(entry.name))
    return found


def left(before: Collection[int], patience: float = 5.0) -> dict[int, list[str]]:
    """Return the namespaces that were not there ``before`` and are no other run's, and the command lines in them.

    What was told to end may take ``patience`` seconds for it.
    """
    until = time.monotonic() + patience
    while True:
        new = {number: pids for number, pids in present().items() if number not in before}
        ours = {number: [_command(pid)[:150] for pid in pids] for number, pids in new.items() if not all(map(_is_anothers, pids))}
        if not ours or time.monotonic() > until:
            return ours
        time.sleep(0.1)


def _is_anothers(pid: int) -> bool:
    while pid > 1:
        if pid == os.getpid():
            return False
        if any(word in _command(pid) for word in _OTHERS):
            return True
        parent = _parent(pid)
        if parent is None:
            return True  # it has ended
        pid = parent
    return False


def _command(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _parent(pid: int) -> int | None:
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
