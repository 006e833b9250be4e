# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in the options: either a refusal that names the option, or a profile that obeys the schema. Never a traceback."""

from __future__ import annotations

import json
import typing as t

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from support import demo_pki
from support import profile_cases as cases
from support.profile_schema import violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import ProfileError

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5000),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=3),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2),
)


def _or_junk(good: st.SearchStrategy[t.Any]) -> st.SearchStrategy[t.Any]:
    """Return mostly good values: one bad one is enough to be refused."""
    return st.integers(0, 199).flatmap(lambda dice: JUNK if dice == 117 else good)


def _any_of(*values: t.Any) -> st.SearchStrategy[t.Any]:
    return _or_junk(st.sampled_from(values))


# Mostly what XML can hold, of all scripts; now and then anything at all.
NAMES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30),
    st.sampled_from(["Azure VPN", "<&>\"'", "mac-01"]),
    _or_junk(st.text(min_size=1, max_size=30)),
)
DOMAINS = st.lists(_any_of("example.com", "corp", "a.b.c.example"), min_size=1, max_size=3)
SERVERS = st.lists(_any_of("10.1.0.4", "fd00::1", "192.0.2.53"), min_size=1, max_size=3)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "encryption_algorithm": _any_of("AES-256-GCM", "AES-256", "ChaCha20Poly1305", "aes-128"),
        "integrity_algorithm": _any_of("SHA2-256", "sha2-384", "SHA2-512"),
        "diffie_hellman_group": _any_of(14, 14, 15, 19, "20", 31),
        "lifetime_in_minutes": _or_junk(st.integers(10, 1440)),
    },
)
DNS = st.fixed_dictionaries(
    {"server_addresses": _or_junk(SERVERS)},
    optional={
        "protocol": _any_of("Cleartext", "HTTPS", "TLS"),
        "server_url": _any_of("https://dns.example.com/q", "http://dns.example.com/"),
        "server_name": _any_of("dns.example.com"),
        "domain_name": _any_of("example.com"),
        "search_domains": _or_junk(DOMAINS),
        "supplemental_match_domains": _or_junk(st.lists(_any_of("example.com", ""), max_size=3)),
        "supplemental_match_domains_no_search": _or_junk(st.booleans()),
    },
)
PROBES = _any_of("https://example.com/", "http://10.0.0.1/x?y=z", "https://[fd00::1]:8443/a")
ACTIONS = st.fixed_dictionaries(
    {"domains": _or_junk(DOMAINS), "domain_action": _any_of("ConnectIfNeeded", "NeverConnect")},
    optional={"required_dns_servers": _or_junk(SERVERS), "required_url_string_probe": PROBES},
)
RULES = st.fixed_dictionaries(
    {"action": _any_of("Connect", "Disconnect", "Ignore", "EvaluateConnection")},
    optional={
        "interface_type_match": _any_of("Ethernet", "WiFi"),
        "ssid_match": _or_junk(st.lists(_or_junk(st.text(min_size=1, max_size=12)), min_size=1, max_size=2)),
        "dns_domain_match": _or_junk(DOMAINS),
        "dns_server_address_match": _or_junk(st.lists(_any_of("10.*", "10.1.0.4", "fd00:*"), min_size=1, max_size=2)),
        "url_string_probe": PROBES,
        "action_parameters": _or_junk(st.lists(ACTIONS, min_size=1, max_size=2)),
    },
)
OPTIONS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "server": _any_of("vpn.example.com", demo_pki.VPN_SERVER),
        "server_certificate_issuer_common_name": NAMES,
    },
    optional={
        "identifier": _any_of("com.example.vpn", "a"),
        "remote_identifier": _any_of("gateway.example.com"),
        "local_identifier": NAMES,
        "server_roots": _or_junk(st.lists(_any_of(cases.gateway_root(1).pem, {"pem": cases.gateway_root(2).pem}), max_size=3)),
        "authentication": _any_of("certificate", "eap_tls"),
        "proposal": _any_of("default", "strong", "compatible"),
        "ike": _or_junk(PARAMETERS),
        "child": _or_junk(PARAMETERS),
        "pfs": _or_junk(st.booleans()),
        "dns": _or_junk(DNS),
        "on_demand_rules": _or_junk(st.lists(RULES, max_size=3)),
        "include_all_networks": _or_junk(st.booleans()),
        "server_certificate_common_name": NAMES,
        "mtu": _or_junk(st.integers(1280, 1400)),
        "disconnect_on_idle": _or_junk(st.integers(0, 10**6)),
        "scope": _any_of("user", "system"),
    },
)
# Several spellings of the same, and things that are close to each other.
VALID = st.fixed_dictionaries(
    {"name": st.sampled_from(["VPN", "vpn"])},
    optional={
        "proposal": st.sampled_from(["default", "DEFAULT", "strong"]),
        "ike": st.sampled_from([{}, {"diffie_hellman_group": 14}, {"diffie_hellman_group": "14"}]),
        "server_roots": st.sampled_from(
            [[cases.gateway_root(1).pem], [{"pem": cases.gateway_root(1).pem}], [cases.gateway_root(1).pem] * 2]
        ),
        "dns": st.sampled_from([{"server_addresses": ["FD00::1"]}, {"server_addresses": ["fd00::1"], "protocol": "cleartext"}]),
        "disconnect_on_idle": st.sampled_from([0, 60, "60"]),
        "scope": st.sampled_from(["user", "User"]),
    },
)
IDENTITIES = st.sampled_from(["rsa2048", "p256", "p384"])
VERSIONS = st.sampled_from([None, (10, 15), (14, 6), (26, 1)])
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def _names_an_option(refusal: ProfileError) -> None:
    assert refusal.option is not None
    assert refusal.option.split(".")[0].split("[")[0] in {*mobileconfig.ProfileSettings.__dataclass_fields__, "proposal"}
    assert len(str(refusal).splitlines()) == 1
    str(refusal).encode()


@given(options=OPTIONS, kind=IDENTITIES, macos=VERSIONS)
@settings(QUIET, max_examples=250)
def test_refused_by_name_or_valid(options: dict[str, t.Any], kind: str, macos: tuple[int, int] | None) -> None:
    who = cases.client(kind)
    try:
        wanted = mobileconfig.settings_from_options(options, who, macos=macos)
    except ProfileError as error:
        event(f"refused {(error.option or '').split('[')[0].split('.')[-1]}")
        _names_an_option(error)
        return
    event("rendered")
    profile = mobileconfig.render(wanted, who, cases.PASSPHRASE)
    assert violations(profile, macos, chosen_local_identifier=bool(options.get("local_identifier"))) == []
    assert mobileconfig.same_profile(profile, wanted, who)
    assert json.loads(json.dumps(mobileconfig.describe(wanted))) == mobileconfig.describe(wanted)
    again = mobileconfig.settings_from_options(options, who, macos=macos)
    assert (again, again.profile_uuid) == (wanted, wanted.profile_uuid)


@given(first=VALID, second=VALID)
@settings(QUIET, max_examples=150)
def test_two_profiles_share_a_uuid_only_when_they_say_the_same(first: dict[str, t.Any], second: dict[str, t.Any]) -> None:
    one, other = (mobileconfig.settings_from_options(cases.options(**options), cases.client()) for options in (first, second))
    event("same" if one == other else "different")
    assert (one == other) == (one.profile_uuid == other.profile_uuid)
