# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job from start to end on three simulated Macs: ``python -m demo FOLDER COLLECTIONS``.

Nothing here is the product: it makes what an admin has (an Azure package, an inventory), and runs the collection's own playbooks.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from gateway import POOL, VNET_HOST, Gateway, lacking
from support import azure_package, demo_pki

from simulated_mac import Fleet, MacSpec, Person

from . import holdings

VERSIONS = {"mac01": "13.7", "mac02": "15.6.1", "mac03": "26.1"}
PASSPHRASES = {"p2s_root_passphrase": "demo root passphrase", "vpn_client_identity_passphrase": "demo identity passphrase"}


class Demo:
    """A folder with what an admin has, and the playbooks run in it."""

    def __init__(self, folder: pathlib.Path, collections: pathlib.Path) -> None:
        self.folder = folder
        self.collections = collections
        self.step = 0
        self.began = time.monotonic()

    def say(self, what: str) -> None:
        """Announce the next step."""
        self.step += 1
        print(f"\n=== {self.step}. {what}  [{time.monotonic() - self.began:.0f} s]", flush=True)

    def prepare(self) -> None:
        """Write the variables of the inventory, and a play that makes the root."""
        variables = {
            "vpn_client_package": str(self.folder / "vpnclientconfiguration.zip"),
            "vpn_client_identity_pkcs12": f"{self.folder}/identities/{{{{ inventory_hostname }}}}.p12",
            "vpn_client_approval_timeout": 30,
            "p2s_root_certificate": f"{self.folder}/pki/root.pem",
            "p2s_root_private_key": f"{self.folder}/pki/root.key",
            "vpn_client_audit_dest": f"{self.folder}/audit",
            **PASSPHRASES,
        }
        (self.folder / "variables.json").write_text(json.dumps(variables, indent=2))
        root_task = {
            "azure_p2s.macos.client_root": {
                "common_name": "Demo P2S Root",
                "certificate_path": "{{ p2s_root_certificate }}",
                "private_key_path": "{{ p2s_root_private_key }}",
                "private_key_passphrase": "{{ p2s_root_passphrase }}",
                "key_type": "rsa2048",
            },
            "name": "Make the root that an admin uploads to the Azure gateway",
        }
        play = [{"name": "Have a P2S root", "hosts": "localhost", "gather_facts": False, "tasks": [root_task]}]
        (self.folder / "root.yml").write_text(json.dumps(play))

    def play(self, playbook: str, *arguments: str) -> str:
        """Run a playbook, showing what it prints, and return that. Ends the demo when it fails."""
        command = [
            str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
            playbook,
            "-e",
            f"@{self.folder}/variables.json",
            *arguments,
        ]
        shown = " ".join(re.sub(r"^@?/.*/", "…/", word) for word in command)
        print(f"$ {shown.removeprefix('…/')}\n", flush=True)
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.collections), "ANSIBLE_LOCALHOST_WARNING": "False"}
        lines = []
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=self.folder
        ) as running:
            for line in running.stdout or ():
                print(line, end="", flush=True)
                lines.append(line)
        if running.returncode:
            sys.exit(f"demo: {playbook} failed with status {running.returncode}")
        return "".join(lines)


def client_root(folder: pathlib.Path) -> demo_pki.Holder:
    """Return the root that the gateway lets clients in by."""
    key = serialization.load_pem_private_key((folder / "root.key").read_bytes(), PASSPHRASES["p2s_root_passphrase"].encode())
    return demo_pki.Holder(x509.load_pem_x509_certificate((folder / "root.pem").read_bytes()), key)


def connect(demo: Demo, fleet: Fleet, running: Gateway | None, reasons: list[str], *arguments: str) -> None:
    """Bring the VPN up on each Mac, and send something through it."""
    demo.say("The connection: each Mac to a real IKEv2 gateway (strongSwan, with Azure's published proposals)")
    if running is None:
        print(f"Skipped, because this machine cannot run the gateway: {'; '.join(reasons)}.")
        return
    if demo.play("azure_p2s.macos.connect", *arguments).count("(in the address pools)") != len(fleet):
        sys.exit("demo: not every Mac has an address from the gateway's pools")
    addresses = {identity: address for address, identity in running.clients().items()}
    for mac in fleet:
        answered = mac.sh(f"/sbin/ping -n -c 2 {VNET_HOST}").returncode == 0
        print(
            f"{mac.name}: the gateway gave it {addresses.get(mac.name)}, from its pool {POOL};"
            f" a ping to {VNET_HOST} in the virtual network {'is answered' if answered else 'is NOT answered'}"
        )
        if not answered:
            sys.exit("demo: the tunnel carries no traffic")


def main() -> None:
    """Run the demo."""
    folder, collections = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    demo = Demo(folder, collections)
    demo.say("What an admin has: a client package as Azure zips it, a P2S root, and an identity for each Mac")
    demo.prepare()
    demo.play(f"{folder}/root.yml")
    reasons = lacking()
    person = Person(approves_after=2, answers_dialogs_after=1)
    specs = [MacSpec(name, macos=macos, person=person, network=not reasons, vpnutil=not reasons) for name, macos in VERSIONS.items()]
    with Fleet(folder / "fleet", specs) as fleet, contextlib.ExitStack() as started:
        running = None if reasons else started.enter_context(Gateway((client_root(folder / "pki"),)))
        if running:
            for mac in fleet:
                running.attach(mac)
        package = running.package(1) if running else azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),)))
        (folder / "vpnclientconfiguration.zip").write_bytes(package)
        inventory = ("-i", str(fleet.inventory))
        demo.play("azure_p2s.macos.issue_identities", *inventory)
        demo.say("Three simulated Macs are up (" + ", ".join(VERSIONS.values()) + "); what would the rollout change on the first?")
        demo.play("azure_p2s.macos.rollout", *inventory, "--become", "--check", "--diff", "--limit", "mac01")
        demo.say("The rollout; the simulated user at each Mac approves the profile after two seconds")
        demo.play("azure_p2s.macos.rollout", *inventory, "--become")
        demo.say("The rollout once more: nothing is left to do")
        again = demo.play("azure_p2s.macos.rollout", *inventory, "--become")
        if re.findall(r"changed=(\d+)", again) != ["0"] * len(VERSIONS):
            sys.exit("demo: the second run changed something")
        demo.say("The audit: read-only, one command for each Mac, a report for people and machines")
        demo.play("azure_p2s.macos.audit", *inventory, "--become")
        connect(demo, fleet, running, reasons, *inventory, "--become")
        demo.say("What the Macs say themselves")
        for mac in fleet:
            print("\n".join(holdings.tell(mac)))
    report = next(iter(sorted(folder.glob("audit/*.html"))))
    print(f"\nDone in {time.monotonic() - demo.began:.0f} s. The Macs were simulated, and are stopped.")
    print(f"The audit page: {os.path.relpath(report)}")


if __name__ == "__main__":
    main()
