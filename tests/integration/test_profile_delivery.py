# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile's delivery where something is in its way: planted links, nobody there, no root, a lost connection, a slow person."""

from __future__ import annotations

import dataclasses
import pathlib
import stat
import subprocess
import threading
import time
import typing as t

import pytest
from support import azure_package, demo_pki, profile_cases
from support.controller import Controller, Run
from support.profile_schema import violations

from simulated_mac import Fleet, MacSpec, Person, SimulatedMac

IDENTIFIER = "com.example.vpn"
PASSPHRASE = "Looking-glass 1871"
FOLDER = "/Users/alice/Library/Application Support/azure_p2s.macos"
STAGED = f"{FOLDER}/{IDENTIFIER}.mobileconfig"
OTHERS = f"/Users/bob/Library/Application Support/azure_p2s.macos/{IDENTIFIER}.mobileconfig"

SPECS = (
    MacSpec("folder-link", macos="15.6.1"),
    MacSpec("file-link", macos="26.1"),
    MacSpec("in-the-way", macos="26.1"),
    MacSpec("system", macos="14.7"),
    MacSpec("system-alone", macos="14.7", console_user=None),
    MacSpec("no-become", macos="15.6.1"),
    MacSpec("catalina-alone", macos="10.15.7", console_user=None),
    MacSpec("slow-person", macos="15.6.1"),
    MacSpec("cut", macos="15.6.1"),
    MacSpec("enrolled", macos="26.1", mdm=True),
)
VARIABLES: dict[str, dict[str, t.Any]] = {
    "system": {"scope": "system"},
    "system-alone": {"scope": "system"},
    "no-become": {"ansible_become": False},
    "catalina-alone": {"user": "alice"},
    "slow-person": {"wait": 600},
    "cut": {"wait": 30},
}


