# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the Mac calls, whom it expects to answer, and as whom it introduces itself."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from . import identity_checks, option_values
from .errors import ProfileError
from .identity import Identity

_DISTINGUISHED_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)\s*=")


def server_and_remote(server: t.Any, remote: t.Any) -> tuple[str, str]:
    """Return the checked server address and Remote ID, which is the server's name unless given.

    The Remote ID is what macOS (10.15 and later) looks for among the alternative names of the gateway's certificate, so that it is a
    host name even where the address is given in numbers. Raises ``ProfileError``.
    """
    if server is None:
        raise ProfileError("the gateway's name is missing", "give the VpnServer of the Azure client package", option="server")
    numeric = isinstance(server, str) and _is_address(server)
    address = option_values.address(server, "server") if numeric else option_values.host_name(server, "server")
    if remote is not None:
        return address, option_values.host_name(remote, "remote_identifier")
    if numeric:
        raise ProfileError(
            "the server is given as an address, but Azure's gateways prove themselves by name",
            "give the VpnServer of the Azure client package, at least as remote_identifier",
            option="remote_identifier",
        )
    return address, address


def local_identifier(value: t.Any, identity: Identity) -> tuple[str, tuple[str, ...]]:
    """Return the Local ID, ``value`` or the one that the certificate gives, and the warnings of that and of the identity.

    Raises ``ProfileError``.
    """
    local = option_values.text(identity.local_identifier if value is None else value, "local_identifier")
    if _DISTINGUISHED_NAME.match(local):
        raise ProfileError(
            f"{option_values.shown(local)} looks like a distinguished name, which macOS would send as if it were a host name",
            "give the common name alone",
            option="local_identifier",
        )
    if value is None:
        return local, identity.warnings
    # What is said there of the identity's own Local ID is about another one.
    warnings = [warning for warning in identity.warnings if "Local ID" not in warning]
    if not identity_checks.is_named(identity.certificate, local):
        warnings.append(f"The certificate does not have the Local ID '{local}' among its names: the gateway may refuse the client.")
    if "@" in local:
        warnings.append(f"macOS sends the Local ID '{local}' as a mail address because of the @: gateways may not match it.")
    if _is_address(local):
        warnings.append(f"macOS sends the Local ID '{local}' as an IP address, not as a name: gateways may not match it.")
    return local, tuple(warnings)


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
