# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single files on the controller: what is there, and what the admin reads when it cannot be seen or changed."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import pathlib
import stat
from collections.abc import Iterable

from .errors import IdentityError

PRIVATE = 0o600
FULL = (errno.ENOSPC, errno.EDQUOT)
REMEDY = "give a folder that the user running Ansible may write, with room on its disk"


@dataclasses.dataclass(frozen=True)
class Found:
    """A file that is there."""

    data: bytes = dataclasses.field(repr=False)
    mode: int


def sha256(data: bytes) -> str:
    """Return the SHA-256 of a file's content, lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def exists(path: pathlib.Path, option: str = "path") -> bool:
    """Return whether anything has the name ``path``, a link that leads nowhere included. Raises ``IdentityError``."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unusable(path, error, option) from error
    return True


def look(path: pathlib.Path, option: str = "path", *, limit: int = 1 << 20) -> Found | None:
    """Return the file at ``path``, ``None`` when there is none. Raises ``IdentityError``."""
    try:
        with path.open("rb") as file:
            found = Found(file.read(limit + 1), stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o777)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unusable(path, error, option) from error
    if len(found.data) > limit:
        raise IdentityError(f"{path} is larger than {limit} bytes", "name the right file", option=option)
    return found


def read(path: pathlib.Path, option: str = "path", *, limit: int = 1 << 20) -> bytes | None:
    """Return the content of ``path``, ``None`` when there is none. Raises ``IdentityError``."""
    found = look(path, option, limit=limit)
    return found.data if found else None


def make_private(path: pathlib.Path, option: str = "path") -> None:
    """Let nobody but the owner read ``path``. Raises ``IdentityError``."""
    try:
        os.chmod(path, PRIVATE)
    except OSError as error:
        raise unusable(path, error, option) from error


def remove(paths: Iterable[pathlib.Path]) -> None:
    """Remove files. Raises ``IdentityError``."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(path, error, "path") from error


def unusable(path: pathlib.Path, error: OSError, option: str) -> IdentityError:
    """Return ``error``, which befell ``path``, as what the admin reads."""
    if error.errno in FULL:
        return IdentityError(f"there is no room on the disk for {path}", "make room; all is as it was before this step", option=option)
    return IdentityError(f"{path} cannot be read or written: {error.strerror}", REMEDY, option=option)
