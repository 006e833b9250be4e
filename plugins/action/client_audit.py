# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of client_audit: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import audit, audit_findings, audit_observation, audit_options, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase


class ActionModule(P2SActionBase):
    """Compare a Mac with what shall be on it, and change nothing."""

    SPEC: t.ClassVar[dict[str, t.Any]] = audit_options.SPEC

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe and tell."""
        wanted = audit_options.wanted(self, options)
        seen = audit_observation.observe(self.mac(), audit_options.look(options, wanted))
        now = pki.utc_now()
        findings = [finding.to_result() for finding in audit.findings(wanted, seen, now)]
        return {
            "findings": findings,
            "status": audit_findings.worst(finding["status"] for finding in findings),
            "host": audit.facts(wanted, seen, now),
            "observed_at": pki.iso(now),
        }
