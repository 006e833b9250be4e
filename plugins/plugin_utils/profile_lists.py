# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two lists of installed profiles that macOS prints: that of profiles(1), and that of system_profiler(8), which names the source."""

from __future__ import annotations

import dataclasses
import plistlib
import typing as t
from collections.abc import Iterator, Mapping
from xml.parsers.expat import ExpatError

from .errors import MacError
from .mac import NOT_FOUND, TIMED_OUT, Section

Scope = t.Literal["user", "system"]

DEVICE_LEVEL = "_computerlevel"
# What `plistlib` raises for text that is no property list, or a damaged one.
_DAMAGED = (ExpatError, ValueError, LookupError, TypeError, AttributeError, OverflowError)


def listed(section: Section) -> Mapping[str, list[dict[str, t.Any]]]:
    """Return the profiles in the XML of profiles(1) by level: a short name, or the device.

    Raises ``MacError`` for output of another form.
    """
    xml = _property_list(section.out)
    if section.status in (TIMED_OUT, NOT_FOUND) or not xml:
        reasons = {TIMED_OUT: "it did not answer in time", NOT_FOUND: "the tool is missing", 0: "it printed something else"}
        why = reasons.get(section.status, f"status {section.status}")
        raise MacError(f"/usr/bin/profiles gave no list of profiles ({why})", "add become, or look at the Mac's settings")
    try:
        levels = plistlib.loads(xml, fmt=plistlib.FMT_XML)
    except _DAMAGED:
        levels = None
    if not isinstance(levels, dict) or not all(_is_profile_list(value) for value in levels.values()):
        raise MacError("the list that /usr/bin/profiles gave is not understood", "report this with the output of -vvv")
    return levels


@dataclasses.dataclass(frozen=True)
class Sources:
    """What system_profiler says of the installed profiles: (level, identifier) -> (UUID, source: ``MDM``, ``Manual``, or empty)."""

    entries: Mapping[tuple[Scope, str], tuple[str, str]]

    def by_hand(self, level: Scope, identifier: str) -> bool | None:
        """Return whether a person installed the profile; ``None`` when that is not said."""
        source = self.entries.get((level, identifier), ("", ""))[1]
        return source.lower() == "manual" if source else None

    def uuids(self, level: Scope) -> dict[str, str]:
        """Return the UUIDs of the profiles of ``level`` by identifier."""
        return {identifier: uuid for (at, identifier), (uuid, _source) in self.entries.items() if at == level}


def sources(section: Section | None) -> Sources:
    """Return what system_profiler printed; nothing when it was not asked or is not understood, as it only adds to profiles(1)."""
    if section is None:
        return Sources({})
    try:
        tree = plistlib.loads(_property_list(section.out), fmt=plistlib.FMT_XML)
        return Sources(dict(_sources(tree[0]["_items"])))
    except _DAMAGED:
        return Sources({})


def _sources(sections: list[dict[str, t.Any]]) -> Iterator[tuple[tuple[Scope, str], tuple[str, str]]]:
    for section in sections:
        # Seen on macOS: "User Configuration Profiles (501)" and "spconfigprofile_section_deviceconfigprofiles".
        level: Scope = "system" if "deviceconfigprofiles" in section["_name"].lower() else "user"
        for profile in section["_items"]:
            identifier, uuid = profile.get("spconfigprofile_profile_identifier"), profile.get("spconfigprofile_profile_uuid")
            if isinstance(identifier, str) and isinstance(uuid, str):
                yield (level, identifier), (uuid.upper(), str(profile.get("spconfigprofile_install_source", "")))


def _property_list(output: bytes) -> bytes:
    """Return the XML in ``output``; text before and after it has been seen."""
    begin, end = output.find(b"<?xml"), output.rfind(b"</plist>")
    return output[begin : end + len(b"</plist>")] if 0 <= begin < end else b""


def _is_profile_list(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("ProfileIdentifier"), str) and isinstance(item.get("ProfileUUID"), str)
        for item in value
    )
