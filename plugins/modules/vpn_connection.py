# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpn_connection
short_description: Have an IKEv2 VPN connection of a Mac up or down
version_added: 0.1.0
description:
  - Starts or stops an IKEv2 VPN whose profile is installed, waits, and proves the result by the tunnel's interface and address.
  - macOS has no command that starts an IKEv2 VPN. Where vpnutil is installed and the task can act in the user's session, that is
    used. Where the profile has on-demand rules, macOS starts the VPN itself, and the task waits for it. Where neither is the case
    nothing is done. Neither then nor when on-demand rules do not bring it up the task is failed; RV(connection.status) says how things
    are, and RV(connection.remedy) why, if macOS's log says it, and what somebody has to do.
  - When a start fails, the task fails with what macOS's log says about it, and ends the attempt, which macOS would otherwise go
    on with.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes
  - azure_p2s.macos.attributes.mac
  - azure_p2s.macos.connection
options:
  state:
    description: Whether the connection shall be up.
    type: str
    choices: [connected, disconnected]
    default: connected
  timeout:
    description:
      - Seconds to wait for the connection to come up or go down, at most 600, by the Mac's clock.
      - With V(0) it is only started or stopped, and RV(connection.status) is what can be seen at once; nothing is waited for, and the
        task fails only when vpnutil itself does.
    type: int
    default: 30
seealso:
  - module: azure_p2s.macos.vpn_connection_info
  - module: azure_p2s.macos.vpn_profile
  - module: azure_p2s.macos.client_package_info
"""

EXAMPLES = r"""
- name: Read the package once
  azure_p2s.macos.client_package_info:
    path: vpnclientconfiguration.zip
  register: client
  run_once: true

- name: Connect, and fail where that is left to the user
  azure_p2s.macos.vpn_connection:
    name: Azure VPN
    address_pools: "{{ client.package.client_address_pools }}"
    routes: "{{ client.package.routes }}"
  become: true
  register: vpn
  failed_when: vpn is failed or vpn.connection.status != 'connected'

- name: Disconnect
  azure_p2s.macos.vpn_connection:
    name: Azure VPN
    address_pools: "{{ client.package.client_address_pools }}"
    state: disconnected
  become: true
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
      description:
        - How it was started or stopped, V(vpnutil) or V(on_demand); in check mode, V(vpnutil) where a run would use that.
        - Null when nothing was done, also when on-demand rules were waited for in vain.
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
    method: vpnutil
    on_demand: false
    other_tunnels: []
    remedy: null
    user: alice
"""
