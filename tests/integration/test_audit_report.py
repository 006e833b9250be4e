# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module audit_report in real runs: recorded findings of 500 Macs, wrong options, and what makes a run fail."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from support import audit_results as macs
from support.controller import Controller

MODULE = "azure_p2s.macos.audit_report"
HOSTILE = "<b>mac</b>{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def results() -> dict[str, t.Any]:
    """What client_audit recorded of 500 Macs."""
    found = macs.fleet(500)
    first = next(name for name, result in found.items() if result.get("status") == "drift")
    found[first]["findings"][0]["actual"] = HOSTILE
    return found


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> Controller:
    """A controller whose inventory has two Macs, one of them with drift."""
    made = Controller(tmp_path)
    made.inventory({"mac01": {"vpn_client__audit": macs.one("none")}, "mac02": {"vpn_client__audit": macs.one("expired")}})
    return made


def task(**options: t.Any) -> dict[str, t.Any]:
    """Return a task that writes the report, once."""
    return {"name": "Report", MODULE: {"dest": "out", **options}, "run_once": True}


def test_500_macs_in_one_report(tmp_path: pathlib.Path, results: dict[str, t.Any]) -> None:
    controller = Controller(tmp_path)
    (tmp_path / "results.json").write_text(json.dumps(results))
    controller.inventory(list(results))
    recorded = "{{ (lookup('ansible.builtin.file', 'results.json') | from_json)[inventory_hostname] }}"
    run = controller.play({"ansible.builtin.set_fact": {"vpn_client__audit": recorded}, "no_log": True}, task())
    assert run.rc == 0, run.output
    report = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert report["summary"]["hosts"] == sum(report["summary"]["states"].values()) == 500
    assert {host["host"] for host in report["hosts"]} == set(results)
    assert HOSTILE in (tmp_path / "out" / "audit.json").read_text()
    assert HOSTILE not in (tmp_path / "out" / "audit.html").read_text()


def test_the_run_fails_for_what_it_shall_fail_for_and_the_report_is_written(controller: Controller) -> None:
    run = controller.play(task(fail_on=["drift", "unknown"]))
    result = run.result()
    assert run.rc == 2
    assert result["failing_hosts"] == ["mac02"]
    assert result["msg"] == f"fail_on: drift or unknown on 1 Mac (mac02); see the report in {controller.folder / 'out'}."
    assert sorted(path.name for path in (controller.folder / "out").iterdir()) == ["audit.csv", "audit.html", "audit.json", "audit.xml"]


def test_a_run_that_has_nothing_to_fail_for_succeeds(controller: Controller) -> None:
    assert controller.play(task(fail_on=["unreachable", "unknown", "failed"])).rc == 0


def test_in_check_mode_nothing_is_written(controller: Controller) -> None:
    run = controller.play(task(history="history"), check=True)
    assert run.rc == 0
    assert run.result()["changed"] is True
    assert not (controller.folder / "out").exists()
    assert not (controller.folder / "history").exists()


def test_only_the_formats_that_are_asked_for(controller: Controller) -> None:
    run = controller.play(task(formats=["json"], basename="macs"))
    assert run.result()["files"] == [str(controller.folder / "out" / "macs.json")]
    assert [path.name for path in (controller.folder / "out").iterdir()] == ["macs.json"]


def test_what_was_in_the_history_stays_whatever_it_was(controller: Controller) -> None:
    history = controller.folder / "history"
    history.mkdir()
    (history / "broken.json").write_text("{")
    run = controller.play(task(history="history"))
    assert run.rc == 0
    assert run.result()["summary"]["notes"] == ["The history's file broken.json is not JSON; it was passed over."]
    assert (history / "broken.json").read_text() == "{"
    assert len(list(history.iterdir())) == 2


REFUSED = {
    "folder-in-the-name": ({"basename": "../audit"}, "basename: the name is not plain; "),
    "days-the-wrong-way-round": (
        {"warn_days": 5, "critical_days": 9},
        "critical_days: 9 and 5 are not two numbers of days, the smaller first; ",
    ),
    "negative-days": ({"critical_days": -1}, "critical_days: -1 and 30 are not two numbers of days"),
    "unknown-status": ({"fail_on": ["bad"]}, "value of fail_on must be one or more of: "),
    "unknown-format": ({"formats": ["pdf"]}, "value of formats must be one or more of: "),
    "dest-is-a-file": ({"dest": "hosts.yml"}, "dest: the report cannot be written to "),
}


UNUSABLE = {
    "history-is-a-file": ("hosts.yml", "history: the folder "),
    "history-cannot-be-made": ("hosts.yml/history", "history: the "),
}


@pytest.mark.parametrize(("history", "says"), UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("check", [False, True], ids=["", "check"])
def test_a_history_that_cannot_be_used_fails_the_task_and_loses_no_audit(
    controller: Controller, history: str, says: str, check: bool
) -> None:
    run = controller.play(task(history=history, fail_on=["drift"]), check=check)
    result = run.result()
    assert run.rc == 2
    assert result["error"]["option"] == "history"
    assert result["msg"].startswith(says)
    assert f"The report itself is in {controller.folder / 'out'}. fail_on: drift on 1 Mac (mac02); " in result["msg"]
    assert result["summary"]["hosts"] == 2
    if check:
        assert not (controller.folder / "out").exists()
    else:
        report = json.loads((controller.folder / "out" / "audit.json").read_text())
        assert report["summary"]["states"]["drift"] == 1
        assert report["notes"] == [note for note in result["summary"]["notes"] if note.startswith("Without earlier reports: history: ")]


@pytest.mark.parametrize("days", [0, 3])
def test_a_low_warn_days_alone_makes_a_report(controller: Controller, days: int) -> None:
    assert controller.play(task(warn_days=days)).rc == 0
    report = json.loads((controller.folder / "out" / "audit.json").read_text())
    assert report["thresholds"] == {"warn_days": days, "critical_days": days}


def test_a_limit_marks_the_report(controller: Controller) -> None:
    controller.play(task(history="history"))
    run = controller.play(task(history="history"), arguments=["--limit", "mac01"])
    assert run.result()["summary"]["gone"] == []
    assert json.loads((controller.folder / "out" / "audit.json").read_text())["limited"] is True


@pytest.mark.parametrize(("options", "says"), REFUSED.values(), ids=REFUSED)
def test_wrong_options_are_refused_in_one_sentence(controller: Controller, options: dict[str, t.Any], says: str) -> None:
    run = controller.play(task(**options))
    assert run.rc == 2
    assert run.result()["msg"].startswith(says)
    assert "Traceback" not in run.output
    assert not (controller.folder / "out").exists()
