# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""client_package_info by real ansible-playbook runs: on the controller alone, and failing with one sentence."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from support import azure_package, malformed_package
from support.azure_package import VPN_SERVER, Spec, entries, make_root, write_folder
from support.controller import Controller

MODULE = "azure_p2s.macos.client_package_info"
SPEC = Spec((make_root(),))


@pytest.fixture(params=["newest", "floor"])
def controller(request: pytest.FixtureRequest, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Controller:
    """A controller with a package, and one host that is not there and could not be reached in any way."""
    if request.param == "floor":
        if "P2S_FLOOR_PLAYBOOK" not in os.environ:
            pytest.skip("P2S_FLOOR_PLAYBOOK does not name an ansible-playbook of the oldest ansible-core; make test does")
        monkeypatch.setenv("P2S_PLAYBOOK", os.environ["P2S_FLOOR_PLAYBOOK"])
    made = Controller(tmp_path)
    made.inventory(["mac01"], ansible_host="192.0.2.1", ansible_connection="ssh", ansible_ssh_executable="/nowhere/ssh")
    (tmp_path / "gateway.zip").write_bytes(azure_package.package(SPEC))
    return made


def info(path: str, **task: t.Any) -> dict[str, t.Any]:
    """Return a task that reads ``path``."""
    return {"name": path, MODULE: {"path": path}, **task}


def test_package_by_every_kind_of_path(controller: Controller) -> None:
    folder = controller.folder
    write_folder(entries(SPEC), folder / "unpacked")
    (folder / "files").mkdir()
    (folder / "files" / "other.zip").write_bytes(azure_package.package(SPEC))
    paths = [str(folder / "gateway.zip"), "gateway.zip", "{{ inventory_dir }}/unpacked", "unpacked", "other.zip"]
    run = controller.play(*(info(path) for path in paths))
    assert run.rc == 0, run.output
    results = [result for _host, result in run.results()]
    assert len(results) == len(paths)
    for result in results:
        assert result["changed"] is False
        assert result["package"] == results[0]["package"]
    package = results[0]["package"]
    assert (package["vpn_server"], package["vpn_types"], package["warnings"]) == (VPN_SERVER, ["sstp", "ikev2"], [])
    assert set(package) == {
        *("vpn_server", "vpn_types", "auth", "routes", "client_address_pools", "dns_servers", "vnet_name", "vnet_id"),
        *("server_roots", "schema", "digest", "warnings"),
    }
    assert run.recap("mac01") == {"ok": 5, "changed": 0, "unreachable": 0, "failed": 0, "skipped": 0, "rescued": 0, "ignored": 0}


def test_check_mode_reads_the_same(controller: Controller) -> None:
    real, checked = (controller.play(info("gateway.zip"), check=check).result() for check in (False, True))
    assert real == checked


def test_refusals_are_one_sentence_without_a_traceback(controller: Controller) -> None:
    names = [
        "cut-in-a-file",
        "openvpn-with-entra-only",
        "radius-passwords",
        "billion-laughs",
        "bomb-declared-as-2-kib",
        "path-to-the-parent",
    ]
    for name in names:
        (controller.folder / f"{name}.zip").write_bytes(malformed_package.MALFORMED[name](SPEC))
    run = controller.play(*(info(f"{name}.zip", ignore_errors=True) for name in names), arguments=["-vvv"])
    for name in names:
        assert f'"msg": "path: \\"{controller.folder}/{name}.zip\\" ' in run.output, name
    assert run.output.count('"kind": "PackageError"') == len(names)
    assert "Traceback" not in run.output
    assert "traceback" not in run.output.replace('"exception": "(traceback unavailable)"', "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"path": "nowhere.zip"}, "path: there is no file nowhere.zip on the controller; give a path that exists", id="no-file"
        ),
        pytest.param({}, "missing required arguments: path", id="no-path"),
        pytest.param({"path": "gateway.zip", "extract": True}, "extract. Supported parameters include: path", id="unknown-option"),
    ],
)
def test_options_refused(options: dict[str, t.Any], message: str, controller: Controller) -> None:
    run = controller.play({MODULE: options})
    assert run.rc == 2
    assert message in run.output
    assert "Traceback" not in run.output
