# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of vpn_profile: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    profile_delivery,
    profile_file,
    profile_options,
    profiles,
    shared_options,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.profile_signing import Signer


class ActionModule(P2SActionBase):
    """Have an IKEv2 profile on a Mac, or in a file for an MDM, or not."""

    SPEC: t.ClassVar[dict[str, t.Any]] = profile_options.SPEC

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        if options["state"] == "absent":
            return self._absent(options)
        identity = shared_options.read_identity(self, options)
        signer = shared_options.read_signer(self, options)
        if options["delivery"] == "file":
            return self._file(options, identity, signer)
        identifier = profile_options.identifier(options, identity)
        found = profiles.observe(self.mac(), identifier, options["scope"], options["user"])
        settings = profile_options.settings(options, identity, found.macos)
        wanted = profile_options.wanted(settings)
        delivery = profile_delivery.choose(options["delivery"], found)
        plan = profile_delivery.plan_present(found, wanted, delivery)
        steps = plan.steps or profile_delivery.waiting_steps(found, wanted, options["approval_timeout"])
        if steps and not self.check_mode:
            profile = profile_options.rendered(settings, identity, signer) if profile_delivery.needs_content(steps) else b""
            found = profile_delivery.apply(
                self.mac(), found, wanted, steps, user=options["user"], profile=profile, timeout=options["approval_timeout"]
            )
            profile_delivery.refuse_undone(found, wanted, delivery)
        return {
            "changed": bool(plan.changes),
            "diff": differences.diff(plan.changes),
            "profile": profile_delivery.result(found, wanted, delivery, settings.warnings),
        }

    def _file(self, options: dict[str, t.Any], identity: Identity, signer: Signer | None) -> dict[str, t.Any]:
        """Write the profile on the controller; the Mac is not asked."""
        settings = profile_options.settings(options, identity, None)
        path = profile_file.destination(self.controller_target(options["dest"]), settings.identifier)
        changes = profile_file.plan(path, settings, identity, signer)
        if changes and not self.check_mode:
            profile_file.write(path, profile_options.rendered(settings, identity, signer))
        return {"changed": bool(changes), "diff": differences.diff(changes), "profile": profile_file.result(path, settings)}

    def _absent(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Take the profile off the Mac, or remove its file."""
        identifier = profile_options.identifier(options, None)
        if options["delivery"] == "file":
            path = profile_file.destination(self.controller_target(options["dest"]), identifier)
            changes = profile_file.plan_absent(path)
            if changes and not self.check_mode:
                profile_file.remove(path)
            return {"changed": bool(changes), "diff": differences.diff(changes), "profile": profile_file.absent(path, identifier)}
        found = profiles.observe(self.mac(), identifier, options["scope"], options["user"])
        plan = profile_delivery.plan_absent(found, identifier)
        wanted = profile_delivery.Wanted(identifier, "", options["name"] or identifier, options["scope"], {})
        if plan.steps and not self.check_mode:
            found = profile_delivery.apply(self.mac(), found, wanted, plan.steps, user=options["user"])
            profile_delivery.refuse_left(profile_delivery.plan_absent(found, identifier))
        return {
            "changed": bool(plan.changes),
            "diff": differences.diff(plan.changes),
            "profile": profile_delivery.result(found, wanted, None, ()),
        }