def _options(**changes: t.Any) -> dict[str, t.Any]:
    usual = {
        "identifier": IDENTIFIER,
        "server": demo_pki.VPN_SERVER,
        "server_roots": [profile_cases.gateway_root().pem],
        "pkcs12_path": "{{ inventory_dir }}/identities/client.p12",
        "passphrase": PASSPHRASE,
        "scope": "{{ scope | default('user') }}",
        "user": "{{ user | default(omit) }}",
        "approval_timeout": "{{ wait | default(0) }}",
        "message_text": "Please click",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def _controller(folder: pathlib.Path) -> Controller:
    controller = Controller(folder)
    demo_pki.write_demo(controller.folder / "identities", ["client"], passphrase=PASSPHRASE)
    return controller


def _plant(fleet: Fleet) -> None:
    """Put into alice's Library what a malicious or a broken program could have left there."""
    fleet["folder-link"].sh(f"/bin/mkdir /tmp/loot && /bin/chmod 777 /tmp/loot && /bin/ln -s /tmp/loot '{FOLDER}'\n")
    fleet["file-link"].sh(
        f"/bin/mkdir '{FOLDER}' && /bin/chmod 755 '{FOLDER}' && echo victim >/Users/alice/victim\n"
        f"/bin/ln -s /Users/alice/victim '{STAGED}' && /bin/ln -s /Users/alice/victim '{STAGED}.new'\n"
        f"/bin/ln -s /Users/alice/victim '{FOLDER}/{IDENTIFIER}.staged'\n"
    )
    # Bob was to approve the profile of the whole Mac, and has left.
    fleet["system"].sh(
        '/usr/bin/sudo -u bob -H /bin/sh -c \'umask 077; cd "/Users/bob/Library/Application Support" && /bin/mkdir azure_p2s.macos &&'
        f" cd azure_p2s.macos && echo key >{IDENTIFIER}.mobileconfig && echo note >{IDENTIFIER}.staged'\n"
    )
    assert OTHERS in fleet["system"].tree()
    fleet["in-the-way"].sh(f"/bin/mkdir -p '{STAGED}'\n")


def _let_time_pass(mac: SimulatedMac) -> None:
    """Let the first request to the slow person be forgotten, and have the second one approved."""
    until = time.monotonic() + 100
    passed = False
    while time.monotonic() < until:
        count = len(_opened(mac))
        if count == 1 and not passed:
            mac.pass_time(481)
            passed = True
        if count == 2:
            mac.set(person=Person(approves_after=0.1))
            return
        time.sleep(0.3)


def _opened(mac: SimulatedMac) -> list[str]:
    return [path for path in mac.state().get("opened", []) if path.endswith(".mobileconfig")]


@dataclasses.dataclass
class Scene:
    """The Macs after the run."""

    fleet: Fleet
    controller: Controller
    run: Run
    results: dict[str, dict[str, t.Any]]

    def profile(self, name: str) -> dict[str, t.Any]:
        """Return what the module said of the profile on one Mac."""
        assert "profile" in self.results[name], self.results[name]
        return t.cast(dict[str, t.Any], self.results[name]["profile"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Scene]:
    """Run once on all Macs."""
    folder = tmp_path_factory.mktemp("delivery")
    controller = _controller(folder / "controller")
    with Fleet(folder / "fleet", SPECS) as fleet:
        _plant(fleet)
        # The third list of profiles is the first look at what the person has answered.
        fleet["cut"].fault("profiles", "cut", after=3, once=True)
        controller.inventory({spec.name: VARIABLES.get(spec.name, {}) for spec in SPECS}, ansible_become=True)
        person = threading.Thread(target=_let_time_pass, args=[fleet["slow-person"]])
        person.start()
        run = controller.play({"azure_p2s.macos.vpn_profile": _options()}, arguments=["-i", str(fleet.inventory), "--forks", "10"])
        person.join()
        yield Scene(fleet, controller, run, dict(run.results()))


def test_a_linked_folder_is_refused_and_nothing_goes_there(scene: Scene) -> None:
    assert "a link or folder is in the way" in scene.results["folder-link"]["msg"]
    assert [path for path in scene.fleet["folder-link"].tree() if path.startswith(("/tmp/loot/", "/private/tmp/loot/"))] == []


def test_planted_links_are_replaced_and_not_written_through(scene: Scene) -> None:
    assert scene.profile("file-link")["status"] == "awaiting_approval"
    mac = scene.fleet["file-link"]
    tree, files = mac.tree(), mac.files()
    assert files["/Users/alice/victim"] == b"victim\n"
    assert tree[STAGED].startswith("-rw------- 501:")
    assert tree[FOLDER].startswith("drwx------ 501:")
    assert violations(files[STAGED], (26, 1)) == []


def test_a_folder_in_the_way_is_named(scene: Scene) -> None:
    assert "a link or folder is in the way" in scene.results["in-the-way"]["msg"]


def test_a_profile_for_the_whole_mac_is_approved_by_who_sits_there(scene: Scene) -> None:
    profile, mac = scene.profile("system"), scene.fleet["system"]
    assert (profile["status"], profile["user"]) == ("awaiting_approval", "alice")
    assert "administrator" in profile["remedy"]
    assert not any(path.startswith("/Users/bob/") and "azure_p2s" in path for path in mac.tree()), "and no copy stays with who left"
    mac.approve_profile()
    assert [entry["identifier"] for entry in mac.state()["profiles"]["_computerlevel"]] == [IDENTIFIER]


def test_a_profile_for_the_whole_mac_is_not_left_where_nobody_can_approve_it(scene: Scene) -> None:
    assert "nobody is logged in at the Mac's screen who could approve" in scene.results["system-alone"]["msg"]
    assert not any("azure_p2s" in path for path in scene.fleet["system-alone"].tree())


def test_without_become_the_profile_is_staged_and_the_way_out_is_said(scene: Scene) -> None:
    profile, mac = scene.profile("no-become"), scene.fleet["no-become"]
    assert (profile["status"], profile["path"]) == ("staged", STAGED)
    assert "add become" in profile["remedy"]
    assert mac.tree()[STAGED].startswith("-rw------- 501:")
    assert _opened(mac) == []
    assert mac.state()["dialogs"] == [], "nobody is told of a request that does not come"


def test_an_installation_that_10_15_refuses_is_an_error_with_its_reason(scene: Scene) -> None:
    assert "macOS did not install the profile" in scene.results["catalina-alone"]["msg"]
    assert "-319" in scene.results["catalina-alone"]["msg"]
    assert scene.results["catalina-alone"]["msg"].endswith("; run the play again when alice is logged in at the Mac.")
    assert not any("mobileconfig" in path for path in scene.fleet["catalina-alone"].tree())


def test_a_request_that_was_forgotten_while_the_play_waits_is_shown_again(scene: Scene) -> None:
    assert scene.profile("slow-person")["status"] == "installed"
    assert len(_opened(scene.fleet["slow-person"])) == 2
    assert not any("azure_p2s" in path for path in scene.fleet["slow-person"].tree())


def test_an_enrolled_mac_is_told_of_the_way_without_a_click(scene: Scene) -> None:
    assert "could install the profile without a click: see delivery file" in scene.profile("enrolled")["remedy"]


def test_a_lost_connection_loses_neither_the_request_nor_the_key(scene: Scene) -> None:
    mac = scene.fleet["cut"]
    assert scene.run.recap("cut")["unreachable"] + scene.run.recap("cut")["failed"] == 1
    assert mac.tree()[STAGED].startswith("-rw------- 501:")
    scene.controller.inventory(["cut"], ansible_become=True)
    again = scene.controller.play(
        {"azure_p2s.macos.vpn_profile": _options()}, arguments=["-i", str(scene.fleet.inventory), "--limit", "cut"]
    )
    result = dict(again.results())["cut"]
    assert (result["changed"], result["profile"]["status"]) == (False, "awaiting_approval")
    assert len(_opened(mac)) == 1, "a request that waits is not shown again"
    # The person approves when no playbook runs, and the copy with the key goes all the same.
    mac.approve_profile()
    until = time.monotonic() + 40
    while any("azure_p2s" in path for path in mac.tree()) and time.monotonic() < until:
        time.sleep(0.5)
    assert not any("azure_p2s" in path for path in mac.tree())


# -- a file for an MDM ---------------------------------------------------------------------------------------------


def _file(controller: Controller, dest: str, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """Write a file for each Mac and return the result of mac01; there is no Mac at that address."""
    given = _options(
        delivery="file", dest=dest, **{"approval_timeout": None, "message_text": None, "user": None, "scope": "system", **options}
    )
    run = controller.play({"azure_p2s.macos.vpn_profile": given}, check=check, arguments=["--diff"])
    assert run.rc == 0, run.output
    assert PASSPHRASE not in run.output
    return dict(run.results())["mac01"]


def test_files_for_an_mdm_are_private_stable_and_gone_when_unwanted(tmp_path: pathlib.Path) -> None:
    controller = _controller(tmp_path)
    controller.inventory(["mac01", "mac02"], ansible_host="192.0.2.1")
    dest = "{{ inventory_dir }}/profiles/{{ inventory_hostname }}.mobileconfig"
    path = tmp_path / "profiles" / "mac01.mobileconfig"
    assert _file(controller, dest, check=True)["changed"]
    assert not path.parent.exists(), "check mode writes nothing"
    first = _file(controller, dest)
    assert (first["changed"], first["profile"]["status"], first["profile"]["path"]) == (True, "unknown", str(path))
    assert "device channel" in first["profile"]["remedy"]
    assert sorted(file.name for file in path.parent.iterdir()) == ["mac01.mobileconfig", "mac02.mobileconfig"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    assert violations(content) == []
    assert not _file(controller, dest)["changed"]
    assert path.read_bytes() == content
    path.chmod(0o644)
    assert _file(controller, dest)["changed"]
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (0o600, content), "what was uploaded stays what lies here"
    assert _file(controller, dest, proposal="strong")["changed"]
    assert path.read_bytes() != content
    absent = dict.fromkeys(("server", "server_roots", "pkcs12_path", "passphrase"))
    assert _file(controller, dest, state="absent", **absent)["changed"]
    assert list(path.parent.iterdir()) == []
    assert not _file(controller, dest, state="absent", **absent)["changed"]


def test_a_folder_that_is_not_there_yet_gets_a_file_for_each_host(tmp_path: pathlib.Path) -> None:
    controller = _controller(tmp_path)
    controller.inventory(["mac01", "mac02"], ansible_host="192.0.2.1")
    _file(controller, "{{ inventory_dir }}/out/")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["mac01.mobileconfig", "mac02.mobileconfig"]


def test_what_a_file_has_no_use_for_is_warned_of_and_checked(tmp_path: pathlib.Path) -> None:
    controller = _controller(tmp_path)
    controller.inventory(["mac01"], ansible_host="192.0.2.1")
    profile = _file(controller, "{{ inventory_dir }}/mac01.mobileconfig", message_text="Please click", user="alice")["profile"]
    assert "With delivery file these options have no effect: message_text, user." in profile["warnings"]
    given = _options(delivery="file", dest="{{ inventory_dir }}/x", message_text=None, message_title="IT")
    refused = controller.play({"azure_p2s.macos.vpn_profile": given}).result()
    assert refused["msg"].startswith("message_title: ")


def test_the_role_writes_signed_files_that_openssl_verifies(tmp_path: pathlib.Path) -> None:
    controller = _controller(tmp_path)
    authority = demo_pki.root("Signing Root")
    signer = demo_pki.issue(authority, "Example IT", usages=None)
    (tmp_path / "signer.pem").write_text(signer.pem)
    (tmp_path / "signer.key").write_bytes(signer.key_pem)
    (tmp_path / "signing-root.pem").write_text(authority.pem)
    (tmp_path / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    controller.inventory(
        ["mac01"],
        ansible_host="192.0.2.1",
        vpn_client_package="{{ inventory_dir }}/azure.zip",
        vpn_client_identity_pkcs12="{{ inventory_dir }}/identities/client.p12",
        vpn_client_identity_passphrase=PASSPHRASE,
        vpn_client_delivery="file",
        vpn_client_profile_dest="{{ inventory_dir }}/{{ inventory_hostname }}.mobileconfig",
        vpn_client_sign_certificate="{{ inventory_dir }}/signer.pem",
        vpn_client_sign_private_key="{{ inventory_dir }}/signer.key",
    )
    for changed in (1, 0):
        run = controller.run("azure_p2s.macos.rollout")
        assert run.rc == 0, run.output
        assert run.recap("mac01")["changed"] == changed
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(tmp_path / "mac01.mobileconfig")]
    command += ["-CAfile", str(tmp_path / "signing-root.pem"), "-purpose", "any", "-binary"]
    verified = subprocess.run(command, capture_output=True, check=False)
    assert verified.returncode == 0, verified.stderr
    assert violations(verified.stdout) == []
