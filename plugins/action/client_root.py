# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of client_root: works on the controller and contacts no host."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity_store, issuing, issuing_options, issuing_root, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.changes import Change
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_store import Replacement


class ActionModule(P2SActionBase):
    """Have a point-to-site root."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {
        "argument_spec": {
            "certificate_path": {"type": "path", "required": True},
            "private_key_path": {"type": "path", "required": True},
            "private_key_passphrase": {"type": "str", "required": True, "no_log": True},
            "common_name": {"type": "str"},
            "key_type": {"type": "str", "default": "rsa4096"},
            "valid_for": {"type": "int", "default": 3650},
        }
    }
    _requires_connection = False

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Observe, plan, apply."""
        now = pki.utc_now()
        key_type = issuing.check_key_type(options["key_type"])
        paths = [issuing_options.local_path(self, options[name]) for name in ("certificate_path", "private_key_path")]
        passphrase = options["private_key_passphrase"]
        if self._is_there(*paths):
            certificate, private_key = (
                self.controller_file(name, str(path)) for name, path in zip(("certificate_path", "private_key_path"), paths, strict=True)
            )
            root = issuing_root.read_root(certificate, private_key, passphrase, name=options["common_name"], now=now).certificate
            return {"root": issuing_root.to_result(root, now), "warnings": issuing_root.warnings(root, now), "diff": differences.diff([])}
        name = options["common_name"] or issuing_root.NAME
        issuing_root.check(name, passphrase, options["valid_for"])
        for path in paths:
            identity_store.refuse_unwritable(path)
        _begin, end = issuing.validity(None, options["valid_for"], now)
        after = {"common_name": name, "key_type": key_type, "valid_until": pki.iso(end)[:10]}
        changes = [Change(str(paths[0]), "absent", after), Change(str(paths[1]), "absent", {"mode": "0600", "encrypted": True})]
        shown: dict[str, t.Any] | None = None
        if not self.check_mode:
            made = issuing_root.create(name, passphrase, key_type=key_type, valid_for=options["valid_for"], now=now)
            identity_store.create_together([Replacement(paths[1], made.private_key), Replacement(paths[0], made.certificate.pem.encode())])
            shown = issuing_root.to_result(made.certificate, now)
        return {"changed": True, "diff": differences.diff(changes), "root": shown}

    def _is_there(self, certificate: pathlib.Path, private_key: pathlib.Path) -> bool:
        there, missing = (
            [path for path in (certificate, private_key) if path.exists()],
            [path for path in (certificate, private_key) if not path.exists()],
        )
        if there and missing:
            raise IdentityError(
                f"{there[0]} is there but {missing[0]} is not, and a root is never replaced",
                "restore the file from a backup, or give other paths to make another root",
                option="certificate_path" if missing[0] == certificate else "private_key_path",
            )
        if certificate == private_key:
            raise IdentityError("certificate and key would be the same file", "give two paths", option="private_key_path")
        return bool(there)
