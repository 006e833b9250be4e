# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook rotate against simulated Macs: a new identity for each, and the older one goes only where the new one has arrived."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from support import azure_package
from support.controller import Controller, Run

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki
from simulated_mac import Fleet, MacSpec, Person

_PLUGINS = pathlib.Path(__file__).resolve().parents[2] / "plugins"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="simulated Macs need root on Linux"),
    pytest.mark.skipif(not (_PLUGINS / "action" / "client_package_info.py").exists(), reason="the role needs client_package_info"),
]

ROOT_PASSPHRASE, PASSPHRASE = "the root's own passphrase", "a long passphrase of identities"
# Everything is due with these, and nothing without them.
DUE = ("-e", json.dumps({"p2s_identity_valid_for": 400, "p2s_identity_renew_before": 370}))


@pytest.fixture
def fleet(tmp_path: pathlib.Path) -> t.Iterator[Fleet]:
    """Two Macs: in front of mac01 somebody approves what is asked, in front of mac02 nobody does."""
    with Fleet(tmp_path / "fleet", [MacSpec("mac01", person=Person(approves_after=0.2)), MacSpec("mac02")]) as running:
        yield running


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> Controller:
    """A controller with a root and a client package."""
    made = Controller(tmp_path / "controller")
    (made.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    made.inventory(
        ["mac01", "mac02"],
        ansible_become=True,
        vpn_client_package=str(made.folder / "azure.zip"),
        vpn_client_approval_timeout=5,
        vpn_client_identity_pkcs12=f"{made.folder}/identities/{{{{ inventory_hostname }}}}.p12",
        vpn_client_identity_passphrase=PASSPHRASE,
        p2s_root_certificate=f"{made.folder}/pki/root.pem",
        p2s_root_private_key=f"{made.folder}/pki/root.key",
        p2s_root_passphrase=ROOT_PASSPHRASE,
    )
    root = {
        "certificate_path": "{{ p2s_root_certificate }}",
        "private_key_path": "{{ p2s_root_private_key }}",
        "private_key_passphrase": "{{ p2s_root_passphrase }}",
        "key_type": "rsa2048",
    }
    assert made.play({"azure_p2s.macos.client_root": root, "run_once": True}).rc == 0
    return made


def _rotate(controller: Controller, fleet: Fleet, *arguments: str) -> Run:
    return controller.run("azure_p2s.macos.rotate", "-i", str(fleet.inventory), *arguments)


def _states(controller: Controller, host: str) -> list[str]:
    document = json.loads((controller.folder / "identities" / "identities.json").read_text())
    return [entry["state"] for entry in document["identities"] if entry["host"] == host]


def _certificate(controller: Controller, file: str) -> pki.Certificate:
    return identity.read((controller.folder / "identities" / file).read_bytes(), PASSPHRASE, now=pki.utc_now()).certificate


def _in_keychain(fleet: Fleet, host: str) -> str:
    """Return what `security` itself lists of the login keychain, certificates with their SHA-1."""
    listed = fleet[host].sh('/usr/bin/security find-certificate -a -Z "$HOME/Library/Keychains/login.keychain-db"')
    assert listed.returncode == 0, listed.stderr
    return str(listed.stdout).lower()


def test_the_older_identity_goes_only_where_the_new_one_has_arrived(controller: Controller, fleet: Fleet) -> None:
    first = _rotate(controller, fleet)
    assert first.rc == 0, first.output
    old = {host: _certificate(controller, f"{host}.p12") for host in ("mac01", "mac02")}

    predicted = _rotate(controller, fleet, "--check", *DUE)
    assert predicted.rc == 0, predicted.output
    assert _certificate(controller, "mac01.p12") == old["mac01"]

    second = _rotate(controller, fleet, *DUE)
    assert second.rc == 0, second.output
    # mac01: a person approved, the new one is installed, the older one is gone from keychain and controller
    new = _certificate(controller, "mac01.p12")
    assert new != old["mac01"]
    assert new.sha1 in _in_keychain(fleet, "mac01")
    assert old["mac01"].sha1 not in _in_keychain(fleet, "mac01")
    assert not (controller.folder / "identities" / "mac01.p12.previous").exists()
    assert _states(controller, "mac01") == ["retired", "current"]
    # mac02: nobody approved, and whatever VPN is there goes on with what it has
    assert _certificate(controller, "mac02.p12.previous") == old["mac02"]
    assert old["mac02"].sha1 in _in_keychain(fleet, "mac02")
    assert _states(controller, "mac02") == ["superseded", "current"]

    third = _rotate(controller, fleet)
    assert third.recap("mac01")["changed"] == 0, third.output
    fleet["mac02"].approve_profile()
    fourth = _rotate(controller, fleet)
    assert fourth.rc == 0, fourth.output
    assert old["mac02"].sha1 not in _in_keychain(fleet, "mac02")
    assert _states(controller, "mac02") == ["retired", "current"]
    assert not (controller.folder / "identities" / "mac02.p12.previous").exists()


def test_the_root_key_never_comes_near_a_mac(controller: Controller, fleet: Fleet) -> None:
    """Neither as a file nor in a command line there, nor anywhere on the controller but in its own file."""
    run = _rotate(controller, fleet, "-vvvvv", "--diff")
    assert run.rc == 0, run.output
    pem = (controller.folder / "pki" / "root.key").read_bytes()
    key = t.cast(t.Any, serialization.load_pem_private_key(pem, ROOT_PASSPHRASE.encode()))
    prime = key.private_numbers().p.to_bytes(128, "big")
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secrets = [prime, plain.splitlines()[10], pem.splitlines()[10], ROOT_PASSPHRASE.encode(), PASSPHRASE.encode()]
    for mac in fleet:
        files = mac.files()
        assert files
        for path, content in files.items():
            assert not any(secret in content for secret in secrets), f"{mac.name}: {path}"
        for call in mac.calls():
            assert not any(secret.decode("latin-1") in repr(call) for secret in secrets)
    kept = [controller.folder / "pki" / "root.key", *(controller.folder / "identities").iterdir()]
    shown = {"the root's passphrase": ROOT_PASSPHRASE, "a line of its key": secrets[1].decode(), "of its file": secrets[2].decode()}
    controller.assert_unseen({**shown, "the identities' passphrase": PASSPHRASE}, run.output, keep=kept)


def test_a_mac_without_a_valid_identity_does_not_stop_the_others(controller: Controller, fleet: Fleet) -> None:
    run = _rotate(
        controller, fleet, "-e", json.dumps({"vpn_client_identity_name": "{{ {'mac01': 'mac01', 'mac02': 'x' * 65}[inventory_hostname] }}"})
    )
    assert run.rc == 2
    assert run.recap("mac02")["failed"] == 1
    assert "65 characters" in run.output
    assert run.recap("mac01")["failed"] == 0
    assert _certificate(controller, "mac01.p12").sha1 in _in_keychain(fleet, "mac01")
