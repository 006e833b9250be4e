# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the state of a profile on a Mac to what has to be done, and to what a person has to do."""

from __future__ import annotations

import base64
import dataclasses
import typing as t
from collections.abc import Mapping

from . import profiles
from .changes import Change
from .errors import MacError
from .mac import Mac, Script, Section, usable
from .owner import Session
from .profiles import MACOS_WITH_APPROVAL, Found, Scope

Delivery = t.Literal["profiles", "approval", "file"]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The profile that shall be on the Mac: its identity, its name in Settings, and its settings without secrets for the diff."""

    identifier: str
    uuid: str
    name: str
    scope: Scope
    description: Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Plan:
    """The changes to show, and the steps of the remote script that make them."""

    changes: tuple[Change, ...] = ()
    steps: tuple[str, ...] = ()


def choose(delivery: str, found: Found) -> Delivery:
    """Return the delivery that works on this Mac. Raises ``MacError`` when the wanted one cannot."""
    if delivery == "auto":
        delivery = "approval" if found.macos[0] >= MACOS_WITH_APPROVAL else "profiles"
    if delivery == "profiles" and found.macos[0] >= MACOS_WITH_APPROVAL:
        raise MacError(
            f"macOS {_dotted(found.macos)} installs no profile by command: since macOS 11 only an MDM or a person at the Mac can",
            "use delivery auto or approval, or file and your MDM",
            option="delivery",
        )
    if delivery == "profiles" and not found.owner.root:
        raise MacError("installing a profile with profiles(1) needs root", "add become", option="delivery")
    return t.cast(Delivery, delivery)


def plan_present(found: Found, wanted: Wanted, delivery: Delivery) -> Plan:
    """Return what brings ``wanted`` onto the Mac. Raises ``MacError`` when that cannot be known or is not ours to do."""
    status = found.status(wanted.uuid)
    _refuse_unknown(found)
    leftover = Change(f"staged profile {found.staged_path}", "present", "absent") if found.staged else None
    if status == "installed":
        return Plan((leftover,), ("remove_staged",)) if leftover else Plan()
    if found.installed and found.installed.managed:
        raise MacError(
            f"an MDM has installed another profile under the identifier {wanted.identifier}, which only that MDM can replace",
            "deliver the new profile with delivery file and upload it to the MDM, or choose another identifier",
            option="identifier",
        )
    before = {"status": status, "uuid": found.installed.uuid if found.installed else None}
    if delivery == "profiles":
        changes = [_change(wanted, before, "installed")] + ([leftover] if leftover else [])
        return Plan(tuple(changes), ("install_profile", *(["remove_staged"] if leftover else [])))
    if status == "awaiting_approval":
        return Plan()
    if status == "staged":
        if not found.owner.gui_reachable:
            return Plan()
        return Plan((_change(wanted, before, "awaiting_approval"),), ("open_profile", "wait_for_approval"))
    if not found.owner.gui_reachable:
        return Plan((_change(wanted, before, "staged"),), ("stage_profile",))
    return Plan((_change(wanted, before, "awaiting_approval"),), ("stage_profile", "open_profile", "wait_for_approval"))


def plan_absent(found: Found, identifier: str) -> Plan:
    """Return what takes the profile ``identifier`` off the Mac, staged or installed. Raises ``MacError`` as ``plan_present``."""
    _refuse_unknown(found)
    changes, steps = [], []
    if found.installed and found.installed.managed:
        raise MacError(
            f"an MDM has installed the profile {identifier}, which only that MDM can remove", "remove it there", option="identifier"
        )
    if found.staged:
        changes.append(Change(f"staged profile {found.staged_path}", "present", "absent"))
        steps.append("remove_staged")
    if found.installed:
        changes.append(
            Change(f"profile {identifier}", {"status": "installed", "uuid": found.installed.uuid}, {"status": "absent", "uuid": None})
        )
        steps.append("remove_profile")
    return Plan(tuple(changes), tuple(steps))


def waiting_steps(found: Found, wanted: Wanted, timeout: int) -> tuple[str, ...]:
    """Return the steps for a request that is already on the Mac's screen: wait for its answer, if asked to, and change nothing."""
    return ("wait_for_approval",) if timeout and found.status(wanted.uuid) == "awaiting_approval" else ()


def needs_content(steps: tuple[str, ...]) -> bool:
    """Return whether ``steps`` send the profile, with its key, to the Mac."""
    return "stage_profile" in steps or "install_profile" in steps


