# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration profiles of a Mac: what profiles(1) lists, what waits for approval, and what follows from the two."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Mapping

from . import owner as owners
from . import profile_lists
from .errors import MacError
from .mac import Mac, Script, Section
from .owner import Owner

Scope: t.TypeAlias = profile_lists.Scope
Status = t.Literal["absent", "staged", "awaiting_approval", "installed", "outdated", "unknown"]

# A downloaded profile that nobody approves vanishes after about this long (Apple says so for iOS).
APPROVAL_SECONDS = 8 * 60
# The first release whose profiles(1) refuses to install.
MACOS_WITH_APPROVAL = 11
_SHORT_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
_LANGUAGE = re.compile(r'^\s*"?([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)"?,?$', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Installed:
    """A profile that macOS lists under the wanted identifier, for the user or for the device (``level``).

    ``managed``: an MDM put it there, or may have, and only that MDM may change it.
    """

    uuid: str
    managed: bool
    level: Scope = "user"


@dataclasses.dataclass(frozen=True)
class Staged:
    """A profile that lies in the owner's space.

    ``opened``: the person was asked to approve it. ``waiting``: macOS still shows that request, for about ``remaining`` seconds.
    ``file``: the copy with the key is there; without it only the note of a request is. An empty ``uuid`` is a left-over of an
    interrupted run.
    """

    uuid: str
    opened: bool
    waiting: bool
    remaining: int = 0
    file: bool = True


@dataclasses.dataclass(frozen=True)
class Found:
    """The state of one profile on a Mac. ``unreadable`` says why the list of profiles is unknown; then ``installed`` means nothing.

    ``language`` is the first of the owner's preferred ones, such as ``de-CH``, if it was asked for and could be read. ``elsewhere`` are
    the other users in whose space a copy of a profile for the device is left.
    """

    owner: Owner
    macos: tuple[int, ...]
    mdm_enrolled: bool | None
    installed: Installed | None
    staged: Staged | None
    staged_path: str
    unreadable: str | None
    language: str | None = None
    elsewhere: tuple[str, ...] = ()

    @property
    def copied(self) -> bool:
        """Whether a copy with the key lies in the owner's space or in another user's."""
        return bool(self.elsewhere) or (self.staged is not None and self.staged.file)

    def expired(self, uuid: str) -> bool:
        """Return whether the person was asked to approve the profile ``uuid``, and did not in time."""
        return self.staged is not None and self.staged.uuid == uuid and self.staged.opened and not self.staged.waiting

    def status(self, uuid: str) -> Status:
        """Return where the profile ``uuid`` (the wanted content) stands."""
        if self.unreadable:
            return "unknown"
        if self.installed and self.installed.uuid == uuid:
            return "installed"
        if self.staged and self.staged.uuid == uuid:
            # Without somebody at the screen nobody sees a request.
            if self.staged.waiting and self.owner.at_console:
                return "awaiting_approval"
            if self.staged.file:
                return "staged"
        return "outdated" if self.installed else "absent"


def observe(mac: Mac, identifier: str, scope: Scope, user: str | None, *, language: bool = False) -> Found:
    """Look at the profile ``identifier``, with ``language`` also at the owner's: one round trip, nothing on the Mac changes.

    Raises ``MacError``.
    """
    steps = ("find_owner", "read_profiles", *(["read_language"] if language else []))
    return found_in(mac.run(Script(("owner", "profile_read"), steps, variables(identifier, scope, user))), identifier, scope, user)


def variables(identifier: str, scope: Scope, user: str | None) -> dict[str, str]:
    """Return the variables of the remote scripts that find owner and profile.

    A profile for the device is approved by whoever sits at the Mac; root is its owner only while nobody does.
    """
    return {"identifier": identifier, "scope": scope, "user": user or "", "as_root": "otherwise" if scope == "system" else ""}


def found_in(sections: Mapping[str, Section], identifier: str, scope: Scope, user: str | None) -> Found:
    """Return what remote/profile_read.sh saw. Raises ``MacError`` when there is no user to act for."""
    owner = owners.from_sections(sections, user)
    enrolled = _mdm_enrolled(sections["enrollment"])
    installed, unreadable = None, None
    try:
        installed = _installed(sections, identifier, scope, owner, enrolled)
    except MacError as error:
        unreadable = error.finding
    return Found(
        owner,
        macos_version(sections["macos"]),
        enrolled,
        installed,
        _staged(sections["staged"]),
        f"{owner.home}/Library/Application Support/azure_p2s.macos/{identifier}.mobileconfig",
        unreadable,
        _language(sections.get("language")),
        _elsewhere(sections.get("elsewhere")),
    )


def macos_version(section: Section) -> tuple[int, ...]:
    """Return the version that sw_vers printed: ``15.6.1`` as (15, 6, 1). Raises ``MacError``."""
    try:
        return tuple(int(part) for part in section.text.strip().split("."))
    except ValueError:
        raise MacError("the Mac does not tell its macOS version", "check that /usr/bin/sw_vers works there") from None


def _installed(sections: Mapping[str, Section], identifier: str, scope: Scope, owner: Owner, enrolled: bool | None) -> Installed | None:
    by_level: dict[Scope, dict[str, tuple[str, bool]]] = {"user": {}, "system": {}}
    if "profiles_system" in sections:
        by_level["system"] = _uuids(profile_lists.listed(sections["profiles_system"]).get(profile_lists.DEVICE_LEVEL, []))
    elif scope == "system":
        raise MacError("only root is told of the profiles of the device", "add become")
    by_level["user"] = _uuids(profile_lists.listed(sections["profiles_user"]).get(owner.name, []))
    known = profile_lists.sources(sections.get("sources"))
    if "profiles_system" not in sections:
        by_level["system"] = {name: (uuid, False) for name, uuid in known.uuids("system").items()}
    for level in (scope, _other(scope)):
        if identifier in by_level[level]:
            uuid, fixed = by_level[level][identifier]
            # A Mac may be enrolled and refuse to say who installed the profile: then it is not ours to touch.
            by_hand = known.by_hand(level, identifier)
            managed = fixed or (not by_hand if by_hand is not None else enrolled is True)
            return Installed(uuid, managed, level)
    return None


def _other(scope: Scope) -> Scope:
    return "user" if scope == "system" else "system"


def _uuids(entries: list[dict[str, t.Any]]) -> dict[str, tuple[str, bool]]:
    """Return UUID (macOS writes it in mixed case) and whether its removal is disallowed, by identifier."""
    return {
        entry["ProfileIdentifier"]: (entry["ProfileUUID"].upper(), str(entry.get("ProfileRemovalDisallowed", "false")).lower() == "true")
        for entry in entries
    }


def _staged(section: Section) -> Staged | None:
    if section.status != 0:
        return None
    lines = section.text.split("\n")
    if len(lines) != 5 or not lines[2].isdigit() or not (lines[1] == "-" or lines[1].isdigit()):
        return Staged("", opened=False, waiting=False)
    uuid, opened, now, file = lines[0], lines[1], int(lines[2]), lines[3] == "file"
    if opened == "-":
        return Staged(uuid, opened=False, waiting=False, file=file)
    age = now - int(opened)
    remaining = APPROVAL_SECONDS - age if 0 <= age < APPROVAL_SECONDS else 0
    return Staged(uuid, opened=True, waiting=remaining > 0, remaining=remaining, file=file)


def _elsewhere(section: Section | None) -> tuple[str, ...]:
    return tuple(name for name in section.text.split() if _SHORT_NAME.fullmatch(name)) if section else ()


def _mdm_enrolled(section: Section) -> bool | None:
    for line in section.text.splitlines():
        name, _colon, value = line.partition(":")
        if name.strip() == "MDM enrollment" and section.status == 0:
            return value.strip().startswith("Yes")
    return None


def _language(section: Section | None) -> str | None:
    """Return the first entry of the list that `defaults read -g AppleLanguages` prints."""
    found = _LANGUAGE.search(section.text) if section is not None and section.status == 0 else None
    return found[1].replace("_", "-") if found else None
