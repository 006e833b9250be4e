# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What macOS would refuse or silently take for something else is refused here, with the option's name, before any Mac is touched."""

from __future__ import annotations

import typing as t

import pytest
from support import demo_pki
from support import profile_cases as cases

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import ProfileError

EVALUATE = {"action": "EvaluateConnection"}
NEVER = {"domains": ["example.com"], "domain_action": "NeverConnect"}
DNS = {"server_addresses": ["10.1.0.4"]}
OLD_ROOT = demo_pki.root("Gateway Root G0", key=demo_pki.new_key("p256"), days=0.5)
LEAF = demo_pki.issue(cases.gateway_root(), "gateway", key=demo_pki.new_key("p256"))

# id: (options, option named in the error, text in the error)
REFUSED: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "no-name": ({"name": None}, "name", "not a text"),
    "empty-name": ({"name": "  "}, "name", "empty"),
    "name-with-line-break": ({"name": "Azure\nVPN"}, "name", "line break"),
    "name-with-nul-that-xml-cannot-hold": ({"name": "Azure\0VPN"}, "name", "control character"),
    "name-with-lone-surrogate": ({"name": "Azure\ud800"}, "name", "control character"),
    "name-with-noncharacter": ({"name": "Azure\uffff"}, "name", "control character"),
    "name-with-outer-space": ({"name": "Azure "}, "name", "space"),
    "name-of-a-page": ({"name": "x" * 256}, "name", "256 characters"),
    "name-that-yaml-read-as-number": ({"name": 5}, "name", "not a text"),
    "identifier-with-space": ({"identifier": "com.example vpn"}, "identifier", "not a profile identifier"),
    "identifier-ends-in-dot": ({"identifier": "com.example."}, "identifier", "not a profile identifier"),
    "identifier-with-empty-part": ({"identifier": "com..example"}, "identifier", "not a profile identifier"),
    "no-server": ({"server": None}, "server", "missing"),
    "server-is-a-url": ({"server": "https://vpn.example.com"}, "server", "host name"),
    "server-is-a-short-name": ({"server": "vpn"}, "server", "host name"),
    "server-ends-in-dot": ({"server": "vpn.example.com."}, "server", "host name"),
    "server-label-too-long": ({"server": "a" * 64 + ".example.com"}, "server", "host name"),
    "server-not-ascii": ({"server": "vpn.büro.example"}, "server", "host name"),
    "server-in-numbers-without-remote-id": ({"server": "192.0.2.1"}, "remote_identifier", "by name"),
    "remote-id-in-numbers": ({"remote_identifier": "192.0.2.1"}, "remote_identifier", "host name"),
    "remote-id-is-a-wildcard": ({"remote_identifier": "*.vpn.azure.com"}, "remote_identifier", "host name"),
    "local-id-is-a-distinguished-name": ({"local_identifier": "CN=mac-01"}, "local_identifier", "distinguished name"),
    "local-id-empty": ({"local_identifier": ""}, "local_identifier", "empty"),
    "root-is-not-pem": ({"server_roots": ["nonsense"]}, "server_roots[0]", "not a readable"),
    "root-cut-short": ({"server_roots": [cases.gateway_root().pem[:200]]}, "server_roots[0]", "cut short"),
    "root-is-a-leaf": ({"server_roots": [cases.gateway_root().pem, LEAF.pem]}, "server_roots[1]", "not a root"),
    "no-root-is-valid-any-more": ({"server_roots": [OLD_ROOT.pem]}, "server_roots", "no root is valid at present"),
    "roots-in-one-text": ({"server_roots": cases.gateway_root().pem}, "server_roots", "not a list"),
    "root-without-pem": ({"server_roots": [{"sha256": "00"}]}, "server_roots[0]", "PEM"),
    "authentication-by-psk": ({"authentication": "shared_secret"}, "authentication", "not known"),
    "authentication-none": ({"authentication": "none"}, "authentication", "choose one of certificate, eap_tls"),
    "unknown-preset": ({"proposal": "fast"}, "proposal", "not known"),
    "group-24-on-any-mac": ({"ike": {"diffie_hellman_group": 24}}, "ike.diffie_hellman_group", "no Mac knows"),
    "group-2-when-the-mac-is-unknown": ({"ike": {"diffie_hellman_group": 2}}, "ike.diffie_hellman_group", "macOS 26"),
    "group-1": ({"ike": {"diffie_hellman_group": 1}}, "ike.diffie_hellman_group", "macOS 26"),
    "group-5": ({"child": {"diffie_hellman_group": 5}}, "child.diffie_hellman_group", "macOS 26"),
    "group-22": ({"ike": {"diffie_hellman_group": 22}}, "ike.diffie_hellman_group", "has no"),
    "group-is-a-boolean": ({"ike": {"diffie_hellman_group": True}}, "ike.diffie_hellman_group", "not a whole number"),
    "group-is-a-fraction": ({"ike": {"diffie_hellman_group": 14.0}}, "ike.diffie_hellman_group", "not a whole number"),
    "group-by-azures-name": ({"ike": {"diffie_hellman_group": "DHGroup14"}}, "ike.diffie_hellman_group", "not a whole number"),
    "3des": ({"ike": {"encryption_algorithm": "3DES"}}, "ike.encryption_algorithm", "removed from macOS 26"),
    "des": ({"child": {"encryption_algorithm": "des"}}, "child.encryption_algorithm", "removed from macOS 26"),
    "sha1": ({"ike": {"integrity_algorithm": "SHA1-96"}}, "ike.integrity_algorithm", "removed from macOS 26"),
    "cipher-by-azures-name": ({"ike": {"encryption_algorithm": "GCMAES256"}}, "ike.encryption_algorithm", "not known"),
    "cipher-is-a-list": ({"ike": {"encryption_algorithm": ["AES-256"]}}, "ike.encryption_algorithm", "not known"),
    "lifetime-too-short": ({"ike": {"lifetime_in_minutes": 9}}, "ike.lifetime_in_minutes", "out of range"),
    "lifetime-too-long": ({"child": {"lifetime_in_minutes": 1441}}, "child.lifetime_in_minutes", "out of range"),
    "apples-spelling-in-ike": ({"ike": {"DiffieHellmanGroup": 14}}, "ike", "not known"),
    "ike-is-a-text": ({"ike": "AES-256"}, "ike", "not a dictionary"),
    "child-group-without-pfs": ({"child": {"diffie_hellman_group": 20}}, "child.diffie_hellman_group", "without PFS"),
    "child-stronger-than-ike": (
        {"ike": {"encryption_algorithm": "AES-128"}, "child": {"encryption_algorithm": "AES-256"}},
        "child.encryption_algorithm",
        "stronger",
    ),
    "pfs-as-number": ({"pfs": 1}, "pfs", "neither true nor false"),
    "pfs-as-word": ({"pfs": "yes"}, "pfs", "neither true nor false"),
    "mtu-too-small": ({"mtu": 1279}, "mtu", "out of range"),
    "mtu-too-big": ({"mtu": 1500}, "mtu", "out of range"),
    "mtu-is-a-boolean": ({"mtu": True}, "mtu", "not a whole number"),
    "mtu-is-huge-text": ({"mtu": "9" * 5000}, "mtu", "not a whole number"),
    "idle-negative": ({"disconnect_on_idle": -1}, "disconnect_on_idle", "out of range"),
    "idle-with-unit": ({"disconnect_on_idle": "10m"}, "disconnect_on_idle", "not a whole number"),
    "scope-computer": ({"scope": "computer"}, "scope", "not known"),
    "vpn-server-copied-into-the-common-name": (
        {"server_certificate_common_name": demo_pki.VPN_SERVER},
        "server_certificate_common_name",
        "76 characters, 64 are allowed",
    ),
    "issuer-name-too-long": (
        {"server_certificate_issuer_common_name": "x" * 65},
        "server_certificate_issuer_common_name",
        "64 are allowed",
    ),
    "dns-without-servers": ({"dns": {"search_domains": ["example.com"]}}, "dns.server_addresses", "missing"),
    "dns-with-no-servers": ({"dns": {"server_addresses": []}}, "dns.server_addresses", "empty"),
    "dns-server-by-name": ({"dns": {"server_addresses": ["dns.example.com"]}}, "dns.server_addresses[0]", "not an IP address"),
    "dns-server-as-number": ({"dns": {"server_addresses": [167837956]}}, "dns.server_addresses[0]", "not an IP address"),
    "dns-server-with-zone": ({"dns": {"server_addresses": ["fe80::1%en0"]}}, "dns.server_addresses[0]", "not an IP address"),
    "dns-https-without-url": ({"dns": {**DNS, "protocol": "HTTPS"}}, "dns.server_url", "belong together"),
    "dns-url-without-https": ({"dns": {**DNS, "server_url": "https://dns.example.com/"}}, "dns.server_url", "belong together"),
    "dns-url-is-http": ({"dns": {**DNS, "protocol": "HTTPS", "server_url": "http://dns.example.com/"}}, "dns.server_url", "https://"),
    "dns-tls-without-name": ({"dns": {**DNS, "protocol": "TLS"}}, "dns.server_name", "belong together"),
    "dns-match-domain-is-a-wildcard": (
        {"dns": {**DNS, "supplemental_match_domains": ["*.example.com"]}},
        "dns.supplemental_match_domains[0]",
        "not a domain",
    ),
    "dns-no-search-without-domains": (
        {"dns": {**DNS, "supplemental_match_domains_no_search": True}},
        "dns.supplemental_match_domains_no_search",
        "no match domains",
    ),
    "dns-unknown-key": ({"dns": {**DNS, "servers": []}}, "dns", "not known"),
    "rules-are-one-dictionary": ({"on_demand_rules": {"action": "Connect"}}, "on_demand_rules", "not a list"),
    "rule-without-action": ({"on_demand_rules": [{"ssid_match": ["x"]}]}, "on_demand_rules[0].action", "no action"),
    "rule-with-deprecated-allow": ({"on_demand_rules": [{"action": "Allow"}]}, "on_demand_rules[0].action", "not known"),
    "rule-with-typo": ({"on_demand_rules": [{"action": "Connect", "ssid": ["x"]}]}, "on_demand_rules[0]", "not known"),
    "rule-that-hides-the-next": (
        {"on_demand_rules": [{"action": "Connect"}, {"action": "Ignore"}]},
        "on_demand_rules[0]",
        "never comes to the rules after it",
    ),
    "evaluate-without-parameters": ({"on_demand_rules": [EVALUATE]}, "on_demand_rules[0].action_parameters", "belong together"),
    "parameters-without-evaluate": (
        {"on_demand_rules": [{"action": "Connect", "action_parameters": [NEVER]}]},
        "on_demand_rules[0].action_parameters",
        "belong together",
    ),
    "evaluate-without-domains": (
        {"on_demand_rules": [{**EVALUATE, "action_parameters": [{"domain_action": "NeverConnect"}]}]},
        "on_demand_rules[0].action_parameters[0].domains",
        "missing",
    ),
    "never-connect-with-dns-servers": (
        {"on_demand_rules": [{**EVALUATE, "action_parameters": [{**NEVER, "required_dns_servers": ["10.1.0.4"]}]}]},
        "on_demand_rules[0].action_parameters[0].domain_action",
        "ConnectIfNeeded only",
    ),
    "ssid-on-a-cable": (
        {"on_demand_rules": [{"action": "Connect", "interface_type_match": "Ethernet", "ssid_match": ["x"]}]},
        "on_demand_rules[0].ssid_match",
        "has no SSID",
    ),
    "ssid-longer-than-32-bytes": (
        {"on_demand_rules": [{"action": "Connect", "ssid_match": ["ü" * 17]}]},
        "on_demand_rules[0].ssid_match[0]",
        "longer",
    ),
    "ssid-with-final-line-break": (
        {"on_demand_rules": [{"action": "Connect", "ssid_match": ["x\n"]}]},
        "on_demand_rules[0].ssid_match[0]",
        "remove it",
    ),
    "dns-server-match-is-a-name": (
        {"on_demand_rules": [{"action": "Connect", "dns_server_address_match": ["*.example.com"]}]},
        "on_demand_rules[0].dns_server_address_match[0]",
        "not an address",
    ),
    "probe-with-password": (
        {"on_demand_rules": [{"action": "Connect", "url_string_probe": "https://me:secret@example.com/"}]},
        "on_demand_rules[0].url_string_probe",
        "user name or password",
    ),
    "probe-is-a-file": (
        {"on_demand_rules": [{"action": "Connect", "url_string_probe": "file:///etc/passwd"}]},
        "on_demand_rules[0].url_string_probe",
        "http",
    ),
}


