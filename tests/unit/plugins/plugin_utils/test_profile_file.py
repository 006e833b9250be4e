# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile as a file for an MDM: private from its first byte, whole or not there, and left alone while it says what is wanted."""

from __future__ import annotations

import os
import pathlib
import stat
import typing as t

import pytest
from support import profile_cases as cases
from support.profile_schema import violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig, profile_file
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import ProfileError


def settings(**changes: t.Any) -> mobileconfig.ProfileSettings:
    """Return usual settings, changed."""
    return mobileconfig.settings_from_options(cases.options(identifier="com.example.vpn", **changes), cases.client())


def rendered(**changes: t.Any) -> bytes:
    """Return the profile, in an encoding of its own."""
    return mobileconfig.render(settings(**changes), cases.client(), cases.PASSPHRASE)


def plan(path: pathlib.Path, **changes: t.Any) -> list[t.Any]:
    """Return what has to change in ``path``."""
    return profile_file.plan(path, settings(**changes), cases.client(), None)


@pytest.fixture
def written(tmp_path: pathlib.Path) -> pathlib.Path:
    """A profile that was written as wanted."""
    path = tmp_path / "profiles" / "mac01.mobileconfig"
    profile_file.write(path, rendered())
    return path


def test_a_written_file_is_private_whole_and_accepted(written: pathlib.Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700
    assert violations(written.read_bytes()) == []
    assert list(written.parent.iterdir()) == [written]
    assert plan(written) == []


def test_another_encoding_of_the_same_is_the_same(written: pathlib.Path) -> None:
    other = rendered()
    assert other != written.read_bytes()
    written.write_bytes(other)
    assert plan(written) == []


@pytest.mark.parametrize(
    "changes",
    [{"proposal": "strong"}, {"server_roots": [cases.gateway_root(1).pem, cases.gateway_root(2).pem]}, {"name": "Other"}],
    ids=["setting", "second-root", "name"],
)
def test_another_wish_replaces_it(written: pathlib.Path, changes: dict[str, t.Any]) -> None:
    (change,) = plan(written, **changes)
    assert change.before == {"mode": "0600", "content": "another profile"}
    assert not profile_file.only_too_open([change])
    profile_file.write(written, rendered(**changes))
    assert plan(written, **changes) == []
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_another_identity_replaces_it(written: pathlib.Path) -> None:
    renewed = cases.client(number=2)
    wanted = mobileconfig.settings_from_options(cases.options(identifier="com.example.vpn"), renewed)
    assert profile_file.plan(written, wanted, renewed, None)


def test_a_file_that_others_can_read_is_closed_and_not_written_anew(written: pathlib.Path) -> None:
    """What the MDM has already stays what lies here."""
    content = written.read_bytes()
    written.chmod(0o644)
    changes = plan(written)
    assert changes[0].before == {"mode": "0644", "content": "as wanted"}
    assert profile_file.only_too_open(changes)
    profile_file.close(written)
    assert (plan(written), written.read_bytes()) == ([], content)


@pytest.mark.parametrize("end", ["written-again", "removed"])
def test_what_a_killed_run_left_beside_it_goes_with_the_next(written: pathlib.Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    def killed(*_paths: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(profile_file.os, "replace", killed)
        patch.setattr(pathlib.Path, "unlink", lambda *_path, **_more: None)  # no clean-up either, as for kill -9
        with pytest.raises(KeyboardInterrupt):
            profile_file.write(written, rendered())
    (left,) = set(written.parent.iterdir()) - {written}
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert left.suffix == ".mobileconfig"
    if end == "removed":
        profile_file.remove(written)
    else:
        profile_file.write(written, rendered())
    assert set(written.parent.iterdir()) == ({written} if end == "written-again" else set())


@pytest.mark.parametrize("content", [b"", b"<?xml", b"\x30\x82", b"x" * 100_000], ids=["empty", "cut", "der", "nonsense"])
def test_a_damaged_file_is_replaced(written: pathlib.Path, content: bytes) -> None:
    written.write_bytes(content)
    assert plan(written)[0].before["content"] == "another profile"


def test_no_secret_in_what_is_shown(tmp_path: pathlib.Path) -> None:
    shown = repr(plan(tmp_path / "new.mobileconfig"))
    assert cases.PASSPHRASE not in shown
    assert "PayloadContent" not in shown
    assert "vpn.azure.com" in shown


@pytest.mark.parametrize(
    ("dest", "folder", "there", "path"),
    [
        ("out/mac01.mobileconfig", False, (), "out/mac01.mobileconfig"),
        ("out", True, (), "out/mac01.example.com.mobileconfig"),
        ("out", False, ("out",), "out/mac01.example.com.mobileconfig"),
        ("out", False, (), "out"),
    ],
    ids=["file", "folder-to-be", "folder", "file-without-suffix"],
)
def test_where_it_goes(tmp_path: pathlib.Path, dest: str, folder: bool, there: tuple[str, ...], path: str) -> None:
    for name in there:
        (tmp_path / name).mkdir()
    assert profile_file.destination(str(tmp_path / dest), "mac01.example.com", folder=folder) == tmp_path / path


def test_in_a_folder_each_host_has_a_file_of_its_own_and_none_outside_it(tmp_path: pathlib.Path) -> None:
    hosts = ["mac01", "a/b", "a_b", "../a", "a b", "..", "fe80::1"]
    files = [profile_file.destination(str(tmp_path), host) for host in hosts]
    assert len(set(files)) == len(hosts)
    assert {file.parent for file in files} == {tmp_path}
    assert not any(file.name.startswith(".") or ".." in file.name for file in files)


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "below.mobileconfig", tmp_path):
        with pytest.raises(ProfileError, match="cannot be read or written") as caught:
            profile_file.write(path, b"secret")
        assert caught.value.option == "dest"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file"]


def test_a_write_that_fails_leaves_the_old_file(written: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written.read_bytes()

    def full(*_arguments: t.Any) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProfileError, match="No space left"):
        profile_file.write(written, b"x")
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


def test_removal(written: pathlib.Path) -> None:
    assert len(profile_file.plan_absent(written)) == 1
    profile_file.remove(written)
    assert not written.exists()
    assert profile_file.plan_absent(written) == []
    assert profile_file.plan_absent(written / "below") == []
    written.symlink_to("nowhere")
    assert len(profile_file.plan_absent(written)) == 1, "a link that leads nowhere is a file all the same"
    profile_file.remove(written)
    assert not written.is_symlink()


@pytest.mark.parametrize(("scope", "channel"), [("user", "user channel"), ("system", "device channel")])
def test_the_result_says_where_to_upload_it(tmp_path: pathlib.Path, scope: str, channel: str) -> None:
    found = profile_file.result(tmp_path / "x", settings(scope=scope))
    assert channel in found["remedy"]
    assert (found["status"], found["delivery"]) == ("unknown", "file")
    assert profile_file.absent(tmp_path / "x", "com.example.vpn")["uuid"] is None
