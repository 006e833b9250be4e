# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say which connection is meant."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connection modules."""

    DOCUMENTATION = r"""
options:
  name:
    description: Name of the VPN, as the Mac's VPN settings show it and as O(azure_p2s.macos.vpn_profile#module:name) gave it.
    type: str
    required: true
  address_pools:
    description:
      - The gateway's client address pools, RV(azure_p2s.macos.client_package_info#module:package.client_address_pools).
      - A connection is known by an interface with an address from them. Without them a Mac with an IPsec interface and
        without vpnutil is V(unknown), as the interface may be another VPN's.
    type: list
    elements: str
  routes:
    description:
      - The networks behind the gateway, RV(azure_p2s.macos.client_package_info#module:package.routes). When given, the route
        to the first of them is looked up.
    type: list
    elements: str
  user:
    description:
      - Short name of the user whose VPN it is.
      - The default is the user logged in at the Mac's screen when the task runs as root (with become), and the
        connecting user otherwise.
    type: str
notes:
  - macOS's own command line tools do not show IKEv2 connections; C(scutil --nc) lists other kinds only.
  - vpnutil is a third-party tool (Timac/VPNStatus, in Homebrew as C(timac/vpnstatus/vpnutil)). It is found in
    C(/opt/homebrew/bin) and C(/usr/local/bin), and used only as O(user), in the session at the screen, which needs become.
"""
