# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's keychain search list and default keychain, kept where macOS keeps them."""

from __future__ import annotations

import os
import plistlib
import typing as t

FILE = "Library/Preferences/com.apple.security.plist"
SYSTEM = "/Library/Keychains/System.keychain"


def read(home: str) -> tuple[list[str], str | None]:
    """Return (search list, default keychain) of the user with this home; empty when nothing was ever set."""
    try:
        with open(os.path.join(home, FILE), "rb") as file:
            data: dict[str, t.Any] = plistlib.load(file)
    except (OSError, plistlib.InvalidFileException):
        return [], None
    return [entry["DbName"] for entry in data.get("DLDBSearchList", [])], (data.get("DefaultKeychain") or [{}])[0].get("DbName")


def write(home: str, keychains: list[str], default: str | None) -> None:
    """Replace both; raises ``OSError`` when the user has no home to write to."""
    guid = "{87191ca0-0fc9-11d4-849a-000502b52122}"

    def entry(path: str) -> dict[str, t.Any]:
        return {"DbName": path, "GUID": guid, "SubserviceType": 6}

    data = {"DLDBSearchList": [entry(path) for path in keychains]}
    if default is not None:
        data["DefaultKeychain"] = [entry(default)]
    path = os.path.join(home, FILE)
    with open(path, "wb") as file:
        plistlib.dump(data, file)