@pytest.mark.parametrize(("options", "option", "text"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(options: dict[str, t.Any], option: str, text: str) -> None:
    merged = {**cases.options(), **options}
    with pytest.raises(ProfileError) as refusal:
        mobileconfig.settings_from_options(merged, cases.client())
    assert refusal.value.option == option
    assert text in str(refusal.value)
    assert "\n" not in str(refusal.value), "an error is one sentence on one line"
    assert "secret" not in str(refusal.value).replace("shared_secret", "")


@pytest.mark.parametrize("kind", ["p256", "p384", "p521"])
def test_an_ecdsa_identity_without_the_issuers_name_is_refused(kind: str) -> None:
    with pytest.raises(ProfileError) as refusal:
        mobileconfig.settings_from_options(cases.options(), cases.client(kind))
    assert refusal.value.option == "server_certificate_issuer_common_name"


@pytest.mark.parametrize("macos", [(26, 0), (26, 5), (27, 0)], ids=str)
def test_group_2_is_refused_for_a_mac_that_no_longer_has_it(macos: tuple[int, int]) -> None:
    options = cases.options(ike={"encryption_algorithm": "AES-256", "diffie_hellman_group": 2})
    with pytest.raises(ProfileError, match="removed from macOS 26"):
        mobileconfig.settings_from_options(options, cases.client(), macos=macos)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        pytest.param({"mtu": 1300}, "mtu", id="mtu"),
        pytest.param(
            {"dns": {**DNS, "protocol": "TLS", "server_name": "dns.example.com"}}, "dns.protocol", id="encrypted-dns-would-go-in-clear"
        ),
    ],
)
def test_what_catalina_would_ignore_is_refused_for_it_and_warned_of_when_the_mac_is_unknown(options: dict[str, t.Any], option: str) -> None:
    with pytest.raises(ProfileError) as refusal:
        mobileconfig.settings_from_options(cases.options(**options), cases.client(), macos=(10, 15))
    assert refusal.value.option == option
    assert any(option in warning for warning in mobileconfig.settings_from_options(cases.options(**options), cases.client()).warnings)
    assert mobileconfig.settings_from_options(cases.options(**options), cases.client(), macos=(11, 0)).warnings == ()


