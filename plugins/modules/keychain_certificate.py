# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keychain_certificate
short_description: Have certificates in a keychain of a Mac
version_added: 0.1.0
description:
  - Adds certificates, such as the server roots of an Azure VPN gateway, to a keychain, or removes them.
  - No trust setting is made. Since macOS 11 only an MDM, or the user at the Mac, can make one, and a gateway whose root is
    in Apple's own store, as Azure's are, needs none.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes
  - azure_p2s.macos.attributes.mac
  - azure_p2s.macos.keychain
options:
  certificates:
    description: The certificates, each as PEM text (the first certificate of each text counts).
    type: list
    elements: str
    required: true
  state:
    description: Whether the certificates shall be in the keychain.
    type: str
    choices: [present, absent]
    default: present
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

- name: Have the gateway's roots in the login keychain of whoever is logged in
  azure_p2s.macos.keychain_certificate:
    certificates: "{{ client.package.server_roots | map(attribute='pem') }}"
  become: true

- name: The same over a connection as the user, without root
  azure_p2s.macos.keychain_certificate:
    certificates: "{{ client.package.server_roots | map(attribute='pem') }}"
    keychain_password: "{{ login_password }}"
"""

RETURN = r"""
certificates:
  description: The certificates asked for.
  returned: success
  type: list
  elements: dict
  contains:
    sha256:
      description: SHA-256 over the certificate, lower-case hex.
      type: str
    common_name:
      description: Common name of the subject, or null.
      type: str
    present:
      description: Whether the keychain holds it at the end (in check mode now).
      type: bool
    days_left:
      description: Whole days until it expires.
      type: int
  sample:
    - sha256: cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f
      common_name: DigiCert Global Root G2
      present: true
      days_left: 4100
keychain:
  description: Path of the keychain.
  returned: success
  type: str
  sample: /Users/alice/Library/Keychains/login.keychain-db
user:
  description: The user whose keychain it is.
  returned: success
  type: str
  sample: alice
session:
  description:
    - How the keychain was opened for the change, or would be in check mode; null when nothing had to change.
    - V(gui) is the security session of the user at the Mac's screen, V(ssh) the connection's own.
  returned: success
  type: str
  sample: gui
"""
