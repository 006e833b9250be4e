# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading single files of an unpacked client package, staying inside its folder."""

from __future__ import annotations

import os
import stat
import typing as t

from .errors import PackageError
from .package_archive import AGAIN, MAX_FILE, Catalogue, too_big
from .package_values import shown

MAX_DEPTH = 8  # folders; a package has one level, wrapped ones two or three


class FolderArchive:
    """An unpacked package. Raises ``PackageError`` for whatever is wrong with it."""

    def __init__(self, path: str) -> None:
        self._root = os.path.realpath(path)
        self._catalogue: Catalogue[str] = Catalogue()
        self._walk(self._root, "", MAX_DEPTH)

    @property
    def names(self) -> t.Iterable[str]:
        """Names of all files: lower case, ``/`` between folders."""
        return self._catalogue

    def title(self, name: str) -> str:
        """Return ``name`` as it stands in the folder, fit for a message."""
        return self._catalogue.title(name)

    def read(self, name: str) -> bytes:
        """Return the content, at most ``MAX_FILE`` bytes. Raises ``PackageError``."""
        path, title = self._catalogue.where(name), self.title(name)
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for ever.
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise PackageError(f"has {title}, which is not a regular file", AGAIN)
                content = file.read(MAX_FILE + 1)
        except OSError as error:
            raise PackageError(f"has {title}, which cannot be read: {error.strerror}", "check the rights of the file") from error
        if len(content) > MAX_FILE:
            raise too_big(title)
        return content

    def _walk(self, folder: str, prefix: str, depth: int) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._catalogue.count()
                    self._add(entry, prefix + entry.name, depth)
        except OSError as error:
            raise PackageError(
                f"has the folder {shown(prefix or '.')}, which cannot be read: {error.strerror}", "check its rights"
            ) from error

    def _add(self, entry: os.DirEntry[str], name: str, depth: int) -> None:
        if entry.is_symlink():
            target = os.path.realpath(entry.path)
            if os.path.commonpath([self._root, target]) != self._root:
                raise PackageError(
                    f"holds the symbolic link {shown(name)}, which points outside the package", "put a copy of the file in its place"
                )
            # A folder inside is met at its own place; following the link as well could lead in circles.
            if not os.path.isdir(target):
                self._catalogue.add(name, target)
        elif not entry.is_dir():
            self._catalogue.add(name, entry.path)
        elif depth:
            self._walk(entry.path, name + "/", depth - 1)
