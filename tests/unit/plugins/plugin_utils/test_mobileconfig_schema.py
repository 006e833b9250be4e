# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the options ask for, the profile obeys Apple's schema, as a judge that shares no code with the renderer says."""

from __future__ import annotations

import itertools
import plistlib
import typing as t

import pytest
from support import profile_cases as cases
from support.profile_schema import violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig, profile_settings, proposals

ISSUER = {"server_certificate_issuer_common_name": "Gateway CA"}
SPLIT_DNS = {"server_addresses": ["10.1.0.4", "10.1.0.5"], "supplemental_match_domains": ["corp.example.com", ""]}
EVALUATE = {
    "action": "evaluate_connection",
    "action_parameters": [
        {"domains": ["corp.example.com", "*.internal"], "domain_action": "ConnectIfNeeded", "required_dns_servers": ["10.1.0.4"]},
        {"domains": ["example.com"], "domain_action": "connect_if_needed", "required_url_string_probe": "https://intern.example.com/ok"},
        {"domains": ["example.org"], "domain_action": "never-connect"},
    ],
}
RULES = [
    {"action": "disconnect", "interface_type_match": "wifi", "ssid_match": ["Office", " Büro "]},
    {"action": "ignore", "dns_domain_match": ["*.corp.example.com"], "dns_server_address_match": ["10.*", "fd00::1", "*"]},
    {"action": "connect", "interface_type_match": "Cellular", "url_string_probe": "http://probe.example.com"},
    EVALUATE,
]

SINGLE: dict[str, dict[str, t.Any]] = {
    "everything-left-out": {},
    "two-roots-in-transition": {"server_roots": [cases.gateway_root(1).pem, cases.gateway_root(2).pem]},
    "roots-as-the-package-returns-them": {"server_roots": [{"pem": cases.gateway_root(1).pem, "common_name": "x"}]},
    "same-root-twice": {"server_roots": [cases.gateway_root().pem] * 2},
    "no-root": {"server_roots": []},
    "own-identifier": {"identifier": "com.example.vpn-1"},
    "remote-id-is-the-vnet-name": {"remote_identifier": "3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10.vpn.azure.com"},
    "address-with-remote-id": {"server": "192.0.2.1", "remote_identifier": "vpn.example.com"},
    "ipv6-address-with-remote-id": {"server": "2001:DB8::1", "remote_identifier": "vpn.example.com"},
    "local-id-given": {"local_identifier": "somebody"},
    "local-id-is-a-mail-address": {"local_identifier": "somebody@example.com"},
    "name-with-markup-and-umlaut": {"name": 'Büro <VPN> & "mehr" ]]>'},
    "name-with-emoji": {"name": "VPN 👩‍💻"},
    "names-of-the-server-leaf": {**ISSUER, "server_certificate_common_name": "3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10.vpn.azure.com"},
    "mtu-least": {"mtu": 1280},
    "mtu-most": {"mtu": 1400},
    "mtu-as-text-from-a-template": {"mtu": "1350"},
    "disconnect-on-idle": {"disconnect_on_idle": 600},
    "disconnect-on-idle-off": {"disconnect_on_idle": 0},
    "full-tunnel": {"include_all_networks": True},
    "full-tunnel-with-split-dns": {"include_all_networks": True, "dns": SPLIT_DNS},
    "dns-one-server": {"dns": {"server_addresses": ["10.1.0.4"]}},
    "dns-split": {"dns": SPLIT_DNS},
    "dns-split-without-search": {"dns": {**SPLIT_DNS, "supplemental_match_domains_no_search": True}},
    "dns-search-domains": {"dns": {"server_addresses": ["fd00::4"], "search_domains": ["corp.example.com"], "domain_name": "corp"}},
    "dns-over-https": {
        "dns": {"server_addresses": ["10.1.0.4"], "protocol": "https", "server_url": "https://dns.example.com/dns-query{?dns}"}
    },
    "dns-over-tls": {"dns": {"server_addresses": ["10.1.0.4"], "protocol": "TLS", "server_name": "dns.example.com"}},
    "on-demand-always": {"on_demand_rules": [{"action": "Connect"}]},
    "on-demand-evaluate": {"on_demand_rules": [EVALUATE]},
    "on-demand-all-kinds": {"on_demand_rules": RULES},
    "on-demand-none": {"on_demand_rules": []},
    "ike-alone-serves-the-child-too": {"ike": {"diffie_hellman_group": 20, "integrity_algorithm": "sha2-384"}},
    "child-weaker-than-ike": {"child": {"encryption_algorithm": "AES-128-GCM"}},
    "pfs-with-its-own-group": {"pfs": True, "child": {"diffie_hellman_group": 19}},
    "lifetimes": {"ike": {"lifetime_in_minutes": 1440}, "child": {"lifetime_in_minutes": 10}},
    "custom-policy-aes-128": {"ike": {"encryption_algorithm": "AES-128"}},
    "chacha": {"ike": {"encryption_algorithm": "chacha20poly1305"}},
    "everything-at-once": {
        **ISSUER,
        "identifier": "com.example.vpn",
        "server_roots": [cases.gateway_root(1).pem, cases.gateway_root(2).pem],
        "authentication": "eap_tls",
        "proposal": "strong",
        "pfs": True,
        "dns": SPLIT_DNS,
        "on_demand_rules": RULES,
        "mtu": 1380,
        "disconnect_on_idle": 60,
        "scope": "system",
        "server_certificate_common_name": "gateway.example.com",
    },
}
KEYS = ("rsa2048", "p256", "p384", "p521")
CROSS = list(itertools.product(KEYS, profile_settings.AUTHENTICATION, proposals.PRESETS, ("user", "system")))


