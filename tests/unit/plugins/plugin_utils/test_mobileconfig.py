# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile as a whole: what a person reads in review, what stays the same, what makes another one, and what --diff shows."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import plistlib
import subprocess
import sys
import typing as t

import pytest
from support import demo_pki
from support import profile_cases as cases

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, mobileconfig, pki

GOLDEN = pathlib.Path(__file__).parent / "golden"
UPDATE = "UPDATE_GOLDEN"


def _settings(**changes: t.Any) -> mobileconfig.ProfileSettings:
    return mobileconfig.settings_from_options(cases.options(**changes), cases.client())


class _Canned(identity.Identity):
    """An identity whose encoding can be read in review."""

    def for_macos(self, passphrase: str, *, label: str) -> bytes:
        return f"(PKCS#12, key called {label}, under {passphrase})".encode()


def _golden() -> bytes:
    """Render the default profile for certificates that never change."""
    pems = [(GOLDEN / f"{name}.pem").read_bytes() for name in ("client", "root", "gateway")]
    client, root, gateway = map(pki.Certificate.from_pem_or_der, pems)
    who = _Canned(client, (root,), t.cast(t.Any, None), "rsa2048", "mac-01")
    options = {"name": "Azure VPN", "server": demo_pki.VPN_SERVER, "server_roots": [gateway.pem]}
    return mobileconfig.render(mobileconfig.settings_from_options(options, who), who, "passphrase")


def test_the_default_profile_reads_as_reviewed() -> None:
    target = GOLDEN / "default.mobileconfig"
    if os.environ.get(UPDATE):
        target.write_bytes(_golden())
    assert _golden() == target.read_bytes(), f"if it is meant: all installed profiles become outdated; {UPDATE}=1 rewrites the file"


def test_every_controller_gives_the_same_uuids() -> None:
    """Another process with another hash seed, locale and time zone."""
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import importlib.util\n"
        "spec = importlib.util.spec_from_file_location('golden', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "sys.stdout.buffer.write(module._golden())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Pacific/Auckland", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, __file__], env=environment, capture_output=True, check=True)
    assert done.stdout == (GOLDEN / "default.mobileconfig").read_bytes()


def test_the_random_encoding_never_makes_another_profile() -> None:
    settings = _settings()
    first, second = (mobileconfig.render(settings, cases.client(), identity.new_passphrase()) for _time in range(2))
    assert first != second, "salt, IV and passphrase are new each time"
    assert plistlib.loads(first)["PayloadUUID"] == plistlib.loads(second)["PayloadUUID"] == settings.profile_uuid
    assert mobileconfig.same_profile(first, settings, cases.client())
    assert mobileconfig.same_profile(second, settings, cases.client())


def test_the_order_of_the_roots_does_not_matter() -> None:
    roots = [cases.gateway_root(number).pem for number in (1, 2, 3)]
    assert _settings(server_roots=roots) == _settings(server_roots=roots[::-1])


OTHER: dict[str, dict[str, t.Any]] = {
    "name": {"name": "Other VPN"},
    "identifier": {"identifier": "com.example.vpn"},
    "server": {"server": "vpn.example.com"},
    "remote-identifier": {"remote_identifier": "vpn.example.com"},
    "local-identifier": {"local_identifier": "somebody"},
    "a-root-more": {"server_roots": [cases.gateway_root(1).pem, cases.gateway_root(2).pem]},
    "another-root": {"server_roots": [cases.gateway_root(2).pem]},
    "authentication": {"authentication": "eap_tls"},
    "proposal": {"proposal": "strong"},
    "child": {"child": {"lifetime_in_minutes": 60}},
    "pfs": {"pfs": True},
    "dns": {"dns": {"server_addresses": ["10.1.0.4"]}},
    "on-demand-rules": {"on_demand_rules": [{"action": "Connect"}]},
    "include-all-networks": {"include_all_networks": True},
    "server-certificate-common-name": {"server_certificate_common_name": "gateway.example.com"},
    "server-certificate-issuer": {"server_certificate_issuer_common_name": "Gateway CA"},
    "mtu": {"mtu": 1300},
    "disconnect-on-idle": {"disconnect_on_idle": 60},
    "scope": {"scope": "system"},
}


@pytest.mark.parametrize("changes", OTHER.values(), ids=OTHER)
def test_every_changed_option_shows_as_outdated_and_in_the_diff(changes: dict[str, t.Any]) -> None:
    before, after = _settings(), _settings(**changes)
    assert before.profile_uuid != after.profile_uuid
    assert mobileconfig.describe(before) != mobileconfig.describe(after)
    assert not mobileconfig.same_profile(mobileconfig.render(before, cases.client(), "passphrase"), after, cases.client())


def test_every_setting_is_covered_by_the_change_table() -> None:
    covered = {key for changes in OTHER.values() for key in changes} | {"certificate", "chain", "certificate_type", "ike", "warnings"}
    assert {field.name for field in dataclasses.fields(mobileconfig.ProfileSettings)} <= covered


def test_a_renewed_certificate_replaces_the_profile_in_place() -> None:
    old, new = cases.client(), cases.client(number=2)
    assert old.certificate != new.certificate
    before, after = (mobileconfig.settings_from_options(cases.options(), who) for who in (old, new))
    assert before.identifier == after.identifier, "another identifier would leave two VPNs on the Mac"
    assert before.profile_uuid != after.profile_uuid, "the same UUID would never show as outdated"
    parts = []
    for settings, who in ((before, old), (after, new)):
        payloads = plistlib.loads(mobileconfig.render(settings, who, "x"))["PayloadContent"]
        parts.append([(payload["PayloadIdentifier"], payload["PayloadUUID"]) for payload in payloads])
    assert parts[0] == parts[1], "macOS updates payloads with the same identifier and UUID"
    assert not mobileconfig.same_profile(mobileconfig.render(before, old, "x"), after, new)


def test_identifiers_are_one_per_gateway_and_client() -> None:
    name = mobileconfig.default_identifier
    assert name("VPN.example.com", "Mac-01") == name("vpn.example.com", "mac-01")
    assert len({name("vpn.example.com", "mac-01"), name("vpn.example.com", "mac-02"), name("vpn2.example.com", "mac-01")}) == 3


def test_the_diff_is_plain_data_without_secrets() -> None:
    settings = _settings(dns={"server_addresses": ["10.1.0.4"]}, on_demand_rules=[{"action": "Connect"}])
    described = mobileconfig.describe(settings)
    assert json.loads(json.dumps(described)) == described
    assert described["certificate"]["sha256"] == cases.client().certificate.sha256
    text = json.dumps(described)
    assert "PRIVATE" not in text
    assert cases.PASSPHRASE not in text


def test_settings_of_another_identity_are_not_rendered() -> None:
    with pytest.raises(ValueError, match="another identity"):
        mobileconfig.render(_settings(), cases.client(name="mac-02"), "passphrase")


def test_a_certificate_name_that_xml_cannot_hold_does_not_break_the_profile() -> None:
    who = cases.read(demo_pki.issue(cases.client_root(), "mac\x07", dns_names=["mac-01"], key=demo_pki.new_key("rsa2048", number=1)))
    settings = mobileconfig.settings_from_options(cases.options(), who)
    assert b"\x07" not in mobileconfig.render(settings, who, "passphrase")
