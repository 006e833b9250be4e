# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look into, and change, a running Mac's file tree from outside."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import pathlib
import stat
import typing as t

from . import base

_TEMPORARY = ("/private/tmp", "/private/var/folders")
_STATE_THAT_SHOWS = ("profiles", "pending", "vpn", "trust")


def _walk(upper: pathlib.Path, root: str) -> t.Iterator[tuple[str, str]]:
    """Yield (path in the Mac, path here) of everything that is not simply the shared base."""
    for start, prefix in [(str(upper), ""), *((root + path, path) for path in _TEMPORARY)]:
        for folder, folders, files in os.walk(start):
            relative = prefix + folder[len(start) :]
            if relative == "":
                folders[:] = [name for name in folders if name not in (base.HIDDEN, "dev")]
            for name in folders + files:
                yield f"{relative}/{name}", os.path.join(folder, name)


def tree(upper: pathlib.Path, root: str, state: pathlib.Path) -> dict[str, str]:
    """Return path -> kind, mode, owner and content digest; plus the stores that macOS keeps out of the file tree."""
    result = {}
    for path, here in _walk(upper, root):
        info = os.lstat(here)
        if stat.S_ISREG(info.st_mode):
            content = hashlib.sha256(pathlib.Path(here).read_bytes()).hexdigest()
        else:
            content = os.readlink(here) if stat.S_ISLNK(info.st_mode) else ""
        result[path] = f"{stat.filemode(info.st_mode)} {info.st_uid}:{info.st_gid} {content}"
    data = json.loads((state / "state.json").read_text())
    for name in _STATE_THAT_SHOWS:
        result[f"({name})"] = json.dumps(data[name], sort_keys=True)
    return result


def contents(upper: pathlib.Path, root: str) -> dict[str, str]:
    """Return path -> base64 of every regular file that is not simply the shared base."""
    found = {}
    for path, here in _walk(upper, root):
        # sshd's host key is a private key too, and not one that anybody has to look for.
        if stat.S_ISREG(os.lstat(here).st_mode) and "/ssh/ssh_host_" not in path:
            found[path] = base64.b64encode(pathlib.Path(here).read_bytes()).decode()
    return found


def write(root: str, path: str, content: str, owner: int, mode: int) -> None:
    """Write ``content`` (base64) to ``path`` in the Mac."""
    target = pathlib.Path(root + path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(base64.b64decode(content))
    os.chown(target, owner, 20)
    target.chmod(mode)


def fill(root: str, path: str, full: bool) -> None:
    """Leave no free byte on the file system at ``path`` (``/tmp`` or ``/var/folders``), or free it again."""
    ballast = f"{root}{path}/.ballast"
    if not full:
        os.unlink(ballast)
        return
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
