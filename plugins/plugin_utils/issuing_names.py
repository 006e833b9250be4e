# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of client identities: what serves as common name, DNS name and Local ID at once."""

from __future__ import annotations

import ipaddress
import re

from .errors import IdentityError

# ub-common-name of RFC 5280, appendix A.
MAX_LENGTH = 64
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_REMEDY = "use letters, digits, hyphens and dots, like a host name"


def check(name: str) -> str:
    """Return ``name`` when it can be the common name, the DNS name and the Local ID of a client certificate.

    macOS sends a Local ID with an ``@`` as a mail address, an IP address as an address, and everything else as a DNS
    name (RFC 7296 section 3.5); a gateway compares that with the names in the certificate. A wildcard would make one
    Mac's certificate fit the names of all others. Raises ``IdentityError`` with option ``name``.
    """
    if not name:
        raise IdentityError("the name of the identity is empty", "give the Mac a name of its own", option="name")
    if len(name) > MAX_LENGTH:
        raise IdentityError(
            f"the name '{name}' has {len(name)} characters, and the common name of a certificate holds {MAX_LENGTH}",
            "give the Mac a shorter name of its own",
            option="name",
        )
    if "@" in name:
        raise IdentityError(f"the name '{name}' contains an @, so macOS would send it as a mail address", _REMEDY, option="name")
    if "*" in name:
        raise IdentityError(f"the name '{name}' is a wildcard, which would fit other Macs' names too", _REMEDY, option="name")
    if _is_address(name):
        raise IdentityError(f"the name '{name}' is an IP address, and the gateway looks for a DNS name", _REMEDY, option="name")
    bad = [label for label in name.split(".") if not _LABEL.fullmatch(label)]
    if bad:
        raise IdentityError(f"the name '{name}' cannot stand in a certificate as a DNS name, because of '{bad[0]}'", _REMEDY, option="name")
    return name


def same(one: str, other: str) -> bool:
    """Return whether a gateway takes the two names for the same: DNS names have no case."""
    return one.casefold() == other.casefold()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
