# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: client_audit
short_description: Compare a Mac's VPN configuration with what it shall be
version_added: 0.1.0
description:
  - Looks at user, login keychain, certificates, profile and connection of a Mac in one SSH command, and says of each whether it is as
    wanted, what was found, and what to do. It changes nothing on the Mac, unlocks nothing and needs no password.
  - What would change is decided by the same code as in M(azure_p2s.macos.keychain_certificate), M(azure_p2s.macos.keychain_identity),
    M(azure_p2s.macos.vpn_profile) and M(azure_p2s.macos.vpn_connection), so that audit, check mode and a real run agree.
  - What is wrong with a Mac, or cannot be read on it, is a finding and no error. The task fails only where the host is no Mac or did not
    answer to the end, and for options that make no sense.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes.info
  - azure_p2s.macos.attributes.mac
  - azure_p2s.macos.pkcs12
  - azure_p2s.macos.profile_content
options:
  package_path:
    description:
      - Path of the client package on the controller, the zip as Azure made it or an unpacked folder, instead of O(package).
      - A relative path is searched for as in C(files/).
    type: path
  role_variables:
    description:
      - Take the options from the variables of the role C(azure_p2s.macos.vpn_client), as its entry point C(audit) does.
      - They are checked as the role checks its arguments, and messages name the variable. No other option can be given beside it.
      - The package that the role has read before is not read again where C(vpn_client_package) names the same.
      - Ansible compiles a template for each option and host, which takes the controller longer than the audit. This spares it.
    type: bool
    default: false
  certificate:
    description:
      - The client certificate as PEM text instead of its PKCS#12, for a controller that does not have the private keys.
      - Put its issuers up to the root after it. Without them it may not be possible to tell whether a profile is up to date.
    type: str
  common_name:
    description:
      - The common name of the client certificate, if that is all that is known. Then the identity of this name that lasts longest
        in the login keychain counts.
    type: str
  user:
    description:
      - Short name of the Mac's user.
      - The default is the user logged in at the Mac's screen when the task runs as root (with become), and the
        connecting user otherwise.
    type: str
  delivery:
    description:
      - How the profile gets onto the Mac, as in M(azure_p2s.macos.vpn_profile).
      - With V(file) an MDM installs it and the login keychain is not looked at. What the MDM has yet to install is V(pending).
    type: str
    choices: [auto, profiles, approval, file]
    default: auto
  identity_in_keychain:
    description: Whether the identity shall be in the login keychain, besides the copy in the profile.
    type: bool
    default: true
  expect_connected:
    description:
      - Whether the VPN shall be connected, as M(azure_p2s.macos.vpn_connection) has it.
      - Where the profile is installed and the VPN is not connected, that is V(drift) if the module would start it, and V(pending) if only
        a person or on-demand rules can. Before, and with O(delivery=file), it is V(not_applicable).
    type: bool
    default: false
  warn_days:
    description: A client certificate that lasts this many days or less is a V(warning).
    type: int
    default: 30
notes:
  - Without become it tells of the connecting user only, and not which profiles are installed for the whole Mac.
  - The keychain is read from a private copy in a temporary folder, which is removed.
seealso:
  - module: azure_p2s.macos.audit_report
"""

EXAMPLES = r"""
- name: Read the package once
  azure_p2s.macos.client_package_info:
    path: vpnclientconfiguration.zip
  register: client
  run_once: true

- name: Audit each Mac, those that are away included
  azure_p2s.macos.client_audit:
    name: Azure VPN
    package: "{{ client.package }}"
    pkcs12_path: "identities/{{ inventory_hostname }}.p12"
    passphrase: "{{ identity_passphrase }}"
  become: true
  register: audit
  ignore_errors: true
  ignore_unreachable: true

- name: Audit in a role that has the variables of vpn_client
  azure_p2s.macos.client_audit:
    role_variables: true
  become: true
  register: audit

- name: Audit without the private keys
  azure_p2s.macos.client_audit:
    package: "{{ client.package }}"
    identifier: com.example.vpn
    certificate: "{{ lookup('ansible.builtin.file', 'certificates/' ~ inventory_hostname ~ '.pem') }}"
  become: true
  register: audit
"""

RETURN = r"""
findings:
  description: One finding for each thing that is looked at, always all of them and in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description:
        - V(macos.supported), V(user.resolved), V(keychain.readable), V(root.present), V(root.trusted), V(identity.present),
          V(identity.validity), V(identity.superseded), V(profile.installed), V(profile.current) or V(connection.state).
      type: str
    title:
      description: The same in words.
      type: str
    status:
      description:
        - V(ok); V(drift), the rollout would change it or cannot; V(pending), a person or the MDM has to act; V(warning); V(unknown), it
          could not be read; V(not_applicable).
      type: str
    expected:
      description: What is wanted, or null.
      type: str
    actual:
      description: What was found, or null.
      type: str
    remedy:
      description: What to do, or null.
      type: str
  sample:
    - id: root.present
      title: Gateway's roots in the keychain
      status: drift
      expected: "in the login keychain: DigiCert Global Root G2 (cb3ccbb76031e5e0)"
      actual: "missing: DigiCert Global Root G2 (cb3ccbb76031e5e0)"
      remedy: Run the rollout for this Mac.
status:
  description: The worst status of all findings.
  returned: success
  type: str
  sample: drift
host:
  description: What the Mac told of itself; null for what it did not.
  returned: success
  type: dict
  contains:
    macos:
      description: Version of macOS.
      type: str
    serial:
      description: Serial number of the Mac.
      type: str
    user:
      description: The user whose keychain and profile are meant.
      type: str
    console_user:
      description: Who is logged in at the screen.
      type: str
    mdm_enrolled:
      description: Whether an MDM manages the Mac.
      type: bool
    certificate:
      description: The client certificate, C(common_name), C(sha256) and C(not_after); of the keychain if only O(common_name) is given.
      type: dict
    profile_uuid:
      description: C(PayloadUUID) of the profile that is installed.
      type: str
  sample:
    macos: 15.6.1
    serial: C02ABCDEF123
    user: alice
    console_user: alice
    mdm_enrolled: false
    certificate:
      common_name: mac01.example.com
      sha256: 09bd33d3e1571ddf0b9f9070fb47796435e534eb21a734110db0bf777b67173d
      not_after: "2027-11-23T09:00:00Z"
    profile_uuid: 597B4018-DBED-5B91-AD38-FD825711CD02
observed_at:
  description: When it was looked at, ISO 8601 UTC by the controller's clock.
  returned: success
  type: str
  sample: "2026-11-24T09:00:00Z"
"""
