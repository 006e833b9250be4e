# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the package to traffic, by real ansible-playbook runs over SSH on simulated Macs, to a real IKEv2 gateway."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import gateway
import pytest
from support.connection_world import World, connections, world
from support.controller import Run

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(bool(gateway.lacking()), reason=f"no gateway can run here: {'; '.join(gateway.lacking())}"),
]

# One Mac for each authentication and preset, on versions old and new; and the ways of starting without vpnutil.
MACS: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "signature-default": ({}, {}),
    "signature-strong": ({"macos": "26.1"}, {"vpn_client_proposal": "strong"}),
    "signature-compatible": ({"macos": "12.7"}, {"vpn_client_proposal": "compatible"}),
    "eap-default": ({"macos": "14.5", "modes": {"dynamic_store": True}}, {"vpn_client_authentication": "eap_tls"}),
    "eap-strong": ({"macos": "13.7"}, {"vpn_client_authentication": "eap_tls", "vpn_client_proposal": "strong"}),
    "eap-compatible": ({"macos": "26.1"}, {"vpn_client_authentication": "eap_tls", "vpn_client_proposal": "compatible"}),
    "on-demand": ({"vpnutil": False}, {"vpn_client_on_demand_rules": [{"action": "Connect"}]}),
    "device-profile": ({}, {"vpn_client_scope": "system"}),
    "stock": ({"vpnutil": False}, {}),
}
STARTED = [name for name in MACS if name != "stock"]
WITH_VPNUTIL = [name for name in STARTED if name != "on-demand"]


class Story(t.NamedTuple):
    """The first rollout, which ends with connections, a second one, and the playbook connect."""

    world: World
    rollout: Run
    again: Run
    connect: Run


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Roll out to all Macs at once, and look at what came of it."""
    with world(tmp_path_factory.mktemp("connection"), {name: spec for name, (spec, _variables) in MACS.items()}) as running:
        for name, (_spec, variables) in MACS.items():
            running.give(name, running.holder(name), **variables)
        rollout = running.run("rollout", vpn_client_connect=True, vpn_client_connect_timeout=60)
        again = running.run("rollout", vpn_client_connect=True, vpn_client_connect_timeout=60)
        yield Story(running, rollout, again, running.run("connect"))


@pytest.mark.parametrize("name", STARTED)
def test_the_rollout_ends_with_an_address_from_the_pool(story: Story, name: str) -> None:
    assert story.rollout.recap(name)["failed"] == 0, story.rollout.output
    connection = connections(story.rollout)[name]["connection"]
    assert (connection["status"], connection["in_pool"], connection["routed"]) == ("connected", True, True)
    # macOS may have been faster than the task with the one that it starts by itself
    assert connection["method"] in (("on_demand", None) if name == "on-demand" else ("vpnutil",))
    # the gateway has given just that address to just this Mac, which proved its own name
    assert story.world.gateway.clients()[connection["address"]] == name
    assert f"inet {connection['address']} -->" in story.world.fleet[name].sh("/sbin/ifconfig ipsec0").stdout


def test_the_dynamic_store_shows_the_address_where_it_has_the_service(story: Story) -> None:
    mac = story.world.fleet["eap-default"]
    address = next(address for address, client in story.world.gateway.clients().items() if client == "eap-default")
    listed = mac.sh("echo 'list State:/Network/Service/[^/]+/IPv4' | /usr/sbin/scutil").stdout
    key = listed.split(" = ")[1].strip()
    shown = mac.sh(f"echo 'show {key}' | /usr/sbin/scutil").stdout
    assert f"0 : {address}\n" in shown
    assert "InterfaceName : ipsec0" in shown
    # where that is not known of macOS it is not there
    assert "no keys" in story.world.fleet["eap-strong"].sh("echo 'list State:/Network/Service/[^/]+/IPv4' | /usr/sbin/scutil").stdout


@pytest.mark.parametrize("name", STARTED)
def test_traffic_goes_through_the_tunnel_and_is_counted_on_both_sides(story: Story, name: str) -> None:
    address = story.world.gateway.clients()
    mine = next(address for address, client in address.items() if client == name)
    before = story.world.gateway.tunnel_traffic(mine)
    host = story.world.gateway.vnet_traffic()
    assert story.world.ping(name, 3) == 3
    after = story.world.gateway.tunnel_traffic(mine)
    assert (after[0] - before[0], after[1] - before[1]) == (3, 3)
    assert story.world.gateway.vnet_traffic()[0] - host[0] >= 3


@pytest.mark.parametrize("name", STARTED)
def test_a_second_run_changes_nothing(story: Story, name: str) -> None:
    assert (story.again.recap(name)["changed"], story.again.recap(name)["failed"]) == (0, 0)
    assert connections(story.again)[name]["connection"]["status"] == "connected"
    assert story.connect.recap(name)["changed"] == 0


def test_without_a_way_to_start_it_the_summary_says_what_the_user_does(story: Story) -> None:
    assert story.rollout.recap("stock")["failed"] == 0
    connection = connections(story.rollout)["stock"]["connection"]
    assert (connection["status"], connection["method"]) == ("disconnected", None)
    assert "alice switches Azure VPN on" in connection["remedy"]
    assert "stock: waiting for a person: macOS has no command that switches an IKEv2 VPN on" in story.rollout.output
    assert "stock" not in story.world.gateway.clients().values()
    assert story.world.ping("stock", 1) == 0


def test_the_info_module_tells_without_become_and_changes_nothing(story: Story) -> None:
    before = {name: story.world.fleet[name].tree_hash() for name in MACS}
    results = story.world.module("vpn_connection_info", "-e", "ansible_become=false")
    found = {name: result["connection"]["status"] for name, result in results.items()}
    assert found == {name: "disconnected" if name == "stock" else "connected" for name in MACS}
    assert {name: story.world.fleet[name].tree_hash() for name in MACS} == before


def test_disconnecting_takes_every_tunnel_down(story: Story) -> None:
    """The last one here, as it ends the connections."""
    checked = story.world.module("vpn_connection", "--check", state="disconnected")
    assert {name for name, result in checked.items() if result["changed"]} == set(WITH_VPNUTIL)
    assert set(story.world.gateway.clients().values()) == set(STARTED)
    results = story.world.module("vpn_connection", state="disconnected", timeout=60)
    assert {name: result["connection"]["status"] for name, result in results.items() if name != "on-demand"} == {
        name: "disconnected" for name in MACS if name != "on-demand"
    }
    # nothing on a Mac without vpnutil can stop it, and that is said
    assert "on-demand rules start it again" in results["on-demand"]["connection"]["remedy"]
    assert set(story.world.gateway.clients().values()) == {"on-demand"}
    assert story.world.ping("signature-default", 1) == 0
