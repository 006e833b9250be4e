# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IKEv2 provider of a simulated Mac: an installed profile in, macOS's rules applied, a real strongSwan client out.

A reading of Apple's documentation and of public reports: it refuses what macOS refuses and repairs nothing.
"""

from __future__ import annotations

from .causes import Cause
from .client import Client
from .installed import InstalledVpn, from_profile

__all__ = ["Cause", "Client", "InstalledVpn", "from_profile"]
