# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of client_root: works on the controller and contacts no host."""

from __future__ import annotations

import datetime as dt
import pathlib
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import changes as differences
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    identity_files,
    identity_store,
    issuing,
    issuing_options,
    issuing_root,
    pki,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.changes import Change
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_lock import locked
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_store import Replacement

_CERTIFICATE, _KEY = "certificate_path", "private_key_path"
# One root of RSA 4096 is made in seconds, even where many are at it.
_LOCK_TIMEOUT = 120
_LOCKED = (_CERTIFICATE, "let it end, and run the task again")


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
        issuing.check_key_type(options["key_type"])
        paths = {name: issuing_options.local_path(self, name, options[name]) for name in (_CERTIFICATE, _KEY)}
        if paths[_CERTIFICATE] == paths[_KEY]:
            raise IdentityError("certificate and key would be the same file", "give two paths", option=_KEY)
        if all(identity_files.exists(path, name) for name, path in paths.items()):
            return self._found(options, paths, now)
        issuing_root.check(options["common_name"] or issuing_root.NAME, options["private_key_passphrase"], options["valid_for"])
        for name, path in paths.items():
            identity_store.refuse_unwritable(path, name)
        if self.check_mode:
            return self._made(options, paths, now)
        # Every host of a play may come here at once, and between a root's two files there is a moment with one of them.
        with locked(paths[_CERTIFICATE], _LOCK_TIMEOUT, option=_CERTIFICATE, in_vain=_LOCKED):
            there = identity_files.exists(paths[_CERTIFICATE], _CERTIFICATE) and identity_files.exists(paths[_KEY], _KEY)
            return self._found(options, paths, now) if there else self._made(options, paths, now)

    def _found(self, options: dict[str, t.Any], paths: dict[str, pathlib.Path], now: dt.datetime) -> dict[str, t.Any]:
        """Check the root that is there, and take its key away from other readers."""
        certificate, private_key = (self.controller_file(name, str(path)) for name, path in paths.items())
        passphrase = options["private_key_passphrase"]
        root = issuing_root.read_root(certificate, private_key, passphrase, name=options["common_name"], now=now).certificate
        changes = []
        found = identity_files.look(paths[_KEY], _KEY)
        if found and found.mode & ~identity_files.PRIVATE:
            changes.append(Change(str(paths[_KEY]), {"mode": f"{found.mode:04o}"}, {"mode": "0600"}))
            if not self.check_mode:
                identity_files.make_private(paths[_KEY], _KEY)
        return {
            "changed": bool(changes),
            "diff": differences.diff(changes),
            "root": issuing_root.to_result(root, now),
            "warnings": issuing_root.warnings(root, now),
        }

    def _made(self, options: dict[str, t.Any], paths: dict[str, pathlib.Path], now: dt.datetime) -> dict[str, t.Any]:
        """Make the root, or say in check mode that it would be made."""
        _refuse_half(paths)
        name, passphrase, valid_for = options["common_name"] or issuing_root.NAME, options["private_key_passphrase"], options["valid_for"]
        _begin, end = issuing.validity(None, valid_for, now)
        after = {"common_name": name, "key_type": options["key_type"], "valid_until": pki.iso(end)[:10]}
        changes = [
            Change(str(paths[_CERTIFICATE]), "absent", after),
            Change(str(paths[_KEY]), "absent", {"mode": "0600", "encrypted": True}),
        ]
        shown: dict[str, t.Any] | None = None
        if not self.check_mode:
            made = issuing_root.create(name, passphrase, key_type=options["key_type"], valid_for=valid_for, now=now)
            key = Replacement(paths[_KEY], made.private_key, _KEY)
            identity_store.create_together([key, Replacement(paths[_CERTIFICATE], made.certificate.pem.encode(), _CERTIFICATE)])
            shown = issuing_root.to_result(made.certificate, now)
        return {"changed": True, "diff": differences.diff(changes), "root": shown}


def _refuse_half(paths: dict[str, pathlib.Path]) -> None:
    """Refuse to go on where one of the two files is there, with ``IdentityError``."""
    there = {name: identity_files.exists(path, name) for name, path in paths.items()}
    if there[_KEY] and not there[_CERTIFICATE]:
        raise IdentityError(
            f"{paths[_KEY]} is there but {paths[_CERTIFICATE]} is not, and a root is never replaced",
            "restore the certificate from a backup; if a run was just now interrupted as it made this root, nothing was issued with "
            "the key yet, and it can be removed; or give other paths to make another root",
            option=_CERTIFICATE,
        )
    if there[_CERTIFICATE] and not there[_KEY]:
        raise IdentityError(
            f"{paths[_CERTIFICATE]} is there but {paths[_KEY]} is not, and a root is never replaced",
            "restore the key from a backup, or give other paths to make another root",
            option=_KEY,
        )
