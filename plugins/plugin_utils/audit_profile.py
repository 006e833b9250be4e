# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings on the VPN profile: whether one is installed, and whether it is the wanted one."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from . import profile_delivery, profile_options
from .audit_findings import ROLLOUT, Finding, Status, not_applicable, sentence, unknown
from .audit_identity import WantedIdentity
from .errors import MacError, P2SError
from .profile_delivery import Delivery, Plan
from .profiles import Found

INSTALLED, CURRENT = "profile.installed", "profile.current"
_UPLOAD = "Upload the profile that the rollout wrote to the MDM, and see there why it has not reached this Mac."


@dataclasses.dataclass(frozen=True)
class WantedProfile:
    """The profile that shall be on a Mac: the options that make it, and how it gets there."""

    options: Mapping[str, t.Any] = dataclasses.field(repr=False)
    identifier: str | None
    delivery: str

    def forms(self, identity: WantedIdentity, macos: tuple[int, ...]) -> tuple[profile_delivery.Wanted, ...]:
        """Return the profile for a Mac of that version, in each form that fits what is known of the identity. Raises ``P2SError``."""
        options = {**self.options, "identifier": self.identifier}
        return tuple(profile_options.wanted(profile_options.settings(options, form, macos)) for form in identity.forms)


@dataclasses.dataclass(frozen=True)
class _View:
    """A readable Mac against the one form of the profile that fits it best; ``certain``: no other form could fit better."""

    found: Found
    wanted: profile_delivery.Wanted
    certain: bool


def findings(profile: WantedProfile, identity: WantedIdentity, found: Found | MacError) -> tuple[Finding, Finding]:
    """Return the findings on installation and content."""
    wanted_installed = f"a profile {profile.identifier or 'for this Mac'} is installed"
    wanted_current = "its content is that of package, identity and settings"
    if isinstance(found, Found) and found.unreadable:
        found = MacError(found.unreadable, "add become if it is missing, and audit again")
    if isinstance(found, MacError):
        return unknown(INSTALLED, wanted_installed, found), unknown(CURRENT, wanted_current, found)
    there = f"installed, UUID {found.installed.uuid}" if found.installed else "not installed"
    try:
        view = _view(profile, identity, found)
    except P2SError as error:
        return _without_content(found, wanted_installed, wanted_current, there, error)
    status, state, remedy = _verdict(profile, view)
    if not found.installed:
        return (
            Finding(INSTALLED, status, wanted_installed, state, remedy),
            not_applicable(CURRENT, "no profile is installed", wanted_current),
        )
    return Finding(INSTALLED, "ok", wanted_installed, there), Finding(CURRENT, status, wanted_current, state, remedy)


def is_installed(profile: WantedProfile, identity: WantedIdentity, found: Found | MacError) -> bool | None:
    """Return whether the wanted profile is installed, ``None`` for not known.

    Only then the rollout removes older identities and connects.
    """
    if isinstance(found, MacError) or found.unreadable:
        return None
    if not found.installed:
        return False
    try:
        view = _view(profile, identity, found)
    except P2SError:
        return None
    if found.status(view.wanted.uuid) == "installed":
        return True
    return False if view.certain else None


def _view(profile: WantedProfile, identity: WantedIdentity, found: Found) -> _View:
    forms = profile.forms(identity, found.macos)
    if not forms:
        raise identity.problem or MacError(
            "which content is wanted is not known without the client's certificate", "give the identity as PKCS#12 or its certificate"
        )
    known = {one.uuid for one in (found.installed, found.staged) if one}
    fitting = [form for form in forms if form.uuid in known]
    return _View(found, (fitting or forms)[0], certain=bool(fitting) or identity.exact)


def _verdict(profile: WantedProfile, view: _View) -> tuple[Status, str, str | None]:
    """Return status, actual and remedy of the profile as a whole."""
    found, wanted = view.found, view.wanted
    status = found.status(wanted.uuid)
    actual: str = {
        "absent": "not installed",
        "staged": "on the Mac, but not shown to its user",
        "awaiting_approval": "waiting for the user's approval",
        "installed": "installed, with the wanted content",
        "outdated": "another content is installed",
    }.get(status, status)
    if status in ("absent", "outdated", "staged") and found.expired(wanted.uuid):
        actual += ": the user did not approve it in time, or declined it"
    if status in ("absent", "outdated") and not view.certain:
        if status == "absent":
            return "drift", actual, ROLLOUT
        unsure = "whether the content is the wanted one cannot be told without the identity's PKCS#12"
        return "unknown", unsure, "Give the identity as PKCS#12, or its certificate with all of its issuers."
    if profile.delivery == "file":
        return ("ok", actual, None) if status == "installed" else ("pending", actual, _UPLOAD)
    try:
        plan = _plan(profile, view)
    except P2SError as error:
        return "drift", f"{actual}; {error.finding}", sentence(error.remedy)
    if plan.changes:
        left = "a copy with the private key" if found.copied else "the note of a request"
        return "drift", f"installed, but {left} is left on the Mac" if status == "installed" else actual, ROLLOUT
    return ("ok", actual, None) if status == "installed" else ("pending", actual, profile_delivery.remedy(found, wanted))


def _plan(profile: WantedProfile, view: _View) -> Plan:
    installed = view.found.status(view.wanted.uuid) == "installed"
    # An installed profile is right however it came; whether another could be delivered does not matter then.
    delivery: Delivery = "approval" if installed else profile_delivery.choose(profile.delivery, view.found)
    return profile_delivery.plan_present(view.found, view.wanted, delivery)


def _without_content(found: Found, installed: str, current: str, there: str, error: P2SError) -> tuple[Finding, Finding]:
    """Return the findings when it is not known which content is wanted."""
    if found.installed:
        return (
            Finding(INSTALLED, "ok", installed, there),
            unknown(CURRENT, current, error),
        )
    status: Status = "unknown" if found.staged else "drift"
    actual = "not installed; a profile waits on the Mac, but which one is not known" if found.staged else "not installed"
    return (
        Finding(INSTALLED, status, installed, actual, sentence(error.remedy) if found.staged else ROLLOUT),
        not_applicable(CURRENT, "no profile is installed", current),
    )
