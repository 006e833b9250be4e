# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier reports: last known states, what has changed, and files in the folder that are none or damaged."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import threading
import typing as t

import pytest
from support import audit_results as macs
from support.audit_results import NOW

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import report, report_history, report_json, report_write
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report import Settings
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_history import ReportError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_model import Host, Report


def audit(folder: pathlib.Path, results: t.Mapping[str, object], day: int) -> Report:
    """Make the report of a day, with the history in ``folder``, and put it there."""
    made = report.build(results, Settings(), NOW + dt.timedelta(days=day), folder)
    report_write.write(folder, report.history_file(made), "history")
    return made


def host(made: Report, name: str) -> Host:
    """Return the Mac of that name."""
    (found,) = [one for one in made.hosts if one.name == name]
    return found


def test_a_mac_that_is_away_shows_what_was_known_of_it_through_any_number_of_reports(tmp_path: pathlib.Path) -> None:
    audit(tmp_path, {"mac": macs.one("expired")}, 0)
    for day in (1, 2, 3):
        made = audit(tmp_path, {"mac": macs.UNREACHABLE}, day)
        found = host(made, "mac")
        assert found.last_known is not None
        assert (found.state, found.last_known.state, found.last_known.observed_at) == ("unreachable", "drift", "2026-11-24T09:00:00Z")
    # what matters is in the last report: the older ones can be deleted
    for path in sorted(tmp_path.iterdir())[:-1]:
        path.unlink()
    assert host(audit(tmp_path, {"mac": macs.UNREACHABLE}, 4), "mac").last_known is not None


def test_a_mac_that_the_last_report_does_not_have_is_looked_for_further_back(tmp_path: pathlib.Path) -> None:
    audit(tmp_path, {"mac": macs.one("none"), "other": macs.one("none")}, 0)
    audit(tmp_path, {"other": macs.one("none")}, 1)
    made = audit(tmp_path, {"mac": macs.UNREACHABLE, "other": macs.one("none")}, 2)
    known = host(made, "mac").last_known
    assert known is not None
    assert (known.state, host(made, "mac").before, made.previous) == ("ok", "ok", "2026-11-25T09:00:00Z")


def test_what_has_changed_what_is_new_and_what_is_gone(tmp_path: pathlib.Path) -> None:
    audit(tmp_path, {"a": macs.one("none"), "b": macs.one("none"), "gone": macs.one("none")}, 0)
    made = audit(tmp_path, {"a": macs.one("expired"), "b": macs.one("none"), "new": macs.one("none")}, 1)
    assert report_json.plain(made)["changes"] == [{"host": "a", "before": "ok", "after": "drift"}]
    assert made.gone == ("gone",)
    assert host(made, "new").before is None
    assert made.notes == ()


def test_without_history_nothing_is_compared() -> None:
    made = report.build({"a": macs.UNREACHABLE}, Settings(), NOW)
    assert (made.previous, made.gone, host(made, "a").before, host(made, "a").last_known) == (None, (), None, None)


BAD = {
    "not-json": ("{", "is not JSON"),
    "not-utf8": (b"\xff\xfe{", "is not UTF-8 text"),
    "deep": ("[" * 100_000, "is not JSON"),
    "a-list": ("[]", "is not an audit report"),
    "another-program-s": ('{"hosts": []}', "is not an audit report"),
    "older-schema": ('{"schema_version": 0, "hosts": []}', "has the schema version 0, and this release reads 1"),
    "newer-schema": ('{"schema_version": 2}', "has the schema version 2, and this release reads 1"),
    "parts-missing": ('{"schema_version": 1, "generated": "2026-11-24T09:00:00Z"}', "is an audit report with parts missing"),
    "no-time": ('{"schema_version": 1, "generated": "x", "hosts": []}', "is an audit report with parts missing"),
    "hosts-of-another-kind": ('{"schema_version": 1, "generated": "2026-11-24T09:00:00Z", "hosts": ["x"]}', "with parts missing"),
    "empty": ("", "is not JSON"),
}


