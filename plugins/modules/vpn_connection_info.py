# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpn_connection_info
short_description: Tell whether an IKEv2 VPN connection of a Mac is up
version_added: 0.1.0
description:
  - Tells the state of an IKEv2 VPN by its interface, address and route, and by vpnutil where that is installed. Changes nothing.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes.info
  - azure_p2s.macos.attributes.mac
  - azure_p2s.macos.connection
seealso:
  - module: azure_p2s.macos.vpn_connection
  - module: azure_p2s.macos.client_package_info
"""

EXAMPLES = r"""
- name: Read the package once
  azure_p2s.macos.client_package_info:
    path: vpnclientconfiguration.zip
  register: client
  run_once: true

- name: See who is connected
  azure_p2s.macos.vpn_connection_info:
    name: Azure VPN
    address_pools: "{{ client.package.client_address_pools }}"
    routes: "{{ client.package.routes }}"
  become: true
  register: vpn

- name: Show it
  ansible.builtin.debug:
    msg: "{{ vpn.connection.status }} {{ vpn.connection.address }}"
"""

RETURN = r"""
connection:
  description: The connection.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    status:
      description: V(connected), V(disconnected), V(connecting), or V(unknown) when it cannot be told.
      type: str
    interface:
      description: Interface of the tunnel, or null.
      type: str
    address:
      description: The virtual address, or null.
      type: str
    in_pool:
      description: Whether the address lies in O(address_pools); null without them or without a tunnel.
      type: bool
    routed:
      description: Whether packets for O(routes) go into the tunnel; null when that was not looked up.
      type: bool
    method:
      description: Always null, as nothing is started.
      type: str
    on_demand:
      description: Whether the installed profile starts the VPN on demand; null when no profile with it is seen.
      type: bool
    other_tunnels:
      description: Interfaces and addresses of other IPsec tunnels on the Mac.
      type: list
      elements: dict
    remedy:
      description: What a person must do next, or null.
      type: str
    user:
      description: The user whose VPN it is.
      type: str
  sample:
    name: Azure VPN
    status: connected
    interface: ipsec0
    address: 172.16.201.2
    in_pool: true
    routed: true
    method: null
    on_demand: false
    other_tunnels: []
    remedy: null
    user: alice
"""
