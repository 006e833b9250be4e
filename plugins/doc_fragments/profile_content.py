# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say what a profile contains."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that make or check a profile."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - The name of the VPN in the Mac's settings.
      - The default is the name of the virtual network in O(package), or V(Azure VPN).
    type: str
  identifier:
    description:
      - The profile's C(PayloadIdentifier). It decides which profile on the Mac is replaced, so keep it.
      - The default follows from the gateway and the common name of the client certificate.
      - To remove a profile with M(azure_p2s.macos.vpn_profile), it is required.
    type: str
  package:
    description: What M(azure_p2s.macos.client_package_info) returned as RV(azure_p2s.macos.client_package_info#module:package).
    type: dict
  server:
    description: The gateway's name, C(VpnServer) in the package, instead of that of O(package).
    type: str
  remote_identifier:
    description: The Remote ID. The default is the gateway's name, which is what Azure wants.
    type: str
  local_identifier:
    description: The Local ID. The default is the name in the client certificate.
    type: str
  server_roots:
    description:
      - The roots that the gateway's certificate may come from, as PEM texts, instead of those of O(package).
      - One that is not valid at present is left out, with a warning.
    type: list
    elements: str
  authentication:
    description:
      - V(certificate) signs the IKE exchange with the client certificate, V(eap_tls) uses it inside EAP-TLS 1.2. Azure takes both.
    type: str
    choices: [certificate, eap_tls]
    default: certificate
  proposal:
    description:
      - The algorithms, the same for IKE and the data. All three are on Azure's default list.
      - V(default) is AES-256-GCM, SHA2-256, Diffie-Hellman group 14. V(strong) is AES-256-GCM, SHA2-384, group 20.
        V(compatible) is AES-256, SHA2-256, group 14.
      - V(default) is used if neither this nor O(ike) is given.
    type: str
    choices: [default, strong, compatible]
  ike:
    description:
      - Algorithms for IKE, for a gateway with a custom policy, which takes nothing else. What is not given comes from O(proposal).
    type: dict
    suboptions:
      encryption_algorithm:
        description: V(AES-256-GCM), V(AES-256) and what else macOS knows and 26 still has.
        type: str
      integrity_algorithm:
        description: V(SHA2-256), V(SHA2-384) or V(SHA2-512); with GCM in O(ike) it names the PRF.
        type: str
      diffie_hellman_group:
        description: The number of the group; 14, 19 and 20 are on Azure's default list. No Mac knows 24, and macOS 26 no longer knows 2.
        type: int
      lifetime_in_minutes:
        description: Minutes until macOS rekeys, 10 to 1440.
        type: int
  child:
    description: Algorithms for the data. What is not given is as for IKE, which is best for all of it.
    type: dict
    suboptions:
      encryption_algorithm:
        description: V(AES-256-GCM), V(AES-256) and what else macOS knows and 26 still has.
        type: str
      integrity_algorithm:
        description: V(SHA2-256), V(SHA2-384) or V(SHA2-512); with GCM in O(ike) it names the PRF.
        type: str
      diffie_hellman_group:
        description: The number of the group; 14, 19 and 20 are on Azure's default list. No Mac knows 24, and macOS 26 no longer knows 2.
        type: int
      lifetime_in_minutes:
        description: Minutes until macOS rekeys, 10 to 1440.
        type: int
  pfs:
    description: Whether each rekeying of the data makes a new Diffie-Hellman exchange. Azure's default policy wants none.
    type: bool
    default: false
  dns:
    description:
      - Name servers and the domains to ask them for, as the gateway pushes one server at most.
      - Names of the virtual network resolve only with the match domains given here. A warning says so when O(package) has name servers
        and this is not set.
    type: dict
    suboptions:
      server_addresses:
        description: Addresses of the name servers. The default is those of the virtual network in O(package).
        type: list
        elements: str
      supplemental_match_domains:
        description: Domains that these servers are asked for; an empty text stands for all names.
        type: list
        elements: str
      supplemental_match_domains_no_search:
        description: Whether the match domains are kept from the search list.
        type: bool
      search_domains:
        description: Domains to complete short names with.
        type: list
        elements: str
      domain_name:
        description: The primary domain of the tunnel.
        type: str
      protocol:
        description: How the servers are asked.
        type: str
        choices: [Cleartext, HTTPS, TLS]
      server_url:
        description: URL of the DNS-over-HTTPS service.
        type: str
      server_name:
        description: Name in the certificate of the DNS-over-TLS service.
        type: str
  on_demand_rules:
    description: Rules by which macOS brings the VPN up and down by itself. The first whose conditions are all met counts.
    type: list
    elements: dict
    suboptions:
      action:
        description: What the rule does.
        type: str
        choices: [Connect, Disconnect, Ignore, EvaluateConnection]
        required: true
      interface_type_match:
        description: The kind of network.
        type: str
        choices: [Ethernet, WiFi, Cellular]
      ssid_match:
        description: Names of Wi-Fi networks.
        type: list
        elements: str
      dns_domain_match:
        description: Search domains of the network.
        type: list
        elements: str
      dns_server_address_match:
        description: Name servers of the network, such as V(10.1.*).
        type: list
        elements: str
      url_string_probe:
        description: URL that has to answer.
        type: str
      action_parameters:
        description: For V(EvaluateConnection), what to do for which domains.
        type: list
        elements: dict
        suboptions:
          domains:
            description: The domains.
            type: list
            elements: str
            required: true
          domain_action:
            description: What to do for them.
            type: str
            choices: [ConnectIfNeeded, NeverConnect]
            required: true
          required_dns_servers:
            description: Name servers that have to answer; otherwise the VPN comes up.
            type: list
            elements: str
          required_url_string_probe:
            description: URL that has to answer; otherwise the VPN comes up.
            type: str
  include_all_networks:
    description: Whether all traffic goes through the VPN. Azure does not route to the internet by default.
    type: bool
    default: false
  server_certificate_common_name:
    description: The name to look for in the gateway's certificate, if it is not the Remote ID; at most 64 characters.
    type: str
  server_certificate_issuer_common_name:
    description:
      - Common name of the CA that issued the gateway's certificate.
      - Needed with an ECDSA client certificate. macOS then refuses a gateway that proves itself with a key of another type, such as RSA.
    type: str
  mtu:
    description: MTU of the tunnel, 1280 to 1400, from macOS 11 on.
    type: int
  disconnect_on_idle:
    description: Seconds without traffic after which the VPN disconnects.
    type: int
  scope:
    description: Whether the profile is the user's (login keychain) or the Mac's (System keychain; needs become).
    type: str
    choices: [user, system]
    default: user
"""
