# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a profile on a simulated Mac of each version: installed, left alone, changed in place, removed. By real playbook runs.

On macOS 10.15 the profile is installed by command, on the others a person approves it. The role's tasks make no difference to the
profile, so the module is run alone.
"""

from __future__ import annotations

import base64
import dataclasses
import pathlib
import plistlib
import time
import typing as t
import zlib

import pytest
from support import azure_package, demo_pki
from support.controller import Controller, Run
from support.profile_schema import violations, vpn_violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki
from simulated_mac import Fleet, MacSpec, Person

VERSIONS = {
    "catalina": "10.15.7",
    "bigsur": "11.7",
    "ventura": "13.7",
    "sonoma": "14.7",
    "sequoia": "15.6.1",
    "tahoe": "26.1",
    "device": "26.1",  # its profile is the device's
}
APPROVING = tuple(name for name in VERSIONS if name != "catalina")
IDENTIFIER = "com.example.vpn"
PASSPHRASE = "Looking-glass 1871"
GERMAN, ENGLISH = "Bitte auf \u201eInstallieren\u201c klicken.\nDanke, die IT", 'Please click "Install"'
STAGES = ("first", "second", "setting", "identity", "roots", "removal")


@dataclasses.dataclass
class Stage:
    """One run: its results, SSH commands a Mac, and the Macs' state, files and time afterwards."""

    run: Run
    results: dict[str, dict[str, t.Any]]
    execs: dict[str, int]
    states: dict[str, dict[str, t.Any]]
    trees: dict[str, dict[str, str]]


@dataclasses.dataclass
class Story:
    """All runs, and what must not have been seen."""

    controller: Controller
    stages: dict[str, Stage]
    secrets: dict[str, bytes]
    files: dict[str, dict[str, dict[str, bytes]]]
    calls: dict[str, str]


def _task(**changes: t.Any) -> dict[str, t.Any]:
    options = {
        "name": "Azure VPN",
        "identifier": IDENTIFIER,
        "package": "{{ client.package }}",
        "pkcs12_path": "{{ inventory_dir }}/identities/{{ inventory_hostname }}.p12",
        "passphrase": PASSPHRASE,
        "scope": "{{ 'system' if inventory_hostname == 'device' else 'user' }}",
        "approval_timeout": 40,
        "message_title": "Example IT",
        "message_text": ENGLISH,
        "message_translations": {"de": {"text": GERMAN}},
        **changes,
    }
    return {"azure_p2s.macos.vpn_profile": {name: value for name, value in options.items() if value is not None}, "become": True}


def _read(package: str) -> dict[str, t.Any]:
    path = f"{{{{ inventory_dir }}}}/{package}"
    return {"azure_p2s.macos.client_package_info": {"path": path}, "register": "client", "run_once": True}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Story]:
    """Tell it."""
    folder: pathlib.Path = tmp_path_factory.mktemp("lifecycle")
    controller = Controller(folder / "controller")
    demo_pki.write_demo(controller.folder / "identities", list(VERSIONS), passphrase=PASSPHRASE)
    demo_pki.write_demo(controller.folder / "renewed", list(VERSIONS), passphrase=PASSPHRASE)
    roots = azure_package.make_root("Old Gateway Root"), azure_package.make_root("New Gateway Root")
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=roots[:1])))
    (controller.folder / "rotated.zip").write_bytes(azure_package.package(azure_package.Spec(roots=roots, schema="new")))
    specs = [MacSpec(name, macos=macos, person=Person(approves_after=0.2)) for name, macos in VERSIONS.items()]
    renewed = {"pkcs12_path": "{{ inventory_dir }}/renewed/{{ inventory_hostname }}.p12"}
    tasks = {
        "first": (_read("azure.zip"), _task()),
        "second": (_read("azure.zip"), _task()),
        "setting": (_read("azure.zip"), _task(proposal="strong")),
        "identity": (_read("azure.zip"), _task(proposal="strong", **renewed)),
        "roots": (_read("rotated.zip"), _task(proposal="strong", **renewed)),
        "removal": (_task(state="absent", pkcs12_path=None, package=None),),
    }
    with Fleet(folder / "fleet", specs) as fleet:
        controller.inventory(list(VERSIONS))
        fleet["sequoia"].write(
            "/Users/alice/Library/Preferences/.GlobalPreferences.plist",
            plistlib.dumps({"AppleLanguages": ["de-CH", "en-CH"]}),
            owner=501,
            mode=0o600,
        )
        stages: dict[str, Stage] = {}
        files: dict[str, dict[str, dict[str, bytes]]] = {}
        for stage in STAGES:
            before = {mac.name: mac.ssh_execs() for mac in fleet}
            # The most that Ansible can be made to show, once.
            verbosity = "-vvvvv" if stage == "setting" else "-vvv"
            run = controller.play(*tasks[stage], arguments=["-i", str(fleet.inventory), verbosity, "--diff"])
            files[stage] = {mac.name: mac.files() for mac in fleet} if stage in ("setting", "removal") else {}
            stages[stage] = Stage(
                run,
                {host: result for host, result in run.results() if "profile" in result},
                {mac.name: mac.ssh_execs() - before[mac.name] for mac in fleet},
                {mac.name: mac.state() for mac in fleet},
                {mac.name: mac.tree() for mac in fleet},
            )
        keys = {
            f"{folder}/{name}": (controller.folder / folder / f"{name}.p12").read_bytes()
            for folder in ("identities", "renewed")
            for name in VERSIONS
        }
        yield Story(
            controller,
            stages,
            {name: _middle_of_key(data) for name, data in keys.items()},
            files,
            {mac.name: "\n".join(" ".join(call.argv) + call.environment for call in mac.calls()) for mac in fleet},
        )


