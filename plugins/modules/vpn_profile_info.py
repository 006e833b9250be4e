# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpn_profile_info
short_description: Check an identity and the settings of an IKEv2 profile
version_added: 0.1.0
description:
  - Refuses, before any Mac is touched, an identity or settings that M(azure_p2s.macos.vpn_profile) would refuse, and tells what the
    profile would say.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes.info
  - azure_p2s.macos.attributes.controller
  - azure_p2s.macos.pkcs12
  - azure_p2s.macos.profile_content
options:
  macos_version:
    description:
      - The release that the profile is for, such as V(15.6.1).
      - Without it only that is refused which no macOS from 10.15 to 26 would take.
    type: str
seealso:
  - module: azure_p2s.macos.vpn_profile
"""

EXAMPLES = r"""
- name: See that this host's identity and the settings make a profile for macOS 26
  azure_p2s.macos.vpn_profile_info:
    package: "{{ client.package }}"
    pkcs12_path: "identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ identity_passphrase }}"
    macos_version: "26.1"
"""

RETURN = r"""
profile:
  description: The settings of the profile, without anything secret; options that are not set are left out.
  returned: success
  type: dict
  contains:
    identifier:
      description: Its C(PayloadIdentifier).
      type: str
    uuid:
      description: Its C(PayloadUUID), which follows from the content.
      type: str
    server:
      description: Server Address of the VPN.
      type: str
    remote_identifier:
      description: Remote ID.
      type: str
    local_identifier:
      description: Local ID.
      type: str
    certificate:
      description: Common name and SHA-256 of the client certificate.
      type: dict
    server_roots:
      description: Common name and SHA-256 of each root.
      type: list
      elements: dict
    warnings:
      description: What the admin should know, a sentence each.
      type: list
      elements: str
  sample:
    identifier: io.github.azure-p2s.macos.vpn-client
    uuid: 597B4018-DBED-5B91-AD38-FD825711CD02
    server: azuregateway-3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10-a1b2c3d4e5f6.vpn.azure.com
    remote_identifier: azuregateway-3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10-a1b2c3d4e5f6.vpn.azure.com
    local_identifier: mac01.example.com
    certificate:
      common_name: mac01.example.com
      sha256: 09bd33d3e1571ddf0b9f9070fb47796435e534eb21a734110db0bf777b67173d
    server_roots:
      - common_name: DigiCert Global Root G2
        sha256: cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f
    warnings: []
"""
