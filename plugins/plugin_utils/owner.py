# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose login keychain and profiles are meant on a Mac, and how to act for that user."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from .errors import MacError
from .mac import Section, usable

Session = t.Literal["gui", "ssh"]


@dataclasses.dataclass(frozen=True)
class Owner:
    """The user a task is for, as found on the Mac."""

    connected_as: str
    root: bool
    console_user: str | None
    name: str
    uid: int
    home: str

    @property
    def at_console(self) -> bool:
        """Whether this user is logged in at the Mac's screen."""
        return self.console_user == self.name

    @property
    def gui_reachable(self) -> bool:
        """Whether a remote command can act in the user's session at the screen: `launchctl asuser` needs root and a console login."""
        return self.root and self.at_console


def from_sections(sections: Mapping[str, Section], wanted: str | None) -> Owner:
    """Return the owner that remote/owner.sh found. Raises ``MacError`` when there is none, or none that can be acted for."""
    if "users" in sections:
        complaint = usable(sections["users"], "the Mac's user directory").complaint
        raise MacError(
            f"the Mac does not say who is connected or who is logged in at its screen{f' ({complaint})' if complaint else ''}",
            "see that /usr/bin/stat answers on the Mac, and run the play again",
        )
    lines = usable(sections["owner"], "the Mac's user directory").text.split("\n")
    if len(lines) != 7:
        raise MacError("the Mac's answer about its users is not understood", "report this with the output of -vvv")
    connected_as, connected_uid, console, name, uid, home, _end = lines
    root = connected_uid == "0"
    if not name and wanted:
        raise MacError(f"{wanted} is not a user name that macOS can have", "give the short name, as `id -un` prints it", option="user")
    if not name:
        raise MacError(
            "nobody is logged in at the Mac's screen, so there is no console user whose keychain is meant",
            "set user to the short name of the Mac's user, or run the play again when that user is logged in",
            option="user",
        )
    if not uid.isdigit():
        raise MacError(f"there is no user {name} on the Mac", "give the short name, as `id -un` prints it for that user", option="user")
    if not home:
        raise MacError(
            f"user {name} has no home folder on the Mac", "let that user log in once at the Mac, or name another user", option="user"
        )
    if not root and name != connected_as:
        raise MacError(
            f"the connection is made as {connected_as}, who cannot act for {name}",
            f"add become, or connect as {name}",
            option="user",
        )
    return Owner(connected_as, root, console or None, name, int(uid), home)
