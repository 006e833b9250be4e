# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of vpn_connection_info: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import shared_options, tunnel, tunnel_work
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase


class ActionModule(P2SActionBase):
    """Tell the state of an IKEv2 connection."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {"argument_spec": shared_options.CONNECTION}

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe."""
        wanted = tunnel.wanted_from_options(options)
        found = tunnel.observe(self.mac(), wanted)
        return {"changed": False, "connection": tunnel_work.result(found, wanted, None)}
