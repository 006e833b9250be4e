# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: client_identity
short_description: Issue, renew and revoke the client identities of Macs
version_added: 0.1.0
description:
  - Keeps one client identity for each Mac on the controller, issued by your point-to-site root, as a PKCS#12 that every macOS
    reads. Its name is common name and DNS name in one, as the gateway needs it for the Local ID.
  - A valid identity is never issued again. One that is due is replaced in one step; the file it replaces stays beside it as
    C(.previous) until O(state=delivered) says that the Mac has the new one.
  - Every certificate is recorded in a ledger beside the identities, which holds no secret. By it a lost Mac is revoked.
  - The root's private key is read only when something has to be issued. It is written nowhere and contained in no result.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes
  - azure_p2s.macos.attributes.controller
attributes:
  idempotent:
    description: With O(force), every run issues anew.
    support: partial
    details:
      - Full without O(force).
options:
  name:
    description:
      - The Mac's name in the certificate, at most 64 characters, made of labels like a host name. By it the gateway's log tells
        the Macs apart, so each has its own.
      - This or O(identities) is required.
    type: str
  path:
    description:
      - The file of the identity on the controller, mode 0600. A relative path counts from the playbook, or from the current folder
        in the playbooks of this collection.
      - Required unless O(state=revoked) with O(ledger).
    type: path
  passphrase:
    description:
      - Passphrase of the PKCS#12, printable ASCII, as macOS takes no other. Macs only read a PKCS#12 with weak ciphers, so make
        it long and random. For O(identities) it is the default.
      - A file that does not open with it is never overwritten.
    type: str
  host:
    description:
      - The host that the ledger names. The default is C(inventory_hostname).
      - A name that belongs to another host of the inventory is refused, and so are two O(identities) of one host.
    type: str
  identities:
    description:
      - Many identities in one task, which is much faster than one task for each. Keys are made on all cores.
      - What is wrong with one of them does not stop the others. The task then fails at its end, and RV(errors) has the hosts.
      - The filter P(azure_p2s.macos.client_identities#filter) makes it from an inventory.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
        required: true
      path:
        description: As O(path).
        type: path
        required: true
      passphrase:
        description: As O(passphrase).
        type: str
      host:
        description: As O(host); the default is the name.
        type: str
  csr_path:
    description:
      - Path of a certificate signing request (PEM or DER) on the controller, for a Mac or MDM that keeps its private key to
        itself. The file at O(path) is then the certificate with its chain, as PEM.
      - The request may name nobody but O(name). Its key must be RSA of 2048 to 4096 bits.
    type: path
  csr_content:
    description: The signing request itself, as PEM text, instead of O(csr_path).
    type: str
  ca_certificate_path:
    description:
      - Path of the issuer's certificate on the controller (PEM or DER). If the issuer is no root, its own issuers follow in
        the same file; they go into every PKCS#12. Each must be an authority whose path length allows those below it, which
        that of a root made by M(azure_p2s.macos.client_root) does not.
      - This or O(ca_certificate_content) is required with O(state=present).
    type: path
  ca_certificate_content:
    description: The issuer's certificate as PEM text.
    type: str
  ca_private_key_path:
    description:
      - Path of the issuer's private key on the controller (PEM or DER). It may be encrypted with ansible-vault.
      - This or O(ca_private_key_content) is required with O(state=present).
    type: path
  ca_private_key_content:
    description: The issuer's private key as PEM text, for example from a secrets manager through a lookup.
    type: str
  ca_private_key_passphrase:
    description: Passphrase of the issuer's private key. Leave it out for a key without one.
    type: str
  key_type:
    description:
      - Kind of a new key, V(rsa2048), V(rsa3072) or V(rsa4096). Microsoft documents RSA only, so there is no ECDSA.
      - Valid identities with another key stay.
    type: str
    default: rsa2048
  valid_for:
    description: Days for which a new certificate is valid. It never outlives its issuer.
    type: int
    default: 365
  renew_before:
    description: Days before its end from which on an identity is renewed.
    type: int
    default: 30
  force:
    description: Whether to issue a new identity even if there is a valid one, or the last one was revoked.
    type: bool
    default: false
  ledger:
    description: The ledger. The default is C(identities.json) in the folder of O(path). A relative path counts as that of O(path).
    type: path
  lock_timeout:
    description: Seconds to wait for another run that is changing the same ledger.
    type: int
    default: 60
  state:
    description:
      - V(present) has a valid identity.
      - V(delivered) removes the C(.previous) files, because the Mac has the new identity.
      - V(revoked) marks every unexpired certificate of O(name) as revoked, replaced ones included, and returns what belongs on
        the gateway's list. The gateway itself is not contacted. A revoked name gets a new identity with O(force) only.
      - V(absent) removes all files of the identity. The ledger keeps knowing it.
      - A file whose content the ledger does not know as this identity's is never removed, but refused by name.
    type: str
    choices: [present, delivered, revoked, absent]
    default: present
notes:
  - Several runs may use one ledger at the same time. They wait for each other as they write, and no identity is issued twice.
  - An identity of your own that lies at O(path) and was issued by the same authority is taken into the ledger; one from another
    authority is refused, and never overwritten.
  - Authorities are told apart by their keys, as two may have one name. A root that was renewed under the same key goes on.
  - With several ledgers in one task, what is wrong with one of them is said of its hosts, and does not stop the others. The other
    states begin with none before all ledgers have been read.
seealso:
  - module: azure_p2s.macos.client_root
  - module: azure_p2s.macos.keychain_identity
  - plugin: azure_p2s.macos.client_identities
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Have an identity for each Mac, the root's key from a lookup alone
  azure_p2s.macos.client_identity:
    name: "{{ inventory_hostname }}"
    path: "{{ inventory_dir }}/identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ vault_identity_passphrase }}"
    ca_certificate_path: "{{ inventory_dir }}/pki/p2s-root.pem"
    ca_private_key_content: "{{ lookup('community.hashi_vault.vault_kv2_get', 'vpn/p2s-root').secret.key }}"
    ca_private_key_passphrase: "{{ vault_p2s_root_passphrase }}"

- name: The same for a whole inventory in one task
  azure_p2s.macos.client_identity:
    identities: "{{ hostvars | azure_p2s.macos.client_identities(ansible_play_hosts_all) }}"
    ca_certificate_path: "{{ inventory_dir }}/pki/p2s-root.pem"
    ca_private_key_path: "{{ inventory_dir }}/pki/p2s-root.key"
    ca_private_key_passphrase: "{{ vault_p2s_root_passphrase }}"
  run_once: true

- name: Sign a request, for a key that stays where it is
  azure_p2s.macos.client_identity:
    name: mac01.example.com
    path: "{{ inventory_dir }}/identities/mac01.pem"
    csr_path: "{{ inventory_dir }}/requests/mac01.csr"
    ca_certificate_path: "{{ inventory_dir }}/pki/p2s-root.pem"
    ca_private_key_path: "{{ inventory_dir }}/pki/p2s-root.key"
    ca_private_key_passphrase: "{{ vault_p2s_root_passphrase }}"

- name: Revoke the identities of a lost Mac
  azure_p2s.macos.client_identity:
    name: mac17.example.com
    ledger: "{{ inventory_dir }}/identities/identities.json"
    state: revoked
  register: lost
"""

RETURN = r"""
identity:
  description: The identity. In check mode one that would be issued or renewed has no certificate yet.
  returned: with O(name) and O(state=present)
  type: dict
  contains: &identity
    name:
      description: The Mac's name.
      type: str
    host:
      description: The host that the ledger names.
      type: str
    path:
      description: Its file.
      type: str
    status:
      description:
        - V(valid), V(issued), V(renewed), or V(adopted) when the ledger did not know it; V(failed) inside RV(identities) only.
      type: str
    reason:
      description: Why.
      type: str
    error:
      description: What is wrong and what to do, inside RV(identities) when it failed.
      type: str
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
      description: What may go wrong with it although it is valid, such as that it expires within 30 days.
      type: list
      elements: str
  sample: &sample
    name: mac01.example.com
    host: mac01
    path: /srv/vpn/identities/mac01.p12
    status: issued
    reason: there was none
    common_name: mac01.example.com
    local_identifier: mac01.example.com
    subject: CN=mac01.example.com
    issuer: CN=Azure P2S Root
    serial_number: 5f3b9c0d1e2a
    sha256: 09bd33d3e1571ddf0b9f9070fb47796435e534eb21a734110db0bf777b67173d
    sha1: 5eeb5805e705f65d73ef2796ed8797e1ab64f1dc
    not_before: "2026-11-23T08:00:00Z"
    not_after: "2027-11-23T09:00:00Z"
    days_left: 364
    key_type: rsa2048
    warnings: []
previous:
  description: The files that were kept for this identity when it was replaced, the latest first.
  returned: with O(name) and O(state=present)
  type: list
  elements: str
  sample: []
certificate:
  description: The certificate as PEM; null in check mode when there is none yet.
  returned: with O(csr_path) or O(csr_content)
  type: str
chain:
  description: The certificate's issuers as PEM, up to the root.
  returned: with O(csr_path) or O(csr_content)
  type: list
  elements: str
identities:
  description: Those that changed (or would, in check mode) or failed, as RV(identity). The ledger has them all.
  returned: with O(identities) and O(state=present)
  type: list
  elements: dict
  contains: *identity
  sample: [*sample]
summary:
  description: How many there are (C(total)), and how many of each C(status).
  returned: with O(identities) and O(state=present)
  type: dict
  sample:
    total: 3
    valid: 2
    issued: 1
errors:
  description: What is wrong, by host.
  returned: with O(identities) and O(state=present)
  type: dict
  sample: {}
revoked:
  description: What belongs on the gateway's list of revoked certificates for these names. What has expired is left out.
  returned: unless O(state=present)
  type: list
  elements: dict
  contains:
    name:
      description: The Mac's name.
      type: str
    host:
      description: The host that the ledger names.
      type: str
    thumbprint:
      description: SHA-1 over the certificate, just as Azure's list takes it.
      type: str
    serial_number:
      description: Serial number, lower-case hex.
      type: str
    not_after:
      description: End of validity, ISO 8601 UTC.
      type: str
    revoked_at:
      description: When it was marked, ISO 8601 UTC.
      type: str
  sample:
    - name: mac17.example.com
      host: mac17
      thumbprint: 5eeb5805e705f65d73ef2796ed8797e1ab64f1dc
      serial_number: 5f3b9c0d1e2a
      not_after: "2027-11-23T09:00:00Z"
      revoked_at: "2026-11-23T09:00:00Z"
"""
