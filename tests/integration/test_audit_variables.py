# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose variables make no sense are rows of the report with the reason, also when they are a batch of their own. No Mac is needed."""

from __future__ import annotations

import json
import pathlib

import pytest
from support import azure_package, demo_pki
from support.controller import Controller

PASSPHRASE = "Looking-glass 1871"
# what is wrong with each host: its variables, and words of the reason
HOSTS = {
    "choice": ({"vpn_client_scope": "usr"}, "vpn_client_scope"),
    "undefined": ({"vpn_client_identity_pkcs12": "{{ nowhere }}/x.p12"}, "'nowhere' is undefined"),
    "unset": ({}, "vpn_client_package"),
    "linux": ({}, "the host runs Linux, not macOS"),
}


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> Controller:
    """A controller with these hosts."""
    made = Controller(tmp_path)
    demo_pki.write_demo(tmp_path / "identities", list(HOSTS), passphrase=PASSPHRASE)
    (tmp_path / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    (tmp_path / "audit.yml").write_text("- import_playbook: azure_p2s.macos.audit\n")
    usual = {"ansible_connection": "local", "vpn_client_package": "azure.zip"}
    hosts = {name: {**usual, **variables} for name, (variables, _why) in HOSTS.items()}
    del hosts["unset"]["vpn_client_package"]
    made.inventory(hosts, vpn_client_identity_pkcs12="identities/{{ inventory_hostname }}.p12", vpn_client_identity_passphrase=PASSPHRASE)
    return made


@pytest.mark.parametrize("serial", ["1", "100%"])
@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_each_is_a_row_that_says_why(controller: Controller, serial: str, strategy: str) -> None:
    run = controller.run("audit.yml", "-e", f"vpn_client_audit_serial={serial}", "-e", f"vpn_client_audit_strategy={strategy}")
    assert run.rc == 0, run.output
    report = json.loads((controller.folder / "audit" / "audit.json").read_text())
    assert {host["host"]: host["state"] for host in report["hosts"]} == dict.fromkeys(HOSTS, "failed")
    for host in report["hosts"]:
        assert HOSTS[host["host"]][1] in host["message"], host


@pytest.mark.parametrize("name", HOSTS)
def test_one_alone_is_a_report(controller: Controller, name: str) -> None:
    run = controller.run("audit.yml", "--limit", name)
    assert run.rc == 0, run.output
    (host,) = json.loads((controller.folder / "audit" / "audit.json").read_text())["hosts"]
    assert HOSTS[name][1] in host["message"]
