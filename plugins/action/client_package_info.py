# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of client_package_info: reads a package on the controller, contacts no host."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import package, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase


class ActionModule(P2SActionBase):
    """Read and check a client package."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {"argument_spec": {"path": {"type": "path", "required": True}}}

    _requires_connection = False

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Read the package and return what it says."""
        now = pki.utc_now()
        found = package.read(self.controller_path("path", options["path"]), now=now)
        return {"path": options["path"], "package": found.to_result(now)}
