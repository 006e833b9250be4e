# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job by real ansible-playbook runs over real OpenSSH: three simulated Macs, before, first run, second run, removal.

Each test looks at one thing that an admin, a reviewer or a Mac's user would notice. The runs are made once per ansible-core.
"""

from __future__ import annotations

import dataclasses
import os
import plistlib
import re
import typing as t

import pytest
from support import azure_package, demo_pki, profile_schema
from support.controller import Controller, Run
from support.secrets_search import secret_bearing, stands_in

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki
from simulated_mac import Fleet, MacSpec, Person, SimulatedMac

NAMES = ("mac01", "mac02", "mac03")
PASSPHRASE = 'pass "phrase" with \\ and ü'
KEYCHAIN_PASSWORD = "Wonderland-7!"
PROFILE = "io.github.azure-p2s.macos.vpn-client"
# Roots, identity and profile: one command each to look, one each to change and prove.
MODULES = 3


@dataclasses.dataclass
class Stage:
    """One run of a playbook: what it printed, how many SSH commands each Mac got, and the Macs' file trees afterwards."""

    run: Run
    execs: dict[str, int]
    trees: dict[str, str]


@dataclasses.dataclass
class Story:
    """All runs, in order."""

    controller: Controller
    fleet: Fleet
    before: dict[str, str]
    stages: dict[str, Stage]
    identities: dict[str, identity.Identity]
    installed: dict[str, dict[str, t.Any]]


def _trees(fleet: Fleet) -> dict[str, str]:
    return {name: fleet[name].tree_hash() for name in NAMES}


def _stage(controller: Controller, fleet: Fleet, playbook: str, *arguments: str) -> Stage:
    before = {name: fleet[name].ssh_execs() for name in NAMES}
    run = controller.run(playbook, "-i", str(fleet.inventory), *arguments)
    execs = {name: fleet[name].ssh_execs() - before[name] for name in NAMES}
    return Stage(run, execs, _trees(fleet))


@pytest.fixture(scope="module", params=["newest", pytest.param("floor", marks=pytest.mark.floor)])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Story]:
    """Roll out and remove, with the newest and the oldest ansible-core."""
    patch = pytest.MonkeyPatch()
    if request.param == "floor":
        if "P2S_FLOOR_PLAYBOOK" not in os.environ:
            pytest.skip("P2S_FLOOR_PLAYBOOK does not name an ansible-playbook of the oldest ansible-core; make test does")
        patch.setenv("P2S_PLAYBOOK", os.environ["P2S_FLOOR_PLAYBOOK"])
    folder = tmp_path_factory.mktemp("rollout")
    controller = Controller(folder / "controller")
    root = demo_pki.write_demo(controller.folder / "identities", NAMES, passphrase=PASSPHRASE)
    assert root
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    # written for each host, as one of them loses its package below
    hosts: dict[str, dict[str, str]] = {name: {"vpn_client_package": "azure.zip"} for name in NAMES}
    common = {
        "vpn_client_identity_pkcs12": "identities/{{ inventory_hostname }}.p12",
        "vpn_client_identity_passphrase": PASSPHRASE,
        "vpn_client_keychain_password": KEYCHAIN_PASSWORD,
        "vpn_client_approval_timeout": 30,
        "ansible_become": True,
    }
    controller.inventory(hosts, **common)
    (controller.folder / "rollout.yml").write_text("- import_playbook: azure_p2s.macos.rollout\n")
    (controller.folder / "remove.yml").write_text("- import_playbook: azure_p2s.macos.remove\n")
    identities = {
        name: identity.read((controller.folder / "identities" / f"{name}.p12").read_bytes(), PASSPHRASE, now=pki.utc_now())
        for name in NAMES
    }
    specs = [
        MacSpec(name, macos=macos, person=Person(approves_after=0.5)) for name, macos in zip(NAMES, ("13.7", "15.6.1", "26.1"), strict=True)
    ]
    with Fleet(folder / "fleet", specs) as fleet:
        before = _trees(fleet)
        stages, installed = {}, {}
        to_file = ("-e", "vpn_client_delivery=file", "-e", "{vpn_client_profile_dest: 'FOLDER/{{ inventory_hostname }}.mobileconfig'}")
        for name, playbook, *arguments in (
            ("check before", "rollout.yml", "--check", "--diff", "-vvv"),
            ("first", "rollout.yml", "--diff", "-vvvvv"),
            ("check after", "rollout.yml", "--check", "--diff"),
            ("second", "rollout.yml"),
            ("files", "rollout.yml", *(argument.replace("FOLDER", "profiles") for argument in to_file)),
            ("files once more", "rollout.yml", *(argument.replace("FOLDER", "profiles") for argument in to_file)),
            ("files again", "rollout.yml", *(argument.replace("FOLDER", "again") for argument in to_file)),
            ("check removal", "remove.yml", "--check", "--diff"),
            ("removal", "remove.yml", "--diff", "-vvv"),
            ("second removal", "remove.yml"),
        ):
            stages[name] = _stage(controller, fleet, str(controller.folder / playbook), *arguments)
            if name == "second":
                installed = {host: fleet[host].state() for host in NAMES}
        controller.inventory({**hosts, NAMES[0]: {}}, **common)
        stages["removal without a package"] = _stage(controller, fleet, str(controller.folder / "remove.yml"))
        yield Story(controller, fleet, before, stages, identities, installed)
    patch.undo()


