# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of client_audit: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    audit,
    audit_findings,
    audit_observation,
    audit_options,
    audit_variables,
    pki,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import P2SError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_warm_up import warm_up

# Ansible loads this once, and then forks a process for each host.
warm_up()


class ActionModule(P2SActionBase):
    """Compare a Mac with what shall be on it, and change nothing."""

    SPEC: t.ClassVar[dict[str, t.Any]] = audit_options.SPEC

    @property
    def _of_role(self) -> bool:
        return boolean(self._task.args.get("role_variables", False), strict=False) is True

    def _validated_options(self, secrets: set[str]) -> dict[str, t.Any]:
        """Return the options, or those that the role's variables stand for."""
        if not self._of_role:
            return super()._validated_options(secrets)
        variables = audit_variables.arguments(self._host_variables(audit_variables.NAMES))
        validated = self._validated(audit_variables.SPEC, {**self._task.args, **variables}, secrets)
        return audit_variables.options(validated, self._variables.get(audit_variables.READ))

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe and tell."""
        try:
            wanted = audit_options.wanted(self, options)
        except P2SError as error:
            raise (audit_variables.named(error) if self._of_role else error) from error
        seen = audit_observation.observe(self.mac(), audit_options.look(options, wanted))
        now = pki.utc_now()
        findings = [finding.to_result() for finding in audit.findings(wanted, seen, now)]
        return {
            "findings": findings,
            "status": audit_findings.worst(finding["status"] for finding in findings),
            "host": audit.facts(wanted, seen, now),
            "observed_at": pki.iso(now),
        }
