# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role vpn_client as client_audit reads them by itself; a unit test holds them to the role's argument specs.

To hand forty options to a task, Ansible compiles a template for each of them and each host, which takes longer than the audit.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from . import audit_options, profile_options, shared_options
from .action import OptionError
from .errors import P2SError

PREFIX = "vpn_client_"
# What the role registers when it has read a package.
READ = "vpn_client__read"
# The options whose variable has another name than the option.
_RENAMED: Mapping[str, str] = {
    "name": "connection_name",
    "identifier": "profile_identifier",
    "package_path": "package",
    "pkcs12_path": "identity_pkcs12",
    "pkcs12_content": "identity_content",
    "passphrase": "identity_passphrase",
    "certificate": "identity_certificate",
    "common_name": "identity_common_name",
    "expect_connected": "connect",
    "warn_days": "audit_warn_days",
}
# What the role has no variable for.
_NOT_OF_THE_ROLE = ("package", "server", "remote_identifier", "local_identifier", "server_roots", "role_variables")
VARIABLES: Mapping[str, str] = {
    option: PREFIX + _RENAMED.get(option, option) for option in audit_options.SPEC["argument_spec"] if option not in _NOT_OF_THE_ROLE
}
# Nothing to audit, but the rollout refuses a host where one of these is wrong, and so must the audit.
_ROLLOUT_ONLY: Mapping[str, dict[str, t.Any]] = {
    **{f"{PREFIX}{name.removesuffix('_path')}": spec for name, spec in shared_options.SIGNER.items()},
    f"{PREFIX}state": shared_options.STATE["state"],
    f"{PREFIX}keychain_password": shared_options.KEYCHAIN["keychain_password"],
    f"{PREFIX}profile_dest": {"type": "str"},
    **{PREFIX + name: profile_options.SPEC["argument_spec"][name] for name in profile_options.ASKING},
    f"{PREFIX}connect_timeout": {"type": "int"},
}
NAMES = (*VARIABLES.values(), *_ROLLOUT_ONLY)
SPEC: Mapping[str, t.Any] = {
    "argument_spec": {
        **{variable: audit_options.SPEC["argument_spec"][option] for option, variable in VARIABLES.items()},
        **_ROLLOUT_ONLY,
        "role_variables": audit_options.SPEC["argument_spec"]["role_variables"],
    },
    "mutually_exclusive": [[VARIABLES["pkcs12_path"], VARIABLES["pkcs12_content"]]],
}
_IDENTITY = tuple(VARIABLES[option] for option in ("pkcs12_path", "pkcs12_content", "certificate", "common_name"))


def arguments(given: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the variables that count: of several identities, the one that tells least.

    Raises ``OptionError`` for a host of which it is not known what to look for.
    """
    pkcs12, content, certificate, common_name = _IDENTITY
    package = VARIABLES["package_path"]
    if given.get(package) is None or all(given.get(name) is None for name in _IDENTITY):
        identities = f"{pkcs12} (or {content}, {certificate}, {common_name})"
        raise OptionError(
            f"{package} and {identities} say what to look for on the Mac, and one of them is missing", "set them for this host"
        )
    found = {name: value for name, value in given.items() if value is not None}
    if certificate in found:
        found.pop(common_name, None)
    if certificate in found or common_name in found:
        found.pop(pkcs12, None)
        found.pop(content, None)
    return found


def named(error: P2SError) -> P2SError:
    """Return ``error``, which was said of an option, as said of its variable."""
    return error if error.option is None else error.for_option(VARIABLES.get(error.option, error.option))


def options(validated: Mapping[str, t.Any], read: object) -> dict[str, t.Any]:
    """Return the options of client_audit that the validated variables stand for.

    ``read`` is what the role's first task registered, the package of the play's first host: it serves all hosts that use the same.
    """
    found = {option: validated[variable] for option, variable in VARIABLES.items()}
    shared = read.get("package") if isinstance(read, Mapping) and read.get("path") == found["package_path"] else None
    return {**dict.fromkeys(_NOT_OF_THE_ROLE), **found, "package": shared}
