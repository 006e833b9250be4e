# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration profile (``.mobileconfig``): one IKEv2 VPN with its client identity and the gateway's roots.

What callers need, in the order in which they need it: ``settings_from_options``, ``describe``, ``render``, ``sign``, ``same_profile``.
"""

from __future__ import annotations

import dataclasses
import plistlib
import typing as t

from .identity import Identity
from .pki import Certificate
from .profile_compare import same_profile
from .profile_payloads import payloads
from .profile_settings import ProfileSettings, default_identifier, settings_from_options
from .profile_signing import Signer, read_signer, sign

__all__ = [
    "ProfileSettings",
    "Signer",
    "default_identifier",
    "describe",
    "read_signer",
    "render",
    "same_profile",
    "settings_from_options",
    "sign",
]


def render(settings: ProfileSettings, identity: Identity, passphrase: str) -> bytes:
    """Return the profile as an XML property list, keys sorted; ``identity`` must be the one that ``settings`` were read for.

    ``passphrase`` (printable ASCII; a fresh `new_passphrase()`) protects the identity inside and stands beside it.
    """
    if identity.certificate != settings.certificate:
        raise ValueError("the settings belong to another identity")
    encoded = identity.for_macos(passphrase, label=settings.name)
    return plistlib.dumps(payloads(settings, encoded, passphrase, settings.profile_uuid), sort_keys=True)


def describe(settings: ProfileSettings) -> dict[str, t.Any]:
    """Return the settings as plain data for people (``--diff``): certificates by name and SHA-256, what is not set left out."""
    found = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings) if field.name != "warnings"}
    shown = {key: _plain(value) for key, value in found.items() if value is not None and value != ()}
    return {**shown, "uuid": settings.profile_uuid}


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, Certificate):
        return {"common_name": value.common_name, "sha256": value.sha256}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {key: _plain(entry) for key, entry in found.items() if entry is not None and entry != ()}
    return value
