# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity files and their ledger on disk: one writer at a time, everything or nothing, no key left lying about."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import glob
import hashlib
import os
import pathlib
import time
import typing as t
from collections.abc import Callable, Iterable, Iterator, Sequence

from .errors import IdentityError
from .identity_ledger import Ledger

PRIVATE = 0o600
_PREVIOUS = ".previous"
_RETRY_AFTER = 0.05
_REMEDY = "give a folder that the user running Ansible may write, with room on its disk"


@dataclasses.dataclass(frozen=True)
class Replacement:
    """A file to be put at ``path``; what is there until now is kept as ``.previous``."""

    path: pathlib.Path
    content: bytes = dataclasses.field(repr=False)

    @property
    def staged(self) -> pathlib.Path:
        """Where the content stands before it takes its place: always there, so that what a killed run left is used up by the next."""
        return self.path.with_name(f".{self.path.name}.new")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of a file's content, lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def read(path: pathlib.Path, option: str = "path", *, limit: int = 1 << 20) -> bytes | None:
    """Return the content of ``path``, ``None`` when there is none. Raises ``IdentityError``."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error, option) from error
    if len(data) > limit:
        raise IdentityError(f"{path} is larger than {limit} bytes", "name the right file", option=option)
    return data


def read_ledger(path: pathlib.Path) -> Ledger:
    """Read the ledger, an empty one when there is none yet. Raises ``IdentityError``."""
    data = read(path, "ledger", limit=1 << 28)
    return Ledger() if data is None else Ledger.load(data, str(path))


def previous_files(path: pathlib.Path) -> list[pathlib.Path]:
    """Return the files that were kept when ``path`` was replaced, the latest first."""
    latest = _previous(path)
    numbers = sorted((number for file in path.parent.glob(f"{glob.escape(latest.name)}.*") if (number := _number(file))), reverse=True)
    return [file for file in (latest, *(_previous(path, number) for number in numbers)) if file.exists()]


def _previous(path: pathlib.Path, number: int | None = None) -> pathlib.Path:
    """Return the name of the file that was replaced last, or, with ``number``, of one that had to make way for that."""
    return path.with_name(f"{path.name}{_PREVIOUS}{f'.{number}' if number else ''}")


def _number(file: pathlib.Path) -> int | None:
    suffix = file.suffix.removeprefix(".")
    return int(suffix) if suffix.isdecimal() and suffix.isascii() else None


def refuse_unwritable(path: pathlib.Path) -> None:
    """See, without writing, that a file can be put at ``path``. Raises ``IdentityError``."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise IdentityError(f"{folder} is no folder", "give another path", option="path")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise IdentityError(f"the folder {folder} cannot be written", _REMEDY, option="path")
    if path.is_dir():
        raise IdentityError(f"{path} is a folder", "give the path of the file, folder and name", option="path")


@contextlib.contextmanager
def locked(ledger: pathlib.Path, timeout: float) -> Iterator[None]:
    """Be the only one who changes the ledger and its files; wait up to ``timeout`` seconds for that. Raises ``IdentityError``."""
    path = ledger.with_name(f".{ledger.name}.lock")
    try:
        ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise _unusable(path, error, "path") from error
    try:
        _wait_for(handle, ledger, timeout)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, ledger: pathlib.Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise IdentityError(
                    f"another run has been changing {ledger} for {timeout:g} seconds (process {_holder(handle)})",
                    "let it end, or raise lock_timeout; nothing was changed here",
                    option="lock_timeout",
                ) from None
            time.sleep(_RETRY_AFTER)
        except OSError as error:
            raise _unusable(ledger, error, "ledger") from error
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            return


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"


def replace(files: Sequence[Replacement], ledger: pathlib.Path, content: bytes) -> None:
    """Put all ``files`` in their places and ``content`` into the ledger, or leave all as it was. To be called under the lock.

    Raises ``IdentityError``.
    """
    record = Replacement(ledger, content)
    with contextlib.ExitStack() as staged, contextlib.ExitStack() as undo:
        for one in (*files, record):
            staged.callback(_forget, one.staged)
            _attempt(_stage, one)
        for one in files:
            undo.callback(_attempt(_swap, one))
        _attempt(_place, record)
        undo.pop_all()
    for folder in {one.path.parent for one in (*files, record)}:
        _sync(folder)


_R = t.TypeVar("_R")


def _attempt(do: Callable[[Replacement], _R], one: Replacement) -> _R:
    try:
        return do(one)
    except OSError as error:
        raise _unusable(one.path, error, "path") from error


def _stage(one: Replacement) -> None:
    one.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _forget(one.staged)
    handle = os.open(one.staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, PRIVATE)
        file.write(one.content)
        file.flush()
        os.fsync(handle)


def _place(one: Replacement) -> None:
    os.replace(one.staged, one.path)


def _swap(one: Replacement) -> Callable[[], None]:
    """Put one file in its place; return what undoes that."""
    if not one.path.exists():
        _place(one)
        return one.path.unlink
    previous = _previous(one.path)
    with contextlib.ExitStack() as undo:
        older = previous_files(one.path)
        if previous in older:
            aside = _previous(one.path, max([1, *(_number(file) or 1 for file in older)]) + 1)
            os.rename(previous, aside)
            undo.callback(os.rename, aside, previous)
        try:
            # A second name keeps the file in its place until the very moment the new one takes it.
            os.link(one.path, previous)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
            os.rename(one.path, previous)
        undo.callback(_back, previous, one.path)
        os.chmod(previous, PRIVATE)
        _place(one)
        return undo.pop_all().close


def _back(previous: pathlib.Path, path: pathlib.Path) -> None:
    # Between two names of one and the same file, which it still is when the new one did not come, a rename does nothing.
    os.replace(previous, path)
    _forget(previous)


def create_together(files: Sequence[Replacement]) -> None:
    """Write new files, all or none, over nothing that is there. Raises ``IdentityError``."""
    with contextlib.ExitStack() as staged, contextlib.ExitStack() as undo:
        for one in files:
            staged.callback(_forget, one.staged)
            _attempt(_stage, one)
        for one in files:
            try:
                os.link(one.staged, one.path)
            except FileExistsError:
                raise IdentityError(
                    f"{one.path} has just been made by another run", "run the task again, and it will use that", option="path"
                ) from None
            except OSError as error:
                raise _unusable(one.path, error, "path") from error
            undo.callback(one.path.unlink)
        undo.pop_all()
    for folder in {one.path.parent for one in files}:
        _sync(folder)


def make_private(path: pathlib.Path) -> None:
    """Let nobody but the owner read ``path``. Raises ``IdentityError``."""
    try:
        os.chmod(path, PRIVATE)
    except OSError as error:
        raise _unusable(path, error, "path") from error


def remove(paths: Iterable[pathlib.Path]) -> None:
    """Remove files. Raises ``IdentityError``."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(path, error, "path") from error


def _forget(path: pathlib.Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _sync(folder: pathlib.Path) -> None:
    """Have the names in a folder on the disk; not every file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unusable(path: pathlib.Path, error: OSError, option: str) -> IdentityError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return IdentityError(f"there is no room on the disk for {path}", "make room; all is as it was before this step", option=option)
    return IdentityError(f"{path} cannot be read or written: {error.strerror}", _REMEDY, option=option)
