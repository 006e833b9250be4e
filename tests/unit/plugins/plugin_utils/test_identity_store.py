# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and ledger change together or not at all, whatever call fails."""

from __future__ import annotations

import itertools
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity_files
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity_store as store
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_lock import locked

CALLS = ("open", "fsync", "replace", "link", "rename", "chmod", "fchmod")


def _files(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _prepared(folder: pathlib.Path) -> tuple[list[store.Replacement], pathlib.Path]:
    """Return two replacements, of which one replaces a file that has been replaced twice already, and the ledger."""
    for name in ("a", "a.previous", "a.previous.2", "ledger"):
        (folder / name).write_bytes(f"old {name}".encode())
    return [store.Replacement(folder / "a", b"new a"), store.Replacement(folder / "b", b"new b")], folder / "ledger"


def test_all_is_put_in_place(tmp_path: pathlib.Path) -> None:
    files, ledger = _prepared(tmp_path)
    store.replace(files, ledger, b"new ledger")
    assert _files(tmp_path) == {
        "a": b"new a",
        "a.previous": b"old a",
        "a.previous.2": b"old a.previous.2",
        "a.previous.3": b"old a.previous",
        "b": b"new b",
        "ledger": b"new ledger",
    }
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in store.previous_files(tmp_path / "a")] == ["a.previous", "a.previous.3", "a.previous.2"]


