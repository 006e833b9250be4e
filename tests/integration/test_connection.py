# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the package to traffic, by real ansible-playbook runs over SSH on simulated Macs, to a real IKEv2 gateway."""

from __future__ import annotations

import time
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

# One Mac for each authentication and preset, on versions old and new; one of them has the profile as a device's, one is started by
# on-demand rules without vpnutil. The last has no way to be started.
MACS: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "signature-default": ({}, {}),
    "signature-strong": ({"macos": "26.1"}, {"vpn_client_proposal": "strong"}),
    "signature-compatible": ({"macos": "12.7"}, {"vpn_client_proposal": "compatible", "vpn_client_scope": "system"}),
    "eap-default": ({"macos": "14.5", "modes": {"dynamic_store": True}}, {"vpn_client_authentication": "eap_tls"}),
    "eap-strong": ({"macos": "13.7"}, {"vpn_client_authentication": "eap_tls", "vpn_client_proposal": "strong"}),
    "eap-compatible": (
        {"macos": "26.1", "vpnutil": False},
        {
            "vpn_client_authentication": "eap_tls",
            "vpn_client_proposal": "compatible",
            "vpn_client_on_demand_rules": [{"action": "Connect"}],
        },
    ),
    "stock": ({"vpnutil": False}, {}),
}
ON_DEMAND = "eap-compatible"
STARTED = [name for name in MACS if name != "stock"]
# The playbook connect starts these; the rollout the others.
LATER = ("signature-strong", "eap-default")
LEFT_ALONE = ("eap-strong", "stock")
# What a second rollout does to certificates and profiles is tested elsewhere; here that it leaves a connection alone.
AGAIN = "signature-default"


class Story(t.NamedTuple):
    """The first rollout, which ends with connections, the playbook connect for those that it left, and a second rollout.

    ``traffic``: what was counted while each Mac pinged: answers, and packets in and out of its tunnel at the gateway; ``at_the_host``
    what the host in the virtual network received.
    """

    world: World
    rollout: Run
    connect: Run
    again: Run
    traffic: dict[str, tuple[int, int, int]]
    at_the_host: int


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Roll out to all Macs at once, and look at what came of it."""
    with world(tmp_path_factory.mktemp("connection"), {name: spec for name, (spec, _variables) in MACS.items()}) as running:
        for name, (_spec, variables) in MACS.items():
            running.give(name, running.holder(name), **variables, **({"vpn_client_connect": False} if name in LATER else {}))
        rollout = running.run("rollout", vpn_client_connect=True, vpn_client_connect_timeout=60)
        connect = running.run("connect", "--limit", ",".join([*LATER, *LEFT_ALONE]), vpn_client_connect_timeout=60)
        again = running.run("rollout", "--limit", AGAIN, vpn_client_connect=True, vpn_client_connect_timeout=60)
        yield Story(running, rollout, connect, again, *_pinged(running))


def _pinged(running: World) -> tuple[dict[str, tuple[int, int, int]], int]:
    gateway = running.gateway
    address = {client: address for address, client in gateway.clients().items()}
    before = {name: gateway.tunnel_traffic(address[name]) for name in STARTED if name in address}
    host = gateway.vnet_traffic()[0]
    answers = running.pings(before)
    after = {name: gateway.tunnel_traffic(address[name]) for name in before}
    counted = {name: (answers[name], after[name][0] - before[name][0], after[name][1] - before[name][1]) for name in before}
    return counted, gateway.vnet_traffic()[0] - host


@pytest.mark.parametrize("name", STARTED)
def test_it_ends_with_an_address_from_the_pool(story: Story, name: str) -> None:
    run = story.connect if name in LATER else story.rollout
    assert run.recap(name)["failed"] == 0, run.output
    connection = connections(run)[name]["connection"]
    assert (connection["status"], connection["in_pool"], connection["routed"]) == ("connected", True, True)
    # macOS may have been faster than the task with the one that it starts by itself
    assert connection["method"] in (("on_demand", None) if name == ON_DEMAND else ("vpnutil",))
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


def test_the_playbook_connect_shows_the_address_and_says_that_it_is_in_the_pools(story: Story) -> None:
    for name in (*LATER, "eap-strong"):
        address = next(address for address, client in story.world.gateway.clients().items() if client == name)
        assert f"connected {address} (in the address pools)" in story.connect.output
    # what the rollout had connected is left alone
    changed = {name: story.connect.recap(name)["changed"] for name in (*LATER, *LEFT_ALONE)}
    assert changed == {**dict.fromkeys(LATER, 1), **dict.fromkeys(LEFT_ALONE, 0)}


@pytest.mark.parametrize("name", STARTED)
def test_traffic_goes_through_the_tunnel_and_is_counted_on_both_sides(story: Story, name: str) -> None:
    assert story.traffic[name] == (2, 2, 2)
    assert story.at_the_host >= 2 * len(STARTED)


def test_a_second_run_changes_nothing(story: Story) -> None:
    assert (story.again.recap(AGAIN)["changed"], story.again.recap(AGAIN)["failed"]) == (0, 0)
    assert connections(story.again)[AGAIN]["connection"]["status"] == "connected"


def test_without_a_way_to_start_it_the_summary_says_what_the_user_does(story: Story) -> None:
    assert story.rollout.recap("stock")["failed"] == 0
    connection = connections(story.rollout)["stock"]["connection"]
    assert (connection["status"], connection["method"]) == ("disconnected", None)
    assert "alice switches Azure VPN on" in connection["remedy"]
    assert "stock: waiting for a person: macOS has no command that switches an IKEv2 VPN on" in story.rollout.output
    assert "stock" not in story.world.gateway.clients().values()
    assert not story.world.reaches("stock")


def test_the_info_module_tells_without_become_and_changes_nothing(story: Story) -> None:
    looked_at = ("signature-default", "signature-compatible", ON_DEMAND, "stock")
    before = {name: story.world.fleet[name].tree_hash() for name in looked_at}
    results = story.world.module("vpn_connection_info", "--limit", ",".join(looked_at), "-e", "ansible_become=false")
    found = {name: result["connection"]["status"] for name, result in results.items()}
    assert found == {name: "disconnected" if name == "stock" else "connected" for name in looked_at}
    assert {name: story.world.fleet[name].tree_hash() for name in looked_at} == before


def test_disconnecting_takes_every_tunnel_down(story: Story) -> None:
    """The last one here, as it ends the connections."""
    checked = story.world.module("vpn_connection", "--check", "--limit", f"eap-strong,{ON_DEMAND}", state="disconnected")
    assert {name: result["changed"] for name, result in checked.items()} == {"eap-strong": True, ON_DEMAND: False}
    assert set(story.world.gateway.clients().values()) == set(STARTED)
    results = story.world.module("vpn_connection", state="disconnected", timeout=60)
    assert {name: result["connection"]["status"] for name, result in results.items() if name != ON_DEMAND} == {
        name: "disconnected" for name in MACS if name != ON_DEMAND
    }
    # nothing on a Mac without vpnutil can stop it, and that is said
    assert "on-demand rules start it again" in results[ON_DEMAND]["connection"]["remedy"]
    until = time.monotonic() + 10
    # the gateway hears of an end a moment after the Mac
    while set(story.world.gateway.clients().values()) != {ON_DEMAND}:
        assert time.monotonic() < until, story.world.gateway.clients()
        time.sleep(0.1)
    assert not story.world.reaches("signature-default")
