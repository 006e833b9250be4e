# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that an audit looks at on a Mac, in one round trip. What cannot be read stays an error beside what can."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Callable, Mapping

from . import keychain, owner, profiles, tunnel
from .errors import MacError, P2SError
from .keychain import Target
from .mac import Mac, Script, Section
from .owner import Owner
from .pki import Certificate
from .profiles import Scope

_SERIAL = re.compile(r'"IOPlatformSerialNumber" = "([A-Za-z0-9]{1,32})"')
_PARTS = ("owner", "keychain_read", "profile_read", "tunnel_read", "audit")
_T = t.TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Look:
    """What to look at: the owner, the roots that macOS may trust, the profile (``None``: which one is not known) and the connection."""

    user: str | None
    roots: tuple[Certificate, ...]
    identifier: str | None
    scope: Scope
    connection: tunnel.Wanted

    @property
    def target(self) -> Target:
        """The keychain."""
        return Target("login", self.user)


@dataclasses.dataclass(frozen=True)
class Observation:
    """A Mac as observed; an error says why a part is unknown.

    ``trusted`` has an entry for each root: whether macOS trusts it, ``None`` for not known. ``keychain_missing``: there is no login
    keychain, which is more than not readable.
    """

    macos: tuple[int, ...] | MacError
    serial: str | None
    owner: Owner | MacError
    owner_wrong: bool
    keychain: keychain.Found | MacError
    keychain_missing: bool
    profile: profiles.Found | MacError
    trusted: tuple[bool | None, ...]
    connection: tunnel.Found | MacError


def observe(mac: Mac, look: Look) -> Observation:
    """Look at a Mac: one round trip, nothing on the Mac changes. Raises ``MacError`` when it is none, or did not answer to the end."""
    steps = ["find_owner", "read_keychain", "verify_roots", "read_machine", "find_vpnutil", "read_tunnel"]
    if look.scope == "system":
        steps.append("find_root_as_owner")
    # Either tells of the VPNs in the installed profiles as well.
    steps.append("read_vpn_profiles" if look.identifier is None else "read_profiles")
    variables = {
        **tunnel.variables(look.connection),
        **profiles.variables(look.identifier or "", look.scope, look.user),
        **look.target.variables,
        "read_identities": "yes",
        "roots": "".join(root.pem for root in look.roots),
    }
    return observation(mac.run(Script(_PARTS, tuple(steps), variables)), look)


def observation(sections: Mapping[str, Section], look: Look) -> Observation:
    """Return what the sections of the script say."""
    theirs = {**sections, "owner": sections.get("keychain_owner", sections["owner"])}
    return Observation(
        macos=_or_error(lambda: profiles.macos_version(sections["macos"])),
        serial=_serial(sections["machine"]),
        owner=_or_error(lambda: owner.from_sections(theirs, look.user)),
        owner_wrong=_owner_wrong(theirs["owner"]),
        keychain=_or_error(lambda: keychain.found_in(theirs, look.target)),
        keychain_missing=sections["keychain"].status != 0,
        profile=_or_error(lambda: _profile(sections, look)),
        trusted=_trusted(sections.get("trust"), len(look.roots)),
        connection=_or_error(lambda: tunnel.found_in(theirs, look.connection)),
    )


def _profile(sections: Mapping[str, Section], look: Look) -> profiles.Found:
    if look.identifier is None:
        raise MacError("the profile's identifier follows from the client's name, which is not known", "set identifier")
    return profiles.found_in(sections, look.identifier, look.scope, look.user)


def _or_error(read: Callable[[], _T]) -> _T | MacError:
    try:
        return read()
    except MacError as error:
        return error
    except P2SError as error:
        return MacError(error.finding, error.remedy, option=error.option)


def _owner_wrong(section: Section) -> bool:
    """Return whether the user is known not to be one of this Mac, which is more than not knowing who is meant."""
    lines = section.text.split("\n")
    return len(lines) == 7 and bool(lines[3]) and not (lines[4].isdigit() and lines[5])


def _serial(section: Section) -> str | None:
    match = _SERIAL.search(section.text)
    return match[1] if match else None


def _trusted(section: Section | None, roots: int) -> tuple[bool | None, ...]:
    verdicts = section.text.split() if section else []
    return tuple({"yes": True, "no": False}.get(verdict) for verdict in [*verdicts, *[""] * roots][:roots])
