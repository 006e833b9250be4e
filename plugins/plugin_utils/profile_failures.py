# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it means when a step of a profile's delivery fails on the Mac, and what to do then."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import profile_remedy
from .errors import MacError
from .mac import Section, usable
from .profiles import Found, Scope

# The steps of the remote script that can fail: the tool that does the work, and what it means.
_STEPS = {
    "stage_profile": ("/bin/sh", "the profile could not be put into the user's Library"),
    "note_opened": ("/bin/sh", "the profile was not shown to the user, as that could not be noted in the user's Library"),
    "open_profile": ("/usr/bin/open", "the profile could not be shown to the user"),
    "write_profile": ("/usr/bin/base64", "the profile could not be written on the Mac"),
    "install_profile": ("/usr/bin/profiles", "macOS did not install the profile"),
    "remove_staged": ("/bin/rm", "the staged profile could not be removed"),
    "remove_elsewhere": ("/bin/rm", "a staged profile in another user's Library could not be removed"),
    "remove_profile": ("/usr/bin/profiles", "macOS did not remove the profile"),
}
# Up to macOS 10.15: "profiles install for file:'…' and user:'…' returned -60005 (Error = -60005)", on standard output.
_INSTALL_ERROR = re.compile(r"\(Error = -?\d+\)")


def refuse(sections: Mapping[str, Section], found: Found, name: str, scope: Scope) -> None:
    """Raise ``MacError`` for the step that failed, if one did; ``name`` is the profile's."""
    failed = sections["finished"].text.strip()
    installing = sections.get("install_profile")
    if installing is not None and installing.status == 0 and _INSTALL_ERROR.search(installing.text):
        failed = "install_profile"  # it has been seen to fail with status 0
    section = sections.get(failed)
    if section is None:
        return
    tool, meaning = _STEPS[failed]
    usable(section, tool)
    printed = "".join(char for char in section.text.strip()[:200] if char.isprintable())
    complaint = section.complaint or printed or f"status {section.status}"
    what_to_do = "put right what it names and run the play again"
    if failed == "remove_profile":
        what_to_do = profile_remedy.refused(found, name)
    if failed == "install_profile":
        what_to_do = profile_remedy.not_installed(found, scope) or what_to_do
    raise MacError(f"{meaning}: {complaint}", what_to_do)