def _fail_at(monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> list[int]:
    """Let the ``number``-th call of ``os.<call>`` fail; return a count that is 0 or less once it has."""
    real, left = getattr(os, call), [number]

    def failing(*arguments: t.Any, **named: t.Any) -> t.Any:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        return real(*arguments, **named)

    monkeypatch.setattr(os, call, failing)
    return left


@pytest.mark.parametrize("call", CALLS)
def test_a_failure_at_any_point_leaves_all_as_it_was(call: str, tmp_path: pathlib.Path) -> None:
    """Every call that the work makes fails once: the first, the second, and so on."""
    failed = 0
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        folder.mkdir()
        files, ledger = _prepared(folder)
        before = _files(folder)
        with pytest.MonkeyPatch.context() as patch:
            left = _fail_at(patch, call, number)
            try:
                store.replace(files, ledger, b"new ledger")
            except IdentityError as error:
                assert "no room on the disk" in str(error)  # noqa: PT017
                assert _files(folder) == before
                failed += 1
                continue
        # the folders are synchronised at the end, and there a failure is none
        assert _files(folder)["ledger"] == b"new ledger"
        if left[0] > 0:
            break
    assert failed >= 1


def test_a_file_system_without_hard_links_will_do(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _no_links)
    files, ledger = _prepared(tmp_path)
    store.replace(files, ledger, b"new ledger")
    assert _files(tmp_path)["a.previous"] == b"old a"


def test_a_link_planted_for_the_new_file_is_not_followed(tmp_path: pathlib.Path) -> None:
    """Somebody who can write into the folder must not have a key written elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"untouched")
    folder = tmp_path / "identities"
    folder.mkdir()
    (folder / ".a.new").symlink_to(elsewhere)
    store.replace([store.Replacement(folder / "a", b"key")], folder / "ledger", b"{}")
    assert elsewhere.read_bytes() == b"untouched"
    assert not (folder / "a").is_symlink()


def test_new_files_are_made_together_and_over_nothing(tmp_path: pathlib.Path) -> None:
    pair = [store.Replacement(tmp_path / "key", b"k"), store.Replacement(tmp_path / "certificate", b"c")]
    (tmp_path / "certificate").write_bytes(b"there")
    with pytest.raises(IdentityError, match="has just been made by another run"):
        store.create_together(pair)
    assert _files(tmp_path) == {"certificate": b"there"}
    (tmp_path / "certificate").unlink()
    store.create_together(pair)
    assert _files(tmp_path) == {"certificate": b"c", "key": b"k"}


@pytest.mark.parametrize("links", [True, False], ids=["hard-links", "no-hard-links"])
@pytest.mark.parametrize("call", CALLS)
def test_a_failure_at_any_point_makes_no_half_pair(call: str, links: bool, tmp_path: pathlib.Path) -> None:
    """Of a root there is all or nothing, and nothing of its key is left."""
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        folder.mkdir()
        pair = [store.Replacement(folder / name, b"new", f"{name}_path") for name in ("key", "certificate")]
        with pytest.MonkeyPatch.context() as patch:
            if not links:
                patch.setattr(os, "link", _no_links)
            left = _fail_at(patch, call, number)
            try:
                store.create_together(pair)
            except IdentityError as error:
                assert "no room on the disk" in str(error)  # noqa: PT017
                assert error.option in ("key_path", "certificate_path")  # noqa: PT017
                assert _files(folder) == {}
                continue
        assert _files(folder) == {"key": b"new", "certificate": b"new"}
        if left[0] > 0:
            break
    assert number > 1 or call in ("rename", "chmod", *(["replace"] if links else []))


def _no_links(*_arguments: t.Any) -> t.NoReturn:
    raise OSError(1, "Operation not permitted")


def test_new_files_without_hard_links_come_over_nothing_either(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _no_links)
    pair = [store.Replacement(tmp_path / "key", b"k"), store.Replacement(tmp_path / "certificate", b"c")]
    (tmp_path / "certificate").write_bytes(b"there")
    with pytest.raises(IdentityError, match="has just been made by another run"):
        store.create_together(pair)
    assert _files(tmp_path) == {"certificate": b"there"}


def test_what_a_killed_run_left_of_a_key_goes_with_the_next(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".key.0123456789abcdef.new").write_bytes(b"half a key")
    store.create_together([store.Replacement(tmp_path / "key", b"k")])
    assert _files(tmp_path) == {"key": b"k"}


def test_a_name_that_is_too_long_is_said_of_its_file(tmp_path: pathlib.Path) -> None:
    """Neither it nor the name that it has on its way there makes a traceback."""
    for name in ("x" * 252, "x" * 300):
        with pytest.raises(store.OneFileError, match="File name too long"):
            store.replace([store.Replacement(tmp_path / "a", b"a"), store.Replacement(tmp_path / name, b"b")], tmp_path / "ledger", b"{}")
        assert _files(tmp_path) == {}
        for ask in (store.refuse_unwritable, identity_files.exists):
            if ask is store.refuse_unwritable or len(name) > 255:
                with pytest.raises(IdentityError, match="File name too long"):
                    ask(tmp_path / name)


@pytest.mark.parametrize("ask", [identity_files.exists, identity_files.look, store.previous_files, store.refuse_unwritable])
def test_a_folder_that_cannot_be_looked_into_is_a_sentence(
    ask: t.Callable[[pathlib.Path], t.Any], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: t.Any, **_named: t.Any) -> t.NoReturn:
        raise PermissionError(13, "Permission denied")

    for call in ("lstat", "listdir", "stat"):  # root may look everywhere
        monkeypatch.setattr(os, call, refuse)
    monkeypatch.setattr(pathlib.Path, "open", refuse)
    with pytest.raises(IdentityError, match="cannot be read or written: Permission denied"):
        ask(tmp_path / "a")


def test_a_file_without_a_folder_is_not_there(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "a", tmp_path / "none" / "a"):
        assert (identity_files.exists(path), identity_files.look(path), store.previous_files(path)) == (False, None, [])


def test_a_link_in_the_locks_place_is_not_followed(tmp_path: pathlib.Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"untouched")
    (tmp_path / ".identities.json.lock").symlink_to(elsewhere)
    with pytest.raises(IdentityError, match="cannot be read or written"), locked(tmp_path / "identities.json", 1):
        pytest.fail("has the lock")
    assert elsewhere.read_bytes() == b"untouched"


def test_a_full_disk_does_not_keep_anybody_from_the_lock(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the number of the process cannot be written then."""
    _fail_at(monkeypatch, "pwrite", 1)
    with locked(tmp_path / "identities.json", 1):
        pass


def test_a_lock_dies_with_its_process_and_names_it_until_then(tmp_path: pathlib.Path) -> None:
    """A killed run must not need anybody to clean up after it."""
    ledger = tmp_path / "identities.json"
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1])\n"
        "from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_lock import locked\n"
        "with locked(pathlib.Path(sys.argv[2]), 1):\n    print('locked', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, os.environ["ANSIBLE_COLLECTIONS_PATH"], str(ledger)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert t.cast(t.Any, holder.stdout).readline() == "locked\n"
        with pytest.raises(IdentityError, match=rf"process {holder.pid}\b"), locked(ledger, 0.2):
            pytest.fail("two hold the lock")
        holder.kill()
        holder.wait()
    with locked(ledger, 0.2):
        pass


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may write everywhere
    with pytest.raises(IdentityError, match=f"the folder {tmp_path} cannot be written"):
        store.refuse_unwritable(tmp_path / "not" / "there" / "yet")


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IdentityError, match="is no folder"):
        store.refuse_unwritable(tmp_path / "file" / "mac01.p12")
