# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the state of a profile on a Mac to what has to be done, and the doing of it."""

from __future__ import annotations

import base64
import dataclasses
import typing as t
from collections.abc import Mapping

from . import profile_failures, profile_remedy, profiles
from .changes import Change
from .errors import MacError
from .mac import Mac, Script, words
from .owner import Session
from .profile_message import Message
from .profiles import APPROVAL_SECONDS, MACOS_WITH_APPROVAL, Found, Installed, Scope

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

    def __add__(self, other: Plan) -> Plan:
        """Return this plan, and then ``other``."""
        return Plan(self.changes + other.changes, self.steps + other.steps)


def choose(delivery: str, found: Found) -> Delivery:
    """Return the delivery that works on this Mac. Raises ``MacError`` when the wanted one cannot."""
    if delivery == "auto":
        # Without root there is still a person, who installs the staged profile by a double click on 10.15 as well.
        delivery = "profiles" if found.macos[0] < MACOS_WITH_APPROVAL and found.owner.root else "approval"
    if delivery == "profiles" and found.macos[0] >= MACOS_WITH_APPROVAL:
        version = ".".join(map(str, found.macos))
        raise MacError(
            f"macOS {version} installs no profile by command: since macOS 11 only an MDM or a person at the Mac can",
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
    if status == "installed":
        return _clearing(found)
    if found.installed:
        _refuse_foreign(
            found.installed,
            wanted.identifier,
            wanted.scope,
            "replace",
            "use delivery file and upload that to the MDM, or choose another identifier",
        )
    before = {"status": status, "uuid": found.installed.uuid if found.installed else None}
    if delivery == "profiles":
        return Plan((_change(wanted, before, "installed"),), ("install_profile",)) + _clearing(found)
    elsewhere = _clearing(dataclasses.replace(found, staged=None))
    if status == "awaiting_approval":
        return elsewhere
    if found.owner.name == found.owner.connected_as == "root" and not found.owner.at_console:
        raise MacError(
            "nobody is logged in at the Mac's screen who could approve the profile",
            "run the play again when somebody is, or set user to the short name of who will approve it",
            option="user",
        )
    if not found.owner.gui_reachable:
        return elsewhere if status == "staged" else Plan((_change(wanted, before, "staged"),), ("stage_profile",)) + elsewhere
    # The copy of a request that is over may go at any moment, so that it is staged anew.
    again = status == "staged" and not found.expired(wanted.uuid)
    steps = (*(() if again else ("stage_profile",)), "open_profile", "wait_for_approval")
    return elsewhere + Plan((_change(wanted, before, "awaiting_approval"),), steps)


def plan_absent(found: Found, identifier: str, scope: Scope | None = None) -> Plan:
    """Return what takes the profile ``identifier`` off the Mac, staged or installed. Raises ``MacError`` as ``plan_present``."""
    _refuse_unknown(found)
    plan = _clearing(found)
    if found.installed:
        _refuse_foreign(found.installed, identifier, scope or found.installed.level, "remove", "remove it there")
        change = Change(f"profile {identifier}", {"status": "installed", "uuid": found.installed.uuid}, {"status": "absent", "uuid": None})
        plan += Plan((change,), ("remove_profile",))
    return plan


def useless_copies(found: Found, wanted: Wanted) -> Plan:
    """Return what still has to go when a plan was refused: the copies with the key that nobody can use any more.

    While the list of profiles is unknown the wanted one stays: macOS may be showing its request.
    """
    if found.unreadable and found.staged and found.staged.uuid == wanted.uuid:
        return Plan()
    return _clearing(found)


def _clearing(found: Found) -> Plan:
    """Return the removal of all that is staged."""
    plan = Plan()
    if found.staged:
        change = Change(f"staged profile {found.staged_path}", "present" if found.staged.file else "removed, but for its note", "absent")
        plan += Plan((change,), ("remove_staged",))
    if found.elsewhere:
        changes = tuple(Change(f"staged profile in the Library of {name}", "present", "absent") for name in found.elsewhere)
        plan += Plan(changes, ("remove_elsewhere",))
    return plan


def waiting_steps(found: Found, wanted: Wanted, timeout: int) -> tuple[str, ...]:
    """Return the steps for a request that is already on the Mac's screen: wait for its answer, if asked to, and change nothing."""
    return ("wait_for_approval",) if timeout and found.status(wanted.uuid) == "awaiting_approval" else ()


def needs_content(steps: tuple[str, ...]) -> bool:
    """Return whether ``steps`` send the profile, with its key, to the Mac."""
    return "stage_profile" in steps or "install_profile" in steps


def apply(
    mac: Mac,
    found: Found,
    wanted: Wanted,
    steps: tuple[str, ...],
    *,
    user: str | None,
    profile: bytes = b"",
    timeout: int = 0,
    message: Message | None = None,
) -> Found:
    """Take ``steps`` and look again: one round trip. Raises ``MacError``.

    ``timeout`` is how many seconds to wait for the approval, ``message`` what to tell the person when it is asked for.
    """
    session: Session = "gui" if found.owner.gui_reachable else "ssh"
    remaining = found.staged.remaining if found.staged else 0
    script = Script(
        ("owner", "profile_read", "profile_write", "profile_ask"),
        ("find_owner", "find_staged", *steps, "read_profiles"),
        {
            **profiles.variables(wanted.identifier, wanted.scope, user),
            "session": session,
            "uuid": wanted.uuid,
            "profile": base64.b64encode(profile).decode(),
            "pane": profile_remedy.pane_url(found.macos),
            "timeout": str(timeout),
            "lasts": str(APPROVAL_SECONDS),
            "remaining": str(remaining),
            "forgotten": "",
            "message": message.script(APPROVAL_SECONDS) if message else "",
            "elsewhere": words(found.elsewhere),
        },
    )
    sections = mac.run(script)
    profile_failures.refuse(sections, found, wanted.name, wanted.scope)
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
        "path": found.staged_path if found.staged and found.staged.file else None,
        "remedy": remedy(found, wanted),
        "warnings": list(warnings),
        "user": found.owner.name,
    }


def remedy(found: Found, wanted: Wanted) -> str | None:
    """Return what a person must do next, in words for that person, or ``None``."""
    return profile_remedy.remedy(found, wanted.uuid, wanted.name)


def _change(wanted: Wanted, before: dict[str, t.Any], status: str) -> Change:
    return Change(f"profile {wanted.identifier}", before, {"status": status, "uuid": wanted.uuid, "settings": dict(wanted.description)})


def _refuse_unknown(found: Found) -> None:
    if found.unreadable:
        raise MacError(
            f"which profiles are installed is unknown: {found.unreadable}", "add become if it is missing, and run the play again"
        )


def _refuse_foreign(installed: Installed, identifier: str, scope: Scope, what: str, remedy: str) -> None:
    """Raise ``MacError`` when the installed profile is an MDM's, or stands at another level than ours would."""
    if installed.managed:
        found_text = "another profile under the identifier" if what == "replace" else "the profile"
        raise MacError(f"an MDM has installed {found_text} {identifier}, which only that MDM can {what}", remedy, option="identifier")
    if installed.level != scope:
        raise MacError(
            f"a profile {identifier} is installed for {'the whole Mac' if installed.level == 'system' else 'the user'} already",
            f"remove it first with scope {installed.level}, or give that scope",
            option="scope",
        )
