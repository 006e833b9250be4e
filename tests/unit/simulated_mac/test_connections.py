# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that a profile brought: started and stopped with vpnutil, seen on interfaces; and the collection's script at work on them."""

from __future__ import annotations

import ipaddress
import subprocess
import typing as t

import pytest
from support.remote_shell import COMMAND

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import tunnel, tunnel_work
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Completed, Mac
from simulated_mac import Gateway, SimulatedMac
from simulated_mac.conformance.sample import profile

Boot = t.Callable[..., SimulatedMac]
GUI = "/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H "


def show(mac: SimulatedMac, content: bytes) -> int:
    """Open a profile in the GUI session of alice."""
    mac.write("/Users/alice/p.mobileconfig", content, owner=501, mode=0o600)
    return mac.sh(GUI + "/usr/bin/open /Users/alice/p.mobileconfig\n").returncode


VPNUTIL = GUI + "/opt/homebrew/bin/vpnutil "


def connected(boot: Boot, **options: t.Any) -> SimulatedMac:
    """Return a Mac with vpnutil, the profile, and the connection just started."""
    mac = boot(vpnutil=True, **options)
    show(mac, profile())
    mac.approve_profile()
    assert "AzureVNet has been started" in mac.sh(VPNUTIL + "start AzureVNet").stderr
    return mac


def test_tunnel_comes_up(boot: Boot) -> None:
    mac = connected(boot, gateway=Gateway(seconds=600), modes={"first_dialog": False})
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connecting\n"
    mac.pass_time(601)
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connected\n"
    assert "\tinet 172.16.201.2 --> 172.16.201.2 netmask 0xffffff00 \n" in mac.sh("/sbin/ifconfig ipsec0").stdout
    assert mac.sh("/usr/sbin/scutil --nc list").stdout.count("\n") == 1
    assert "AzureVNet has been stopped" in mac.sh(VPNUTIL + "stop AzureVNet").stderr
    mac.pass_time(2)
    assert mac.sh("/sbin/ifconfig ipsec0").returncode == 1


def test_vpnutil_lags_behind_the_interface(boot: Boot) -> None:
    mac = connected(boot, gateway=Gateway(seconds=0, lag_seconds=600))
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connecting\n"
    assert "inet 172.16.201.2 " in mac.sh("/sbin/ifconfig ipsec0").stdout
    assert "was not started because it was in the state 'Connecting'" in mac.sh(VPNUTIL + "start AzureVNet").stderr
    mac.pass_time(601)
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connected\n"


def test_a_stopped_connection_goes_down_slowly(boot: Boot) -> None:
    mac = connected(boot, gateway=Gateway(seconds=0, lag_seconds=0, stopping_seconds=600))
    mac.sh(VPNUTIL + "stop AzureVNet")
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Disconnecting\n"
    assert mac.sh("/sbin/ifconfig ipsec0").returncode == 0
    for verb, word in (("start", "started"), ("stop", "stopped")):
        assert f"was not {word} because it was in the state 'Disconnecting'" in mac.sh(VPNUTIL + f"{verb} AzureVNet").stderr
    mac.pass_time(601)
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Disconnected\n"
    assert "has been started" in mac.sh(VPNUTIL + "start AzureVNet").stderr


def reached(mac: SimulatedMac) -> Mac:
    """Return the Mac as the collection's library has it: root, over SSH."""

    def execute(script: bytes) -> Completed:
        command = mac.ssh_command(f"/usr/bin/sudo {COMMAND}", options=["-T"])
        done = subprocess.run(command, input=script, capture_output=True, timeout=120, check=False)
        return Completed(done.returncode, done.stdout.decode(), done.stderr.decode())

    return Mac(execute)


WANTED = tunnel.Wanted("AzureVNet", (ipaddress.ip_network("172.16.201.0/24"),), (), "alice")
NO_POOLS = tunnel.Wanted("AzureVNet", (), (), "alice")


def brought(mac: SimulatedMac, wanted: tunnel.Wanted, state: t.Literal["connected", "disconnected"]) -> tuple[str, str]:
    """Bring the connection into ``state`` as the module does; return the state it was in and the one it is in."""
    before = tunnel.observe(reached(mac), wanted)
    plan = tunnel_work.plan(before, wanted, state, 30)
    found, sections = tunnel_work.apply(reached(mac), before, wanted, plan.steps, 30)
    tunnel_work.refuse_undone(found, wanted, state, sections, 30, before)
    return before.status(wanted), found.status(wanted)


