# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of vpn_profile: their definition, and the way from them to the settings and the content of a profile."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from . import identity as identities
from . import mobileconfig, on_demand, profile_dns, profile_message, shared_options
from .errors import ProfileError
from .identity import Identity
from .package import ClientPackage
from .profile_delivery import Wanted
from .profile_message import Messages
from .profile_settings import ProfileSettings, checked_identifier, default_identifier, settings_from_options
from .profile_signing import Signer

DEFAULT_NAME = "Azure VPN"
# What has an effect only where a person is asked at the Mac.
ASKING = ("approval_timeout", "message_title", "message_text", "message_translations")

_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}
_ALGORITHMS: dict[str, t.Any] = {
    "encryption_algorithm": {"type": "str"},
    "integrity_algorithm": {"type": "str"},
    "diffie_hellman_group": {"type": "int"},
    "lifetime_in_minutes": {"type": "int"},
}
_DNS: dict[str, t.Any] = {
    "server_addresses": _TEXTS,
    "supplemental_match_domains": _TEXTS,
    "supplemental_match_domains_no_search": {"type": "bool"},
    "search_domains": _TEXTS,
    "domain_name": {"type": "str"},
    "protocol": {"type": "str", "choices": list(profile_dns.PROTOCOLS)},
    "server_url": {"type": "str"},
    "server_name": {"type": "str"},
}
_ACTION_PARAMETERS: dict[str, t.Any] = {
    "domains": {**_TEXTS, "required": True},
    "domain_action": {"type": "str", "choices": list(on_demand.DOMAIN_ACTIONS), "required": True},
    "required_dns_servers": _TEXTS,
    "required_url_string_probe": {"type": "str"},
}
_ON_DEMAND_RULES: dict[str, t.Any] = {
    "action": {"type": "str", "choices": list(on_demand.ACTIONS), "required": True},
    "interface_type_match": {"type": "str", "choices": list(on_demand.INTERFACES)},
    "ssid_match": _TEXTS,
    "dns_domain_match": _TEXTS,
    "dns_server_address_match": _TEXTS,
    "url_string_probe": {"type": "str"},
    "action_parameters": {"type": "list", "elements": "dict", "options": _ACTION_PARAMETERS},
}

SPEC: dict[str, t.Any] = {
    "argument_spec": {
        "name": {"type": "str"},
        "identifier": {"type": "str"},
        "package": {"type": "dict"},
        "server": {"type": "str"},
        "remote_identifier": {"type": "str"},
        "local_identifier": {"type": "str"},
        "server_roots": {"type": "list", "elements": "str"},
        **shared_options.PKCS12,
        "authentication": {"type": "str", "choices": ["certificate", "eap_tls"], "default": "certificate"},
        "proposal": {"type": "str", "choices": ["default", "strong", "compatible"]},
        "ike": {"type": "dict", "options": _ALGORITHMS},
        "child": {"type": "dict", "options": _ALGORITHMS},
        "pfs": {"type": "bool", "default": False},
        "dns": {"type": "dict", "options": _DNS},
        "on_demand_rules": {"type": "list", "elements": "dict", "options": _ON_DEMAND_RULES},
        "include_all_networks": {"type": "bool", "default": False},
        "server_certificate_common_name": {"type": "str"},
        "server_certificate_issuer_common_name": {"type": "str"},
        "mtu": {"type": "int"},
        "disconnect_on_idle": {"type": "int"},
        "scope": {"type": "str", "choices": ["user", "system"], "default": "user"},
        "user": {"type": "str"},
        "delivery": {"type": "str", "choices": ["auto", "profiles", "approval", "file"], "default": "auto"},
        **shared_options.SIGNER,
        "dest": {"type": "path"},
        "approval_timeout": {"type": "int", "default": 0},
        "message_title": {"type": "str"},
        "message_text": {"type": "str"},
        "message_translations": {"type": "dict"},
        **shared_options.STATE,
    },
    "mutually_exclusive": [
        ["pkcs12_path", "pkcs12_content"],
        ["sign_certificate_path", "sign_certificate_content"],
        ["sign_private_key_path", "sign_private_key_content"],
    ],
    "required_if": [
        ["state", "present", ["pkcs12_path", "pkcs12_content"], True],
        ["state", "present", ["package", "server"], True],
        ["state", "absent", ["identifier"]],
        ["delivery", "file", ["dest"]],
    ],
}


