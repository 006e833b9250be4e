# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the files of a report in place: each whole or not at all, and all of one report."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pathlib
import secrets
from collections.abc import Iterator, Mapping

from .report_history import ReportError


def changed(folder: pathlib.Path, files: Mapping[str, str]) -> list[str]:
    """Return the names of ``files`` whose content in ``folder`` is another one, or that are not there."""
    return [name for name, text in files.items() if _digest(folder / name) != hashlib.sha256(_bytes(text)).digest()]


def write(folder: pathlib.Path, files: Mapping[str, str], option: str) -> None:
    """Write ``files`` (name to text) into ``folder``, which is made if need be. Raises ``ReportError`` for ``option``.

    Whoever reads meanwhile sees the old file or the new one. Of two reports that are written at once one stands, with all its files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            for name, text in files.items():
                _replace(folder / name, _bytes(text))
    except OSError as error:
        raise ReportError(
            f"the report cannot be written to {folder}: {error.strerror or error}", "give a folder that can be written to", option=option
        ) from error


@contextlib.contextmanager
def _alone(folder: pathlib.Path) -> Iterator[None]:
    """Keep other reports out of ``folder`` meanwhile. The lock is on the folder itself, so that no file is left."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # A file system without locks (some network ones) does without: each file is still replaced as a whole.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: pathlib.Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(new, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _digest(path: pathlib.Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8")
