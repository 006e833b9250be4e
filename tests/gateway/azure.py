# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that behaves as Azure publishes it, with a virtual network behind it, in namespaces of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
import tempfile
import typing as t
from collections.abc import Sequence

from cryptography import x509
from support.azure_package import Spec, package
from support.demo_pki import VPN_SERVER, Holder

from simulated_mac import SimulatedMac

from . import machine
from .certificates import GatewayIdentity, gateway_identity, revocation_list
from .charon import Charon
from .policy import AZURE, Policy
from .process import Namespace, link, traffic
from .provider.agent import Agent

# Addresses of the documentation (RFC 5737) stand for the internet; they exist in the namespaces alone.
PUBLIC_ADDRESS = "192.0.2.1"
_SILENT_ADDRESS = "192.0.2.9"
_INTERNET = "198.51.100.0/24"
VNET = "10.8.0.0/16"
VNET_HOST = "10.8.0.4"
VNET_DNS = "10.8.0.53"
POOL = "172.16.201.0/24"
# scripts/clean.sh knows it too.
FOLDER_PREFIX = "p2s-gw-"
Authentication = t.Literal["certificate", "eap_tls", "both"]


class UnavailableError(Exception):
    """This machine cannot run a gateway; the text says why."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What can be switched while the gateway runs.

    ``identity`` is shown to clients; ``client_roots`` are those that were uploaded to it; ``revoked`` certificates stand in the CRL.
    ``send_cert`` is strongSwan's: Azure shows its certificate always, strongSwan by default only to those who ask for it.
    """

    identity: GatewayIdentity
    client_roots: tuple[Holder, ...]
    authentication: Authentication = "both"
    policy: Policy = AZURE
    revoked: tuple[x509.Certificate, ...] = ()
    pool: str = POOL
    send_cert: t.Literal["always", "ifasked"] = "always"


