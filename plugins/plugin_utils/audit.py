# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what shall be on a Mac and what was seen there to findings. It asks the same plan functions as the rollout what would change."""

from __future__ import annotations

import datetime as dt
import typing as t

from . import audit_connection, audit_keychain, audit_profile
from .audit_findings import Finding, sentence, unknown
from .audit_identity import WantedIdentity, resolved
from .audit_observation import Observation
from .audit_wanted import Wanted
from .errors import MacError
from .owner import Owner
from .pki import iso

# The oldest release that the collection is made for.
OLDEST_MACOS = (10, 15)


def findings(wanted: Wanted, seen: Observation, now: dt.datetime) -> list[Finding]:
    """Return one finding for each thing that is looked at, always all of them and in the same order."""
    identity = _identity(wanted, seen, now)
    on_profile = audit_profile.findings(wanted.profile, identity, seen.profile)
    return [
        _macos(seen),
        _user(seen),
        audit_keychain.readable(wanted, seen),
        audit_keychain.roots(wanted, seen),
        audit_keychain.trust(wanted, seen),
        audit_keychain.identity_present(wanted, identity, seen),
        audit_keychain.validity(wanted, identity, now),
        audit_keychain.superseded(wanted, identity, seen),
        *on_profile,
        audit_connection.state(wanted, identity, seen),
    ]


def facts(wanted: Wanted, seen: Observation, now: dt.datetime) -> dict[str, t.Any]:
    """Return what the Mac told of itself, and the certificate that counts for it."""
    identity = _identity(wanted, seen, now)
    owner = seen.owner if isinstance(seen.owner, Owner) else None
    certificate = identity.certificate
    installed = None if isinstance(seen.profile, MacError) else seen.profile.installed
    return {
        "macos": None if isinstance(seen.macos, MacError) else ".".join(str(part) for part in seen.macos),
        "serial": seen.serial,
        "user": owner.name if owner else None,
        "console_user": owner.console_user if owner else None,
        "mdm_enrolled": None if isinstance(seen.profile, MacError) else seen.profile.mdm_enrolled,
        "certificate": None
        if certificate is None
        else {"common_name": certificate.common_name, "sha256": certificate.sha256, "not_after": iso(certificate.not_after)},
        "profile_uuid": installed.uuid if installed else None,
    }


def _identity(wanted: Wanted, seen: Observation, now: dt.datetime) -> WantedIdentity:
    return wanted.identity if isinstance(seen.keychain, MacError) else resolved(wanted.identity, seen.keychain, now)


def _macos(seen: Observation) -> Finding:
    expected = f"macOS {_dotted(OLDEST_MACOS)} or newer"
    if isinstance(seen.macos, MacError):
        return unknown("macos.supported", expected, seen.macos)
    actual = f"macOS {_dotted(seen.macos)}"
    if seen.macos < OLDEST_MACOS:
        return Finding("macos.supported", "warning", expected, actual, "Update macOS: nothing is known of the VPN on this release.")
    return Finding("macos.supported", "ok", expected, actual)


def _user(seen: Observation) -> Finding:
    expected = "one user of the Mac whose keychain and VPN are meant"
    if isinstance(seen.owner, Owner):
        at = "logged in at the screen" if seen.owner.at_console else "not logged in at the screen"
        return Finding("user.resolved", "ok", expected, f"{seen.owner.name}, {at}")
    status: t.Literal["drift", "unknown"] = "drift" if seen.owner_wrong else "unknown"
    return Finding("user.resolved", status, expected, seen.owner.finding, sentence(seen.owner.remedy))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
