# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit compares a Mac with."""

from __future__ import annotations

import dataclasses

from .audit_identity import WantedIdentity
from .audit_profile import WantedProfile
from .pki import Certificate
from .tunnel import Wanted as WantedConnection


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What shall be on a Mac.

    ``keychain``: the rollout puts something into the login keychain; ``identity_in_keychain``: the identity too. ``connected``: the
    rollout connects. A certificate that lasts ``warn_days`` or less is warned of.
    """

    roots: tuple[Certificate, ...]
    identity: WantedIdentity
    profile: WantedProfile
    connection: WantedConnection
    keychain: bool = True
    identity_in_keychain: bool = True
    connected: bool = False
    warn_days: int = 30
