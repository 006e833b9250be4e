# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS part of a VPN profile. IKEv2 carries one server, and macOS asks a split tunnel's server only for the match domains given here.

The options are Apple's keys in lower case with underscores, ``protocol`` for ``DNSProtocol``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import option_values as values
from .errors import ProfileError

PROTOCOLS = ("Cleartext", "HTTPS", "TLS")


@dataclasses.dataclass(frozen=True)
class Dns:
    """Name servers inside the tunnel. An empty text among ``supplemental_match_domains`` stands for all names."""

    server_addresses: tuple[str, ...]
    protocol: str = "Cleartext"
    server_url: str | None = None
    server_name: str | None = None
    domain_name: str | None = None
    search_domains: tuple[str, ...] = ()
    supplemental_match_domains: tuple[str, ...] = ()
    supplemental_match_domains_no_search: bool = False

    def to_plist(self) -> dict[str, t.Any]:
        """Return the dictionary of Apple's schema."""
        found: dict[str, t.Any] = {
            "DNSProtocol": self.protocol,
            "ServerAddresses": list(self.server_addresses),
            "ServerURL": self.server_url,
            "ServerName": self.server_name,
            "DomainName": self.domain_name,
            "SearchDomains": list(self.search_domains),
            "SupplementalMatchDomains": list(self.supplemental_match_domains),
        }
        if self.supplemental_match_domains:
            found["SupplementalMatchDomainsNoSearch"] = int(self.supplemental_match_domains_no_search)
        return {key: value for key, value in found.items() if value is not None and value != []}


def from_option(value: t.Any, option: str = "dns") -> Dns | None:
    """Read the dictionary; ``None`` leaves DNS to the gateway. Raises ``ProfileError``."""
    if value is None:
        return None
    fields = values.table(value, option, [field.name for field in dataclasses.fields(Dns)])
    if "server_addresses" not in fields:
        raise ProfileError(
            "the name servers are missing, and the package names none", "list their addresses", option=f"{option}.server_addresses"
        )
    dns = Dns(**{key: _READERS[key](entry, f"{option}.{key}") for key, entry in fields.items()})
    for key, protocol in (("server_url", "HTTPS"), ("server_name", "TLS")):
        if (getattr(dns, key) is not None) != (dns.protocol == protocol):
            raise ProfileError(f"the protocol {protocol} and {key} belong together", "give both or none of them", option=f"{option}.{key}")
    if dns.supplemental_match_domains_no_search and not dns.supplemental_match_domains:
        raise ProfileError(
            "there are no match domains that could be kept from the search list",
            "give supplemental_match_domains, or leave this out",
            option=f"{option}.supplemental_match_domains_no_search",
        )
    return dns


def _list(read: t.Callable[[t.Any, str], str]) -> t.Callable[[t.Any, str], tuple[str, ...]]:
    def read_all(value: t.Any, option: str) -> tuple[str, ...]:
        return tuple(read(entry, f"{option}[{index}]") for index, entry in enumerate(values.entries(value, option)))

    return read_all


_READERS: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    "server_addresses": _list(values.address),
    "protocol": lambda value, option: values.choice(value, option, PROTOCOLS),
    "server_url": lambda value, option: values.web_address(value, option, ("https",)),
    "server_name": values.host_name,
    "domain_name": values.domain,
    "search_domains": _list(values.domain),
    "supplemental_match_domains": _list(lambda value, option: "" if value == "" else values.domain(value, option)),
    "supplemental_match_domains_no_search": values.flag,
}