def _judged(identity: t.Any, options: dict[str, t.Any], macos: tuple[int, int] | None = None) -> dict[str, t.Any]:
    """Render, insist that nothing is wrong, and return the IKEv2 dictionary."""
    settings = mobileconfig.settings_from_options(options, identity, macos=macos)
    profile = mobileconfig.render(settings, identity, cases.PASSPHRASE)
    assert violations(profile, macos, chosen_local_identifier=bool(options.get("local_identifier"))) == []
    assert mobileconfig.same_profile(profile, settings, identity)
    payloads = plistlib.loads(profile)["PayloadContent"]
    return t.cast(dict[str, t.Any], next(payload["IKEv2"] for payload in payloads if "IKEv2" in payload))


@pytest.mark.parametrize("options", SINGLE.values(), ids=SINGLE)
def test_each_option_makes_a_profile_that_macos_accepts(options: dict[str, t.Any]) -> None:
    _judged(cases.client(), cases.options(**options))


@pytest.mark.parametrize(("key", "authentication", "proposal", "scope"), CROSS, ids=["-".join(case) for case in CROSS])
def test_keys_methods_presets_and_scopes_go_together(key: str, authentication: str, proposal: str, scope: str) -> None:
    options = cases.options(authentication=authentication, proposal=proposal, scope=scope, **(ISSUER if key != "rsa2048" else {}))
    ike = _judged(cases.client(key), options)
    wanted = {"certificate": ("Certificate", 0), "eap_tls": ("None", 1)}[authentication]
    assert (ike["AuthenticationMethod"], ike["ExtendedAuthEnabled"]) == wanted
    assert ike.get("CertificateType") == {"p256": "ECDSA256", "p384": "ECDSA384", "p521": "ECDSA521"}.get(key)
    assert ike["IKESecurityAssociationParameters"] == ike["ChildSecurityAssociationParameters"], "macOS 14 would drop at rekeying"


@pytest.mark.parametrize("group", [14, 15, 16, 17, 18, 19, 20, 21, 31, 32])
@pytest.mark.parametrize("pfs", [False, True], ids=["without-pfs", "with-pfs"])
def test_every_group_that_macos_26_has_can_be_asked_for(group: int, pfs: bool) -> None:
    ike = _judged(cases.client("p256"), cases.options(ike={"diffie_hellman_group": group}, pfs=pfs, **ISSUER), (26, 0))
    assert ike["IKESecurityAssociationParameters"]["DiffieHellmanGroup"] == group
    assert ike["EnablePFS"] == int(pfs)


@pytest.mark.parametrize("macos", [(10, 15), (11, 7), (14, 6), (15, 5)], ids=lambda version: f"macos-{version[0]}.{version[1]}")
def test_a_gateway_stuck_on_group_2_is_reached_by_macs_that_still_have_it(macos: tuple[int, int]) -> None:
    options = cases.options(ike={"encryption_algorithm": "AES-256", "diffie_hellman_group": 2})
    _judged(cases.client(), options, macos)
    warnings = mobileconfig.settings_from_options(options, cases.client(), macos=macos).warnings
    assert any("removed from macOS 26" in warning for warning in warnings)


def test_the_presets_are_rows_of_azures_list() -> None:
    rows = {
        "default": ("AES-256-GCM", "SHA2-256", 14),
        "strong": ("AES-256-GCM", "SHA2-384", 20),
        "compatible": ("AES-256", "SHA2-256", 14),
    }
    for name, row in rows.items():
        settings = mobileconfig.settings_from_options(cases.options(proposal=name), cases.client())
        ike = settings.ike
        assert (ike.encryption_algorithm, ike.integrity_algorithm, ike.diffie_hellman_group, settings.child) == (*row, ike)
        assert settings.warnings == (), "a preset needs no warning"
