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
  - azure_p2s.macos.profile_content
options:
  user:
    description:
      - Short name of the user the profile is for.
      - The default is the user logged in at the Mac's screen when the task runs as root (with become), and the
        connecting user otherwise.
    type: str
  delivery:
    description:
      - V(profiles) installs with C(profiles), which macOS 10.15 and older allow (needs become). While nobody is logged in, the user's
        login keychain is locked, and macOS installs the profile only if that keychain has the identity already.
      - V(approval) puts the profile into the user's space, and with become opens it in front of the user, who has to approve it.
      - V(file) writes it on the controller for an MDM; the Mac is not contacted.
      - V(auto) is V(profiles) up to macOS 10.15 with become, and V(approval) otherwise. On a Mac that an MDM manages RV(profile.remedy)
        says that V(file) would spare the user the click. A profile that an MDM has installed is recognised and left alone.
    type: str
    choices: [auto, profiles, approval, file]
    default: auto
  dest:
    description:
      - With O(delivery=file), the file to write on the controller, or a folder for a file named after the host.
      - It holds the Mac's private key, so its mode is 0600.
      - Which macOS will read the file is not known, so settings that not all from 10.15 to 26 take are refused or warned of.
    type: path
  approval_timeout:
    description:
      - Seconds to wait for the person's approval, at most 3600.
      - macOS forgets a request after about eight minutes. As often as that happens while the task waits, it is shown again.
    type: int
    default: 0
  message_title:
    description:
      - Title of the message to the Mac's user, see O(message_text). The default is the name of the VPN.
    type: str
  message_text:
    description:
      - A message that appears on the Mac's screen together with the request to approve the profile, so that the user expects it.
      - It is shown only then, goes away by itself after eight minutes, and nothing waits for it. It needs become.
    type: str
  message_translations:
    description:
      - The message in other languages, by language tag such as V(de) or V(pt-BR). Each has a C(text), and a C(title) if that is
        to be translated too.
      - The user's first preferred language on the Mac decides; O(message_text) is for all others.
      - Write V('no') with quotation marks, as YAML takes it for a boolean otherwise.
    type: dict
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
    removed as soon as the profile is installed or withdrawn, or the request is over. Whether the task waits or not, a process left on
    the Mac for the nine minutes after the request was shown sees to that.
  - A copy that was not shown to anybody (nobody was logged in, or there was no become) has no such process. It stays until the next
    run finds the profile installed, replaces or removes it, also if its user opens it by a double click.
  - macOS does not tell when a person declines a profile. A request counts as waiting for eight minutes, and then as expired.
  - macOS keeps one request at a time, and forgets it when its user logs out. Neither is told to anybody, so that for the rest of the
    eight minutes a request counts as waiting that another profile has pushed aside, or that was lost by logging out and in again.
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
    message_title: Message from IT
    message_text: We are setting up the VPN. Please double-click "vnet-example" in the window that opens, and click Install.
    message_translations:
      de:
        title: Nachricht der IT
        text: Wir richten das VPN ein. Bitte im Fenster, das aufgeht, "vnet-example" doppelklicken und dann auf Installieren klicken.
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
      server_addresses: [10.8.0.4, 10.8.0.5]  # or left out, if the package names them
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
        - V(absent), V(staged) (a copy is on the Mac, but not shown to anybody), V(awaiting_approval), V(installed),
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
      description: What the admin should know of identity and settings, a sentence each.
      type: list
      elements: str
  sample:
    identifier: io.github.azure-p2s.macos.vpn-client
    uuid: 597B4018-DBED-5B91-AD38-FD825711CD02
    status: awaiting_approval
    delivery: approval
    path: /Users/alice/Library/Application Support/azure_p2s.macos/io.github.azure-p2s.macos.vpn-client.mobileconfig
    remedy: >-
      alice opens System Settings > General > Device Management, double-clicks vnet-example and clicks Install, and enters an
      administrator's name and password if macOS asks; the request disappears about 8 minutes after it came.
    user: alice
    warnings: []
"""
