# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: client_package_info
short_description: Read an Azure VPN client profile package
version_added: 0.1.0
description:
  - Reads the package that Azure makes for a point-to-site gateway ("Download VPN client") and tells which VPN it describes.
  - Takes the zip as Azure made it, one that was zipped again, for instance by the Finder, or an unpacked folder.
  - Nothing is extracted to disk. Only the settings and the gateway's roots are read, each within limits.
  - Refuses, with the reason and the way out, whatever cannot become an IKEv2 VPN with certificates on a Mac. That is a gateway
    without IKEv2 (one with Microsoft Entra ID only has none), one with RADIUS, and a package that is incomplete, damaged or altered.
requirements:
  - lxml >= 5.0 (on the controller)
notes:
  - The server roots are those of C(VpnSettings.xml). The files C(VpnServerRoot.cer), C(VpnServerRoot.cer_0) and so on are compared
    with them. Where they differ, a warning tells so, and where they have nothing in common, the package is refused.
  - Server roots that have expired or are not valid yet are left out with a warning. When none is left, the package is refused.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes.info
  - azure_p2s.macos.attributes.controller
options:
  path:
    description:
      - The zip as Azure made it, or the folder it was unpacked into, on the controller.
      - A relative path is searched for as in C(files/).
    type: path
    required: true
seealso:
  - module: azure_p2s.macos.vpn_profile
  - module: azure_p2s.macos.keychain_certificate
"""

EXAMPLES = r"""
- name: Read the package once for all hosts
  azure_p2s.macos.client_package_info:
    path: vpnclientconfiguration.zip
  register: client
  run_once: true

- name: Show which gateway it is for, and what the admin should know
  ansible.builtin.debug:
    msg: "{{ [client.package.vpn_server] + client.package.warnings }}"
  run_once: true

- name: Have the gateway's roots in the login keychain of every Mac
  azure_p2s.macos.keychain_certificate:
    certificates: "{{ client.package.server_roots | map(attribute='pem') | list }}"
    keychain_password: "{{ vault_keychain_password }}"

- name: Read an unpacked package
  azure_p2s.macos.client_package_info:
    path: ~/Downloads/contoso-gateway
  register: unpacked
  run_once: true
"""

RETURN = r"""
path:
  description: The option O(path).
  returned: success
  type: str
  sample: vpnclientconfiguration.zip
package:
  description: What the package says. The option O(azure_p2s.macos.vpn_profile#module:package) takes all of it.
  returned: success
  type: dict
  contains:
    vpn_server:
      description: Name of the gateway; Server Address and Remote ID of the VPN.
      type: str
    vpn_types:
      description: The tunnel types that the gateway offers, lower case.
      type: list
      elements: str
    auth:
      description: The authentication that the package names, lower case.
      type: str
    routes:
      description: Networks behind the gateway, in CIDR form. For information, macOS learns them from the gateway.
      type: list
      elements: str
    client_address_pools:
      description: Networks from which clients get their addresses, in CIDR form; none in packages of 2019.
      type: list
      elements: str
    dns_servers:
      description: Name servers that the package names.
      type: list
      elements: str
    vnet_name:
      description: Name of the virtual network, or null.
      type: str
    vnet_id:
      description: Id of the virtual network, or null.
      type: str
    server_roots:
      description: The roots that the gateway's certificate may come from, those that are valid now.
      type: list
      elements: dict
      contains:
        pem:
          description: The certificate as PEM text.
          type: str
        common_name:
          description: Common name, or null.
          type: str
        subject:
          description: Subject as RFC 4514 text.
          type: str
        issuer:
          description: Issuer as RFC 4514 text.
          type: str
        serial_number:
          description: Serial number, lower-case hex.
          type: str
        sha256:
          description: SHA-256 over the certificate, lower-case hex.
          type: str
        sha1:
          description: SHA-1 over the certificate, lower-case hex.
          type: str
        not_before:
          description: Begin of validity, ISO 8601 UTC.
          type: str
        not_after:
          description: End of validity, ISO 8601 UTC.
          type: str
        days_left:
          description: Whole days until it expires.
          type: int
    schema:
      description: Which form of the settings file it is, V(ca_cert) (older) or V(ca_certs).
      type: str
    digest:
      description: >-
        SHA-256 over the settings and all roots, lower-case hex. The same settings give the same digest, however the package was zipped.
      type: str
    warnings:
      description: What the admin should know, a sentence each.
      type: list
      elements: str
  sample:
    vpn_server: azuregateway-3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10-a1b2c3d4e5f6.vpn.azure.com
    vpn_types: [ikev2]
    auth: eaptls
    routes: [10.8.0.0/16]
    client_address_pools: [172.16.201.0/24]
    dns_servers: []
    vnet_name: vnet-example
    vnet_id: 3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10
    server_roots:
      - common_name: DigiCert Global Root G2
        subject: CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc,C=US
        issuer: CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc,C=US
        serial_number: 33af1e6a711a9a0bb2864b11d09fae5
        sha256: cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f
        sha1: df3c24f9bfd666761b268073fe06d1cc8d4f82a4
        not_before: "2013-08-01T12:00:00Z"
        not_after: "2038-01-15T12:00:00Z"
        days_left: 4070
        pem: "-----BEGIN CERTIFICATE-----..."
    schema: ca_cert
    digest: 3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b
    warnings: []
"""