# id: (options, text of the warning)
WARNED: dict[str, tuple[dict[str, t.Any], str]] = {
    "local-id-not-in-the-certificate": ({"local_identifier": "mac-99"}, "does not have the Local ID 'mac-99'"),
    "local-id-goes-out-as-mail-address": ({"local_identifier": "me@example.com"}, "as a mail address"),
    "local-id-goes-out-as-address": ({"local_identifier": "10.0.0.1"}, "as an IP address"),
    "no-root": ({"server_roots": []}, "no server root"),
    "a-root-that-has-expired": (
        {"server_roots": [OLD_ROOT.pem, cases.gateway_root().pem]},
        "The server root 'Gateway Root G0' is valid from",
    ),
    "full-tunnel": ({"include_all_networks": True}, "does not route to the internet"),
    "full-tunnel-ignores-split-dns": (
        {"include_all_networks": True, "dns": {**DNS, "supplemental_match_domains": ["example.com"]}},
        "ignores dns.supplemental_match_domains",
    ),
    "custom-policy-needed": ({"ike": {"encryption_algorithm": "AES-128-GCM"}}, "needs a custom IPsec policy"),
    "group-that-no-azure-policy-has": ({"ike": {"diffie_hellman_group": 31}}, "no custom policy"),
    "chacha-that-no-azure-policy-has": ({"ike": {"encryption_algorithm": "ChaCha20Poly1305"}}, "no custom policy"),
    "child-integrity-not-at-azure": ({"proposal": "compatible", "child": {"integrity_algorithm": "SHA2-384"}}, "The child proposal"),
}