def identifier(options: Mapping[str, t.Any], identity: Identity | None) -> str:
    """Return the profile's identifier: the one given, or the one that follows from gateway and client. Raises ``P2SError``."""
    if identity is None or options["identifier"] is not None:
        return checked_identifier(options["identifier"])
    client = identity.certificate.common_name or identity.local_identifier
    return default_identifier(_content(options)["server"], client)


def settings(options: Mapping[str, t.Any], identity: Identity, macos: tuple[int, ...] | None) -> ProfileSettings:
    """Return the settings of the profile for a Mac with that version (``None``: for any). Raises ``P2SError``."""
    found = settings_from_options(_content(options), identity, macos=(macos[0], macos[1] if len(macos) > 1 else 0) if macos else None)
    return dataclasses.replace(found, warnings=(*found.warnings, *_unasked_servers(options, found)))


def approval_timeout(options: Mapping[str, t.Any]) -> int:
    """Return how many seconds to wait for the approval. Raises ``ProfileError``."""
    seconds: int = options["approval_timeout"]
    if not 0 <= seconds <= 3600:
        raise ProfileError(f"{seconds} is not a number of seconds from 0 to 3600", "give such a number", option="approval_timeout")
    return seconds


def messages(options: Mapping[str, t.Any]) -> Messages | None:
    """Return what to tell the Mac's user when the profile has to be approved. Raises ``P2SError``."""
    return profile_message.from_options(options, _content(options)["name"])


def without_effect(options: Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return the warning of options that the chosen delivery has no use for; a role hands the same ones to every Mac."""
    delivery = options["delivery"]
    names = [] if delivery == "file" else ["dest"]
    if delivery in ("file", "profiles"):
        names += ASKING
    if delivery == "file":
        names.append("user")
    unused = [name for name in names if options[name]]
    return (f"With delivery {delivery} these options have no effect: {', '.join(unused)}.",) if unused else ()


def wanted(found: ProfileSettings) -> Wanted:
    """Return what the delivery has to know of the profile."""
    scope: t.Literal["user", "system"] = "system" if found.scope == "system" else "user"
    return Wanted(found.identifier, found.profile_uuid, found.name, scope, mobileconfig.describe(found))


def rendered(found: ProfileSettings, identity: Identity, signer: Signer | None) -> bytes:
    """Return the profile itself, secret-bearing, with the identity under a fresh passphrase."""
    content = mobileconfig.render(found, identity, identities.new_passphrase())
    return mobileconfig.sign(content, signer.certificate, signer.private_key, signer.chain) if signer else content


def _content(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options with what the package says in place of what was not given."""
    content = {name: _given(value) for name, value in options.items()}
    if options["package"] is not None:
        package = ClientPackage.from_result(options["package"])
        content["server"] = options["server"] or package.vpn_server
        content["name"] = options["name"] or package.vnet_name
        if options["server_roots"] is None:
            content["server_roots"] = [root.pem for root in package.server_roots]
        if content["dns"] is not None and package.dns_servers:
            content["dns"] = {"server_addresses": list(package.dns_servers), **content["dns"]}
    content["name"] = content["name"] or DEFAULT_NAME
    return content


def _unasked_servers(options: Mapping[str, t.Any], found: ProfileSettings) -> t.Iterator[str]:
    """Yield a warning when the virtual network has name servers that no Mac will ask."""
    servers = ClientPackage.from_result(options["package"]).dns_servers if options["package"] is not None else ()
    if servers and found.dns is None and not found.include_all_networks:
        yield (
            f"The virtual network has name servers ({', '.join(servers)}), but its names resolve on the Macs only with"
            " dns.supplemental_match_domains, which is not set."
        )


def _given(value: t.Any) -> t.Any:
    """Return ``value`` without the suboptions that Ansible filled in with nothing."""
    if isinstance(value, Mapping):
        return {key: _given(entry) for key, entry in value.items() if entry is not None}
    return [_given(entry) for entry in value] if isinstance(value, list) else value