def _login_keychain(mac: SimulatedMac) -> set[str]:
    """Return the SHA-256 of the certificates in alice's login keychain, as `security` lists them of a copy."""
    listed = mac.sh(
        'copy=$(/usr/bin/mktemp -d /tmp/look.XXXXXX) && /bin/cp "$HOME/Library/Keychains/login.keychain-db" "$copy/copy.keychain-db" &&'
        ' /usr/bin/security find-certificate -a -Z "$copy/copy.keychain-db"; /bin/rm -rf "$copy"'
    )
    return {digest.lower() for digest in re.findall(r"^SHA-256 hash: (\w+)$", listed.stdout, re.MULTILINE)}


def _changed(stage: Stage) -> dict[str, int]:
    return {name: stage.run.recap(name)["changed"] for name in NAMES}


@pytest.mark.parametrize(
    "stage", ["check before", "first", "check after", "second", "check removal", "removal", "second removal", "removal without a package"]
)
def test_every_run_succeeds_on_every_mac(story: Story, stage: str) -> None:
    assert story.stages[stage].run.rc == 0, story.stages[stage].run.output


def test_check_foretells_what_the_first_run_does_and_alters_no_byte(story: Story) -> None:
    assert _changed(story.stages["check before"]) == _changed(story.stages["first"]) == dict.fromkeys(NAMES, MODULES)
    assert story.stages["check before"].trees == story.before


def test_the_second_run_changes_nothing_and_check_agrees(story: Story) -> None:
    assert _changed(story.stages["second"]) == _changed(story.stages["check after"]) == dict.fromkeys(NAMES, 0)
    assert story.stages["second"].trees == story.stages["check after"].trees == story.stages["first"].trees


def test_a_removed_vpn_is_gone_and_removing_again_changes_nothing(story: Story) -> None:
    removed, again = story.stages["removal"], story.stages["second removal"]
    assert _changed(story.stages["check removal"]) == _changed(removed) == dict.fromkeys(NAMES, MODULES)
    assert story.stages["check removal"].trees == story.stages["second"].trees
    assert _changed(again) == dict.fromkeys(NAMES, 0)
    assert again.trees == removed.trees
    for name in NAMES:
        assert PROFILE not in str(story.fleet[name].state()["profiles"])
        # of what came with the PKCS#12 only its issuer stays, which may be of use to another identity
        assert _login_keychain(story.fleet[name]) == {issuer.sha256 for issuer in story.identities[name].chain}


