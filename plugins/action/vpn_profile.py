# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of vpn_profile: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    profile_check,
    profile_delivery,
    profile_file,
    profile_options,
    profile_remedy,
    profiles,
    shared_options,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import P2SError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.profile_signing import Signer


class ActionModule(P2SActionBase):
    """Have an IKEv2 profile on a Mac, or in a file for an MDM, or not."""

    SPEC: t.ClassVar[dict[str, t.Any]] = profile_options.SPEC

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task, for a host that files are named after."""
        self._host = str((task_vars or {}).get("inventory_hostname") or "")
        return super().run(tmp, task_vars)

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        if options["state"] == "absent":
            return self._absent(options)
        identity = shared_options.read_identity(self, options)
        signer = shared_options.read_signer(self, options)
        timeout = profile_options.approval_timeout(options)
        messages = profile_options.messages(options)
        if options["delivery"] == "file":
            return self._file(options, identity, signer)
        profile_check.for_some_mac(options, identity)
        identifier = profile_options.identifier(options, identity)
        found = profiles.observe(self.mac(), identifier, options["scope"], options["user"], language=messages is not None)
        settings = profile_options.settings(options, identity, found.macos)
        wanted = profile_options.wanted(settings)
        delivery = profile_delivery.choose(options["delivery"], found)
        plan = self._planned(options, found, wanted, lambda: profile_delivery.plan_present(found, wanted, delivery))
        steps = plan.steps + profile_delivery.waiting_steps(found, wanted, timeout)
        after = found
        if steps and not self.check_mode:
            profile = profile_options.rendered(settings, identity, signer) if profile_delivery.needs_content(steps) else b""
            after = profile_delivery.apply(
                self.mac(),
                found,
                wanted,
                steps,
                user=options["user"],
                profile=profile,
                timeout=timeout,
                message=messages.in_language(found.language) if messages else None,
            )
            profile_delivery.refuse_undone(after, wanted, delivery)
        warnings = (*settings.warnings, *profile_options.without_effect(options))
        return {
            "changed": bool(plan.changes),
            "diff": differences.diff(plan.changes),
            "profile": profile_delivery.result(after, wanted, delivery, warnings),
        }

    def _file(self, options: dict[str, t.Any], identity: Identity, signer: Signer | None) -> dict[str, t.Any]:
        """Write the profile on the controller; the Mac is not asked."""
        settings = profile_options.settings(options, identity, None)
        path = self._destination(options)
        changes = profile_file.plan(path, settings, identity, signer)
        if changes and not self.check_mode:
            if profile_file.only_too_open(changes):
                profile_file.close(path)
            else:
                profile_file.write(path, profile_options.rendered(settings, identity, signer))
        result = profile_file.result(path, settings, profile_options.without_effect(options))
        return {"changed": bool(changes), "diff": differences.diff(changes), "profile": result}

    def _absent(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Take the profile off the Mac, or remove its file."""
        identifier = profile_options.identifier(options, None)
        if options["delivery"] == "file":
            path = self._destination(options)
            changes = profile_file.plan_absent(path)
            if changes and not self.check_mode:
                profile_file.remove(path)
            return {"changed": bool(changes), "diff": differences.diff(changes), "profile": profile_file.absent(path, identifier)}
        before = profiles.observe(self.mac(), identifier, options["scope"], options["user"])
        wanted = profile_delivery.Wanted(identifier, "", options["name"] or identifier, options["scope"], {})
        plan = self._planned(options, before, wanted, lambda: profile_delivery.plan_absent(before, identifier, options["scope"]))
        after = before
        if plan.steps and not self.check_mode:
            after = profile_delivery.apply(self.mac(), before, wanted, plan.steps, user=options["user"])
            profile_delivery.refuse_left(profile_delivery.plan_absent(after, identifier, options["scope"]))
        profile = profile_delivery.result(after, wanted, None, ())
        return {
            "changed": bool(plan.changes),
            "diff": differences.diff(plan.changes),
            "profile": {**profile, "remedy": profile["remedy"] or profile_remedy.after_removal(before, wanted.name)},
        }

    def _planned(
        self, options: dict[str, t.Any], found: profiles.Found, wanted: profile_delivery.Wanted, plan: t.Callable[[], profile_delivery.Plan]
    ) -> profile_delivery.Plan:
        """Return the plan. Where it is refused, the copies with the key that are of no use any more go first."""
        try:
            return plan()
        except P2SError:
            steps = profile_delivery.useless_copies(found, wanted).steps
            if steps and not self.check_mode:
                profile_delivery.apply(self.mac(), found, wanted, steps, user=options["user"])
            raise

    def _destination(self, options: dict[str, t.Any]) -> pathlib.Path:
        return profile_file.destination(self.controller_target(options["dest"]), self._host, folder=options["dest"].endswith("/"))
