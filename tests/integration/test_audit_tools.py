# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many programs an audit starts on a Mac: that is most of what it costs there, and it grows unnoticed."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest
from support import azure_package, demo_pki
from support.controller import Controller

from simulated_mac import Fleet, MacSpec, Person

PASSPHRASE = "Looking-glass 1871"
# With each shell and with sudo; without the sleeps, of which there is one a second.
MOST = {"root": 23, "rootless": 17, "another-shell": 23}
VARIABLES: dict[str, dict[str, t.Any]] = {
    "root": {"ansible_become": True},
    "rootless": {"ansible_become": False},
    "another-shell": {"ansible_become": True, "ansible_shell_executable": "/bin/zsh"},
}


class Audited(t.NamedTuple):
    """The programs that ran on each Mac during an audit of so many roots, and how long it took at most."""

    roots: int
    programs: dict[str, list[str]]
    seconds: float
    findings: dict[str, dict[str, str]]


@pytest.fixture(scope="module", params=[1, 3], ids=["one-root", "three-roots"])
def audited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Roll out, and audit."""
    folder = tmp_path_factory.mktemp("tools")
    controller = Controller(folder / "controller")
    demo_pki.write_demo(controller.folder / "identities", list(VARIABLES), passphrase=PASSPHRASE)
    roots = tuple(azure_package.make_root(f"Example Gateway Root {number}") for number in range(request.param))
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=roots, schema="new")))
    for name in ("audit", "rollout"):
        (controller.folder / f"{name}.yml").write_text(f"- import_playbook: azure_p2s.macos.{name}\n")
    controller.inventory(
        VARIABLES,
        vpn_client_package="azure.zip",
        vpn_client_identity_pkcs12="identities/{{ inventory_hostname }}.p12",
        vpn_client_identity_passphrase=PASSPHRASE,
        vpn_client_keychain_password="Wonderland-7!",
        vpn_client_approval_timeout=10,
    )
    with Fleet(folder / "fleet", [MacSpec(name, person=Person(approves_after=0.3)) for name in VARIABLES]) as fleet:
        rolled_out = controller.run("rollout.yml", "-i", str(fleet.inventory), "-e", "ansible_become=true")
        assert rolled_out.rc == 0, rolled_out.output
        before = _quiet(fleet)
        began = time.monotonic()
        run = controller.run("audit.yml", "-i", str(fleet.inventory))
        took = time.monotonic() - began
        assert run.rc == 0, run.output
        programs = {name: [call.argv[0] for call in fleet[name].calls()[before[name] :]] for name in VARIABLES}
        return Audited(request.param, programs, took, _findings(controller.folder))


def _quiet(fleet: Fleet) -> dict[str, int]:
    """Return how many programs have run on each Mac, when what watches the staged profile has ended."""
    until = time.monotonic() + 60
    seen: dict[str, int] = {}
    while (now := {name: len(fleet[name].calls()) for name in VARIABLES}) != seen and time.monotonic() < until:
        seen = now
        time.sleep(5)
    return seen


def _findings(folder: pathlib.Path) -> dict[str, dict[str, str]]:
    report = json.loads((folder / "audit" / "audit.json").read_text())
    return {host["host"]: {finding["id"]: finding["status"] for finding in host["findings"]} for host in report["hosts"]}


@pytest.mark.parametrize("name", VARIABLES)
def test_few_programs_run(audited: Audited, name: str) -> None:
    programs = [program for program in audited.programs[name] if program != "/bin/sleep"]
    # Each root is verified for itself.
    more = audited.roots - 1
    assert programs.count("/usr/bin/security") == 3 + more
    assert len(programs) <= MOST[name] + more, programs
    # The login shell. What it starts is sh, whatever Ansible is told of the shell.
    assert programs.count("/bin/zsh") == 1
    # One a second, and the clock of each verification.
    assert audited.programs[name].count("/bin/sleep") <= (1 + audited.roots) * (audited.seconds + 1)


@pytest.mark.parametrize("name", VARIABLES)
def test_all_is_found(audited: Audited, name: str) -> None:
    found = audited.findings[name]
    assert {found[finding] for finding in ("keychain.readable", "root.present", "identity.present", "profile.current")} == {"ok"}
    assert found["root.trusted"] == "warning"
