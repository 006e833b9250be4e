# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of vpn_connection: runs on the controller, needs nothing on the Mac but its own tools, and vpnutil to start or stop."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import shared_options, tunnel, tunnel_work
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase


class ActionModule(P2SActionBase):
    """Have an IKEv2 connection up, or down."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {
        "argument_spec": {
            **shared_options.CONNECTION,
            "state": {"type": "str", "choices": ["connected", "disconnected"], "default": "connected"},
            "timeout": {"type": "int", "default": 30},
        }
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        wanted, state, seconds = tunnel.wanted_from_options(options), options["state"], options["timeout"]
        tunnel_work.refuse_timeout(seconds)
        found = tunnel.observe(self.mac(), wanted)
        plan = tunnel_work.plan(found, wanted, state, seconds)
        cause = None
        if plan.steps and not self.check_mode:
            before = found
            found, sections = tunnel_work.apply(self.mac(), before, wanted, plan.steps, seconds)
            if plan.method == "on_demand":
                cause = tunnel_work.known_cause(sections, wanted)
            else:
                tunnel_work.refuse_undone(found, wanted, state, sections, seconds, before)
        planned = bool(plan.changes) and self.check_mode
        return {
            "changed": bool(plan.changes),
            "diff": differences.diff(plan.changes),
            "connection": tunnel_work.result(found, wanted, plan.method, state, cause=cause, planned=planned),
        }
