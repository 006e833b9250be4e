# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider at work: one strongSwan client in a Mac's network namespace, one tunnel at a time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import json
import pathlib
import shutil
import tempfile
import threading
import typing as t

from cryptography import x509

from ..charon import Charon
from ..process import Namespace
from ..vici import ViciError
from .causes import Cause, RefusedError, from_log
from .installed import InstalledVpn

# Linux's name for the tunnel, which happens to be macOS's too; without ESP of its own the kernel gives the address to en0.
_TUNNEL = "ipsec0"
_ATTEMPT_SECONDS = 20


@dataclasses.dataclass(frozen=True)
class Up:
    """A tunnel that is up: its virtual address, the networks behind it, the DNS servers that were pushed."""

    address: str
    networks: tuple[str, ...]
    name_servers: tuple[str, ...]


class Client:
    """Brings up what is installed. ``hosts`` answers for the internet's DNS, in the form of /etc/hosts.

    ``folder`` (with a short path; default: a new one) is removed at the end.
    """

    def __init__(self, namespace: Namespace, hosts: str, folder: pathlib.Path | None = None) -> None:
        self.namespace = namespace
        self._folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="p2s-nx-"))
        self._lock = threading.Lock()
        try:
            self.charon = Charon(self._folder / "c", namespace, hosts=hosts, asks_for_dns=True)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def close(self) -> None:
        """End the client and its tunnel."""
        self.charon.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def connect(self, vpn: InstalledVpn, now: dt.datetime | None = None) -> Up:
        """Bring the tunnel up and return it; ``now`` is the time on the Mac's clock.

        Raises ``RefusedError`` with macOS's cause when it does not come up.
        """
        connection = vpn.connection(now)
        with self._lock:
            mark = self.charon.mark()
            self._load(vpn, connection)
            try:
                with self.charon.vici() as vici:
                    vici.stream(
                        "initiate", "control-log", {"child": "vpn", "ike": "vpn", "timeout": str(_ATTEMPT_SECONDS * 1000), "loglevel": "-1"}
                    )
                vpn.check_server(self._server_certificate(vpn))
            except ViciError as error:
                self._terminate()
                raise RefusedError(from_log(self.charon.log(mark)), str(error)) from None
            except RefusedError:
                self._terminate()
                raise
            up = self.up()
            if up is None:
                raise RefusedError(Cause.INTERNAL, "the tunnel is down at once")
            if self._has(_TUNNEL):
                self.namespace.ip("link", "set", _TUNNEL, "mtu", str(vpn.mtu))
            return up

    def disconnect(self) -> None:
        """Take the tunnel down."""
        with self._lock:
            self._terminate()

    def up(self) -> Up | None:
        """Return the tunnel as it is now: what charon negotiated, where the address is really on an interface."""
        for association in self.charon.associations():
            children = [child for child in association["child-sas"].values() if child["state"] in ("INSTALLED", "REKEYING", "REKEYED")]
            for address in association.get("local-vips", []):
                if children and address in self._addresses():
                    networks = {network for child in children for network in child["remote-ts"]}
                    return Up(address, tuple(sorted(networks)), tuple(self.charon.name_servers()[:1]))
        return None

    def associations(self) -> tuple[str, frozenset[str]]:
        """Return (id of the IKE association, SPIs of its children): both change when they are rekeyed."""
        for association in self.charon.associations():
            return association["uniqueid"], frozenset(child["spi-in"] for child in association["child-sas"].values())
        raise LookupError("no association")

    def _addresses(self) -> set[str]:
        shown = json.loads(self.namespace.ip("-json", "-4", "address"))
        return {entry["local"] for interface in shown for entry in interface.get("addr_info", [])}

    def _has(self, interface: str) -> bool:
        return any(entry.get("ifname") == interface for entry in json.loads(self.namespace.ip("-json", "link")))

    def _load(self, vpn: InstalledVpn, connection: dict[str, t.Any]) -> None:
        with self.charon.vici() as vici:
            vici.command("clear-creds")
            vici.command("flush-certs")
            vici.command("load-key", {"type": "any", "data": vpn.key})
            for der in vpn.chain[1:]:
                # The client's own issuers go along with its certificate; they make no gateway trusted.
                certificate = x509.load_der_x509_certificate(der)
                if certificate.subject != certificate.issuer:
                    vici.command("load-cert", {"type": "X509", "flag": "NONE", "data": der})
            for der in vpn.roots:
                vici.command("load-cert", {"type": "X509", "flag": "CA", "data": der})
            vici.command("load-conn", {"vpn": connection})

    def _server_certificate(self, vpn: InstalledVpn) -> x509.Certificate:
        """Return the certificate that the gateway showed: the only one that charon holds besides ours and the CAs."""
        with self.charon.vici() as vici:
            listed = vici.stream("list-certs", "list-cert", {"type": "X509"})
        known = {*vpn.chain, *vpn.roots}
        found = [_der(entry["data"]) for entry in listed if entry["flag"] == "NONE"]
        shown = [der for der in found if der not in known]
        if len(shown) != 1:
            raise RefusedError(Cause.SERVER_CERTIFICATE, f"the gateway showed {len(shown)} certificates")
        return x509.load_der_x509_certificate(shown[0])

    def _terminate(self) -> None:
        try:
            with self.charon.vici() as vici:
                vici.stream("terminate", "control-log", {"ike": "vpn", "timeout": "3000", "force": "yes", "loglevel": "-1"})
        except ViciError:
            pass  # nothing to end


def _der(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


def contains(networks: t.Iterable[str], address: str) -> bool:
    """Return whether an address lies in one of the networks."""
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)
