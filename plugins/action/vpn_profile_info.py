# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of vpn_profile_info: checks on the controller, contacts no host."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig, profile_check, shared_options
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase


class ActionModule(P2SActionBase):
    """Check an identity and the settings of a profile, and tell what the profile would say."""

    SPEC: t.ClassVar[dict[str, t.Any]] = profile_check.SPEC

    _requires_connection = False

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Check, and return what was found."""
        settings = profile_check.settings(options, shared_options.read_identity(self, options))
        return {"changed": False, "profile": {**mobileconfig.describe(settings), "warnings": list(settings.warnings)}}
