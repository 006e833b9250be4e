# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of vpn_profile: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    profile_delivery,
    profile_file,
    profile_options,
    profile_remedy,
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
        timeout = profile_options.approval_timeout(options)
        if options["delivery"] == "file":
            return self._file(options, identity, signer)
        identifier = profile_options.identifier(options, identity)
        messages = profile_options.messages(options)
        found = profiles.observe(self.mac(), identifier, options["scope"], options["user"], language=messages is not None)
        settings = profile_options.settings(options, identity, found.macos)
        wanted = profile_options.wanted(settings)
        delivery = profile_delivery.choose(options["delivery"], found)
        plan = profile_delivery.plan_present(found, wanted, delivery)
        steps = plan.steps or profile_delivery.waiting_steps(found, wanted, timeout)
        if steps and not self.check_mode:
            profile = profile_options.rendered(settings, identity, signer) if profile_delivery.needs_content(steps) else b""
            found = profile_delivery.apply(
                self.mac(),
                found,
                wanted,
                steps,
                user=options["user"],
                profile=profile,
                timeout=timeout,
                message=messages.in_language(found.language) if messages else None,
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
        path = self._destination(options, settings.identifier)
        changes = profile_file.plan(path, settings, identity, signer)
        if changes and not self.check_mode:
            if profile_file.only_too_open(changes):
                profile_file.close(path)
            else:
                profile_file.write(path, profile_options.rendered(settings, identity, signer))
        return {"changed": bool(changes), "diff": differences.diff(changes), "profile": profile_file.result(path, settings)}

    def _absent(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Take the profile off the Mac, or remove its file."""
        identifier = profile_options.identifier(options, None)
        if options["delivery"] == "file":
            path = self._destination(options, identifier)
            changes = profile_file.plan_absent(path)
            if changes and not self.check_mode:
                profile_file.remove(path)
            return {"changed": bool(changes), "diff": differences.diff(changes), "profile": profile_file.absent(path, identifier)}
        before = found = profiles.observe(self.mac(), identifier, options["scope"], options["user"])
        plan = profile_delivery.plan_absent(found, identifier, options["scope"])
        wanted = profile_delivery.Wanted(identifier, "", options["name"] or identifier, options["scope"], {})
        if plan.steps and not self.check_mode:
            found = profile_delivery.apply(self.mac(), found, wanted, plan.steps, user=options["user"])
            profile_delivery.refuse_left(profile_delivery.plan_absent(found, identifier, options["scope"]))
        profile = profile_delivery.result(found, wanted, None, ())
        return {
            "changed": bool(plan.changes),
            "diff": differences.diff(plan.changes),
            "profile": {**profile, "remedy": profile["remedy"] or profile_remedy.after_removal(before, wanted.name)},
        }

    def _destination(self, options: dict[str, t.Any], identifier: str) -> pathlib.Path:
        return profile_file.destination(self.controller_target(options["dest"]), identifier, folder=options["dest"].endswith("/"))
