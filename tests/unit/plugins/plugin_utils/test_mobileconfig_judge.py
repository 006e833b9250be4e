# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema judge itself: what breaks a profile on a Mac must not pass, or all the tests that rely on the judge are worth nothing."""

from __future__ import annotations

import datetime as dt
import functools
import plistlib
import typing as t
from collections.abc import Callable

import pytest
from cryptography import x509
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


def _ike() -> Tree:
    return dict(_part(plistlib.loads(_good()), "vpn.managed")["IKEv2"])


def _packed(name: str = "mac-01", *chain: x509.Certificate, with_certificate: bool = True) -> Callable[[Tree], None]:
    """Return the exchange of the identity for that of ``name`` with ``chain``, encoded as macOS reads it."""
    holder = demo_pki.issue(cases.client_root(), name, key=demo_pki.new_key("rsa2048", number=1))
    content = demo_pki.pkcs12(holder, cases.PASSPHRASE, flavour="macos", chain=chain, with_certificate=with_certificate)
    return _set("security.pkcs12", "PayloadContent", to=content)


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
    "identity-whose-key-is-not-its-certificates": _packed("mac-01", cases.client().certificate.x509, with_certificate=False),
    "identity-of-somebody-else": _packed("mac-02", cases.client_root().certificate),
    "identity-with-a-stranger-in-its-chain": _packed("mac-01", cases.client_root().certificate, cases.gateway_root().certificate),
    "identity-with-a-root-of-the-same-name": _packed("mac-01", demo_pki.root("P2S Root", key=demo_pki.new_key("p256")).certificate),
    "password-of-another-method": _set(VPN, "IKEv2", "AuthPassword", to="x"),
    "switch-that-macos-lacks": _set(VPN, "IKEv2", "OnDemandUserOverrideDisabled", to=0),
    "provider-of-another-maker": _set(VPN, "IKEv2", "ProviderBundleIdentifier", to="com.example.vpn"),
    "vpn-with-a-sub-type": _set(VPN, "VPNSubType", to="com.example.vpn"),
    "excluded-network-without-full-tunnel": _set(VPN, "IKEv2", "ExcludeLocalNetworks", to=1),
    "exclusion-without-full-tunnel": _set(VPN, "IKEv2", "ExcludeAPNs", to=0),
    "routes-enforced-in-a-full-tunnel": _set(VPN, "IKEv2", to={**_ike(), "EnforceRoutes": 1, "IncludeAllNetworks": 1}),
    "keep-alive-interval-alone": _set(VPN, "IKEv2", "NATKeepAliveInterval", to=30),
    "keep-alive-too-often": _set(VPN, "IKEv2", to={**_ike(), "NATKeepAliveOffloadEnable": 1, "NATKeepAliveInterval": 5}),
    "pre-shared-key-without-its-name": _set(VPN, "IKEv2", "PPK", to=b"x"),
    "pre-shared-key-mandatory-but-missing": _set(VPN, "IKEv2", "PPKMandatory", to=1),
    "quantum-fallback-from-nothing": _set(VPN, "IKEv2", "AllowPostQuantumKeyExchangeFallback", to=1),
    "quantum-method-unheard-of": _set(VPN, "IKEv2", IKE, "PostQuantumKeyExchangeMethods", to=[35]),
    "quantum-methods-without-end": _set(VPN, "IKEv2", IKE, "PostQuantumKeyExchangeMethods", to=[0, 36, 37, 0, 36, 37, 0, 36]),
    "tls-1.0-for-eap": _set(VPN, "IKEv2", to={**_ike(), "ExtendedAuthEnabled": 1, "TLSMinimumVersion": "1.0", "TLSMaximumVersion": "1.2"}),
    "revocation-as-boolean": _set(VPN, "IKEv2", "EnableCertificateRevocationCheck", to=True),
    "expiry-as-text": _set("top", "PayloadExpirationDate", to="2030-01-01"),
    "consent-without-default": _set("top", "ConsentText", to={"de": "Ja?"}),
    "gone-at-once": _set("top", "DurationUntilRemoval", to=0),
}
# What is right although nothing here makes it, and the release it needs: the judge knows the schema, not the renderer.
ALLOWED: dict[str, tuple[Callable[[Tree], None], tuple[int, int]]] = {
    "consent": (_set("top", "ConsentText", to={"default": "Yes?", "de": "Ja?"}), (11, 0)),
    "removal-date": (_set("top", "RemovalDate", to=dt.datetime(2030, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)), (11, 0)),
    "empty-sub-type": (_set(VPN, "VPNSubType", to=""), (11, 0)),
    "no-mobike": (_set(VPN, "IKEv2", "DisableMOBIKE", to=1), (11, 0)),
    "no-redirect": (_set(VPN, "IKEv2", "DisableRedirect", to=1), (11, 0)),
    "inner-subnet": (_set(VPN, "IKEv2", "UseConfigurationAttributeInternalIPSubnet", to=1), (11, 0)),
    "revocation": (_set(VPN, "IKEv2", "EnableCertificateRevocationCheck", to=1), (11, 0)),
    "enforced-routes": (_set(VPN, "IKEv2", to={**_ike(), "EnforceRoutes": 1, "ExcludeLocalNetworks": 1}), (11, 0)),
    "keep-alive": (_set(VPN, "IKEv2", to={**_ike(), "NATKeepAliveOffloadEnable": 1, "NATKeepAliveInterval": 20}), (11, 0)),
    "exclusions": (_set(VPN, "IKEv2", to={**_ike(), "IncludeAllNetworks": 1, "ExcludeAPNs": 1, "ExcludeCellularServices": 1}), (13, 3)),
    "device-exclusion": (_set(VPN, "IKEv2", to={**_ike(), "IncludeAllNetworks": 1, "ExcludeDeviceCommunication": 1}), (14, 4)),
    "pre-shared-key-beside": (_set(VPN, "IKEv2", to={**_ike(), "PPK": b"x", "PPKIdentifier": "x", "PPKMandatory": 1}), (15, 0)),
    "strict": (_set(VPN, "IKEv2", "EnforceStrictAlgorithmSelection", to=1), (15, 5)),
    "quantum": (_set(VPN, "IKEv2", IKE, "PostQuantumKeyExchangeMethods", to=[36, 0]), (26, 0)),
}


