# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nesessionmanager's part on a simulated Mac: it does what the VPN services ask for, with a real client, and tells the Mac what came of it.

It knows only what the Mac knows: the services of the installed profiles, the keychains, the trust that was given.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import pathlib
import threading
import time
import traceback
import typing as t

from simulated_mac import SimulatedMac
from simulated_mac.inside import modes, profile_store, tunnel
from simulated_mac.inside.keychain_file import DamagedKeychain, Keychain, seal
from simulated_mac.inside.state import State

from ..process import Namespace
from .causes import Cause, RefusedError
from .client import Client, Up
from .installed import InstalledVpn

_LOOK_SECONDS = 0.1
# Nothing that time alone brings about is in a hurry.
_IDLE_SECONDS = 0.5
_ON_DEMAND_AGAIN_SECONDS = 3.0
# The provider's process lives as long as the session; its number in the log means nothing.
_PROCESS = "Df nesessionmanager[180:a2f]"
_LOG_LINES = 200


class Agent:
    """Serves one Mac until ``close``. ``hosts`` and ``folder`` are the client's."""

    def __init__(self, mac: SimulatedMac, hosts: str, folder: pathlib.Path) -> None:
        self._mac = mac
        self._folder = str(mac.folder)
        self._pid = mac.pid
        self._client = Client(Namespace(self._pid), hosts, folder)
        self._active: str | None = None
        self._pending: set[str] = set()
        # What NetworkExtension calls the last disconnect error: it stays until there is another one.
        self._last_error: dict[str, str] = {}
        self._rest_until: dict[str, float] = {}
        self._ending = threading.Event()
        with State(self._folder) as data:
            data["provider"] = True
        self._thread = threading.Thread(target=self._serve, name=f"provider of {mac.name}", daemon=True)
        self._thread.start()

    @property
    def client(self) -> Client:
        """The real client, for tests that look at the wire."""
        return self._client

    def close(self) -> None:
        """End the tunnel and the client; the Mac falls back to its own simulation."""
        self._ending.set()
        self._thread.join(30)
        self._client.close()
        try:
            with State(self._folder) as data:
                data.pop("provider", None)
                for service in data["vpn"]:
                    _down(service)
        except OSError:
            pass  # the fleet has ended before

    # -- the loop ----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        seen, again = None, 0.0
        while not self._ending.wait(_LOOK_SECONDS):
            try:
                changed = os.stat(f"{self._folder}/state.json").st_mtime_ns
                if changed == seen and time.monotonic() < again:
                    continue
                seen, again = changed, time.monotonic() + _IDLE_SECONDS
                self._look()
            except FileNotFoundError:
                return  # the Mac is gone
            except Exception:  # a fault of the simulator must show, and must not end the service
                traceback.print_exc()

    def _look(self) -> None:
        with State(self._folder) as data:
            services = {service["uuid"]: service for service in data["vpn"]}
            ended = self._active is not None and services.get(self._active, {}).get("status") != "Connected"
            wanted = next((service for service in services.values() if self._wants_attempt(data, service)), None)
            given_up = [uuid for uuid in self._pending if services.get(uuid, {}).get("status") == "Disconnected"]
            self._pending = {uuid for uuid, service in services.items() if service["status"] == "Connecting"}
        for uuid in given_up:
            self._note_stop(uuid)
        if ended:
            self._client.disconnect()
            self._note_stop(self._active)
            self._active = None
        if self._active is not None and self._client.up() is None:
            gone, self._active = self._active, None
            self._finish(gone, None, Cause.ENDED_BY_SERVER)
        elif wanted is not None:
            self._attempt(wanted)

    def _wants_attempt(self, data: dict[str, t.Any], service: dict[str, t.Any]) -> bool:
        """Return whether the service is to be tried now; on-demand rules start it as traffic would, without anybody."""
        if service["status"] == "Disconnected" and _connects_on_demand(service["ike"]):
            busy = any(other["status"] in ("Connecting", "Connected") for other in data["vpn"])
            if not busy and time.time() >= max(self._rest_until.get(service["uuid"], 0), service["since"] + _ON_DEMAND_AGAIN_SECONDS):
                service.update(status="Connecting", since=time.time(), error=None, dialog=self._key_dialog(data, service))
        if service["status"] != "Connecting" or tunnel.waits_for_person(self._mac.spec.to_json(), data, service):
            return False
        # Stopped and started again before we looked: the old tunnel goes first.
        return self._active is None

    def _key_dialog(self, data: dict[str, t.Any], service: dict[str, t.Any]) -> str | None:
        try:
            keychain = self._keychain(service)
        except (OSError, DamagedKeychain):
            return None  # the attempt says it
        return tunnel.key_dialog(keychain, data, service, first=modes.get(self._mac.spec.modes, "first_dialog"))

    def _attempt(self, service: dict[str, t.Any]) -> None:
        try:
            vpn = self._installed(service)
            if vpn is None:
                return
            up = self._client.connect(vpn, self._now())
        except RefusedError as error:
            if error.cause == Cause.NOT_RESPONDING and self._still_wanted(service["uuid"]):
                return  # macOS goes on trying for as long as nobody stops it
            self._finish(service["uuid"], None, error.cause)
        else:
            self._finish(service["uuid"], up, None)

    # -- what came of it ---------------------------------------------------------------------------------------

    def _still_wanted(self, uuid: str) -> bool:
        with State(self._folder) as data:
            return any(service["uuid"] == uuid and service["status"] == "Connecting" for service in data["vpn"])

    def _finish(self, uuid: str, up: Up | None, cause: Cause | None) -> None:
        """Tell the Mac, unless its user or a new profile has decided otherwise meanwhile."""
        with State(self._folder) as data:
            service = next((one for one in data["vpn"] if one["uuid"] == uuid), None)
            if service is None or (service["status"] == "Disconnected" and up is not None):
                self._client.disconnect()
                return
            self._pending.discard(uuid)
            if up is not None:
                now = time.time()
                service.update(status="Connected", since=now, connected=now, address=up.address, networks=list(up.networks), error=None)
                self._active = uuid
                _log(data, service, "status changed to connected")
                return
            assert cause is not None
            _down(service)
            service.update(since=time.time(), error=cause.value.message)
            self._rest_until[uuid] = time.time() + _ON_DEMAND_AGAIN_SECONDS
            _log_end(data, service, cause, self._last_error.get(uuid, "none"))
            self._last_error[uuid] = cause.value.message

    def _note_stop(self, uuid: str | None) -> None:
        with State(self._folder) as data:
            for service in data["vpn"]:
                if service["uuid"] == uuid and service["status"] == "Disconnected":
                    _down(service)
                    _log(data, service, "status changed to disconnected, last stop reason Stop command received")

    # -- what the Mac has --------------------------------------------------------------------------------------

    def _now(self) -> dt.datetime:
        """Return what the Mac's clock shows."""
        with State(self._folder) as data:
            return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=data["clock"])

    def _keychain(self, service: dict[str, t.Any]) -> Keychain:
        return Keychain.load(f"/proc/{self._pid}/root{profile_store.keychain_path(service['domain'])}")

    def _installed(self, service: dict[str, t.Any]) -> InstalledVpn | None:
        """Return the service with the identity out of its keychain; ``None`` while that is locked: a dialog waits, and so does the VPN."""
        spec = self._mac.spec.to_json()
        path = profile_store.keychain_path(service["domain"])
        try:
            keychain = self._keychain(service)
        except (OSError, DamagedKeychain):
            raise RefusedError(Cause.CLIENT_CERTIFICATE_MISSING, "the keychain cannot be opened") from None
        leaf = next((item for item in keychain.certificates if item["sha256"] in service["leaves"]), None)
        key = next((item for item in keychain.keys if leaf is not None and item["hash"] == leaf["key"]), None)
        if leaf is None or key is None:
            raise RefusedError(Cause.CLIENT_CERTIFICATE_MISSING, "the profile's identity is no longer in the keychain")
        with State(self._folder) as data:
            try:
                master = profile_store._master(spec, data, service["domain"], path, keychain)
            except profile_store.Refused:
                _ask_once(data, f'NEIKEv2Provider wants to use the "{path.rsplit("/", 1)[1]}" keychain.')
                return None
            trusted = _trusted(spec, data, service, keychain)
        pkcs8 = seal(master, base64.b64decode(key["sealed"]))
        major, minor = (*str(spec["macos"]).split("."), "0")[:2]
        return InstalledVpn(service["name"], service["ike"], pkcs8, (base64.b64decode(leaf["der"]),), trusted, (int(major), int(minor)))


