# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time: a lock beside the file that it is for. It dies with its process, and needs nobody to clean up."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import time
from collections.abc import Iterator

from .errors import IdentityError
from .identity_files import PRIVATE, unusable

_RETRY_AFTER = 0.05


@contextlib.contextmanager
def locked(
    file: pathlib.Path,
    timeout: float,
    *,
    option: str = "path",
    in_vain: tuple[str, str] = ("lock_timeout", "let it end, or raise lock_timeout, and run the task again for what is left"),
) -> Iterator[None]:
    """Be the only one who changes ``file`` and what belongs to it; wait up to ``timeout`` seconds for that.

    ``option`` is what names the file, ``in_vain`` option and remedy when another run does not let go of it. Raises ``IdentityError``.
    """
    path = file.with_name(f".{file.name}.lock")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Who can write into the folder must not have another file overwritten through a link.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise unusable(path, error, option) from error
    try:
        try:
            if not _had(handle, timeout):
                finding = f"another run has been changing {file} for {timeout:g} seconds (process {_holder(handle)})"
                raise IdentityError(finding, in_vain[1], option=in_vain[0])
        except OSError as error:
            raise unusable(path, error, option) from error
        yield
    finally:
        os.close(handle)


def _had(handle: int, timeout: float) -> bool:
    """Take the lock; return whether it was to be had in time."""
    end = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_RETRY_AFTER)
        else:
            _sign(handle)
            return True


def _sign(handle: int) -> None:
    """Write down who has the lock, for the words of those who wait; on a full disk they do without."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, os.pwrite(handle, str(os.getpid()).encode(), 0))


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