def test_the_unchanged_profile_passes() -> None:
    assert violations(_good()) == []
    tree = plistlib.loads(_good())
    _packed("mac-01", cases.client_root().certificate)(tree)
    assert violations(plistlib.dumps(tree)) == [], "what the broken identities are made of is right"


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_profile_does_not_pass(change: Callable[[Tree], None]) -> None:
    tree = plistlib.loads(_good())
    change(tree)
    assert violations(plistlib.dumps(tree)) != []


def test_what_an_old_mac_does_not_know_does_not_pass_for_it() -> None:
    assert violations(_good(), (10, 15)) != [], "MTU came with macOS 11"
    assert violations(_good(), (11, 0)) == []


@pytest.mark.parametrize(("change", "since"), ALLOWED.values(), ids=ALLOWED)
def test_what_apple_allows_passes_from_its_release_on(change: Callable[[Tree], None], since: tuple[int, int]) -> None:
    tree = plistlib.loads(_good())
    change(tree)
    assert violations(plistlib.dumps(tree), since) == []
    assert violations(plistlib.dumps(tree), (since[0] - 1, 9) if since[1] == 0 else (since[0], since[1] - 1)) != []


@pytest.mark.parametrize(
    ("protocol", "more", "good"),
    [
        ("Cleartext", {}, True),
        ("TLS", {"ServerName": "dns.example.com"}, False),
        ("HTTPS", {"ServerURL": "https://dns.example.com/"}, False),
    ],
)
def test_encrypted_dns_is_not_taken_for_a_mac_that_would_ask_in_clear(protocol: str, more: Tree, good: bool) -> None:
    tree = plistlib.loads(_good())
    del _part(tree, VPN)["IKEv2"]["MTU"]
    _part(tree, VPN)["DNS"].update(DNSProtocol=protocol, **more)
    assert (violations(plistlib.dumps(tree), (10, 15)) == []) == good
    assert violations(plistlib.dumps(tree), (11, 0)) == []


def test_a_local_id_that_somebody_chose_need_not_be_the_certificates() -> None:
    tree = plistlib.loads(_good())
    _part(tree, VPN)["IKEv2"]["LocalIdentifier"] = "somebody"
    assert violations(plistlib.dumps(tree)) != []
    assert violations(plistlib.dumps(tree), chosen_local_identifier=True) == []


@pytest.mark.parametrize("junk", [b"", b"x", b"<plist>", b"\x30\x80", b"<plist><array/></plist>"], ids=repr)
def test_junk_does_not_pass(junk: bytes) -> None:
    assert violations(junk) != []
