# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What macOS says of configuration profiles, for a Mac that is faked."""

from __future__ import annotations

import plistlib
import typing as t

from .fake_mac import Answer, owner

IDENTIFIER = "com.example.vpn"
UUID = "597B4018-DBED-5B91-AD38-FD825711CD02"
OTHER = "6EE63BCC-3E7C-58B2-AD15-D078EBAF25D0"
NOT_ENROLLED = "Enrolled via DEP: No\nMDM enrollment: No\n"
ENROLLED = "Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\nMDM server: https://mdm.example.com/\n"


def entry(uuid: str = UUID, identifier: str = IDENTIFIER, **more: t.Any) -> dict[str, t.Any]:
    """Return a profile as profiles(1) lists it, with the UUID in mixed case as macOS writes it."""
    return {"ProfileIdentifier": identifier, "ProfileUUID": uuid[:18].lower() + uuid[18:], **more}


def listing(**levels: list[dict[str, t.Any]]) -> str:
    """Return a list in XML, with text around it."""
    return f"profiles: listing\n{plistlib.dumps(dict(levels)).decode()}\nprofiles: done\n"


def sourced(level: str, source: str | None, uuid: str = UUID) -> str:
    """Return what system_profiler says of one profile."""
    item = {"spconfigprofile_profile_identifier": IDENTIFIER, "spconfigprofile_profile_uuid": uuid.lower()}
    if source is not None:
        item["spconfigprofile_install_source"] = source
    name = "User Configuration Profiles (501)" if level == "user" else "spconfigprofile_section_deviceconfigprofiles"
    return plistlib.dumps([{"_dataType": "SPConfigurationProfileDataType", "_items": [{"_name": name, "_items": [item]}]}]).decode()


def answer(
    user: str | None = None,
    system: str | None = None,
    *,
    enrollment: str = NOT_ENROLLED,
    sources: str | None = None,
    staged: str | None = None,
    root: bool = True,
    **more: t.Any,
) -> Answer:
    """Return what remote/profile_read.sh says of a Mac."""
    found: Answer = {
        **owner("root" if root else "alice", 0 if root else 501, **more),
        "profiles_user": (0, listing() if user is None else user),
        "enrollment": (0, enrollment),
        "staged": (1, "") if staged is None else (0, staged),
    }
    if root:
        found["profiles_system"] = (0, listing() if system is None else system)
    if sources is not None:
        found["sources"] = (0, sources)
    return found