@pytest.mark.parametrize(("options", "text"), WARNED.values(), ids=WARNED)
def test_warned_of(options: dict[str, t.Any], text: str) -> None:
    warnings = mobileconfig.settings_from_options(cases.options(**options), cases.client()).warnings
    assert any(text in warning for warning in warnings), warnings
    assert all(warning.endswith(".") for warning in warnings)


def test_a_root_that_has_expired_is_not_in_the_profile() -> None:
    both = mobileconfig.settings_from_options(cases.options(server_roots=[OLD_ROOT.pem, cases.gateway_root().pem]), cases.client())
    one = mobileconfig.settings_from_options(cases.options(), cases.client())
    assert (both.server_roots, both.profile_uuid) == (one.server_roots, one.profile_uuid)


def test_an_ecdsa_client_is_told_whom_its_mac_will_refuse() -> None:
    options = cases.options(server_certificate_issuer_common_name="Gateway CA")
    for kind in ("p256", "p384", "p521"):
        found = mobileconfig.settings_from_options(options, cases.client(kind))
        assert any(f"{found.certificate_type} key" in warning and "such as RSA" in warning for warning in found.warnings)
    assert not any("CertificateType" in warning for warning in mobileconfig.settings_from_options(options, cases.client()).warnings)


def test_what_there_is_to_say_of_the_identity_is_said_with_the_profile_too() -> None:
    """With delivery file, or an identity that the keychain does not get, nothing else tells it."""
    plain = demo_pki.issue(cases.client_root(), "mac-01", dns_names=[], days=20, key=demo_pki.new_key("rsa2048", number=1))
    who = cases.read(plain)
    found = mobileconfig.settings_from_options(cases.options(), who)
    assert set(who.warnings) <= set(found.warnings)
    assert any("expires on" in warning for warning in found.warnings)
    assert any("subjectAltName" in warning for warning in found.warnings)
    named = mobileconfig.settings_from_options(cases.options(local_identifier="mac-01"), who)
    assert not any("subjectAltName" in warning for warning in named.warnings), "that is of a Local ID which is not used"