def _middle_of_key(data: bytes) -> bytes:
    """Return bytes out of the private key as they stand in every encoding of it that is not encrypted."""
    number = t.cast(t.Any, identity.read(data, PASSPHRASE, now=pki.utc_now()).private_key).private_numbers().d
    return t.cast(bytes, number.to_bytes(256, "big")[60:120])


def _installed(story: Story, stage: str, name: str) -> list[dict[str, t.Any]]:
    """Return the profiles of the Mac ``name`` after ``stage``, in the scope that its task asks for."""
    found: list[dict[str, t.Any]] = story.stages[stage].states[name]["profiles"]["_computerlevel" if name == "device" else "alice"]
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_every_run_succeeds(story: Story, stage: str) -> None:
    assert story.stages[stage].run.rc == 0, story.stages[stage].run.output


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize(
    ("stage", "changed", "status", "execs"),
    [
        ("first", True, "installed", 2),
        ("second", False, "installed", 1),
        ("setting", True, "installed", 2),
        ("identity", True, "installed", 2),
        ("roots", True, "installed", 2),
        ("removal", True, "absent", 2),
    ],
)
def test_each_stage_on_each_macos(story: Story, stage: str, changed: bool, status: str, execs: int, name: str) -> None:
    result = story.stages[stage].results[name]
    assert (result["changed"], result["profile"]["status"]) == (changed, status)
    assert story.stages[stage].execs[name] == execs
    assert result["profile"]["delivery"] in ("profiles" if name == "catalina" else "approval", None)


@pytest.mark.parametrize("name", VERSIONS)
def test_each_version_is_replaced_in_place_and_the_uuid_tells_them_apart(story: Story, name: str) -> None:
    uuids = []
    for stage in STAGES[:5]:
        installed = _installed(story, stage, name)
        assert [entry["identifier"] for entry in installed] == [IDENTIFIER], "one profile, and never a second one"
        assert installed[0]["uuid"] == story.stages[stage].results[name]["profile"]["uuid"]
        assert [service["name"] for service in story.stages[stage].states[name]["vpn"]] == ["Azure VPN"]
        uuids.append(installed[0]["uuid"])
    assert uuids[0] == uuids[1]
    assert len(set(uuids)) == 4
    assert _installed(story, "removal", name) == []
    assert story.stages["removal"].states[name]["vpn"] == []


@pytest.mark.parametrize("name", VERSIONS)
def test_both_roots_are_there_while_azure_changes_from_one_to_the_other(story: Story, name: str) -> None:
    def count(stage: str) -> int:
        (entry,) = _installed(story, stage, name)
        return [item["PayloadType"] for item in entry["items"]].count("com.apple.security.root")

    assert (count("identity"), count("roots")) == (1, 2)


@pytest.mark.parametrize("name", APPROVING)
@pytest.mark.parametrize("stage", ["first", "setting", "identity", "roots"])
def test_the_user_is_asked_once_for_each_change_in_the_right_pane(story: Story, stage: str, name: str) -> None:
    number = ("first", "setting", "identity", "roots").index(stage) + 1
    opened = story.stages[stage].states[name]["opened"]
    assert len([path for path in opened if path.endswith(".mobileconfig")]) == number
    pane = "com.apple.preferences.configurationprofiles" if name == "bigsur" else "com.apple.Profiles-Settings.extension"
    assert opened[-1] == f"x-apple.systempreferences:{pane}"


