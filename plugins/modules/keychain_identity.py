# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keychain_identity
short_description: Have a client identity in a keychain of a Mac
version_added: 0.1.0
description:
  - Imports a client certificate with its private key and chain into a keychain, or removes it.
  - The PKCS#12 is opened and checked on the controller. On the Mac arrives one that every macOS reads, under a random
    passphrase of its own.
  - A renewed identity is added first. The older ones go only after the new one is seen in the keychain with its key. A key that
    an identity which stays uses as well is never removed.
  - With O(state=absent) the certificates of the chain stay, because something else on the Mac may need them;
    M(azure_p2s.macos.keychain_certificate) removes them.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes
  - azure_p2s.macos.attributes.mac
  - azure_p2s.macos.keychain
  - azure_p2s.macos.pkcs12
options:
  allowed_applications:
    description:
      - Paths of the applications that may use the private key without asking.
      - The default is the system's IKEv2 provider. An empty list names none, so that macOS asks the user at the first connection.
      - It counts when the key is imported; the access to a key that is there already stays as it is.
      - One that is not on the Mac is refused before anything is changed, in check mode too.
    type: list
    elements: path
  partition_list:
    description:
      - The partition list of the private key. Without it macOS asks the user in spite of O(allowed_applications).
      - Setting it needs O(keychain_password). Without that it is left out, and a warning in RV(identity.warnings) tells what
        the user will see. Only this one key is touched.
      - macOS does not let it be read back without a dialog, so it is set at the import only. An empty list leaves it as it is.
    type: list
    elements: str
    default: ["apple-tool:", "apple:"]
  remove_superseded:
    description:
      - Whether older identities with the same issuer and common name go, after the new one is proven present.
      - Older is what does not begin to be valid later. A newer one always stays, and RV(identity.warnings) tells of it.
      - Certificates without a common name are compared by their DNS names and mail addresses.
    type: bool
    default: true
  sha256:
    description: With O(state=absent), SHA-256 of the identity's certificate (lower-case hex) instead of the PKCS#12.
    type: str
  issuer:
    description:
      - With O(state=absent), issuer of the identities to remove; together with O(common_name).
      - In the form of RFC 4514 as RV(identity.issuer) shows it, for example V(CN=P2S Root,O=Contoso). Another form is refused.
    type: str
  common_name:
    description: With O(state=absent), common name of the identities to remove; together with O(issuer).
    type: str
  state:
    description: Whether the identity shall be in the keychain.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: azure_p2s.macos.keychain_certificate
  - module: azure_p2s.macos.vpn_profile
"""

EXAMPLES = r"""
- name: Have this Mac's identity in the login keychain of whoever is logged in
  azure_p2s.macos.keychain_identity:
    pkcs12_path: "identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ identity_passphrase }}"
  become: true

- name: The same over a connection as the user, with the identity from a secrets manager
  azure_p2s.macos.keychain_identity:
    pkcs12_content: "{{ lookup('community.hashi_vault.vault_read', 'secret/vpn/' ~ inventory_hostname).pkcs12 }}"
    passphrase: "{{ identity_passphrase }}"
    keychain_password: "{{ login_password }}"

- name: Remove the identity of a certificate that is known by its fingerprint
  azure_p2s.macos.keychain_identity:
    sha256: 09bd33d3e1571ddf0b9f9070fb47796435e534eb21a734110db0bf777b67173d
    state: absent
  become: true
"""

RETURN = r"""
identity:
  description: The identity; null with O(state=absent).
  returned: success
  type: dict
  contains:
    common_name:
      description: Common name of the certificate.
      type: str
    local_identifier:
      description: The Local ID that the VPN sends to the gateway for this identity.
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
      description: SHA-1 over the certificate, lower-case hex; Azure's thumbprint.
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
    key_type:
      description: Kind and size of the key.
      type: str
    warnings:
      description: What the admin should know, a sentence each.
      type: list
      elements: str
  sample:
    common_name: mac01.example.com
    local_identifier: mac01.example.com
    subject: CN=mac01.example.com
    issuer: CN=P2S Root 2026
    serial_number: 5f3b9c0d1e2a
    sha256: 09bd33d3e1571ddf0b9f9070fb47796435e534eb21a734110db0bf777b67173d
    sha1: 5eeb5805e705f65d73ef2796ed8797e1ab64f1dc
    not_before: "2026-11-23T09:00:00Z"
    not_after: "2027-11-23T09:00:00Z"
    days_left: 364
    key_type: rsa2048
    warnings: []
superseded:
  description: SHA-256 of the older identities of the same issuer and common name that are still in the keychain.
  returned: success
  type: list
  elements: str
  sample: []
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
