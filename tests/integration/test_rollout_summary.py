# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account at the end of a rollout is there also when no Mac got through, and in a play of batches. It needs no Mac to be seen."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from support import azure_package, demo_pki
from support.controller import Controller, Run

PASSPHRASE = "Looking-glass 1871"
LINUX = {"ansible_connection": "local"}
NO_MAC = "failed: the host runs Linux, not macOS; take it out of the group of Macs."
ROLE = {"ansible.builtin.import_role": {"name": "azure_p2s.macos.vpn_client"}}


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> Controller:
    """A controller whose inventory has no Mac: two hosts run Linux, one has no package, one is away."""
    made = Controller(tmp_path)
    demo_pki.write_demo(tmp_path / "identities", ["a", "b", "unset", "away"], passphrase=PASSPHRASE)
    (tmp_path / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    (tmp_path / "rollout.yml").write_text("- import_playbook: azure_p2s.macos.rollout\n")
    given = {"vpn_client_package": "azure.zip"}
    away = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_user": "nobody"}
    made.inventory(
        {"a": {**LINUX, **given}, "b": {**LINUX, **given}, "unset": LINUX, "away": {**away, **given}},
        vpn_client_identity_pkcs12="identities/{{ inventory_hostname }}.p12",
        vpn_client_identity_passphrase=PASSPHRASE,
    )
    return made


def summaries(run: Run) -> list[list[str]]:
    """Return each account that was shown."""
    return [result["msg"] for _host, result in run.results() if isinstance(result.get("msg"), list)]


def test_when_every_host_failed_a_check_run_still_ends_with_the_table(controller: Controller) -> None:
    run = controller.run("rollout.yml", "--check", "-v")
    assert run.rc in (2, 4), run.output
    (summary,) = summaries(run)
    assert summary[0] == "1 unreachable, 3 failed"
    assert summary[1].split() == ["host", "would", "change", "pending", "unreachable", "note"]
    rows = {line.split()[0]: line for line in summary[2:]}
    assert list(rows) == ["a", "b", "unset", "away"]
    assert rows["a"].endswith(f"  -             -        -            {NO_MAC}")
    assert "failed: vpn_client_package and vpn_client_identity_pkcs12" in rows["unset"]
    assert "  yes          unreachable: " in rows["away"]


def test_a_later_batch_is_not_said_to_have_failed(controller: Controller) -> None:
    play: dict[str, t.Any] = {"hosts": "a,b", "gather_facts": False, "serial": 1, "tasks": [ROLE]}
    (controller.folder / "batches.yml").write_text(json.dumps([play]))
    (summary,) = summaries(controller.run("batches.yml", "-v"))
    assert summary == ["1 not yet reached, 1 failed", f"a: {NO_MAC}", "b: not yet reached: it is in a later batch"]