def starts(mac: SimulatedMac) -> int:
    """Return how often the connection was told to start."""
    return sum(call.argv[:2] == ("/opt/homebrew/bin/vpnutil", "start") for call in mac.calls())


def test_the_collection_starts_what_is_still_on_its_way_down_once_it_is(boot: Boot) -> None:
    mac = connected(boot, gateway=Gateway(seconds=0, stopping_seconds=6), modes={"first_dialog": False})
    mac.sh(VPNUTIL + "stop AzureVNet")
    assert brought(mac, WANTED, "connected") == ("disconnected", "connected")
    assert starts(mac) > 2, "refused at least once while it was going down"
    assert mac.state()["vpn"][0]["status"] == "Connected"


@pytest.mark.parametrize("wanted", [WANTED, NO_POOLS], ids=["pools", "no-pools"])
def test_the_collection_starts_and_stops_while_vpnutil_lags(boot: Boot, wanted: tunnel.Wanted) -> None:
    mac = boot(vpnutil=True, gateway=Gateway(seconds=0, lag_seconds=3, stopping_seconds=3))
    show(mac, profile())
    mac.approve_profile()
    assert brought(mac, wanted, "connected") == ("disconnected", "connected")
    assert brought(mac, wanted, "disconnected") == ("connected", "disconnected")
    assert mac.state()["vpn"][0]["status"] == "Disconnected"


def test_another_vpns_interface_comes_first(boot: Boot) -> None:
    mac = connected(boot, gateway=Gateway(seconds=0, lag_seconds=0), modes={"first_dialog": False, "other_tunnels": ["100.64.0.1"]})
    assert "inet 100.64.0.1 " in mac.sh("/sbin/ifconfig ipsec0").stdout
    assert "inet 172.16.201.2 " in mac.sh("/sbin/ifconfig ipsec1").stdout


@pytest.mark.parametrize(
    "gateway",
    [Gateway(authentication="certificate", seconds=0), Gateway(reachable=False, seconds=0)],
    ids=["other-authentication", "unreachable"],
)
def test_tunnel_does_not_come_up(boot: Boot, gateway: Gateway) -> None:
    mac = connected(boot, gateway=gateway)
    mac.pass_time(60)
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Disconnected\n"


def test_vpnutil_in_a_bare_ssh_session_finds_nothing_and_succeeds(boot: Boot) -> None:
    mac = connected(boot)
    done = mac.sh("/opt/homebrew/bin/vpnutil status AzureVNet")
    assert done.returncode == 0
    assert "Could not find AzureVNet" in done.stderr


LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
PROVIDER = "/System/Library/Frameworks/NetworkExtension.framework/PlugIns/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider"


def with_imported_key(boot: Boot, options: str, partitions: str, **more: t.Any) -> SimulatedMac:
    """Return a Mac whose identity was imported by hand before the profile came, with the connection just started."""
    mac = boot(vpnutil=True, gateway=Gateway(seconds=0, lag_seconds=0), **more)
    assert mac.sh(GUI + f"/usr/bin/security import /tmp/files/good.p12 -k {LOGIN} -P secret {options}").returncode == 0
    password = mac.spec.user("alice").login_password
    script = f"/usr/bin/security set-key-partition-list -S {partitions} -k '{password}' -l 'P2S key' {LOGIN} >/dev/null"
    assert mac.sh(GUI + script).returncode == 0
    show(mac, profile())
    mac.approve_profile()
    mac.sh(VPNUTIL + "start AzureVNet")
    return mac


@pytest.mark.parametrize(
    ("options", "partitions"),
    [(f"-T {PROVIDER}", "apple-tool:"), ("-T /usr/bin/security", "apple-tool:,apple:"), (f"-T {PROVIDER}", "apple-tool:,apple:")],
    ids=["no-partition", "no-acl", "both-at-first"],
)
def test_imported_key_raises_a_dialog_and_connecting_waits(boot: Boot, options: str, partitions: str) -> None:
    mac = with_imported_key(boot, options, partitions)
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connecting\n"
    assert "NEIKEv2Provider wants to access key" in mac.state()["dialogs"][0]["text"]
    mac.answer_dialogs()
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connected\n"


def test_imported_key_with_acl_and_partition_list_can_be_enough(boot: Boot) -> None:
    mac = with_imported_key(boot, f"-T {PROVIDER}", "apple-tool:,apple:", modes={"first_dialog": False})
    assert mac.sh(VPNUTIL + "status AzureVNet").stdout == "AzureVNet Connected\n"
