# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway and one client with nothing but rendered profiles between them: no Mac, no Ansible."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import re
import subprocess
import typing as t
from collections.abc import Iterator

from gateway import VNET_HOST, Gateway
from gateway.process import Namespace, end
from gateway.provider import Client, InstalledVpn, from_profile
from gateway.provider.client import Up

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity as identities
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity

from . import demo_pki
from .demo_pki import Holder

PASSPHRASE = "only-for-tests"


@dataclasses.dataclass
class Lab:
    """A running gateway, a client in a namespace of its own, and the root of the clients' identities."""

    gateway: Gateway
    client: Client
    root: Holder

    def holder(self, name: str = "mac01", **more: t.Any) -> Holder:
        """Issue a client certificate; RSA keys are made once per name."""
        number = 9200 + sum(name.encode()) % 100
        return demo_pki.issue(self.root, name, **{"key": demo_pki.new_key(number=number), **more})

    def vpn(
        self, holder: Holder | Identity | None = None, *, macos: tuple[int, int] = (15, 6), now: dt.datetime | None = None, **options: t.Any
    ) -> InstalledVpn:
        """Render the profile of ``holder`` (at the time ``now``) or of an identity as the module does, and install it on a Mac."""
        identity = holder if isinstance(holder, Identity) else read(holder or self.holder(), now)
        usual = {"name": "Azure VPN", "server": self.gateway.server, "server_roots": [self.gateway.settings.identity.root.pem]}
        settings = mobileconfig.settings_from_options({**usual, **options}, identity, macos=macos)
        return from_profile(mobileconfig.render(settings, identity, identities.new_passphrase()), macos=macos)

    @contextlib.contextmanager
    def gateway_with(self, **settings: t.Any) -> Iterator[Gateway]:
        """Switch the gateway for the length of a block."""
        before = self.gateway.settings
        self.gateway.change(**settings)
        try:
            yield self.gateway
        finally:
            self.gateway.settings = before
            self.gateway.load()

    @contextlib.contextmanager
    def connected(self, vpn: InstalledVpn) -> Iterator[Up]:
        """Hold a tunnel for the length of a block."""
        up = self.client.connect(vpn)
        try:
            yield up
        finally:
            self.client.disconnect()

    def ping(self, count: int = 3, *, patience: float = 1) -> int:
        """Send echo requests through the tunnel to the host in the virtual network; return how many were answered."""
        shown = self.client.namespace.run("ping", "-n", "-c", str(count), "-i", "0.1", "-W", str(patience), VNET_HOST, check=False).stdout
        return answered(shown)

    @contextlib.contextmanager
    def pinging(self) -> Iterator[list[int]]:
        """Send ten requests a second during a block; afterwards the list holds (sent, answered)."""
        counts: list[int] = []
        command = self.client.namespace.command("ping", "-n", "-i", "0.1", VNET_HOST)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        try:
            yield counts
        finally:
            process.send_signal(2)
            assert process.stdout is not None
            shown = process.stdout.read()
            end(process)
            process.stdout.close()
        sent = re.search(r"(\d+) packets transmitted", shown)
        counts += [int(sent[1]) if sent else 0, answered(shown)]


def answered(shown: str) -> int:
    """Return how many answers ping counted."""
    found = re.search(r"(\d+) (?:packets )?received", shown)
    return int(found[1]) if found else 0


def read(holder: Holder, now: dt.datetime | None = None) -> Identity:
    """Return ``holder`` as the modules read it, at the time ``now``."""
    return identities.read(demo_pki.pkcs12(holder, PASSPHRASE, flavour="macos"), PASSPHRASE, now=now or pki.utc_now())


@contextlib.contextmanager
def lab() -> Iterator[Lab]:
    """Start a gateway and a client."""
    root = demo_pki.root(key=demo_pki.new_key(number=9200))
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(Gateway((root,)))
        namespace = Namespace.create()
        stack.callback(namespace.close)
        gateway.connect_cable(namespace)
        client = Client(namespace, gateway.hosts)
        stack.callback(client.close)
        yield Lab(gateway, client, root)
