# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of client_identity, and what becomes of them."""

from __future__ import annotations

import datetime as dt
import os
import pathlib
import typing as t

from . import identity_ledger, issuing, issuing_authority, issuing_request
from .action import P2SActionBase
from .errors import IdentityError
from .identity import PrivateKey
from .issuing_authority import Authority
from .issuing_wanted import Request, Terms

SPEC: dict[str, t.Any] = {
    "argument_spec": {
        "name": {"type": "str"},
        "path": {"type": "path"},
        "passphrase": {"type": "str", "no_log": True},
        "host": {"type": "str"},
        "identities": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "path": {"type": "path", "required": True},
                "passphrase": {"type": "str", "no_log": True},
                "host": {"type": "str"},
            },
        },
        "csr_path": {"type": "path"},
        "csr_content": {"type": "str"},
        "ca_certificate_path": {"type": "path"},
        "ca_certificate_content": {"type": "str"},
        "ca_private_key_path": {"type": "path"},
        "ca_private_key_content": {"type": "str", "no_log": True},
        "ca_private_key_passphrase": {"type": "str", "no_log": True},
        "key_type": {"type": "str", "default": "rsa2048"},
        "valid_for": {"type": "int", "default": 365},
        "renew_before": {"type": "int", "default": 30},
        "force": {"type": "bool", "default": False},
        "ledger": {"type": "path"},
        "lock_timeout": {"type": "int", "default": 60},
        "state": {"type": "str", "choices": ["present", "delivered", "revoked", "absent"], "default": "present"},
    },
    "mutually_exclusive": [
        ["name", "identities"],
        ["path", "identities"],
        ["host", "identities"],
        ["csr_path", "csr_content", "identities"],
        ["csr_path", "csr_content", "passphrase"],
        ["ca_certificate_path", "ca_certificate_content"],
        ["ca_private_key_path", "ca_private_key_content"],
    ],
    "required_one_of": [["name", "identities"]],
    "required_if": [
        ["state", "present", ["path", "identities"], True],
        ["state", "present", ["ca_certificate_path", "ca_certificate_content"], True],
        ["state", "present", ["ca_private_key_path", "ca_private_key_content"], True],
        ["state", "delivered", ["path", "identities"], True],
        ["state", "absent", ["path", "identities"], True],
        ["state", "revoked", ["ledger", "path", "identities"], True],
    ],
}


def requests(action: P2SActionBase, options: dict[str, t.Any], host: str) -> list[Request]:
    """Return the identities that the options name, not yet checked. Raises ``P2SError``."""
    if options["identities"] is None:
        return [_request(action, {**options, "host": options["host"] or host}, _public_key(action, options))]
    return [
        _request(action, {**one, "passphrase": one["passphrase"] or options["passphrase"], "host": one["host"] or one["name"]}, None)
        for one in options["identities"]
    ]


def _request(action: P2SActionBase, options: dict[str, t.Any], public_key: t.Any) -> Request:
    path = local_path(action, "path", options["path"])
    return Request(options["name"], options["host"], path, options["passphrase"], public_key)


def _public_key(action: P2SActionBase, options: dict[str, t.Any]) -> t.Any:
    data, option = path_or_content(action, options, "csr")
    if data is None:
        return None
    try:
        return issuing_request.read_request(data, options["name"])
    except IdentityError as error:
        raise error.for_option(option) from error


def local_path(action: P2SActionBase, option: str, path: str) -> pathlib.Path:
    """Return where a file to be written lies on the controller. Raises ``IdentityError``."""
    if not path or "\0" in path:
        raise IdentityError("the path is empty, or holds a NUL character", "give the path of a file", option=option)
    return pathlib.Path(os.path.normpath(action.controller_target(path)))


def ledger_of(action: P2SActionBase, options: dict[str, t.Any], path: pathlib.Path | None) -> pathlib.Path:
    """Return the ledger for an identity at ``path``: the one given, else that in its folder."""
    if options["ledger"]:
        return local_path(action, "ledger", options["ledger"])
    return t.cast(pathlib.Path, path).parent / identity_ledger.NAME


def terms(options: dict[str, t.Any]) -> Terms:
    """Return how identities are issued. Raises ``IdentityError``."""
    return Terms(issuing.check_key_type(options["key_type"]), options["valid_for"], options["renew_before"], options["force"])


def authority(action: P2SActionBase, options: dict[str, t.Any], now: dt.datetime) -> Authority:
    """Return who issues. Raises ``P2SError``."""
    data, option = path_or_content(action, options, "ca_certificate")
    try:
        return issuing_authority.read_authority(data or b"", now)
    except IdentityError as error:
        raise error.for_option(option) from error


def signing_key(action: P2SActionBase, options: dict[str, t.Any], issuer: Authority) -> PrivateKey:
    """Return the issuer's private key. Raises ``P2SError``."""
    data, option = path_or_content(action, options, "ca_private_key")
    try:
        return issuing_authority.read_signing_key(issuer, data or b"", options["ca_private_key_passphrase"])
    except IdentityError as error:
        raise (error.for_option(option) if error.option == "ca_private_key" else error) from error


def path_or_content(action: P2SActionBase, options: dict[str, t.Any], name: str) -> tuple[bytes | None, str]:
    """Return what ``<name>_path`` or ``<name>_content`` gives, and which of the two it was. Raises ``P2SError``."""
    path, content = options[f"{name}_path"], options[f"{name}_content"]
    if path is not None:
        return action.controller_file(f"{name}_path", path), f"{name}_path"
    return (None if content is None else str(content).encode()), f"{name}_content"


def secrets_of(arguments: t.Any) -> set[str]:
    """Return the passphrases inside ``identities``, which the options' own list of secrets does not reach."""
    entries = arguments if isinstance(arguments, list) else []
    return {str(one["passphrase"]) for one in entries if isinstance(one, dict) and one.get("passphrase")}
