# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""system_profiler(8): the one data type that lists configuration profiles."""

from __future__ import annotations

import json
import plistlib
import sys
import time
import typing as t

from . import profile_store
from .machine_context import Machine
from .profiles import mixed_case

TYPE = "SPConfigurationProfileDataType"


def main(mac: Machine, argv: list[str]) -> int:
    """``system_profiler SPConfigurationProfileDataType [-json|-xml]``."""
    types = [argument for argument in argv if not argument.startswith("-")]
    if types != [TYPE]:
        sys.stderr.write(f"system_profiler: simulated for {TYPE} only\n")
        return 1
    with mac.state() as data:
        installed = data["profiles"]
    sections: list[dict[str, t.Any]] = []
    own = installed.get(mac.user, [])
    if own:
        sections.append({"_name": f"User Configuration Profiles ({mac.uid})", "_items": [_item(entry) for entry in own]})
    if installed.get(profile_store.DEVICE):
        sections.append(
            {"_name": "spconfigprofile_section_deviceconfigprofiles", "_items": [_item(entry) for entry in installed[profile_store.DEVICE]]}
        )
    if "-json" in argv:
        print(json.dumps({TYPE: sections}, indent=2))
    elif "-xml" in argv:
        sys.stdout.buffer.write(plistlib.dumps([{"_dataType": TYPE, "_items": sections}]))
    else:
        print("Profiles:\n" if sections else "")
        for section in sections:
            for entry in section["_items"]:
                print(f"      {entry['_name']}:\n\n          Identifier: {entry['spconfigprofile_profile_identifier']}\n")
    return 0


def _item(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    when = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(entry["date"]))
    return {
        "_name": entry["name"],
        "spconfigprofile_profile_identifier": entry["identifier"],
        "spconfigprofile_profile_uuid": mixed_case(entry["uuid"]),
        "spconfigprofile_install_date": f"{time.strftime('%A, %B %d, %Y', time.gmtime(entry['date']))} ({when})",
        "spconfigprofile_verification_state": entry["state"],
        "spconfigprofile_version": entry["version"],
        "spconfigprofile_RemovalDisallowed": "yes" if entry["removal_disallowed"] else "no",
        "spconfigprofile_install_source": entry["source"],
        "_items": [
            {
                "_name": item["PayloadType"],
                "spconfigprofile_payload_identifier": item["PayloadIdentifier"],
                "spconfigprofile_payload_uuid": mixed_case(item["PayloadUUID"]),
                "spconfigprofile_payload_display_name": item.get("PayloadDisplayName", item["PayloadType"]),
                "spconfigprofile_payload_data": "{\n}",
            }
            for item in entry["items"]
        ],
    }
