# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches for what public sources leave open.

A default is the harsher branch, but where all that is known speaks for the other one (``session_per_exec``, ``full_disk_access``,
``profile_identity``, ``language``): there the switch leads to the harsher one.
"""

from __future__ import annotations

import collections.abc
import typing as t

DEFAULTS: dict[str, t.Any] = {
    # Each command that an SSH client runs is a security session of its own, not each connection.
    "session_per_exec": False,
    # Importing a PKCS#12 whose identity is there already fails ("fail") or succeeds silently ("succeed").
    "reimport": "fail",
    # `security import` says what it imported.
    "import_text": False,
    # The first use of a key whose ACL and partition list are right still raises one dialog.
    "first_dialog": True,
    # Reading the ACL of an unlocked live keychain over SSH raises a dialog.
    "acl_dialog": True,
    # Where `profiles install` refuses on 11 and later: "stdout" or "stderr".
    "install_refusal_stream": "stdout",
    # False: SSH has no Full Disk Access and cannot copy from ~/Library/Keychains.
    "full_disk_access": True,
    # A profile whose identity the keychain already holds: "reuse" it or "fail" to install.
    "profile_identity": "reuse",
    # System Integrity Protection.
    "sip": True,
    # Error texts in another language than English; exit codes stay.
    "language": "en",
    # A serial number in ioreg, or None.
    "serial": None,
    # Names of other VPNs' interfaces that exist beside ours, each with an address.
    "other_tunnels": (),
    # The dynamic store has a key for each connected VPN service, State:/Network/Service/UUID/IPv4.
    "dynamic_store": False,
    # A person has installed Apple's Command Line Tools.
    "developer_tools": False,
    # A lone certificate may be added to a locked login keychain.
    "locked_add_certificate": False,
}


def get(modes: collections.abc.Mapping[str, t.Any], name: str) -> t.Any:
    """Return the value of the mode ``name``; ``KeyError`` for a name that is none."""
    default = DEFAULTS[name]
    return modes.get(name, default)


def from_text(settings: collections.abc.Iterable[str]) -> dict[str, t.Any]:
    """Return NAME=VALUE texts as modes. Raises ``ValueError`` for an unknown name."""
    result: dict[str, t.Any] = {}
    for setting in settings:
        name, _equals, text = setting.partition("=")
        if name not in DEFAULTS:
            raise ValueError(f"{name} is no mode; there are {', '.join(sorted(DEFAULTS))}")
        result[name] = {"true": True, "false": False}.get(text.lower(), text)
    return result
