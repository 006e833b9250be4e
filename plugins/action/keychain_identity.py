# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of keychain_identity: runs on the controller, needs nothing on the Mac but its own tools."""

from __future__ import annotations

import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import keychain, pki, shared_options
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.keychain_work import (
    PARTITIONS,
    apply,
    check_options,
    expected_notes,
    identity_work,
    newer_notes,
    removal_work,
)


class ActionModule(P2SActionBase):
    """Have a client identity in a keychain, or not."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {
        "argument_spec": {
            **shared_options.PKCS12,
            **shared_options.KEYCHAIN,
            "allowed_applications": {"type": "list", "elements": "path"},
            "partition_list": {"type": "list", "elements": "str", "default": list(PARTITIONS)},
            "remove_superseded": {"type": "bool", "default": True},
            "sha256": {"type": "str"},
            "issuer": {"type": "str"},
            "common_name": {"type": "str"},
            **shared_options.STATE,
        },
        "mutually_exclusive": [["pkcs12_path", "pkcs12_content", "sha256", "common_name"]],
        "required_together": [["issuer", "common_name"]],
        "required_one_of": [["pkcs12_path", "pkcs12_content", "sha256", "common_name"]],
        "required_if": [["state", "present", ["pkcs12_path", "pkcs12_content"], True]],
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        target = shared_options.read_target(options)
        identity = shared_options.read_identity(self, options) if options["state"] == "present" else None
        unwanted = shared_options.identity_selector(self, options) if identity is None else None
        check_options(options)
        applications = (options["allowed_applications"] or ()) if identity else ()
        found = keychain.observe(self.mac(), target, identities=True, applications=applications)

        def left(seen: keychain.Found) -> list[differences.Change]:
            if identity:
                return keychain.plan_identity(identity, seen, remove_superseded=options["remove_superseded"])
            return keychain.plan_removal(unwanted(seen), seen) if unwanted else []

        changes = left(found)
        notes: tuple[str, ...] = ()
        session = None
        work = identity_work(identity, found, options) if identity else removal_work(unwanted(found) if unwanted else (), found)
        if changes:
            access = keychain.access(found, target, options["keychain_password"])
            session = access.session
            notes = expected_notes(work, access)
            if not self.check_mode:
                found = apply(self.mac(), target, access, work, found, left)
                notes = found.notes
        return {
            "changed": bool(changes),
            "diff": differences.diff(changes),
            "identity": _shown(identity, (*newer_notes(identity, found), *notes)) if identity else None,
            "superseded": [one.sha256 for one in found.superseded_by(identity.certificate)] if identity else [],
            "keychain": found.path,
            "user": found.owner.name,
            "session": session,
        }


def _shown(identity: Identity, notes: tuple[str, ...]) -> dict[str, t.Any]:
    shown = identity.to_result(pki.utc_now())
    return {**shown, "warnings": [*shown["warnings"], *notes]}
