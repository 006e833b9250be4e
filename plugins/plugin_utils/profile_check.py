# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check identity and settings of a profile before any Mac is touched."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from . import profile_options
from .errors import P2SError, ProfileError
from .identity import Identity
from .profile_settings import ProfileSettings

# The options of vpn_profile that say how the profile gets onto the Mac, not what it says.
_DELIVERY = ("user", "delivery", "dest", "approval_timeout", "state")
_OPTIONS = profile_options.SPEC["argument_spec"]

SPEC: dict[str, t.Any] = {
    "argument_spec": {
        **{name: spec for name, spec in _OPTIONS.items() if name not in _DELIVERY and not name.startswith(("sign_", "message_"))},
        "macos_version": {"type": "str"},
    },
    "mutually_exclusive": [["pkcs12_path", "pkcs12_content"]],
    "required_one_of": [["pkcs12_path", "pkcs12_content"], ["package", "server"]],
}
# The releases at which something came or went, newest first, and one between: what none of these takes, no Mac takes.
_RELEASES = ((26, 0), (15, 6), (10, 15))


def settings(options: Mapping[str, t.Any], identity: Identity) -> ProfileSettings:
    """Return the settings for the given macOS version, or for the first release that takes them. Raises ``P2SError``."""
    version = options["macos_version"]
    if version is not None:
        if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}", version):
            raise ProfileError(f"{version} is not a macOS version", "write it like 15.6.1", option="macos_version")
        return profile_options.settings(options, identity, tuple(int(part) for part in version.split(".")))
    return for_some_mac(options, identity)


def for_some_mac(options: Mapping[str, t.Any], identity: Identity) -> ProfileSettings:
    """Return the settings for the first release that takes them. Raises ``P2SError``: no Mac takes them."""
    refusal: P2SError | None = None
    for macos in _RELEASES:
        try:
            return profile_options.settings(options, identity, macos)
        except P2SError as error:
            refusal = refusal or error
    raise refusal or AssertionError("there are releases to try")
