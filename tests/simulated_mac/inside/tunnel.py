# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPN services: what happens between `start` and an address on an interface."""

from __future__ import annotations

import time
import typing as t

from . import profile_store
from .keychain_file import Keychain
from .machine_context import Machine


def _advance(mac: Machine, data: dict[str, t.Any]) -> None:
    """Let each service go on as far as the time since its last change allows."""
    if "provider" in data:
        return  # a real client outside does it
    gateway = mac.spec["gateway"]
    for service in data["vpn"]:
        if service["status"] == "Disconnecting" and time.time() - service["since"] >= gateway["stopping_seconds"]:
            service.update(status="Disconnected", since=service["since"] + gateway["stopping_seconds"])
        if service["status"] != "Connecting" or time.time() - service["since"] < gateway["seconds"]:
            continue
        if waits_for_person(mac.spec, data, service):
            continue
        if not gateway["reachable"]:
            if time.time() - service["since"] < 30 + gateway["seconds"]:
                continue
            service.update(status="Disconnected", error="The VPN server is not responding.")
        elif authentication(service["ike"]) != gateway["authentication"]:
            # The one that the gateway does not take fails with an EAP or AUTH error, without a dialog.
            service.update(
                status="Disconnected", error="User authentication failed." if gateway["authentication"] == "eap_tls" else "AUTH_FAILED"
            )
        else:
            service.update(status="Connected", connected=max(service["since"] + gateway["seconds"], _answered(data, service)))


def _answered(data: dict[str, t.Any], service: dict[str, t.Any]) -> float:
    """Return when the dialog that the start of the service raised was answered; 0 without one."""
    return next((float(dialog.get("answered", 0)) for dialog in data["dialogs"] if dialog["name"] == service.get("dialog")), 0.0)


def waits_for_person(spec: dict[str, t.Any], data: dict[str, t.Any], service: dict[str, t.Any]) -> bool:
    """Return whether the use of the key waits for somebody to answer a dialog; a person who does so in time answers it now."""
    if not service.get("dialog"):
        return False
    dialog = next(entry for entry in data["dialogs"] if entry["name"] == service["dialog"])
    answers = spec["person"]["answers_dialogs_after"]
    if "answered" not in dialog and (answers is None or time.time() - dialog["since"] < answers):
        return True
    dialog.setdefault("answered", time.time())
    return False


def authentication(ike: dict[str, t.Any]) -> str:
    """Return which authentication the settings ask for."""
    if ike.get("ExtendedAuthEnabled") in (1, True) and ike.get("PayloadCertificateUUID"):
        return "eap_tls"
    if ike["AuthenticationMethod"] == "Certificate" and ike.get("PayloadCertificateUUID"):
        return "certificate"
    return "none"


def services(mac: Machine) -> list[dict[str, t.Any]]:
    """Return the services as they are now."""
    with mac.state() as data:
        _advance(mac, data)
        found: list[dict[str, t.Any]] = [dict(service) for service in data["vpn"]]
    return found


def told(mac: Machine, service: dict[str, t.Any]) -> str:
    """Return the state as vpnutil tells it: it lags behind."""
    if service["status"] == "Connected" and time.time() - service.get("connected", 0) < mac.spec["gateway"]["lag_seconds"]:
        return "Connecting"
    return str(service["status"])


def _go_down(data: dict[str, t.Any], service: dict[str, t.Any]) -> None:
    if service["status"] not in ("Connected", "Connecting"):
        return
    # A real client outside takes its tunnel down when it sees this.
    status = "Disconnected" if "provider" in data else "Disconnecting"
    service.update(status=status, since=time.time(), was_up=service["status"] == "Connected")


def start(mac: Machine, name: str) -> str | None:
    """Start the service ``name``; returns the state it was in, ``None`` when there is no such service."""
    with mac.state() as data:
        _advance(mac, data)
        service = next((entry for entry in data["vpn"] if entry["name"] == name), None)
        if service is None:
            return None
        before = told(mac, service)
        if before == "Disconnected":
            for other in data["vpn"]:  # one personal VPN at a time
                _go_down(data, other)
            service.update(status="Connecting", since=time.time(), error=None, dialog=_dialog(mac, data, service))
    return before


_PROVIDER = "/neikev2provider.appex/contents/macos/neikev2provider"


def _dialog(mac: Machine, data: dict[str, t.Any], service: dict[str, t.Any]) -> str | None:
    keychain = Keychain.load(profile_store.keychain_path(service["domain"]))
    return key_dialog(keychain, data, service, first=mac.mode("first_dialog"))


def key_dialog(keychain: Keychain, data: dict[str, t.Any], service: dict[str, t.Any], *, first: bool) -> str | None:
    """Return the name of the dialog that the IKEv2 provider's use of the key raises, if it does.

    None for a key that a profile brought. For an imported one always, unless its access list names the provider and its partition list
    has ``apple:``; and even then, while it is not known to be enough (``first``), once.
    """
    hashes = {item["key"] for item in keychain.certificates if item["sha256"] in service["leaves"]}
    for key in keychain.keys:
        if key["hash"] not in hashes or key.get("brought"):
            continue
        listed = key["any"] or any(application.lower().endswith(_PROVIDER) for application in key["applications"])
        if listed and "apple:" in key["partitions"]:
            if not first or key["hash"] in data.setdefault("allowed_keys", []):
                continue
            data["allowed_keys"].append(key["hash"])
        name = f"key:{key['hash']}:{time.time()}"
        text = f'NEIKEv2Provider wants to access key "{key["label"]}" in your keychain.'
        data["dialogs"].append({"name": name, "text": text, "since": time.time()})
        return name
    return None


def stop(mac: Machine, name: str) -> str | None:
    """Stop the service ``name``; returns the state it was in, ``None`` when there is no such service."""
    with mac.state() as data:
        _advance(mac, data)
        service = next((entry for entry in data["vpn"] if entry["name"] == name), None)
        if service is None:
            return None
        before = told(mac, service)
        _go_down(data, service)
    return before


def interfaces(mac: Machine) -> dict[str, tuple[str | None, str]]:
    """Return the tunnels' interfaces: name -> (address or None, netmask). Other VPNs come first."""
    found: dict[str, tuple[str | None, str]] = {}
    for address in mac.mode("other_tunnels"):
        found[f"ipsec{len(found)}"] = (address, "0xffff0000")
    for service in services(mac):
        if service["status"] == "Connecting":
            found[f"ipsec{len(found)}"] = (None, "")
        elif service["status"] == "Connected" or (service["status"] == "Disconnecting" and service["was_up"]):
            found[f"ipsec{len(found)}"] = (service.get("address") or mac.spec["gateway"]["address"], mac.spec["gateway"]["netmask"])
    return found


def route(mac: Machine, address: str) -> str | None:
    """Return the tunnel's interface that packets to ``address`` go into, if one does."""
    for service in services(mac):
        if service["status"] == "Connected" and _inside(service.get("networks", ["10.0.0.0/8"]), address):
            return f"ipsec{len(mac.mode('other_tunnels'))}"
    return None


def _inside(networks: list[str], address: str) -> bool:
    import ipaddress

    try:
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)
    except ValueError:
        return False