def _trusted(spec: dict[str, t.Any], data: dict[str, t.Any], service: dict[str, t.Any], keychain: Keychain) -> tuple[bytes, ...]:
    """Return what is trusted as a root: the profile's own roots, and what somebody made trusted; being in a keychain is not enough."""
    uid = next((str(user["uid"]) for user in spec["users"] if user["name"] == service["domain"]), "0")
    settings = {**data["trust"]["admin"], **data["trust"]["user"].get(uid, {})}
    by_setting = [item["der"] for item in keychain.certificates if settings.get(item["sha1"], {}).get("result") == "trustRoot"]
    return tuple(base64.b64decode(der) for der in dict.fromkeys([*service["roots"], *by_setting]))


def _connects_on_demand(ike: dict[str, t.Any]) -> bool:
    """Return whether the first rule that fits a wired network says Connect; rules that need more than the interface never fit here."""
    if not ike.get("OnDemandEnabled"):
        return False
    for rule in ike.get("OnDemandRules", []):
        if rule.get("InterfaceTypeMatch", "Ethernet") == "Ethernet" and set(rule) <= {"Action", "InterfaceTypeMatch"}:
            return bool(rule["Action"] == "Connect")
    return False


def _ask_once(data: dict[str, t.Any], text: str) -> None:
    if all(dialog["text"] != text for dialog in data["dialogs"]):
        data["dialogs"].append({"name": f"provider:{time.time()}", "text": text, "since": time.time()})