@pytest.mark.parametrize("name", VERSIONS)
def test_the_user_reads_why_in_the_own_language_and_only_when_asked(story: Story, name: str) -> None:
    shown = story.stages["removal"].states[name]["dialogs"]
    wanted = GERMAN if name == "sequoia" else ENGLISH
    assert [dialog["text"] for dialog in shown] == ([] if name == "catalina" else [wanted] * 4)
    assert {(dialog["title"], dialog["user"]) for dialog in shown} <= {("Example IT", "alice")}


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize("stage", STAGES)
def test_no_staged_file_outlives_the_installation(story: Story, stage: str, name: str) -> None:
    tree = story.stages[stage].trees[name]
    assert [path for path in tree if "azure_p2s" in path or path.endswith(".mobileconfig") or "/p2s." in path] == []


def _holds_profile(content: bytes) -> bool:
    """Return whether ``content`` holds a profile of ours, in which the key is encrypted: as it is, or in base64 of any alignment."""
    name = b"identity.p12"  # PayloadCertificateFileName
    return any(form in content for form in (name, *(base64.b64encode(name[start : start + 9]) for start in range(3))))


@pytest.mark.parametrize("stage", ["setting", "removal"])
def test_no_secret_is_in_a_file(story: Story, stage: str) -> None:
    for name, files in story.files[stage].items():
        assert files
        for path, content in files.items():
            assert not _holds_profile(content), f"a profile with the key stands in {path} on {name}"
            for what, key in story.secrets.items():
                assert key not in content, f"the key of {what} stands in {path} on {name}"


def test_no_secret_is_in_a_command_line_or_the_output(story: Story) -> None:
    xml = base64.b64encode(b"<?xml ").decode()  # how a profile begins on its way
    for name, calls in story.calls.items():
        assert "osascript" in calls or name == "catalina"
        for secret in (PASSPHRASE, "Installieren", xml, base64.b64encode(story.secrets[f"identities/{name}"]).decode()[4:60]):
            assert secret not in calls, f"a secret, or the message, stands in a command line on {name}"
        assert not _holds_profile(calls.encode("utf-8", "surrogateescape"))
    for stage in story.stages.values():
        assert PASSPHRASE not in stage.run.output
        assert not _holds_profile(stage.run.output.encode()), "the profile, which carries the key, is never shown"
        assert "PayloadContent" not in stage.run.output
    kept = [path for folder in ("identities", "renewed") for path in (story.controller.folder / folder).iterdir()]
    story.controller.assert_unseen({"the passphrase": PASSPHRASE}, keep=kept)


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize("stage", STAGES[:5])
def test_what_is_installed_passes_the_schema(story: Story, stage: str, name: str) -> None:
    (entry,) = _installed(story, stage, name)
    (vpn,) = [item for item in entry["items"] if item["PayloadType"] == "com.apple.vpn.managed"]
    assert vpn_violations(vpn, t.cast(t.Any, tuple(int(part) for part in VERSIONS[name].split(".")[:2]))) == []


def test_what_was_delivered_passes_the_schema(tmp_path: pathlib.Path) -> None:
    """The very bytes that a person is asked to approve, as they lie on the Mac."""
    controller = Controller(tmp_path / "controller")
    demo_pki.write_demo(controller.folder / "identities", ["catalina", "tahoe"], passphrase=PASSPHRASE)
    roots = azure_package.make_root("Old Gateway Root"), azure_package.make_root("New Gateway Root")
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=roots, schema="new")))
    with Fleet(tmp_path / "fleet", [MacSpec("tahoe", macos="26.1")]) as fleet:
        controller.inventory(["tahoe"])
        run = controller.play(_read("azure.zip"), _task(approval_timeout=0), arguments=["-i", str(fleet.inventory)])
        assert run.rc == 0, run.output
        mac = fleet["tahoe"]
        staged = f"/Users/alice/Library/Application Support/azure_p2s.macos/{IDENTIFIER}.mobileconfig"
        content = mac.files()[staged]
        assert content == zlib.decompress(base64.b64decode(mac.state()["pending"]["content"])), "macOS has what lies there"
        assert violations(content, (26, 1)) == []
        assert _holds_profile(content), "what is searched for is there to be found"
        assert all(_holds_profile(base64.b64encode(b" " * shift + content)) for shift in range(3))
        assert plistlib.loads(content)["PayloadUUID"] == mac.state()["pending"]["uuid"]
        # Approved when no playbook runs any more: the copy with the key goes all the same.
        mac.approve_profile()
        until = time.monotonic() + 30
        while any("azure_p2s" in path for path in mac.tree()) and time.monotonic() < until:
            time.sleep(0.5)
        assert not any("azure_p2s" in path for path in mac.tree())
        assert mac.state()["profiles"]["alice"][0]["identifier"] == IDENTIFIER