@pytest.mark.parametrize(("content", "why"), BAD.values(), ids=BAD)
def test_a_file_that_is_no_report_is_passed_over_with_a_note(content: str | bytes, why: str, tmp_path: pathlib.Path) -> None:
    audit(tmp_path, {"mac": macs.one("none")}, 0)
    (tmp_path / "2027-01-01T00-00-00Z-bad.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    made = audit(tmp_path, {"mac": macs.UNREACHABLE}, 1)
    (note,) = made.notes
    assert "2027-01-01T00-00-00Z-bad.json" in note
    assert why in note
    known = host(made, "mac").last_known
    assert known is not None
    assert known.state == "ok"


def test_a_damaged_mac_in_a_report_does_not_hide_the_others(tmp_path: pathlib.Path) -> None:
    audit(tmp_path, {"a": macs.one("none"), "b": macs.one("none")}, 0)
    (path,) = tmp_path.iterdir()
    data = json.loads(path.read_text())
    data["hosts"][0]["findings"] = [{"id": 1}]
    path.write_text(json.dumps(data))
    made = audit(tmp_path, {"a": macs.UNREACHABLE, "b": macs.UNREACHABLE}, 1)
    assert [host(made, name).last_known is None for name in ("a", "b")] == [True, False]


def test_folders_pipes_and_other_files_in_the_history_do_no_harm(tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    made = audit(tmp_path, {"mac": macs.one("none")}, 0)
    assert made.notes == ("The history's file folder.json is not a file; it was passed over.",)


def test_a_history_that_is_no_folder_is_refused_by_its_option(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError) as error:
        report.build({}, Settings(), NOW, tmp_path / "file")
    assert error.value.option == "history"


def test_a_long_history_is_not_read_whole(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(100):
        audit(tmp_path, {"mac": macs.one("none")}, day)
    read: list[str] = []
    monkeypatch.setattr(report_history, "read", lambda text: read.append(text) or report_json.read(text))
    report_history.load(tmp_path, ["mac"])
    assert len(read) == 1
    report_history.load(tmp_path, ["never seen"])
    assert len(read) == 1 + report_history.MAX_FILES


def test_files_that_are_no_reports_hide_none_and_are_not_all_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit(tmp_path, {"mac": macs.one("none")}, 0)
    for number in range(70):
        (tmp_path / f"2027-01-01T00-00-00Z-{number}.json").write_text("{}")
    made = audit(tmp_path, {"mac": macs.UNREACHABLE}, 1)
    assert host(made, "mac").last_known is not None
    assert len(made.notes) == 11
    assert made.notes[-1] == "60 more files of the history are no reports either; they were passed over."
    monkeypatch.setattr(report_history, "MAX_UNREADABLE", 5)
    assert report_history.load(tmp_path, ["mac"]).reports == ()


def test_an_audit_with_a_limit_neither_calls_the_other_macs_gone_nor_hides_that_one_is(tmp_path: pathlib.Path) -> None:
    def audited(results: t.Mapping[str, object], day: int, *, limited: bool) -> Report:
        made = report.build(results, Settings(limited=limited), NOW + dt.timedelta(days=day), tmp_path)
        report_write.write(tmp_path, report.history_file(made), "history")
        return made

    audited({"a": macs.one("none"), "b": macs.one("none"), "gone": macs.one("none")}, 0, limited=False)
    part = audited({"a": macs.one("expired")}, 1, limited=True)
    assert (part.gone, report_json.plain(part)["limited"]) == ((), True)
    assert report_json.plain(part)["changes"] == [{"host": "a", "before": "ok", "after": "drift"}]
    whole = audited({"a": macs.one("none"), "b": macs.one("none")}, 2, limited=False)
    assert (whole.gone, report_json.plain(whole)["limited"]) == (("gone",), False)
    assert report_json.plain(whole)["changes"] == [{"host": "a", "before": "drift", "after": "ok"}]


def test_two_reports_of_the_same_second_are_both_kept(tmp_path: pathlib.Path) -> None:
    for fault in ("none", "expired"):
        report_write.write(tmp_path, report.history_file(report.build({"mac": macs.one(fault)}, Settings(), NOW)), "history")
    assert len(list(tmp_path.iterdir())) == 2


class TestWrite:
    """Files in place: whole, of one report, and nothing left beside them."""

    def test_reports_written_at_once_leave_the_files_of_one(self, tmp_path: pathlib.Path) -> None:
        made = [{name: f"{number} {name}" * 50_000 for name in ("a", "b", "c", "d")} for number in range(8)]
        threads = [threading.Thread(target=report_write.write, args=(tmp_path / "new", files, "dest")) for files in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = {path.name: path.read_text() for path in (tmp_path / "new").iterdir()}
        assert found in made

    def test_a_write_that_fails_leaves_the_old_file_and_no_other(self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        report_write.write(tmp_path, {"a": "old"}, "dest")

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(ReportError, match="No space left on device") as error:
            report_write.write(tmp_path, {"a": "new"}, "dest")
        assert error.value.option == "dest"
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}

    def test_a_folder_that_cannot_be_made_is_refused(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(ReportError, match="cannot be written to"):
            report_write.write(tmp_path / "file" / "new", {"a": ""}, "dest")

    def test_what_is_there_already_is_not_changed(self, tmp_path: pathlib.Path) -> None:
        assert report_write.changed(tmp_path, {"a": "x", "b": "y"}) == ["a", "b"]
        report_write.write(tmp_path, {"a": "x"}, "dest")
        assert report_write.changed(tmp_path, {"a": "x", "b": "y"}) == ["b"]
