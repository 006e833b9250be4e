# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules by which macOS brings the VPN up and down by itself (VPN On Demand), after Apple's device-management schema.

The options are Apple's keys in lower case with underscores: ``InterfaceTypeMatch`` is ``interface_type_match``.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from . import option_values as values
from .errors import ProfileError

# `Allow` of the schema is deprecated by Apple.
ACTIONS = ("Connect", "Disconnect", "Ignore", "EvaluateConnection")
INTERFACES = ("Ethernet", "WiFi", "Cellular")
DOMAIN_ACTIONS = ("ConnectIfNeeded", "NeverConnect")
_PROBES = ("https", "http")
# IEEE 802.11: an SSID has at most 32 octets.
_MAX_SSID = 32
_DNS_SERVER = re.compile(r"\*|[0-9A-Fa-f.:]+\*?")


@dataclasses.dataclass(frozen=True)
class ActionParameter:
    """What ``EvaluateConnection`` does for connections to some domains."""

    domains: tuple[str, ...]
    domain_action: str
    required_dns_servers: tuple[str, ...] = ()
    required_url_string_probe: str | None = None


@dataclasses.dataclass(frozen=True)
class OnDemandRule:
    """One rule: the first whose every condition is met decides."""

    action: str
    interface_type_match: str | None = None
    ssid_match: tuple[str, ...] = ()
    dns_domain_match: tuple[str, ...] = ()
    dns_server_address_match: tuple[str, ...] = ()
    url_string_probe: str | None = None
    action_parameters: tuple[ActionParameter, ...] = ()

    @property
    def unconditional(self) -> bool:
        """Whether the rule applies on every network."""
        return not any(
            (self.interface_type_match, self.ssid_match, self.dns_domain_match, self.dns_server_address_match, self.url_string_probe)
        )

    def to_plist(self) -> dict[str, t.Any]:
        """Return the dictionary of Apple's schema."""
        found = {
            "Action": self.action,
            "InterfaceTypeMatch": self.interface_type_match,
            "SSIDMatch": list(self.ssid_match),
            "DNSDomainMatch": list(self.dns_domain_match),
            "DNSServerAddressMatch": list(self.dns_server_address_match),
            "URLStringProbe": self.url_string_probe,
            "ActionParameters": [
                _set(
                    {
                        "Domains": list(parameter.domains),
                        "DomainAction": parameter.domain_action,
                        "RequiredDNSServers": list(parameter.required_dns_servers),
                        "RequiredURLStringProbe": parameter.required_url_string_probe,
                    }
                )
                for parameter in self.action_parameters
            ],
        }
        return _set(found)


def _set(found: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: value for key, value in found.items() if value}


def from_option(value: t.Any, option: str = "on_demand_rules") -> tuple[OnDemandRule, ...]:
    """Read the list of rules; ``None`` and an empty list are no rules. Raises ``ProfileError``."""
    if value is None or value == []:
        return ()
    rules = tuple(_rule(entry, f"{option}[{index}]") for index, entry in enumerate(values.entries(value, option)))
    for index, rule in enumerate(rules[:-1]):
        if rule.unconditional:
            raise ProfileError(
                f"rule {index} has no condition, so that macOS never comes to the rules after it",
                "put it last or give it a condition",
                option=f"{option}[{index}]",
            )
    return rules


def _rule(value: t.Any, option: str) -> OnDemandRule:
    fields = values.table(value, option, [field.name for field in dataclasses.fields(OnDemandRule)])
    if "action" not in fields:
        raise ProfileError("the rule has no action", f"choose one of {', '.join(ACTIONS)}", option=f"{option}.action")
    rule = OnDemandRule(**{key: _READERS[key](entry, f"{option}.{key}") for key, entry in fields.items()})
    if bool(rule.action_parameters) != (rule.action == "EvaluateConnection"):
        raise ProfileError(
            "EvaluateConnection and action_parameters belong together", "give both or none of them", option=f"{option}.action_parameters"
        )
    if rule.ssid_match and rule.interface_type_match not in (None, "WiFi"):
        raise ProfileError(
            f"a network of type {rule.interface_type_match} has no SSID, so that the rule never applies",
            "use WiFi or leave one of the two conditions out",
            option=f"{option}.ssid_match",
        )
    return rule


def _parameter(value: t.Any, option: str) -> ActionParameter:
    fields = values.table(value, option, [field.name for field in dataclasses.fields(ActionParameter)])
    for key, remedy in (("domains", "list the domains it is for"), ("domain_action", f"choose one of {', '.join(DOMAIN_ACTIONS)}")):
        if key not in fields:
            raise ProfileError("the value is missing", remedy, option=f"{option}.{key}")
    parameter = ActionParameter(**{key: _READERS[key](entry, f"{option}.{key}") for key, entry in fields.items()})
    if parameter.domain_action == "NeverConnect" and (parameter.required_dns_servers or parameter.required_url_string_probe):
        raise ProfileError(
            "macOS takes required_dns_servers and required_url_string_probe with ConnectIfNeeded only",
            "leave them out or use ConnectIfNeeded",
            option=f"{option}.domain_action",
        )
    return parameter


def _each(read: t.Callable[[t.Any, str], t.Any]) -> t.Callable[[t.Any, str], t.Any]:
    def read_all(value: t.Any, option: str) -> tuple[t.Any, ...]:
        return tuple(read(entry, f"{option}[{index}]") for index, entry in enumerate(values.entries(value, option)))

    return read_all


def _ssid(value: t.Any, option: str) -> str:
    if isinstance(value, str) and value.strip(" "):
        values.text(value.strip(" "), option)
        name = value  # outer spaces are part of a network's name
    else:
        name = values.text(value, option)
    if len(name.encode()) > _MAX_SSID:
        raise ProfileError(f"{values.shown(name)} is longer than a Wi-Fi network's name can be", "shorten it", option=option)
    return name


def _dns_server(value: t.Any, option: str) -> str:
    pattern = values.text(value, option, maximum=46)
    if "*" not in pattern:
        return values.address(pattern, option)
    if not _DNS_SERVER.fullmatch(pattern):
        raise ProfileError(f"{values.shown(pattern)} is not an address or its begin", "write for example 10.1.0.4 or 10.1.*", option=option)
    return pattern


_READERS: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    "action": lambda value, option: values.choice(value, option, ACTIONS),
    "interface_type_match": lambda value, option: values.choice(value, option, INTERFACES),
    "ssid_match": _each(_ssid),
    "dns_domain_match": _each(lambda value, option: values.domain(value, option, wildcard=True)),
    "dns_server_address_match": _each(_dns_server),
    "url_string_probe": lambda value, option: values.web_address(value, option, _PROBES),
    "action_parameters": _each(_parameter),
    "domains": _each(lambda value, option: values.domain(value, option, wildcard=True)),
    "domain_action": lambda value, option: values.choice(value, option, DOMAIN_ACTIONS),
    "required_dns_servers": _each(values.address),
    "required_url_string_probe": lambda value, option: values.web_address(value, option, _PROBES),
}