def _down(service: dict[str, t.Any]) -> None:
    service["status"] = "Disconnected"
    service.pop("address", None)
    service.pop("networks", None)


def _log_end(data: dict[str, t.Any], service: dict[str, t.Any], cause: Cause, before: str) -> None:
    """Write what public logs of macOS show at such an end (algo issue 14844; NetworkExtension's own strings).

    Whether an error that is the same as the one ``before`` is written again is not known: it is not.
    """
    if cause == Cause.SERVER_CERTIFICATE:
        _line(data, "Er NEIKEv2Provider[181:a30]", "Certificate evaluation error = kSecTrustResultRecoverableTrustFailure")
    row = cause.value
    plugin = "plugin NEVPNTunnelPlugin(com.apple.NetworkExtension.IKEv2Provider[inactive])"
    _log(data, service, f"{plugin} disconnected with reason {row.stop_reason}", " in state NESMVPNSessionStateStarting")
    _log(data, service, f"status changed to disconnected, last stop reason {row.stop_reason}")
    if row.message != before:
        text = f'Last disconnect error for {service["name"]} changed from "{before}" to "{row.message}"'
        _line(data, "Df NetworkExtension[182:a31]", text)


def _log(data: dict[str, t.Any], service: dict[str, t.Any], text: str, state: str = "") -> None:
    session = f"NESMIKEv2VPNSession[Primary Tunnel:{service['name']}:{service['uuid']}:(null)]"
    _line(data, _PROCESS, f"{session}{state}: {text}")


def _line(data: dict[str, t.Any], process: str, text: str) -> None:
    lines = data.setdefault("log", [])
    lines.append([time.time() + data["clock"], f"{process} [com.apple.networkextension:] {text}"])
    del lines[:-_LOG_LINES]
