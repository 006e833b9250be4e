# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of keychain_certificate: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import keychain, pki, shared_options
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.keychain_work import Work, apply


class ActionModule(P2SActionBase):
    """Have certificates in a keychain, or not."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {
        "argument_spec": {
            "certificates": {"type": "list", "elements": "str", "required": True},
            **shared_options.KEYCHAIN,
            **shared_options.STATE,
        }
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        wanted = shared_options.read_certificates(options["certificates"], "certificates")
        present = options["state"] == "present"
        target = shared_options.read_target(options)
        found = keychain.observe(self.mac(), target)

        def left(seen: keychain.Found) -> list[differences.Change]:
            return keychain.plan_certificates(wanted, seen, present=present)

        changes = left(found)
        session = None
        if changes:
            access = keychain.access(found, target, options["keychain_password"])
            session = access.session
            if not self.check_mode:
                todo = tuple(certificate for certificate in wanted if found.holds(certificate) != present)
                work = Work(add_certificates=todo) if present else Work(remove_certificates=todo)
                found = apply(self.mac(), target, access, work, found, left)
        now = pki.utc_now()
        return {
            "changed": bool(changes),
            "diff": differences.diff(changes),
            "certificates": [
                {"sha256": one.sha256, "common_name": one.common_name, "present": found.holds(one), "days_left": one.days_left(now)}
                for one in wanted
            ],
            "keychain": found.path,
            "user": found.owner.name,
            "session": session,
        }
