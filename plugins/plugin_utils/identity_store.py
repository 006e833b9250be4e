# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity files and their ledger on disk: everything or nothing, no key left lying about. ``identity_lock`` keeps other writers away."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import glob
import os
import pathlib
import secrets
import typing as t
from collections.abc import Callable, Sequence

from .errors import IdentityError
from .identity_files import FULL, PRIVATE, REMEDY, exists, read, unusable
from .identity_ledger import Ledger

_PREVIOUS = ".previous"
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


class OneFileError(IdentityError):
    """One file cannot be put in its place, which says nothing of the others."""


@dataclasses.dataclass(frozen=True)
class Replacement:
    """A file to be put at ``path``, which is what the module's ``option`` says; what is there until now is kept as ``.previous``."""

    path: pathlib.Path
    content: bytes = dataclasses.field(repr=False)
    option: str = "path"
    mark: str = ""

    @property
    def staged(self) -> pathlib.Path:
        """Where the content stands before it takes its place: always there, so that what a killed run left is used up by the next."""
        return self.path.with_name(f".{self.path.name}{self.mark}.new")


def read_ledger(path: pathlib.Path) -> Ledger:
    """Read the ledger, an empty one when there is none yet. Raises ``IdentityError``."""
    data = read(path, "ledger", limit=1 << 28)
    return Ledger() if data is None else Ledger.load(data, str(path))


def previous_files(path: pathlib.Path) -> list[pathlib.Path]:
    """Return the files that were kept when ``path`` was replaced, the latest first. Raises ``IdentityError``."""
    latest = _previous(path)
    try:
        names = set(os.listdir(path.parent))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unusable(path.parent, error, "path") from error
    numbered = (_number(pathlib.Path(name)) for name in names if name.startswith(f"{latest.name}."))
    files = [latest, *(_previous(path, number) for number in sorted((number for number in numbered if number), reverse=True))]
    return [file for file in files if file.name in names]


def _previous(path: pathlib.Path, number: int | None = None) -> pathlib.Path:
    """Return the name of the file that was replaced last, or, with ``number``, of one that had to make way for that."""
    return path.with_name(f"{path.name}{_PREVIOUS}{f'.{number}' if number else ''}")


def _number(file: pathlib.Path) -> int | None:
    suffix = file.suffix.removeprefix(".")
    return int(suffix) if suffix.isdecimal() and suffix.isascii() else None


def refuse_unwritable(path: pathlib.Path, option: str = "path") -> None:
    """See, without writing, that a file can be put at ``path``. Raises ``IdentityError``."""
    # the longest names first that the file will have on its way
    exists(Replacement(path, b"").staged, option)
    exists(_previous(path), option)
    folder = path.parent
    while not exists(folder, option) and folder != folder.parent:
        folder = folder.parent
    if not os.path.isdir(folder):
        raise IdentityError(f"{folder} is no folder", "give another path", option=option)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise IdentityError(f"the folder {folder} cannot be written", REMEDY, option=option)
    if os.path.isdir(path):
        raise IdentityError(f"{path} is a folder", "give the path of the file, folder and name", option=option)


def replace(files: Sequence[Replacement], ledger: pathlib.Path, content: bytes) -> None:
    """Put all ``files`` in their places and ``content`` into the ledger, or leave all as it was. To be called under the lock.

    Raises ``OneFileError`` when it is one of ``files`` that cannot be written, and ``IdentityError`` for everything else.
    """
    record = Replacement(ledger, content, option="ledger")
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
        refusal = unusable(one.path, error, one.option)
        if one.option == "ledger" or error.errno in FULL:
            raise refusal from error
        raise OneFileError(refusal.finding, refusal.remedy, option=refusal.option) from error


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
            if error.errno not in _NO_LINKS:
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
    """Write new files, all or none, over nothing that is there. To be called under the lock. Raises ``IdentityError``.

    No two runs stage under one name: should the lock not hold, as on some network disks, no run takes another's file for its own.
    """
    for one in files:
        for left in one.path.parent.glob(f".{glob.escape(one.path.name)}.*.new"):
            _forget(left)
    mark = f".{secrets.token_hex(8)}"
    files = [dataclasses.replace(one, mark=mark) for one in files]
    with contextlib.ExitStack() as staged, contextlib.ExitStack() as undo:
        for one in files:
            staged.callback(_forget, one.staged)
            _attempt(_stage, one)
        for one in files:
            _attempt(_appear, one)
            undo.callback(one.path.unlink)
        undo.pop_all()
    for folder in {one.path.parent for one in files}:
        _sync(folder)


def _appear(one: Replacement) -> None:
    """Put a file in its place unless there is one."""
    try:
        os.link(one.staged, one.path)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if not exists(one.path, one.option):
            _place(one)
            return
    else:
        return
    raise IdentityError(f"{one.path} has just been made by another run", "run the task again, and it will use that", option=one.option)


def _forget(path: pathlib.Path) -> None:
    # What cannot be removed shows when its name is needed; as an error it would hide the one that led here.
    with contextlib.suppress(OSError):
        path.unlink()


def _sync(folder: pathlib.Path) -> None:
    """Have the names in a folder on the disk; not every file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