def test_a_converged_mac_costs_one_command_for_each_module(story: Story) -> None:
    assert story.stages["second"].execs == story.stages["check after"].execs == dict.fromkeys(NAMES, MODULES)


def test_a_change_costs_two_commands_for_each_module(story: Story) -> None:
    # and one for the look that comes before anything is changed
    assert story.stages["first"].execs == dict.fromkeys(NAMES, 2 * MODULES + 1)
    assert story.stages["check before"].execs == dict.fromkeys(NAMES, MODULES + 1)


def test_no_read_only_run_opens_a_live_keychain(story: Story) -> None:
    for name in NAMES:
        commands = {opened["command"] for opened in story.fleet[name].live_keychain_opens()}
        assert not any(command.startswith("find-") for command in commands), commands


def test_the_package_is_read_once_for_all(story: Story) -> None:
    output = story.stages["second"].run.output
    assert len(re.findall(r"^ok: \[mac\d\d\] => \(item=azure\.zip\)", output, re.MULTILINE)) == 1


def test_the_summary_counts_the_macs(story: Story) -> None:
    assert "3 would change" in story.stages["check before"].run.output
    assert "3 done" in story.stages["second"].run.output


def test_the_profile_passes_the_schema_and_is_the_very_one_that_macos_lists(story: Story) -> None:
    for name in NAMES:
        content = (story.controller.folder / "profiles" / f"{name}.mobileconfig").read_bytes()
        assert profile_schema.violations(content) == []
        (installed,) = story.installed[name]["profiles"]["alice"]
        assert installed["uuid"] == plistlib.loads(content)["PayloadUUID"]


def test_the_same_input_gives_the_same_identifiers_on_each_run(story: Story) -> None:
    for name in NAMES:
        first, second = (
            plistlib.loads((story.controller.folder / folder / f"{name}.mobileconfig").read_bytes()) for folder in ("profiles", "again")
        )
        for profile in (first, second):
            for payload in profile["PayloadContent"]:
                if payload["PayloadType"] == "com.apple.security.pkcs12":
                    del payload["PayloadContent"], payload["Password"]
        assert first == second


def test_delivery_to_a_file_contacts_no_mac_and_converges(story: Story) -> None:
    assert story.stages["files"].execs == story.stages["files once more"].execs == dict.fromkeys(NAMES, 0)
    assert _changed(story.stages["files"]) == dict.fromkeys(NAMES, 1)
    assert _changed(story.stages["files once more"]) == dict.fromkeys(NAMES, 0)


def test_no_passphrase_and_no_key_is_seen_anywhere(story: Story) -> None:
    secrets: dict[str, t.Any] = {"the PKCS#12 passphrase": PASSPHRASE, "the keychain password": KEYCHAIN_PASSWORD}
    secrets |= {f"the key of {name}": own.private_key for name, own in story.identities.items()}
    outputs = [stage.run.output for stage in story.stages.values()]
    places = [(folder, f"{name}.{suffix}") for name in NAMES for folder, suffix in (("identities", "p12"), ("profiles", "mobileconfig"))]
    kept = [story.controller.folder / folder / file for folder, file in places]
    story.controller.assert_unseen(secrets, *outputs, keep=kept)
    for name in NAMES:
        calls = story.fleet[name].calls()
        assert any("security" in call.argv[0] for call in calls)
        seen = "\n".join(" ".join(call.argv) + call.environment for call in calls).encode()
        for what, secret in secrets.items():
            assert not stands_in(secret, seen), f"{what} stands in a command line on {name}"
        # nor may the passphrase that is made up for each import, which nobody can look for
        assert not [call.argv for call in calls if secret_bearing(call.argv)]


def test_nothing_is_left_on_the_macs(story: Story) -> None:
    for name in NAMES:
        files = story.fleet[name].files()
        left = [path for path in files if "p2s" in path or path.endswith((".p12", ".mobileconfig"))]
        assert left == []
        for path, content in files.items():
            assert not stands_in(PASSPHRASE, content), path
            assert not stands_in(story.identities[name].private_key, content), path
