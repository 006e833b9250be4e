# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated Macs, a real gateway and a controller: what a test of the whole way from package to traffic needs."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import pathlib
import time
import typing as t
from collections.abc import Iterable, Iterator, Mapping

from gateway import POOL, VNET, VNET_HOST, Gateway
from gateway.provider.agent import Agent

from simulated_mac import Fleet, MacSpec, Person

from . import demo_pki
from .controller import Controller, Run
from .demo_pki import Holder
from .gateway_lab import answered

PASSPHRASE = "Looking-glass 1871"
# Another gateway's name that leads to this one's address, and one of which nothing is heard.
OTHER_SERVER = demo_pki.VPN_SERVER.replace("a1b2c3d4e5f6", "ffffffffffff")
SILENT_SERVER = demo_pki.VPN_SERVER.replace("a1b2c3d4e5f6", "eeeeeeeeeeee")
_VPNUTIL = "/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H /opt/homebrew/bin/vpnutil"
# Does what a rollout asks of the person at the Mac, and answers the one dialog about the key.
WILLING = Person(approves_after=0.5, answers_dialogs_after=0.5)


class World:
    """All of it, running. Host variables of the inventory are ``variables[name]``; ``write_inventory`` brings them to the controller."""

    def __init__(self, fleet: Fleet, gateway: Gateway, controller: Controller, root: Holder) -> None:
        self.fleet = fleet
        self.gateway = gateway
        self.controller = controller
        self.root = root
        self.variables: dict[str, dict[str, t.Any]] = {}
        # Other tests look for secrets in command lines; these have no need to.
        controller.watch_every = 5.0
        # Most of them wait for a person or a gateway most of the time.
        controller.forks = len(fleet)
        self.agents: dict[str, Agent] = {mac.name: gateway.attach(mac) for mac in fleet}
        (controller.folder / "azure.zip").write_bytes(gateway.package(1))
        for mac in fleet:
            self.give(mac.name, self.holder(mac.name))

    def holder(self, name: str, root: Holder | None = None, **more: t.Any) -> Holder:
        """Issue a client certificate."""
        return demo_pki.issue(root or self.root, name, **{"key": demo_pki.new_key(number=9400 + sum(name.encode()) % 200), **more})

    def give(self, name: str, holder: Holder, **variables: t.Any) -> None:
        """Let the Mac ``name`` have that identity, and those variables besides."""
        (self.controller.folder / f"{name}.p12").write_bytes(demo_pki.pkcs12(holder, PASSPHRASE))
        self.variables[name] = {**self.variables.get(name, {}), **variables}

    def run(self, playbook: str, *arguments: str, **variables: t.Any) -> Run:
        """Run a playbook of the collection over all Macs, or those that a --limit leaves."""
        self._inventory(**variables)
        return self.controller.run(f"azure_p2s.macos.{playbook}", "-i", str(self.fleet.inventory), "-v", *arguments)

    def module(self, name: str, *arguments: str, **options: t.Any) -> dict[str, dict[str, t.Any]]:
        """Run one of the connection modules on all Macs and return the results by host."""
        self._inventory()
        usual = {"name": "Azure VPN", "address_pools": [POOL], "routes": [VNET]}
        run = self.controller.play(
            {f"azure_p2s.macos.{name}": {**usual, **options}}, arguments=["-i", str(self.fleet.inventory), *arguments]
        )
        results = dict(run.results())
        assert results, run.output
        return results

    def ping(self, name: str, count: int = 2) -> int:
        """Ping the host in the virtual network from a Mac, over SSH as its user; return how many requests were answered."""
        return answered(self.fleet[name].sh(f"/sbin/ping -n -c {count} {VNET_HOST}").stdout)

    def pings(self, names: Iterable[str], count: int = 2) -> dict[str, int]:
        """Ping from several Macs at a time."""
        listed = list(names)
        with concurrent.futures.ThreadPoolExecutor(len(listed)) as pool:
            return dict(zip(listed, pool.map(lambda name: self.ping(name, count), listed), strict=True))

    def reaches(self, name: str) -> bool:
        """Return whether one request is answered within a second; ping itself waits for ten, and how to change that differs."""
        script = f"/sbin/ping -n -c 1 {VNET_HOST} >/dev/null & ping=$!\n(/bin/sleep 1; kill $ping) 2>/dev/null & wait $ping"
        return self.fleet[name].sh(script).returncode == 0

    def stop(self, name: str) -> None:
        """End the connection as the user of a Mac would, and wait until the gateway knows it."""
        self.fleet[name].sh(f"{_VPNUTIL} stop 'Azure VPN'")
        until = time.monotonic() + 10
        while name in self.gateway.clients().values():
            assert time.monotonic() < until, f"the tunnel of {name} does not end"
            time.sleep(0.1)

    def _inventory(self, **variables: t.Any) -> None:
        common = {
            "vpn_client_package": "azure.zip",
            "vpn_client_identity_pkcs12": "{{ inventory_hostname }}.p12",
            "vpn_client_identity_passphrase": PASSPHRASE,
            "vpn_client_approval_timeout": 60,
            "ansible_become": True,
            **variables,
        }
        self.controller.inventory(self.variables, **json.loads(json.dumps(common)))


def connections(run: Run) -> dict[str, dict[str, t.Any]]:
    """Return what ``vpn_connection`` returned or said in a run, by host."""
    found = {}
    for host, result in run.results():
        if "connection" in result or ("error" in result and "did not come up" in str(result.get("msg"))):
            found[host] = result
    return found


@contextlib.contextmanager
def world(folder: pathlib.Path, specs: Mapping[str, Mapping[str, t.Any]], **gateway: t.Any) -> Iterator[World]:
    """Start Macs with these names and differences from a usual one, and the gateway."""
    macs = [MacSpec(name, **{"network": True, "vpnutil": True, "person": WILLING, **spec}) for name, spec in specs.items()]
    root = demo_pki.root(key=demo_pki.new_key(number=9399))
    names: dict[str, t.Any] = {"other_names": (OTHER_SERVER,), "silent_names": (SILENT_SERVER,)}
    with Fleet(folder / "fleet", macs) as fleet, Gateway((root,), **names, **gateway) as running:
        yield World(fleet, running, Controller(folder / "controller"), root)
