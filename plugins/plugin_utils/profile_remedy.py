# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person must do next about a profile, in words that can be passed on to the Mac's user."""

from __future__ import annotations

from .profiles import APPROVAL_SECONDS, Found, Scope

MINUTES = APPROVAL_SECONDS // 60
_MDM = "The Mac is enrolled in an MDM, which could install the profile without a click: see delivery file."


def pane(macos: tuple[int, ...]) -> str:
    """Return the way to the list of profiles in the settings of that macOS (Apple's user guides for 11 to 15)."""
    if macos[0] >= 15:
        return "System Settings > General > Device Management"
    return "System Settings > Privacy & Security > Profiles" if macos[0] >= 13 else "System Preferences > Profiles"


def pane_url(macos: tuple[int, ...]) -> str:
    """Return the URL that opens that list."""
    return f"x-apple.systempreferences:com.apple.{'Profiles-Settings.extension' if macos[0] >= 13 else 'preferences.configurationprofiles'}"


def remedy(found: Found, uuid: str, name: str) -> str | None:
    """Return what a person must do so that the profile ``uuid``, called ``name``, gets installed, or ``None`` when nobody needs to."""
    status, user = found.status(uuid), found.owner.name
    late = f"{user} did not approve the request in time, or declined it: run the play again to show it once more."
    if status == "unknown":
        return f"Look at the profiles in the Mac's settings: {found.unreadable}."
    if status not in ("staged", "awaiting_approval"):
        return late if status != "installed" and found.expired(uuid) else None
    install = _install(found, name)
    if status == "awaiting_approval":
        sentence = f"{user} {install}; the request disappears about {MINUTES} minutes after it came."
    elif not found.owner.at_console:
        sentence = f"{user} is not logged in at the Mac: run the play again when {user} is, or {_by_hand(found, install)}."
    elif not found.owner.root:
        sentence = f"The request can be shown to {user} by root only: add become, or {_by_hand(found, install)}."
    elif found.expired(uuid):
        sentence = late
    else:
        sentence = f"The request was not shown to {user} yet: run the play again."
    return f"{sentence} {_MDM}" if found.mdm_enrolled else sentence


def after_removal(before: Found, name: str) -> str | None:
    """Return what a person must know after a profile was withdrawn that macOS may still offer."""
    if before.staged is None or not before.staged.waiting:
        return None
    user = before.owner.name
    return (
        f"macOS may still show {user} the request to install {name} for up to {MINUTES} minutes: {user} declines it;"
        " if it gets installed all the same, run the play again."
    )


def refused(found: Found, name: str) -> str:
    """Return what to do when macOS does not remove an installed profile."""
    return f"let {found.owner.name} remove {name} in {pane(found.macos)}, or the MDM if it came from there"


def not_installed(found: Found, scope: Scope) -> str | None:
    """Return what to do when macOS up to 10.15 does not install a profile by command, where that can be told."""
    if scope == "user" and not found.owner.at_console:
        # The identity goes into the login keychain, which is locked then.
        return f"run the play again when {found.owner.name} is logged in at the Mac"
    return None


def _install(found: Found, name: str) -> str:
    # From 11 on a profile is only downloaded; before, the window asks at once.
    action = f"double-clicks {name} and clicks Install" if found.macos[0] >= 11 else "clicks Install"
    # For a profile of the device, and for the root in each, macOS wants an administrator.
    return f"opens {pane(found.macos)}, {action}, and enters an administrator's name and password if macOS asks"


def _by_hand(found: Found, install: str) -> str:
    user = found.owner.name
    return f"let {user} choose Go > Go to Folder in the Finder, enter {found.staged_path} and double-click that file; then {user} {install}"