def apply(
    mac: Mac, found: Found, wanted: Wanted, steps: tuple[str, ...], *, user: str | None, profile: bytes = b"", timeout: int = 0
) -> Found:
    """Take ``steps`` and look again: one round trip. Raises ``MacError``."""
    session: Session = "gui" if found.owner.gui_reachable else "ssh"
    script = Script(
        ("owner", "profile_read", "profile_write"),
        ("find_owner", "find_staged", *steps, "read_profiles"),
        {
            **profiles.variables(wanted.identifier, wanted.scope, user),
            "session": session,
            "uuid": wanted.uuid,
            "profile": base64.b64encode(profile).decode(),
            "pane": _pane_url(found.macos),
            "timeout": str(timeout),
        },
    )
    sections = mac.run(script)
    _refuse_failed(sections)
    return profiles.found_in(sections, wanted.identifier, wanted.scope, user)


def refuse_undone(found: Found, wanted: Wanted, delivery: Delivery) -> None:
    """Raise ``MacError`` when after all steps the Mac shows another state than a delivery can have led to."""
    _refuse_unknown(found)
    status = found.status(wanted.uuid)
    if delivery == "profiles" and status != "installed":
        raise MacError("macOS took the profile but does not list it", "look at the profiles in System Preferences, and run the play again")
    if status in ("absent", "outdated"):
        raise MacError("the staged profile is gone again", "see what on the Mac cleans the user's Library, and run the play again")


def refuse_left(left: Plan) -> None:
    """Raise ``MacError`` when a removal left something."""
    if left.changes:
        raise MacError(f"after the removal the Mac still shows: {left.changes[0].name}", "remove it in the Mac's settings")


def result(found: Found, wanted: Wanted, delivery: Delivery | None, warnings: tuple[str, ...]) -> dict[str, t.Any]:
    """Return what the module shows of the profile."""
    return {
        "identifier": wanted.identifier,
        "uuid": wanted.uuid or None,
        "status": found.status(wanted.uuid),
        "delivery": delivery,
        "path": found.staged_path if found.staged else None,
        "remedy": remedy(found, wanted),
        "warnings": list(warnings),
        "user": found.owner.name,
    }


def remedy(found: Found, wanted: Wanted) -> str | None:
    """Return what a person must do next, in words for that person, or ``None``."""
    status, user = found.status(wanted.uuid), found.owner.name
    install = f"opens {_pane(found.macos)}, double-clicks {wanted.name} and clicks Install"
    by_hand = f"let {user} double-click {found.staged_path}; then {user} {install}"
    if status == "awaiting_approval":
        return f"{user} {install}; the request disappears about {profiles.APPROVAL_SECONDS // 60} minutes after it came."
    if status == "staged" and not found.owner.at_console:
        return f"{user} is not logged in at the Mac: run the play again when {user} is, or {by_hand}."
    if status == "staged" and not found.owner.root:
        return f"The request can be shown to {user} by root only: add become, or {by_hand}."
    if status == "staged":
        return f"{user} did not approve the request in time: run the play again to show it once more."
    if status == "unknown":
        return f"Look at the profiles in the Mac's settings: {found.unreadable}."
    return None


def _change(wanted: Wanted, before: dict[str, t.Any], status: str) -> Change:
    return Change(f"profile {wanted.identifier}", before, {"status": status, "uuid": wanted.uuid, "settings": dict(wanted.description)})


def _refuse_unknown(found: Found) -> None:
    if found.unreadable:
        raise MacError(
            f"which profiles are installed is unknown: {found.unreadable}", "add become if it is missing, and run the play again"
        )


def _refuse_failed(sections: Mapping[str, Section]) -> None:
    failed = sections["finished"].text.strip()
    section = sections.get(failed)
    if section is None:
        return
    usable(
        section,
        {"open_profile": "/usr/bin/open", "install_profile": "/usr/bin/profiles", "remove_profile": "/usr/bin/profiles"}.get(
            failed, "a tool"
        ),
    )
    complaint = (
        section.complaint or "".join(char for char in section.text.strip()[:200] if char.isprintable()) or f"status {section.status}"
    )
    raise MacError(f"the step {failed} failed on the Mac: {complaint}", "put right what it names and run the play again")


def _pane(macos: tuple[int, ...]) -> str:
    if macos[0] >= 15:
        return "System Settings > General > Device Management"
    return "System Settings > Privacy & Security > Profiles" if macos[0] >= 13 else "System Preferences > Profiles"


def _pane_url(macos: tuple[int, ...]) -> str:
    return f"x-apple.systempreferences:com.apple.{'Profiles-Settings.extension' if macos[0] >= 13 else 'preferences.configurationprofiles'}"


def _dotted(macos: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in macos)
