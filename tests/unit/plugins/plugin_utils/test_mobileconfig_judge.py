# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema judge itself: what breaks a profile on a Mac must not pass, or all the tests that rely on the judge are worth nothing."""

from __future__ import annotations

import functools
import plistlib
import typing as t
from collections.abc import Callable

import pytest
from support import demo_pki
from support import profile_cases as cases
from support.profile_schema import violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig

Tree = dict[str, t.Any]
RULES = [
    {"action": "Ignore", "ssid_match": ["Office"], "interface_type_match": "WiFi"},
    {"action": "EvaluateConnection", "action_parameters": [{"domains": ["example.com"], "domain_action": "NeverConnect"}]},
]


@functools.cache
def _good() -> bytes:
    options = cases.options(
        mtu=1300,
        disconnect_on_idle=60,
        on_demand_rules=RULES,
        dns={"server_addresses": ["10.1.0.4"], "supplemental_match_domains": ["example.com"]},
    )
    settings = mobileconfig.settings_from_options(options, cases.client())
    return mobileconfig.render(settings, cases.client(), cases.PASSPHRASE)


def _part(tree: Tree, kind: str) -> Tree:
    return t.cast(Tree, next(part for part in tree["PayloadContent"] if part["PayloadType"] == f"com.apple.{kind}"))


def _set(*path: str, to: t.Any) -> Callable[[Tree], None]:
    """Return a change of one value below the VPN payload (or, with a first name of ``top``, of the profile)."""

    def change(tree: Tree) -> None:
        place: t.Any = tree if path[0] == "top" else _part(tree, path[0])
        for key in path[1:-1]:
            place = place[int(key)] if key.isdigit() else place[key]
        if to is None:
            del place[path[-1]]
        else:
            place[path[-1]] = to

    return change


VPN, P12, ROOT = "vpn.managed", "security.pkcs12", "security.root"
IKE = "IKESecurityAssociationParameters"
CHILD = "ChildSecurityAssociationParameters"