class Gateway:
    """A running gateway: ``with Gateway((client_root,)) as gateway``. Raises ``UnavailableError`` where it cannot run.

    ``other_names`` lead to its address as well, though it does not answer to them; ``silent_names`` to one of which nothing is heard.
    """

    def __init__(
        self,
        client_roots: Sequence[Holder],
        *,
        server: str = VPN_SERVER,
        other_names: Sequence[str] = (),
        silent_names: Sequence[str] = (),
        **settings: t.Any,
    ) -> None:
        reasons = machine.lacking()
        if reasons:
            raise UnavailableError("; ".join(reasons))
        self.server = server
        self._names = (server, *other_names)
        self._silent_names = tuple(silent_names)
        self.settings = Settings(**{"identity": gateway_identity(1, server), "client_roots": tuple(client_roots), **settings})
        self._clients = 0
        self._crl_number = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._closing = contextlib.ExitStack()
        self._closing.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self.namespace = self._namespace()
            self.vnet_host = self._namespace()
            self._cable()
            self.charon = Charon(self.folder / "c", self.namespace)
            self._closing.callback(self.charon.stop)
            self.load()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_ignored: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything, the last begun first; what fails to end keeps nothing else from it."""
        self._closing.close()

    def _namespace(self) -> Namespace:
        namespace = Namespace.create()
        self._closing.callback(namespace.close)
        return namespace

    def _cable(self) -> None:
        self.namespace.ip("address", "add", f"{PUBLIC_ADDRESS}/32", "dev", "lo")
        self.namespace.ip("route", "add", "blackhole", f"{_SILENT_ADDRESS}/32")
        self.namespace.sysctl("net/ipv4/ip_forward", "1")
        link(self.namespace, "vnet", ["10.8.0.1/16"], self.vnet_host, "eth0", [f"{VNET_HOST}/16", f"{VNET_DNS}/16"])
        self.vnet_host.ip("route", "add", "default", "via", "10.8.0.1")
        # From the internet there is no way into the virtual network but the tunnel.
        self.namespace.ip("rule", "add", "from", _INTERNET, "to", VNET, "blackhole")

    # -- what clients need -------------------------------------------------------------------------------------

    @property
    def hosts(self) -> str:
        """What the internet's DNS would answer, in the form of /etc/hosts."""
        lines = [(PUBLIC_ADDRESS, *self._names), (_SILENT_ADDRESS, *self._silent_names)]
        return "".join(f"{' '.join(line)}\n" for line in lines if len(line) > 1)

    def connect_cable(self, client: Namespace) -> str:
        """Give a client's namespace an address, and a route to the gateway alone; return the address."""
        number = self._clients
        self._clients += 1
        if number >= 100:
            raise RuntimeError("the simulated internet has 100 addresses only")
        near, far = f"198.51.100.{2 * number}", f"198.51.100.{2 * number + 1}"
        link(self.namespace, f"client{number}", [f"{near}/31"], client, "en0", [f"{far}/31"])
        client.ip("route", "add", "default", "via", near)
        return far

    def attach(self, mac: SimulatedMac) -> Agent:
        """Connect a simulated Mac (with ``network=True``) to the internet, and let its VPN services use a real client."""
        self.connect_cable(Namespace(mac.pid))
        agent = Agent(mac, self.hosts, self.folder / f"m{self._clients}")
        self._closing.callback(agent.close)
        return agent

    def package(self, *generations: int, **spec: t.Any) -> bytes:
        """Return the client package (zip) of this gateway, with the roots of those generations (default: the present one's)."""
        roots = [gateway_identity(number, self.server).root for number in generations] or [self.settings.identity.root]
        usual = {
            "vpn_server": self.server,
            "routes": (VNET,),
            "pools": (self.settings.pool,),
            "schema": "old" if len(roots) == 1 else "new",
        }
        return package(Spec(roots=tuple(root.der for root in roots), **{**usual, **spec}))

    # -- switches ----------------------------------------------------------------------------------------------

    def change(self, **settings: t.Any) -> None:
        """Replace some of the settings; tunnels that are up stay up, as they do at Azure until they rekey."""
        self.settings = dataclasses.replace(self.settings, **settings)
        self.load()

    def silence(self, silent: bool = True) -> None:
        """Let every packet to the gateway vanish, or answer again."""
        address = f"{PUBLIC_ADDRESS}/32"
        if silent:
            self.namespace.ip("address", "del", address, "dev", "lo")
            self.namespace.ip("route", "add", "blackhole", address)
        else:
            self.namespace.ip("route", "del", "blackhole", address)
            self.namespace.ip("address", "add", address, "dev", "lo")

    def load(self) -> None:
        """Hand the settings to charon."""
        settings = self.settings
        self._crl_number += 1
        kinds = [kind for kind in ("certificate", "eap_tls") if settings.authentication in (kind, "both")]
        with self.charon.vici() as vici:
            for name in vici.command("get-conns")["conns"]:
                vici.command("unload-conn", {"name": name})
            vici.command("clear-creds")
            # What a client was found to be a moment ago, a new CRL may contradict.
            vici.command("flush-certs")
            vici.command("load-key", {"type": "any", "data": settings.identity.server.key_pem})
            vici.command("load-cert", {"type": "X509", "flag": "NONE", "data": settings.identity.server.der})
            for root in settings.client_roots:
                vici.command("load-cert", {"type": "X509", "flag": "CA", "data": root.der})
            if settings.revoked:
                for root in settings.client_roots:
                    issued = [one for one in settings.revoked if one.issuer == root.certificate.subject]
                    vici.command("load-cert", {"type": "X509_CRL", "data": revocation_list(root, issued, self._crl_number)})
            vici.command("load-pool", {"p2s": {"addrs": settings.pool, "dns": [VNET_DNS]}})
            for kind in kinds:
                vici.command("load-conn", {kind: self._connection(kind)})

    def _connection(self, kind: str) -> dict[str, t.Any]:
        settings, policy = self.settings, self.settings.policy
        remote: dict[str, t.Any] = {"auth": "pubkey", "cacerts": [root.der for root in settings.client_roots]}
        if kind == "eap_tls":
            remote = {"auth": "eap-tls", "eap_id": "%any"}
        if settings.revoked and kind == "certificate":
            remote["revocation"] = "strict"
        child: dict[str, t.Any] = {"local_ts": [VNET], "esp_proposals": policy.esp}
        if policy.child_rekey is not None:
            child |= {"rekey_time": f"{policy.child_rekey}s", "life_time": f"{2 * policy.child_rekey}s", "rand_time": "0s"}
        connection: dict[str, t.Any] = {
            "version": "2",
            "proposals": policy.ike,
            "send_cert": settings.send_cert,
            "pools": ["p2s"],
            "local-1": {"auth": "pubkey", "id": f"fqdn:{self.server}", "certs": [settings.identity.server.der]},
            "remote-1": remote,
            "children": {"vnet": child},
        }
        if policy.ike_rekey is not None:
            connection |= {"rekey_time": f"{policy.ike_rekey}s", "over_time": f"{policy.ike_rekey}s", "rand_time": "0s"}
        return connection

    # -- looks -------------------------------------------------------------------------------------------------

    def clients(self) -> dict[str, str]:
        """Return who is connected: virtual address -> the identity that was proven."""
        return {client["address"]: client["identity"] for client in clients_of(self.charon.associations())}

    def vnet_traffic(self) -> tuple[int, int]:
        """Return (packets received, packets sent) by the host in the virtual network."""
        return traffic(self.vnet_host, "eth0")

    def tunnel_traffic(self, address: str) -> tuple[int, int]:
        """Return (packets in, packets out) that the gateway counts in the tunnel of the client with that virtual address."""
        for client in clients_of(self.charon.associations()):
            if client["address"] == address:
                return client["packets_in"], client["packets_out"]
        raise LookupError(f"no client has the address {address}")


def clients_of(associations: Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return ``address``, ``identity``, ``packets_in`` and ``packets_out`` (at the gateway) of each client in what charon lists."""
    found = []
    for association in associations:
        children = association.get("child-sas", {}).values()
        for address in association.get("remote-vips", []):
            found.append(
                {
                    "address": address,
                    "identity": association.get("remote-eap-id") or association["remote-id"],
                    "packets_in": sum(int(child["packets-in"]) for child in children),
                    "packets_out": sum(int(child["packets-out"]) for child in children),
                }
            )
    return found
