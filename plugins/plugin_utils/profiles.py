# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration profiles of a Mac: what profiles(1) lists, what waits for approval, and what follows from the two."""

from __future__ import annotations

import dataclasses
import plistlib
import typing as t
from collections.abc import Mapping
from xml.parsers.expat import ExpatError

from . import owner as owners
from .errors import MacError
from .mac import NOT_FOUND, TIMED_OUT, Mac, Script, Section
from .owner import Owner

Scope = t.Literal["user", "system"]
Status = t.Literal["absent", "staged", "awaiting_approval", "installed", "outdated", "unknown"]

# A downloaded profile that nobody approves vanishes after about this long (Apple says so for iOS).
APPROVAL_SECONDS = 8 * 60
# The first release whose profiles(1) refuses to install.
MACOS_WITH_APPROVAL = 11
DEVICE_LEVEL = "_computerlevel"


@dataclasses.dataclass(frozen=True)
class Installed:
    """A profile that macOS lists under the wanted identifier. ``managed``: an MDM put it there, and only that MDM may change it."""

    uuid: str
    managed: bool


@dataclasses.dataclass(frozen=True)
class Staged:
    """A profile that lies in the owner's space. ``waiting``: macOS still shows the request to approve it."""

    uuid: str
    opened: bool
    waiting: bool


@dataclasses.dataclass(frozen=True)
class Found:
    """The state of one profile on a Mac. ``unreadable`` says why the list of profiles is unknown; then ``installed`` means nothing."""

    owner: Owner
    macos: tuple[int, ...]
    mdm_enrolled: bool | None
    installed: Installed | None
    staged: Staged | None
    staged_path: str
    unreadable: str | None

    def status(self, uuid: str) -> Status:
        """Return where the profile ``uuid`` (the wanted content) stands."""
        if self.unreadable:
            return "unknown"
        if self.installed and self.installed.uuid == uuid:
            return "installed"
        if self.staged and self.staged.uuid == uuid:
            return "awaiting_approval" if self.staged.waiting else "staged"
        return "outdated" if self.installed else "absent"


def observe(mac: Mac, identifier: str, scope: Scope, user: str | None) -> Found:
    """Look at the profile ``identifier``: one round trip, nothing on the Mac changes. Raises ``MacError``."""
    script = Script(("owner", "profile_read"), ("find_owner", "read_profiles"), variables(identifier, scope, user))
    return found_in(mac.run(script), identifier, scope, user)


def variables(identifier: str, scope: Scope, user: str | None) -> dict[str, str]:
    """Return the variables of the remote scripts that find owner and profile."""
    return {"identifier": identifier, "scope": scope, "user": user or "", "as_root": "yes" if scope == "system" else ""}


def found_in(sections: Mapping[str, Section], identifier: str, scope: Scope, user: str | None) -> Found:
    """Return what remote/profile_read.sh saw. Raises ``MacError`` when there is no user to act for."""
    owner = owners.from_sections(sections, user)
    installed, unreadable = None, None
    try:
        installed = _installed(sections, identifier, scope, owner)
    except MacError as error:
        unreadable = error.finding
    return Found(
        owner,
        macos_version(sections["macos"]),
        _mdm_enrolled(sections["enrollment"]),
        installed,
        _staged(sections["staged"]),
        f"{owner.home}/Library/Application Support/azure_p2s.macos/{identifier}.mobileconfig",
        unreadable,
    )


def macos_version(section: Section) -> tuple[int, ...]:
    """Return the version that sw_vers printed: ``15.6.1`` as (15, 6, 1). Raises ``MacError``."""
    try:
        return tuple(int(part) for part in section.text.strip().split("."))
    except ValueError:
        raise MacError("the Mac does not tell its macOS version", "check that /usr/bin/sw_vers works there") from None


def listed(section: Section) -> Mapping[str, list[dict[str, t.Any]]]:
    """Return the profiles in the XML of profiles(1) by level: a short name, or the device.

    Raises ``MacError`` for output of another form.
    """
    begin, end = section.out.find(b"<?xml"), section.out.rfind(b"</plist>")
    if section.status in (TIMED_OUT, NOT_FOUND) or begin < 0 or end < begin:
        why = {TIMED_OUT: "it did not answer in time", NOT_FOUND: "the tool is missing"}.get(section.status, f"status {section.status}")
        raise MacError(f"/usr/bin/profiles gave no list of profiles ({why})", "add become, or look at the Mac's settings")
    try:
        levels = plistlib.loads(section.out[begin : end + len(b"</plist>")], fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        levels = None
    if not isinstance(levels, dict) or not all(_is_profile_list(value) for value in levels.values()):
        raise MacError("the list that /usr/bin/profiles gave is not understood", "report this with the output of -vvv")
    return levels


def _is_profile_list(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("ProfileIdentifier"), str) and isinstance(item.get("ProfileUUID"), str)
        for item in value
    )


def _installed(sections: Mapping[str, Section], identifier: str, scope: Scope, owner: Owner) -> Installed | None:
    by_level: dict[Scope, list[dict[str, t.Any]]] = {}
    if "profiles_system" in sections:
        by_level["system"] = listed(sections["profiles_system"]).get(DEVICE_LEVEL, [])
    elif scope == "system":
        raise MacError("only root is told of the profiles of the device", "add become")
    by_level["user"] = listed(sections["profiles_user"]).get(owner.name, [])
    for level in (scope, "user" if scope == "system" else "system"):
        for profile in by_level.get(level, []):
            if profile["ProfileIdentifier"] == identifier:
                # What a person approved can be removed by that person, and stands at the level it names.
                managed = level != scope or str(profile.get("ProfileRemovalDisallowed", "false")).lower() == "true"
                return Installed(profile["ProfileUUID"].upper(), managed)  # macOS writes it in mixed case
    return None


def _staged(section: Section) -> Staged | None:
    if section.status != 0:
        return None
    lines = section.text.split("\n")
    if len(lines) != 4 or not lines[2].isdigit() or not (lines[1] == "-" or lines[1].isdigit()):
        return Staged("", opened=False, waiting=False)
    uuid, opened, now = lines[0], lines[1], int(lines[2])
    return Staged(uuid, opened=opened != "-", waiting=opened != "-" and 0 <= now - int(opened) < APPROVAL_SECONDS)


def _mdm_enrolled(section: Section) -> bool | None:
    for line in section.text.splitlines():
        name, _colon, value = line.partition(":")
        if name.strip() == "MDM enrollment" and section.status == 0:
            return value.strip().startswith("Yes")
    return None
