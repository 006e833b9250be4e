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
OTHER_KEY = """$ANSIBLE_VAULT;1.1;AES256
30616263646566303132333435363738393031323334353637383930313233340a61626364656630
31323334353637383930313233343536373839303132333435363738393031320a61626364656630
"""
# What is wrong with each host: its variables, and words of the reason. The first ones' package cannot be read for all.
HOSTS: dict[str, tuple[dict[str, str], str]] = {
    "unset": ({}, "vpn_client_package and vpn_client_identity_pkcs12"),
    "nopackage": ({"vpn_client_package": "{{ nowhere }}/azure.zip"}, "vpn_client_package: its value cannot be worked out"),
    "lookup": (
        {"vpn_client_package": "{{ lookup('ansible.builtin.file', 'nowhere') }}"},
        "vpn_client_package: its value cannot be worked out",
    ),
    "away": ({"vpn_client_package": "nowhere.zip"}, "vpn_client_package: there is no file nowhere.zip on the controller"),
    "broken": ({"vpn_client_package": "broken.zip"}, "vpn_client_package: "),
    "choice": ({"vpn_client_scope": "usr"}, "value of vpn_client_scope must be one of: user, system, got: usr"),
    "number": ({"vpn_client_mtu": "soon"}, "vpn_client_mtu"),
    "rollout": ({"vpn_client_connect_timeout": "soon"}, "vpn_client_connect_timeout"),
    "both": ({"vpn_client_identity_content": "TUlJ"}, "vpn_client_identity_pkcs12|vpn_client_identity_content"),
    "undefined": ({"vpn_client_identity_pkcs12": "{{ nowhere }}/x.p12"}, "'nowhere' is undefined"),
    "sealed": ({}, "vpn_client_identity_passphrase: "),
    "linux": ({}, "the host runs Linux, not macOS"),
    # another package than the first host's
    "another": ({"vpn_client_package": "other.zip"}, "the host runs Linux, not macOS"),
    "omitted": ({"vpn_client_user": "{{ nobody | default(omit) }}"}, "the host runs Linux, not macOS"),
}


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> Controller:
    """A controller with these hosts."""
    made = Controller(tmp_path)
    demo_pki.write_demo(tmp_path / "identities", list(HOSTS), passphrase=PASSPHRASE)
    (tmp_path / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    for name in ("other.zip", "broken.zip"):
        (tmp_path / name).write_bytes((tmp_path / "azure.zip").read_bytes()[: -1000 if name == "broken.zip" else None])
    (tmp_path / "host_vars").mkdir()
    sealed = "".join(f"  {line}\n" for line in OTHER_KEY.splitlines())
    (tmp_path / "host_vars" / "sealed.yml").write_text(f"vpn_client_identity_passphrase: !vault |\n{sealed}")
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
    assert HOSTS[name][1] in _messages(controller, name)[name]


@pytest.mark.parametrize("name", HOSTS)
def test_one_before_another_does_not_stop_it(controller: Controller, name: str) -> None:
    assert HOSTS["linux"][1] in _messages(controller, name, "linux")["linux"]


def _messages(controller: Controller, *names: str) -> dict[str, str]:
    run = controller.run("audit.yml", "--limit", ",".join(names))
    assert run.rc == 0, run.output
    hosts = json.loads((controller.folder / "audit" / "audit.json").read_text())["hosts"]
    return {host["host"]: host["message"] for host in hosts}
