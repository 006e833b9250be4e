# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal whose connection ends in the middle: the Mac keeps a working identity and no file of ours, and the next run converges."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import subprocess
import time

import pytest
from support import keychain_world as world
from support.controller import Controller, Run
from support.keychain_case import NOBODY, PASSWORD, ROOT, USER, Case
from support.remote_shell import COMMAND

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, keychain, keychain_work, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.changes import Change
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Completed, Mac
from simulated_mac import Fleet, MacSpec, SimulatedMac

RENEWAL = Case("renewal", USER, "", "", "changed", options={"pkcs12": "new", "keychain_password": PASSWORD})
OPTIONS = {"allowed_applications": None, "partition_list": list(keychain_work.PARTITIONS), "remove_superseded": True}
AT_THE_SCREEN = Case("renewal", ROOT, "", "", "changed", options={"pkcs12": "new"})
NOBODY_THERE = Case("renewal", NOBODY, "", "", "changed", options={"pkcs12": "new", "keychain_password": PASSWORD, "user": "alice"})


@dataclasses.dataclass(frozen=True)
class Point:
    """The tool at which the network goes away, how many of its calls still work, and what becomes of the one that does not."""

    tool: str
    after: int = 0
    case: Case = RENEWAL
    goes_on: bool = False


# What root does is another path through the script: sudo, launchctl, a file handed over. A tool in the session at the screen
# goes on with the work; one that unlocked for the lost connection has lost that with it.
POINTS = {
    "while-looking": Point("security find-certificate"),
    "before-unlocking": Point("security show-keychain-info"),
    "while-unlocking": Point("security unlock-keychain"),
    "while-importing": Point("security import"),
    "while-proving": Point("security find-identity", 1),
    "while-setting-the-partition-list": Point("security set-key-partition-list"),
    "while-removing-the-older": Point("security delete-identity"),
    "while-looking-again": Point("security find-certificate", 2),
    "while-locking": Point("security lock-keychain"),
    "while-importing-at-the-screen": Point("security import", case=AT_THE_SCREEN),
    "while-an-import-at-the-screen-goes-on": Point("security import", case=AT_THE_SCREEN, goes_on=True),
    "while-proving-at-the-screen": Point("security find-identity", 1, AT_THE_SCREEN),
    "while-removing-the-older-at-the-screen": Point("security delete-identity", case=AT_THE_SCREEN),
    "while-a-removal-at-the-screen-goes-on": Point("security delete-identity", case=AT_THE_SCREEN, goes_on=True),
    "while-importing-for-nobody-there": Point("security import", case=NOBODY_THERE),
    "while-an-import-for-nobody-there-goes-on": Point("security import", case=NOBODY_THERE, goes_on=True),
    "while-proving-for-nobody-there": Point("security find-identity", 1, NOBODY_THERE),
    "while-removing-the-older-for-nobody-there": Point("security delete-identity", case=NOBODY_THERE),
    "while-locking-for-nobody-there": Point("security lock-keychain", case=NOBODY_THERE),
}
# Seconds after which the SSH client is killed: all through the script, which takes about two.
DELAYS = (0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.05, 1.2, 1.4, 1.6, 1.9, 2.3)
HOSTS = tuple(f"mac{number:02}" for number in range(1, len(POINTS) + 1))
OLD, NEW = {"old", "key of old"}, {"new", "key of new"}


def _furnish(mac: SimulatedMac) -> dict[str, str]:
    world.furnish(mac, world.LOGIN, PASSWORD, ("old", "root"))
    return world.items(mac)[world.LOGIN]


def _wait_until_clean(mac: SimulatedMac) -> None:
    """Wait until the script on the Mac has ended; its longest limit is a minute, or less where its seconds are made short."""
    until = time.monotonic() + 100
    while left := [path for path in mac.files() if "/p2s." in path]:
        assert time.monotonic() < until, left
        time.sleep(0.5)


def _assert_safe(mac: SimulatedMac, before: dict[str, str]) -> None:
    """Fail when the Mac has neither the older nor the newer identity whole, or when anything else differs.

    What was unlocked needs no look: it was so for the security session of the connection, which has ended with it.
    """
    after = world.items(mac)[world.LOGIN]
    assert after.keys() >= OLD or after.keys() >= NEW
    assert {name: item for name, item in before.items() if name not in OLD | NEW}.items() <= after.items()
    assert after.keys() <= before.keys() | NEW
    content = b"".join(mac.files().values())
    assert world.key_text("new").encode() not in content


