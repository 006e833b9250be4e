# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: client_root
short_description: Have a root for the client certificates of an Azure point-to-site VPN
version_added: 0.1.0
description:
  - Makes a self-signed root and its private key, encrypted under a passphrase, on the controller, unless they are there.
  - A root that is there is checked (CA flag, validity, key and passphrase) and never replaced or renewed, as all identities
    that it issued would end. Make the next one at other paths and upload it beside the old one; a gateway takes 20.
  - Only the rights of the key's file are put right. Hosts that come here at the same time wait for each other, and one makes the root.
  - RV(root.public_cert_data) is what the gateway wants.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes
  - azure_p2s.macos.attributes.controller
options:
  certificate_path:
    description: Where the certificate is, or will be, on the controller (PEM). A relative path counts from the playbook,
      or from the current folder in the playbooks of this collection.
    type: path
    required: true
  private_key_path:
    description:
      - Where the private key is, or will be, on the controller (PEM, encrypted, mode 0600).
      - It never belongs on a Mac. Once it is made you may encrypt the file with ansible-vault too, or move it to a secrets
        manager and give it to M(azure_p2s.macos.client_identity) through a lookup.
    type: path
    required: true
  private_key_passphrase:
    description: Passphrase of the private key; a new one needs 16 characters or more.
    type: str
    required: true
  common_name:
    description:
      - Name of the root. A new one is called V(Azure P2S Root) without it.
      - A root that is there with another name is refused.
    type: str
  key_type:
    description: Kind of the key of a new root, V(rsa2048), V(rsa3072) or V(rsa4096). Microsoft documents RSA only.
    type: str
    default: rsa4096
  valid_for:
    description: Days for which a new root is valid.
    type: int
    default: 3650
seealso:
  - module: azure_p2s.macos.client_identity
"""

EXAMPLES = r"""
- name: Have a root for the Macs' certificates
  azure_p2s.macos.client_root:
    certificate_path: "{{ inventory_dir }}/pki/p2s-root.pem"
    private_key_path: "{{ inventory_dir }}/pki/p2s-root.key"
    private_key_passphrase: "{{ vault_p2s_root_passphrase }}"
  run_once: true
  register: p2s

- name: Show what to paste into the gateway's point-to-site configuration
  ansible.builtin.debug:
    var: p2s.root.public_cert_data
  run_once: true
"""

RETURN = r"""
root:
  description: The root; null when check mode would make it.
  returned: success
  type: dict
  contains:
    common_name:
      description: Common name.
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
    key_type:
      description: Kind and size of the key.
      type: str
    pem:
      description: The certificate as PEM.
      type: str
    public_cert_data:
      description: The certificate in base64 on one line without BEGIN and END, as Azure's portal and C(publicCertData) take it.
      type: str
  sample:
    common_name: Azure P2S Root
    subject: CN=Azure P2S Root
    issuer: CN=Azure P2S Root
    serial_number: 5f3b9c0d1e2a
    sha256: 09bd33d3e1571ddf0b9f9070fb47796435e534eb21a734110db0bf777b67173d
    sha1: 5eeb5805e705f65d73ef2796ed8797e1ab64f1dc
    not_before: "2026-11-23T09:00:00Z"
    not_after: "2036-11-20T09:00:00Z"
    days_left: 3649
    key_type: rsa4096
    pem: "-----BEGIN CERTIFICATE-----..."
    public_cert_data: MIIFETCCAvmgAwIBAgIU...
"""