BROKEN: dict[str, Callable[[Tree], None]] = {
    "no-scope": _set("top", "PayloadScope", to=None),
    "scope-in-lower-case": _set("top", "PayloadScope", to="user"),
    "version-as-text": _set("top", "PayloadVersion", to="1"),
    "version-as-boolean": _set("top", "PayloadVersion", to=True),
    "uuid-in-lower-case": _set("top", "PayloadUUID", to="3db76444-4519-50bb-a8d1-74fcbc93f581"),
    "random-uuid": _set("top", "PayloadUUID", to="3DB76444-4519-40BB-A8D1-74FCBC93F581"),
    "unknown-top-key": _set("top", "Payload", to="x"),
    "foreign-payload-identifier": _set(VPN, "PayloadIdentifier", to="com.example.vpn"),
    "two-payloads-with-one-uuid": lambda tree: _part(tree, ROOT).update(PayloadUUID=_part(tree, VPN)["PayloadUUID"]),
    "two-vpns": lambda tree: tree["PayloadContent"].append(
        {**_part(tree, VPN), "PayloadIdentifier": tree["PayloadIdentifier"] + ".x", "PayloadUUID": "3DB76444-4519-50BB-A8D1-74FCBC93F580"}
    ),
    "no-identity": lambda tree: tree["PayloadContent"].remove(_part(tree, P12)),
    "payload-of-another-type": _set(ROOT, "PayloadType", to="com.apple.security.pem"),
    "vpn-of-another-type": _set(VPN, "VPNType", to="IPSec"),
    "ipv4-override-of-other-vpn-types": _set(VPN, "IPv4", to={"OverridePrimary": 1}),
    "switch-as-boolean": _set(VPN, "IKEv2", "EnablePFS", to=True),
    "key-that-macos-lacks": _set(VPN, "IKEv2", "EnableFallback", to=0),
    "no-local-identifier": _set(VPN, "IKEv2", "LocalIdentifier", to=None),
    "local-identifier-is-a-dn": _set(VPN, "IKEv2", "LocalIdentifier", to="CN=mac-01"),
    "none-without-eap-is-a-shared-secret": _set(VPN, "IKEv2", "AuthenticationMethod", to="None"),
    "eap-without-tls-versions": _set(VPN, "IKEv2", "ExtendedAuthEnabled", to=1),
    "tls-version-without-eap": _set(VPN, "IKEv2", "TLSMinimumVersion", to="1.2"),
    "shared-secret": _set(VPN, "IKEv2", "AuthenticationMethod", to="SharedSecret"),
    "certificate-type-without-issuer": _set(VPN, "IKEv2", "CertificateType", to="RSA"),
    "certificate-type-of-another-key": lambda tree: _part(tree, VPN)["IKEv2"].update(
        CertificateType="ECDSA256", ServerCertificateIssuerCommonName="x"
    ),
    "common-name-over-64": _set(VPN, "IKEv2", "ServerCertificateCommonName", to=demo_pki.VPN_SERVER),
    "identity-of-another-profile": _set(VPN, "IKEv2", "PayloadCertificateUUID", to="3DB76444-4519-50BB-A8D1-74FCBC93F580"),
    "mtu-1500": _set(VPN, "IKEv2", "MTU", to=1500),
    "mtu-as-text": _set(VPN, "IKEv2", "MTU", to="1300"),
    "no-child-parameters": _set(VPN, "IKEv2", CHILD, to=None),
    "no-ike-parameters": _set(VPN, "IKEv2", IKE, to=None),
    "3des": _set(VPN, "IKEv2", IKE, "EncryptionAlgorithm", to="3DES"),
    "sha1": _set(VPN, "IKEv2", IKE, "IntegrityAlgorithm", to="SHA1-96"),
    "group-24": _set(VPN, "IKEv2", IKE, "DiffieHellmanGroup", to=24),
    "group-2": lambda tree: _part(tree, VPN)["IKEv2"].update(
        {name: {**_part(tree, VPN)["IKEv2"][name], "DiffieHellmanGroup": 2} for name in (IKE, CHILD)}
    ),
    "group-as-text": _set(VPN, "IKEv2", IKE, "DiffieHellmanGroup", to="14"),
    "lifetime-5": _set(VPN, "IKEv2", CHILD, "LifeTimeInMinutes", to=5),
    "child-group-without-pfs": _set(VPN, "IKEv2", CHILD, "DiffieHellmanGroup", to=19),
    "child-stronger": _set(VPN, "IKEv2", IKE, "EncryptionAlgorithm", to="AES-128"),
    "rules-not-enabled": _set(VPN, "IKEv2", "OnDemandEnabled", to=0),
    "enabled-without-rules": _set(VPN, "IKEv2", "OnDemandRules", to=None),
    "idle-timer-not-enabled": _set(VPN, "IKEv2", "DisconnectOnIdle", to=0),
    "rule-with-allow": _set(VPN, "IKEv2", "OnDemandRules", "0", "Action", to="Allow"),
    "rule-hides-the-next": _set(VPN, "IKEv2", "OnDemandRules", to=[{"Action": "Connect"}, {"Action": "Ignore"}]),
    "rule-ssid-on-cable": _set(VPN, "IKEv2", "OnDemandRules", "0", "InterfaceTypeMatch", to="Ethernet"),
    "rule-without-parameters": _set(VPN, "IKEv2", "OnDemandRules", "1", "ActionParameters", to=None),
    "rule-empty-ssids": _set(VPN, "IKEv2", "OnDemandRules", "0", "SSIDMatch", to=[]),
    "never-connect-with-probe": _set(
        VPN, "IKEv2", "OnDemandRules", "1", "ActionParameters", "0", "RequiredURLStringProbe", to="https://example.com"
    ),
    "dns-without-protocol": _set(VPN, "DNS", "DNSProtocol", to=None),
    "dns-without-servers": _set(VPN, "DNS", "ServerAddresses", to=None),
    "dns-server-by-name": _set(VPN, "DNS", "ServerAddresses", to=["dns.example.com"]),
    "dns-https-without-url": _set(VPN, "DNS", "DNSProtocol", to="HTTPS"),
    "dns-no-search-as-boolean": _set(VPN, "DNS", "SupplementalMatchDomainsNoSearch", to=False),
    "dns-no-search-alone": _set(VPN, "DNS", "SupplementalMatchDomains", to=None),
    "root-as-pem": _set(ROOT, "PayloadContent", to=cases.gateway_root().pem.encode()),
    "root-is-a-leaf": _set(ROOT, "PayloadContent", to=cases.client().certificate.der),
    "identity-as-text": _set(P12, "PayloadContent", to="text"),
    "identity-cannot-be-opened": _set(P12, "Password", to="wrong"),
    "identity-password-not-ascii": _set(P12, "Password", to="pässwörd"),
    "identity-without-password": _set(P12, "Password", to=None),
    "identity-open-to-all-programs": _set(P12, "AllowAllAppsAccess", to=True),
    "identity-as-openssl-3-writes-it": _set(
        P12, "PayloadContent", to=demo_pki.pkcs12(demo_pki.issue(cases.client_root(), "x"), cases.PASSPHRASE, flavour="modern")
    ),
    "identity-without-key": _set(
        P12,
        "PayloadContent",
        to=demo_pki.pkcs12(demo_pki.issue(cases.client_root(), "x"), cases.PASSPHRASE, flavour="macos", with_key=False),
    ),
}


def test_the_unchanged_profile_passes() -> None:
    assert violations(_good()) == []


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_profile_does_not_pass(change: Callable[[Tree], None]) -> None:
    tree = plistlib.loads(_good())
    change(tree)
    assert violations(plistlib.dumps(tree)) != []


def test_what_an_old_mac_does_not_know_does_not_pass_for_it() -> None:
    assert violations(_good(), (10, 15)) != [], "MTU came with macOS 11"
    assert violations(_good(), (11, 0)) == []


@pytest.mark.parametrize("junk", [b"", b"x", b"<plist>", b"\x30\x80", b"<plist><array/></plist>"], ids=repr)
def test_junk_does_not_pass(junk: bytes) -> None:
    assert violations(junk) != []
