# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package as plain data: what the module returns, and what vpn_profile takes back, hand-written or not."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
import typing as t

import pytest
from support.azure_package import VPN_SERVER, make_root
from support.read_package import NOW, ROOT, SECOND, pem, read_spec

from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import PackageError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.package import ClientPackage


def test_result_is_plain_data(tmp_path: pathlib.Path) -> None:
    result = read_spec(tmp_path, schema="new", roots=(ROOT, SECOND)).to_result(NOW)
    assert json.loads(json.dumps(result)) == result
    assert list(result) == [field.name for field in dataclasses.fields(ClientPackage)]
    assert result["vpn_types"] == ["sstp", "ikev2"]
    root = result["server_roots"][0]
    assert set(root) == {
        "pem",
        "common_name",
        "subject",
        "issuer",
        "serial_number",
        "sha256",
        "sha1",
        "not_before",
        "not_after",
        "days_left",
    }
    assert root["pem"].encode() == pem(ROOT)
    assert root["days_left"] == (dt.date(2042, 1, 1) - NOW.date()).days - 1


def test_result_comes_back_as_the_same_package(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, schema="new", roots=(ROOT, make_root("Old Root", ends=dt.date(2023, 1, 1))), dns=("10.0.0.4",))
    assert found.warnings
    assert ClientPackage.from_result(json.loads(json.dumps(found.to_result(NOW))), now=NOW) == found


def test_written_by_hand(tmp_path: pathlib.Path) -> None:
    by_hand = {"vpn_server": VPN_SERVER.upper(), "server_roots": [{"pem": pem(ROOT).decode()}]}
    found = ClientPackage.from_result(by_hand, now=NOW)
    assert (found.vpn_server, found.vpn_types, found.auth) == (VPN_SERVER, ("ikev2",), "eaptls")
    assert (found.routes, found.vnet_name, found.warnings) == ((), None, ())
    like_it = read_spec(tmp_path, vpn_type="IkeV2", routes=(), pools=(), vnet_name="", vnet_id="")
    assert found.digest == like_it.digest


def test_root_that_expired_since_is_left_out(tmp_path: pathlib.Path) -> None:
    result = read_spec(tmp_path, schema="new", roots=(ROOT, make_root("Old Root", ends=dt.date(2026, 4, 1)))).to_result(NOW)
    later = ClientPackage.from_result(result, now=NOW + dt.timedelta(days=60))
    assert [one.der for one in later.server_roots] == [ROOT]
    assert "expired on 2026-04-01" in later.warnings[0]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        pytest.param({"vpn_server": None}, "vpn_server is missing or empty", id="no-server"),
        pytest.param({"vpn_server": "gateway"}, 'vpn_server is "gateway", which is not a fully qualified', id="short-server"),
        pytest.param({"vpn_server": ["a.example.com"]}, "vpn_server is a list, not a text", id="list-of-servers"),
        pytest.param({"server_roots": []}, "server_roots is not a list with at least one root", id="no-roots"),
        pytest.param({"server_roots": "PEM"}, "server_roots is not a list", id="roots-as-text"),
        pytest.param({"server_roots": ["PEM"]}, "server_roots entry 1 has no pem", id="root-as-text"),
        pytest.param({"server_roots": [{"pem": "PEM"}]}, "server_roots entry 1: the data is not a readable", id="root-garbage"),
        pytest.param({"server_roots": [{"pem": "\ud800"}]}, "server_roots entry 1: the data is not a readable", id="root-surrogate"),
        pytest.param(
            {"server_roots": [{"pem": pem(ROOT).decode(), "sha256": "0" * 64}]},
            "has a sha256 that is not that of its pem",
            id="root-edited",
        ),
        pytest.param({"vpn_types": ["openvpn"]}, "it is of a gateway without IKEv2: it offers only OpenVPN", id="no-ikev2"),
        pytest.param({"vpn_types": "ikev2"}, "vpn_types is not a list of texts", id="types-as-text"),
        pytest.param({"auth": "eapmschapv2"}, "it is of a gateway with RADIUS passwords", id="radius"),
        pytest.param({"auth": 7}, "auth is a int, not a text", id="auth-number"),
        pytest.param({"routes": ["10.0.0.1/8"]}, 'routes holds "10.0.0.1/8"', id="route"),
        pytest.param({"routes": [8]}, "routes is not a list of texts", id="route-number"),
        pytest.param({"client_address_pools": ["x"]}, 'client_address_pools holds "x"', id="pool"),
        pytest.param({"dns_servers": ["x"]}, 'dns_servers holds "x"', id="dns"),
        pytest.param({"vnet_name": "a\nb"}, "vnet_name is", id="vnet-name"),
        pytest.param({"schema": "CaCert"}, 'schema is "CaCert", not one of ca_cert, ca_certs', id="schema"),
        pytest.param({"digest": "abc"}, 'digest is "abc", which is not a SHA-256', id="digest"),
        pytest.param({"warnings": "x"}, "warnings is not a list of texts", id="warnings"),
        pytest.param({"remote_id": "x"}, 'it has the unknown key "remote_id"', id="unknown-key"),
    ],
)
def test_plain_data_refused(change: dict[str, t.Any], finding: str) -> None:
    good = {"vpn_server": VPN_SERVER, "server_roots": [{"pem": pem(ROOT).decode()}]}
    with pytest.raises(PackageError) as caught:
        ClientPackage.from_result({**good, **change}, now=NOW)
    assert caught.value.option == "package"
    assert caught.value.finding.startswith(finding) or finding in caught.value.finding
    assert caught.value.remedy


@pytest.mark.parametrize("value", [None, "gateway.zip", ["x"], 1], ids=repr)
def test_not_a_dictionary(value: object) -> None:
    with pytest.raises(PackageError, match=r"^package: it is a \w+, not a dictionary; give the package that .* returned\.$"):
        ClientPackage.from_result(value)