def _play(controller: Controller, fleet: Fleet) -> Run:
    """Run each Mac's renewal on all at once, and return what came of it."""
    for host, point in zip(HOSTS, POINTS.values(), strict=True):
        (controller.folder / f"{host}.yml").write_text(json.dumps([point.case.task()]))
    tasks = [{"ansible.builtin.include_tasks": "{{ inventory_hostname }}.yml"}]
    (controller.folder / "cut.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "strategy": "free", "tasks": tasks}]))
    return controller.run("cut.yml", "-i", str(fleet.inventory), "--forks", str(len(POINTS)))


@pytest.mark.slow
def test_network_lost_at_a_tool(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cut")
    controller = Controller(folder / "controller")
    controller.inventory([])
    points = dict(zip(HOSTS, POINTS.values(), strict=True))
    with Fleet(folder / "fleet", [point.case.mac(host) for host, point in points.items()]) as fleet:
        before = {}
        for host, point in points.items():
            before[host] = _furnish(fleet[host])
            fleet[host].fault(point.tool, "cut", after=point.after, once=True, goes_on=point.goes_on)
        cut = _play(controller, fleet)
        for host, point in points.items():
            assert cut.recap(host)["unreachable"] == 1, (point, cut.output[-4000:])
            # From now on a tool that hangs is stopped soon.
            fleet[host].fault("sleep", "fast")
        for host in points:
            _wait_until_clean(fleet[host])
            fleet[host].fault("sleep", None)
            _assert_safe(fleet[host], before[host])
        # A Mac that still worked on a cut-off script may have been looked at too early: now all is quiet.
        assert _play(controller, fleet).rc == 0
        for host, point in points.items():
            after = world.items(fleet[host])[world.LOGIN]
            assert after.keys() == (before[host].keys() - OLD) | NEW, point
            assert world.key_text("new").encode() not in b"".join(fleet[host].files().values())
        last = _play(controller, fleet)
        assert {last.recap(host)["changed"] for host in points} == {0}


def _library(mac: SimulatedMac, *, killed_after: float | None = None) -> Mac:
    """Return the Mac as the library sees it; its second script runs over a client that dies."""
    scripts = 0

    def execute(script: bytes) -> Completed:
        nonlocal scripts
        scripts += 1
        client = subprocess.Popen(
            mac.ssh_command(COMMAND, options=["-T"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            limit = killed_after if scripts == 2 else None
            out, err = client.communicate(script, timeout=limit)
        except subprocess.TimeoutExpired:
            client.kill()
            client.communicate()
            raise
        return Completed(client.returncode, out.decode(), err.decode())

    return Mac(execute)


def _renew(mac: Mac) -> keychain.Found:
    wanted = identity.read(world.pkcs12("new"), world.PASSPHRASE, now=pki.utc_now())
    target = keychain.Target("login")
    found = keychain.observe(mac, target, identities=True)

    def left(seen: keychain.Found) -> list[Change]:
        return keychain.plan_identity(wanted, seen, remove_superseded=True)

    if not left(found):
        return found
    work = keychain_work.identity_work(wanted, found, OPTIONS)
    return keychain_work.apply(mac, target, keychain.access(found, target, PASSWORD), work, found, left)


def _killed(mac: SimulatedMac, delay: float) -> bool:
    try:
        _renew(_library(mac, killed_after=delay))
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.mark.slow
def test_client_killed_at_any_moment(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Fleet(tmp_path_factory.mktemp("killed") / "fleet", [MacSpec(f"mac{number}") for number in range(len(DELAYS))]) as fleet:
        macs = list(fleet)
        before = [_furnish(mac) for mac in macs]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            killed = list(pool.map(_killed, macs, DELAYS))
        assert any(killed)
        for mac, items in zip(macs, before, strict=True):
            _wait_until_clean(mac)
            _assert_safe(mac, items)
            seen = _renew(_library(mac))
            assert not seen.superseded_by(pki.Certificate(world.holder("new").der))
            assert world.items(mac)[world.LOGIN].keys() == (items.keys() - OLD) | NEW


def test_what_was_begun_is_finished_without_the_client(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Once the script is on the Mac, the loss of the connection stops nothing: not even the removal of the older identity."""
    with Fleet(tmp_path_factory.mktemp("finished") / "fleet", [MacSpec("mac01")]) as fleet:
        mac = fleet["mac01"]
        before = _furnish(mac)
        wanted = identity.read(world.pkcs12("new"), world.PASSPHRASE, now=pki.utc_now())
        target = keychain.Target("login")
        found = keychain.observe(_library(mac), target, identities=True)
        # At the first tool. A simulated Mac locks again what the lost connection had unlocked: where that comes in between,
        # test_network_lost_at_a_tool sees to it.
        mac.fault("security show-keychain-info", "cut", once=True, goes_on=True)

        def execute(script: bytes) -> Completed:
            client = subprocess.run(mac.ssh_command(COMMAND, options=["-T"]), input=script, capture_output=True, check=False)
            assert client.returncode == 255, client
            raise ConnectionError

        work = keychain_work.identity_work(wanted, found, OPTIONS)
        with pytest.raises(ConnectionError):
            keychain_work.apply(Mac(execute), target, keychain.access(found, target, PASSWORD), work, found, lambda _found: [])
        _wait_until_clean(mac)
        _assert_safe(mac, before)
        assert world.items(mac)[world.LOGIN].keys() == (before.keys() - OLD) | NEW
