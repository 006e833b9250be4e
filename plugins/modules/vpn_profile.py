# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpn_profile
short_description: Have an IKEv2 VPN profile for an Azure gateway on a Mac
version_added: 0.1.0
description:
  - Makes a configuration profile with an IKEv2 VPN, the client identity and the gateway's roots, and brings it to the Mac.
  - Since macOS 11 nothing but an MDM installs a profile unattended. Without one the profile is put into the user's space and
    opened there, and a person at the Mac has to approve it. RV(profile.status) tells how far that is, and never says
    V(installed) before macOS lists this very profile.
  - Another package, identity or setting makes the profile V(outdated). It is replaced under the same identifier, and the old one
    goes on working until then.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes
  - azure_p2s.macos.attributes.mac
  - azure_p2s.macos.pkcs12
options:
  name:
    description:
      - The name of the VPN in the Mac's settings.
      - The default is the name of the virtual network in O(package), or V(Azure VPN).
    type: str
  identifier:
    description:
      - The profile's C(PayloadIdentifier). It decides which profile on the Mac is replaced, so keep it.
      - The default follows from the gateway and the common name of the client certificate. With O(state=absent) it is required.
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
    description: The roots that the gateway's certificate may come from, as PEM texts, instead of those of O(package).
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
    description: Name servers and the domains to ask them for, as the gateway pushes one server at most.
    type: dict
    suboptions:
      server_addresses:
        description: Addresses of the name servers.
        type: list
        elements: str
        required: true
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
    description: Common name of the CA that issued the gateway's certificate. Needed with an ECDSA client certificate.
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
  user:
    description:
      - Short name of the user the profile is for.
      - The default is the user logged in at the Mac's screen when the task runs as root (with become), and the
        connecting user otherwise.
    type: str
  delivery:
    description:
      - V(profiles) installs with C(profiles), which macOS 10.15 and older allow (needs become).
      - V(approval) puts the profile into the user's space, and with become opens it in front of the user, who has to approve it.
      - V(file) writes it on the controller for an MDM; the Mac is not contacted.
      - V(auto) is V(profiles) up to macOS 10.15 and V(approval) from macOS 11 on.
    type: str
    choices: [auto, profiles, approval, file]
    default: auto
  dest:
    description:
      - With O(delivery=file), the file to write on the controller, or a folder for a file named after O(identifier).
      - It holds the Mac's private key, so its mode is 0600.
    type: path
  approval_timeout:
    description: Seconds to wait for the person's approval, at most 3600.
    type: int
    default: 0
  sign_certificate_path:
    description: PEM file on the controller with the certificate to sign the profile with, then its issuers.
    type: path
  sign_certificate_content:
    description: The same as text.
    type: str
  sign_private_key_path:
    description: PEM file on the controller with the key of the signing certificate. It may be encrypted with ansible-vault.
    type: path
  sign_private_key_content:
    description: The same as text.
    type: str
  sign_private_key_passphrase:
    description: Passphrase of the signing key.
    type: str
  state:
    description: Whether the profile shall be on the Mac (or in the file).
    type: str
    choices: [present, absent]
    default: present
notes:
  - The profile carries the private key, as macOS wants it. A copy waiting for approval is readable for its user only, and is
    removed as soon as the profile is installed or withdrawn.
  - macOS does not tell when a person declines a profile. A request counts as waiting for eight minutes, and then as expired.
seealso:
  - module: azure_p2s.macos.client_package_info
  - module: azure_p2s.macos.keychain_identity
"""

EXAMPLES = r"""
- name: Read the package once
  azure_p2s.macos.client_package_info:
    path: vpnclientconfiguration.zip
  register: client
  run_once: true

- name: Ask the user at each Mac to approve the VPN, and wait five minutes for it
  azure_p2s.macos.vpn_profile:
    package: "{{ client.package }}"
    pkcs12_path: "identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ identity_passphrase }}"
    approval_timeout: 300
  become: true
  register: vpn

- name: Tell what a person has to do
  ansible.builtin.debug:
    var: vpn.profile.remedy
  when: vpn.profile.remedy is not none

- name: Write one profile for each Mac, to be uploaded to the MDM
  azure_p2s.macos.vpn_profile:
    package: "{{ client.package }}"
    pkcs12_path: "identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ identity_passphrase }}"
    delivery: file
    dest: "profiles/{{ inventory_hostname }}.mobileconfig"

- name: Use a gateway's custom policy, and its name servers for one domain
  azure_p2s.macos.vpn_profile:
    package: "{{ client.package }}"
    pkcs12_path: "identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ identity_passphrase }}"
    ike:
      encryption_algorithm: AES-256-GCM
      integrity_algorithm: SHA2-384
      diffie_hellman_group: 20
    dns:
      server_addresses: [10.8.0.4, 10.8.0.5]
      supplemental_match_domains: [corp.example.com]
  become: true

- name: Remove the profile
  azure_p2s.macos.vpn_profile:
    identifier: com.example.vpn
    state: absent
  become: true
"""

RETURN = r"""
profile:
  description: The profile and how far its installation is.
  returned: success
  type: dict
  contains:
    identifier:
      description: Its C(PayloadIdentifier).
      type: str
    uuid:
      description: Its C(PayloadUUID), which follows from the content; null with O(state=absent).
      type: str
    status:
      description:
        - V(absent), V(staged) (on the Mac, but not shown to anybody), V(awaiting_approval), V(installed),
          V(outdated) (another content is installed) or V(unknown) (with O(delivery=file), as the Mac is not asked).
        - In check mode it is the status now.
      type: str
    delivery:
      description: The delivery that was chosen.
      type: str
    path:
      description: The staged profile on the Mac, or with O(delivery=file) the file on the controller; null if there is none.
      type: str
    remedy:
      description: What a person must do next, or null.
      type: str
    user:
      description: The user it is for; not with O(delivery=file).
      type: str
    warnings:
      description: What the admin should know of the settings, a sentence each.
      type: list
      elements: str
  sample:
    identifier: io.github.azure-p2s.macos.vpn-client
    uuid: 597B4018-DBED-5B91-AD38-FD825711CD02
    status: awaiting_approval
    delivery: approval
    path: /Users/alice/Library/Application Support/azure_p2s.macos/io.github.azure-p2s.macos.vpn-client.mobileconfig
    remedy: >-
      alice opens System Settings > General > Device Management, double-clicks vnet-example and clicks Install; the request
      disappears about 8 minutes after it came.
    user: alice
    warnings: []
"""
