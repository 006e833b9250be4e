# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client package holds, zip or folder, by name; nothing is ever extracted to disk.

Azure writes backslashes into the zip's names, so that unpacking one on a Mac or on Linux leaves
files called ``Generic\\VpnSettings.xml``; people re-zip with an extra top folder, and macOS adds
``__MACOSX`` and ``._`` files. The catalogue below sees one and the same package in all of them.
"""

from __future__ import annotations

import re
import typing as t

from .errors import PackageError
from .package_values import shown

MAX_ENTRIES = 10_000
MAX_FILE = 1024 * 1024  # bytes of one file that is read; real ones have 1 to 3 KiB
MAX_NAME = 1024
MAX_NAMES = 1024 * 1024  # characters of all names together; a hundred for each of the most entries that are taken

AGAIN = "download the client package from Azure again"

_DRIVE = re.compile(r"[A-Za-z]:")
_SETTINGS = re.compile(r"(?:.*/)?(?:generic|genericdevice)/vpnsettings\.xml")

Where = t.TypeVar("Where")


class Archive(t.Protocol):
    """A package as the reader sees it."""

    @property
    def names(self) -> t.Iterable[str]:
        """Names of all files: lower case, ``/`` between folders."""

    def title(self, name: str) -> str:
        """Return ``name`` as it stands in the package, fit for a message."""

    def read(self, name: str) -> bytes:
        """Return the content, at most ``MAX_FILE`` bytes. Raises ``PackageError``."""


class Catalogue(t.Generic[Where]):
    """Files by normalised name, with where to find each; refuses what no package of Azure's holds."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, Where]] = {}
        self._seen = 0
        self._characters = 0

    def __iter__(self) -> t.Iterator[str]:
        """Iterate over the normalised names, in the package's order."""
        return iter(self._files)

    def title(self, name: str) -> str:
        """Return ``name`` as it stands in the package, fit for a message."""
        return shown(self._files[name][0])

    def where(self, name: str) -> Where:
        """Return what was given to ``add`` for this file."""
        return self._files[name][1]

    def count(self) -> None:
        """Count one more entry, file or not. Raises ``PackageError`` past the limit."""
        self._seen += 1
        if self._seen > MAX_ENTRIES:
            raise PackageError(f"holds more than {MAX_ENTRIES} entries", "give the client package itself, it has about ten")

    def add(self, raw: str, where: Where) -> None:
        """Add one file by its name in the package. Raises ``PackageError``."""
        parts = normalise(raw)
        self._characters += len(raw)
        if self._characters > MAX_NAMES:
            raise PackageError(
                f"holds names of more than {MAX_NAMES} characters together", "give the client package itself, it has about ten files"
            )
        if not parts or "__macosx" in parts or parts[-1] == ".ds_store" or parts[-1].startswith("._"):
            return
        name = "/".join(parts)
        if name in self._files:
            kind = "two settings files" if _SETTINGS.fullmatch(name) else "two entries of the same name"
            raise PackageError(f"holds {kind}, {self.title(name)} and {shown(raw)}", AGAIN)
        self._files[name] = (raw, where)


def too_big(title: str) -> PackageError:
    """Say that one file is over the limits."""
    return PackageError(f"has a far too big {title} (limit: {MAX_FILE // 1024} KiB)", f"do not use this package, {AGAIN}")


def normalise(raw: str) -> tuple[str, ...]:
    """Return the lower-case path components of a name. Raises ``PackageError`` when it leads out of the package."""
    if len(raw) > MAX_NAME:
        raise PackageError(f"holds an entry with a far too long name, {shown(raw)}", AGAIN)
    path = raw.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts:
        raise PackageError(f"holds the entry {shown(raw)}, which points outside the package", f"do not use this package, {AGAIN}")
    return tuple(part.lower() for part in parts if part not in ("", "."))


def find_settings(archive: Archive) -> str:
    """Return the name of the one VpnSettings.xml. Raises ``PackageError``."""
    names = list(archive.names)
    found = [name for name in names if _SETTINGS.fullmatch(name)]
    if len(found) == 1:
        return found[0]
    if found:
        titles = " and ".join(archive.title(name) for name in found[:2])
        raise PackageError(f"holds {len(found)} settings files, among them {titles}", "give one client package at a time")
    raise _no_settings(names)


def _no_settings(names: list[str]) -> PackageError:
    """Say why there are no settings, from what else is there."""
    if any(part in ("generic", "genericdevice") for name in names for part in name.split("/")[:-1]):
        return PackageError("has a Generic folder without VpnSettings.xml", AGAIN)
    if any(name.rpartition("/")[2] == "vpnsettings.xml" for name in names):
        return PackageError("holds VpnSettings.xml outside a Generic folder", "give the folder or zip that contains the Generic folder")
    inner = next((name for name in names if name.endswith(".zip")), None)
    if inner:
        return PackageError(f"has no Generic folder, but another zip, {shown(inner)}", "give the inner zip")
    folders = {part for name in names for part in name.split("/")[:-1]}
    offers = [
        words
        for words, there in (
            ("SSTP (its Windows installers are there)", bool(folders & {"windowsamd64", "windowsx86"})),
            ("OpenVPN (its files are there)", bool(folders & {"openvpn", "azurevpn"})),
            ("RADIUS (an Azure .mobileconfig is there)", any(name.endswith("mac/vpnclientsetup.mobileconfig") for name in names)),
        )
        if there
    ]
    if not offers:
        return PackageError(
            "has no Generic folder, so it is no Azure client package",
            'give the zip that "Download VPN client" in Azure made, or its unpacked folder',
        )
    return PackageError(
        f"has no Generic folder, so the gateway offers no IKEv2, only {' and '.join(offers)}",
        "enable IKEv2 with Azure certificate authentication on the gateway (SKU Basic cannot do it) and download a new package",
    )
