# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of client_audit: their definition, and the way from them to what is looked at and what is wanted."""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Mapping

from . import audit_identity, profile_options, profile_settings, shared_options, tunnel
from . import package as packages
from .action import OptionError, P2SActionBase
from .audit_identity import WantedIdentity
from .audit_observation import Look
from .audit_profile import WantedProfile
from .audit_wanted import Wanted
from .errors import P2SError, PackageError
from .package import ClientPackage
from .pki import Certificate

_IDENTITY = ["pkcs12_path", "pkcs12_content", "certificate", "common_name"]
# What says how a profile is made and brought to the Mac, not what it is.
_NOT_LOOKED_AT = ("dest", "approval_timeout", "state")
_OPTIONS = profile_options.SPEC["argument_spec"]

SPEC: dict[str, t.Any] = {
    "argument_spec": {
        **{name: spec for name, spec in _OPTIONS.items() if name not in _NOT_LOOKED_AT and not name.startswith(("sign_", "message_"))},
        "package_path": {"type": "path"},
        "certificate": {"type": "str"},
        "common_name": {"type": "str"},
        "role_variables": {"type": "bool", "default": False},
        "identity_in_keychain": {"type": "bool", "default": True},
        "expect_connected": {"type": "bool", "default": False},
        "warn_days": {"type": "int", "default": 30},
    },
    "mutually_exclusive": [_IDENTITY, ["package", "package_path"]],
    "required_one_of": [_IDENTITY, ["package", "package_path", "server"]],
}


def wanted(action: P2SActionBase, options: dict[str, t.Any]) -> Wanted:
    """Return what shall be on the Mac.

    An identity that cannot be used is a finding, not an error. Raises ``P2SError`` for the other options.
    """
    if options["warn_days"] < 0:
        raise OptionError("it is negative", "give a number of days from 0 on", option="warn_days")
    package = _package(action, options)
    options = {**options, "package": package}
    identity = _identity(action, options)
    by_mdm = options["delivery"] == "file"
    server = options["server"] or (package.vpn_server if package else "")
    profile = WantedProfile(options, _identifier(options, server, identity), options["delivery"])
    return Wanted(
        roots=_roots(options, package),
        identity=identity,
        profile=profile,
        connection=_connection(options, package),
        keychain=not by_mdm,
        identity_in_keychain=options["identity_in_keychain"],
        connected=options["expect_connected"],
        warn_days=options["warn_days"],
    )


def look(options: Mapping[str, t.Any], found: Wanted) -> Look:
    """Return what to look at on the Mac."""
    return Look(options["user"], found.roots, found.profile.identifier, options["scope"], found.connection)


def _package(action: P2SActionBase, options: Mapping[str, t.Any]) -> ClientPackage | None:
    """Return the package that is given, or that at its path. Raises ``P2SError``."""
    if options["package"] is not None:
        return ClientPackage.from_result(options["package"])
    if options["package_path"] is None:
        return None
    try:
        return packages.read(action.controller_path("package_path", options["package_path"]))
    except PackageError as error:
        raise error.for_option("package_path") from error


def _identity(action: P2SActionBase, options: dict[str, t.Any]) -> WantedIdentity:
    if options["common_name"] is not None:
        return audit_identity.from_common_name(options["common_name"])
    try:
        if options["certificate"] is not None:
            return audit_identity.from_pem(options["certificate"])
        return audit_identity.from_pkcs12(shared_options.read_identity(action, options))
    except P2SError as error:
        return _unusable(action, options, error)


def _unusable(action: P2SActionBase, options: dict[str, t.Any], problem: P2SError) -> WantedIdentity:
    try:
        certificate = None if options["certificate"] is not None else shared_options.read_identity_certificate(action, options)
        return audit_identity.unusable(problem, certificate)
    except P2SError:
        return audit_identity.unusable(problem, None)


def _connection(options: Mapping[str, t.Any], package: ClientPackage | None) -> tunnel.Wanted:
    """Return the connection as the profile names it. Without routes: whether traffic takes the tunnel is not looked at."""
    name = options["name"] or (package and package.vnet_name) or profile_options.DEFAULT_NAME
    pools = tuple(ipaddress.ip_network(pool, strict=False) for pool in package.client_address_pools) if package else ()
    return tunnel.Wanted(name, pools, (), options["user"])


def _roots(options: Mapping[str, t.Any], package: ClientPackage | None) -> tuple[Certificate, ...]:
    if options["server_roots"] is not None:
        return shared_options.read_certificates(options["server_roots"], "server_roots")
    return package.server_roots if package else ()


def _identifier(options: Mapping[str, t.Any], server: str, identity: WantedIdentity) -> str | None:
    if options["identifier"] is not None:
        return profile_settings.checked_identifier(options["identifier"])
    client = identity.common_name or (identity.forms[0].local_identifier if identity.forms else None)
    return profile_settings.default_identifier(server, client) if client else None
