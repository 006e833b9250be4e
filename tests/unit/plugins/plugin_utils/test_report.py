# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's formats: the same Macs in all of them, whatever their names, and the same text for the same input."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import pathlib
import typing as t
import xml.etree.ElementTree as ET

import pytest
from support import audit_results as macs
from support.audit_results import NOW

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    report,
    report_charts,
    report_csv,
    report_groups,
    report_json,
    report_model,
    report_text,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report import FORMATS, Settings
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_model import STATES, Report

SCHEMA = pathlib.Path(__file__).resolve().parents[4] / "docs" / "audit-report.schema.json"
HOSTILE = {
    "html": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)',
    "template": "{{ 7 * 7 }}{% raw %}",
    "entity": "&amp;&lt;",
    "cdata": "]]><x/>",
    "control": "a\x00\x1b[31mb\x7f",
    "line-breaks": "a\r\nhost,ok\nb",
    "surrogate": "caf\udce9",
    "right-to-left": "mac\u202etxt.exe",
    "non-character": "a\ufffeb\uffff",
    "emoji": "Möhre 🥕 的",
    "formula-equals": '=HYPERLINK("http://x")',
    "formula-plus": "+1+1",
    "formula-minus": "-2+3",
    "formula-at": "@SUM(A1)",
    "formula-full-width": "\uff1d1+1",
    "formula-after-blanks": "   =1",
    "formula-after-a-semicolon": 'mac; "=1+1|-2',
}


def built(results: t.Mapping[str, object], **settings: t.Any) -> Report:
    """Return a report without history."""
    return report.build(results, Settings(**settings), NOW)


@pytest.fixture(scope="module")
def fleet() -> Report:
    """A report on some Macs with mixed faults."""
    return built(macs.fleet(60))


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text."""
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_macs_in_another_order_give_the_same_bytes(name: str) -> None:
    results = macs.fleet(12)
    backwards = dict(reversed(results.items()))
    one, two = (report.files(built(given), [name], "audit") for given in (results, backwards))
    assert one == two
    assert list(one) == [f"audit.{FORMATS[name][0]}"]


def test_the_worst_macs_come_first_and_numbers_count_as_numbers() -> None:
    results = {name: macs.one(fault) for name, fault in (("mac10", "none"), ("mac9", "none"), ("z", "expired"), ("y", "unreachable"))}
    assert [host.name for host in built(results).hosts] == ["y", "z", "mac9", "mac10"]


STATE_OF = {
    "unreachable": (macs.UNREACHABLE, "unreachable"),
    "failed": ({"failed": True, "msg": "the host runs Linux, not macOS"}, "failed"),
    "nothing-registered": (None, "failed"),
    "skipped": ({"skipped": True, "changed": False}, "failed"),
    "result-of-another-module": ({"changed": True, "findings": "none"}, "failed"),
    "no-finding-at-all": ({"findings": [], "observed_at": "2026-11-24T09:00:00Z", "host": {}}, "failed"),
    "drift": (macs.one("expired"), "drift"),
    "pending": (macs.one("awaiting"), "pending"),
    "warning": (macs.one("untrusted"), "warning"),
    "unknown": (macs.one("nobody"), "unknown"),
    "ok": (macs.one("none"), "ok"),
}


@pytest.mark.parametrize(("result", "state"), STATE_OF.values(), ids=STATE_OF)
def test_a_mac_s_state(result: object, state: str) -> None:
    (host,) = built({"mac": result}).hosts
    assert host.state == state
    assert (host.message is not None) == (state in ("unreachable", "failed"))


class TestJson:
    """What machines read."""

    @pytest.mark.parametrize("history", [False, True], ids=["without-history", "with-history"])
    def test_it_is_as_the_schema_says(self, history: bool, tmp_path: pathlib.Path) -> None:
        jsonschema = pytest.importorskip("jsonschema", reason="a development tool that the oldest ansible-core's environment does without")
        results = macs.fleet(40)
        if history:
            old = report.build({**macs.fleet(44, seed=2)}, Settings(), NOW - dt.timedelta(days=1))
            (tmp_path / "old.json").write_text(report_json.render(old))
        now = report.build(results, Settings(), NOW, tmp_path if history else None)
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(json.loads(report_json.render(now)))

    def test_numbers_add_up(self, fleet: Report) -> None:
        data = report_json.plain(fleet)
        assert data["summary"]["hosts"] == sum(data["summary"]["states"].values()) == sum(data["summary"]["macos"].values()) == 60
        audited = [host for host in data["hosts"] if host["findings"]]
        assert all(sum(counts.values()) == len(audited) for counts in data["summary"]["findings"].values())
        assert list(data["summary"]["states"]) == list(STATES)

    def test_what_it_says_can_be_read_back(self, fleet: Report) -> None:
        earlier = report_json.read(report_json.render(fleet))
        assert earlier.states == {host.name: host.state for host in fleet.hosts}
        assert earlier.seen == {host.name: host.seen for host in fleet.hosts if host.seen}


class TestCsv:
    """What spreadsheets read."""

    def test_a_row_for_each_mac_and_finding_and_one_for_each_that_was_not_reached(self, fleet: Report) -> None:
        found = rows(report_csv.render(fleet))
        assert len(found) == sum(len(host.findings) or 1 for host in fleet.hosts)
        assert {row["host"] for row in found} == {host.name for host in fleet.hosts}
        assert {row["status"] for row in found if row["finding"] == report_csv.REACHED} == {"unreachable", "failed"} & {
            host.state for host in fleet.hosts
        }

    @pytest.mark.parametrize("text", [text for name, text in HOSTILE.items() if name.startswith("formula")])
    def test_no_cell_is_a_formula_and_nothing_is_lost(self, text: str) -> None:
        cell = report_csv.cell(text)
        assert cell.replace("'", "") == text
        (row, *_rest) = rows(report_csv.render(built({text: macs.UNREACHABLE})))
        assert row["host"] == cell

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_no_field_begins_a_formula_wherever_a_spreadsheet_splits(self, text: str, delimiter: str) -> None:
        written = report_csv.render(built({text: {"unreachable": True, "msg": f"no route; {text}"}}))
        for row in csv.reader(io.StringIO(written[1:], newline=""), delimiter=delimiter):
            assert [field for field in row if field.lstrip(' "').startswith(("=", "+", "-", "@", "\uff1d"))] == []

    def test_every_cell_is_quoted(self, fleet: Report) -> None:
        lines = report_csv.render(fleet)[1:].splitlines()
        assert all(line.startswith('"') and line.endswith('"') for line in lines)

    def test_how_urgent_a_renewal_is(self) -> None:
        made = built({fault: macs.one(fault) for fault in ("expired", "expires_very_soon", "expires_soon", "none")})
        found = {row["host"]: row["certificate_urgency"] for row in rows(report_csv.render(made))}
        assert found == {"expired": "expired", "expires_very_soon": "urgent", "expires_soon": "soon", "none": ""}
        assert {host["host"]: host["urgency"] or "" for host in report_json.plain(made)["hosts"]} == found


class TestJunit:
    """What CI systems read."""

    def test_counts_are_those_of_the_tests(self, fleet: Report) -> None:
        root = ET.fromstring(FORMATS["junit"][1](fleet))
        for element in (root, *root):
            for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                assert int(element.get(name, "")) == sum(1 for _found in element.iter(tag))
        drift = sum(finding.status == "drift" for host in fleet.hosts for finding in host.findings)
        assert int(root.get("failures", "")) == drift

    def test_a_mac_that_was_not_reached_is_an_error(self) -> None:
        (suite,) = ET.fromstring(FORMATS["junit"][1](built({"mac": macs.UNREACHABLE})))
        (error,) = suite.iter("error")
        assert "Connection timed out" in error.get("message", "")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_and_findings_stay_text(name: str, text: str) -> None:
    result = macs.one("none")
    result["host"] = {**result["host"], "user": text, "serial": text, "certificate": {**result["host"]["certificate"], "common_name": text}}
    result["findings"] = [{**finding, "actual": text, "remedy": text, "status": "drift"} for finding in result["findings"]]
    made = built({text: result, f"{text}2": {"unreachable": True, "msg": text}}, title=text)
    written = FORMATS[name][1](made)
    written.encode("utf-8")
    shown = report_text.clean(text)
    if name == "json":
        assert json.loads(written)["title"] == shown
    elif name == "csv":
        assert len(rows(written)) == len(result["findings"]) + 1
    elif name == "junit":
        assert ET.fromstring(written).get("name") == shown
    else:
        assert "<script>alert" not in written
        assert '" onmouseover="' not in written
        assert written.count("<script>") == 1
        assert "\u202e" not in written


def test_cleaning_keeps_what_can_be_shown() -> None:
    assert report_text.clean("Möhre 🥕 的 ' \" <b>") == "Möhre 🥕 的 ' \" <b>"
    assert report_text.clean(" a\n\tb ") == "a b"
    assert report_text.optional(None) is None
    assert len(report_text.clean("x" * 10**6)) <= 4001


# Of those with a colon Ansible makes two patterns, or an address and a port.
NOT_PLAIN = (
    "a b",
    "a,b",
    "mac[1:3]",
    "*",
    "!mac",
    "&mac",
    "~mac",
    "@file",
    "-v",
    "mac?",
    "",
    "prod:mac02",
    "a:!b",
    "fe80::1",
    " mac",
    "mac ",
)


class TestGroups:
    """Patterns that can be pasted behind ansible-playbook."""

    def test_each_state_and_each_finding_with_its_macs(self, fleet: Report) -> None:
        groups = report_groups.by_state(fleet)
        assert sum(len(group.hosts) for group in groups) == 60
        assert [group.key for group in groups] == [state for state in STATES if fleet.states[state]]
        for group in report_groups.by_finding(fleet):
            name, status = group.key.split(":")
            assert all(
                any((finding.id, finding.status) == (name, status) for finding in host.findings)
                for host in fleet.hosts
                if host.name in group.hosts
            )

    @pytest.mark.parametrize("name", NOT_PLAIN)
    def test_names_that_a_pattern_would_take_for_something_else_are_left_out(self, name: str) -> None:
        assert report_groups.limit([name]) is None
        assert report_groups.limit([name, "mac01"]) == "--limit mac01"
        assert report_groups.Group("drift", "drift", (name, "mac01")).left_out == 1

    def test_the_shell_takes_it_as_one_word(self) -> None:
        assert report_groups.limit(["mac01", "it's;reboot"]) == """--limit 'mac01,it'"'"'s;reboot'"""


def test_failing_looks_at_states_and_at_every_finding() -> None:
    made = built({"a": macs.one("nobody"), "b": macs.one("expired"), "c": macs.UNREACHABLE, "d": macs.one("none")})
    assert [host.name for host in made.having(["unknown"])] == ["a"]
    assert [host.name for host in made.having(["unreachable", "drift"])] == ["c", "b"]
    assert made.having([]) == ()


def test_hosts_whose_names_differ_in_blanks_or_in_what_cannot_be_shown_stay_apart() -> None:
    made = built({name: macs.one("none") for name in ("mac", "mac ", " mac", "mac\x00", "mac\x01")})
    assert sorted(host.name for host in made.hosts) == [" mac", "mac", "mac ", "mac\ufffd", "mac\ufffd (2)"]
    assert report_json.read(report_json.render(made)).states.keys() == {host.name for host in made.hosts}
    assert report_groups.limit([host.name for host in made.hosts]) == "--limit mac"


# days that a certificate lasts: what client_audit says of it, how urgent it is, and its column of the timeline
URGENCIES = {
    "yesterday": (-0.5, "drift", "expired", "past"),
    "last-urgent-day": (7.9, "warning", "urgent", "7 d"),
    "first-day-after": (8.1, "warning", "soon", "30 d"),
    "last-day-of-the-warning": (30.9, "warning", "soon", "30 d"),
    "first-day-without": (31.1, "ok", None, "Dec"),
}


@pytest.mark.parametrize(("days", "status", "urgency", "column"), URGENCIES.values(), ids=URGENCIES)
def test_finding_badge_and_timeline_draw_the_line_at_the_same_day(days: float, status: str, urgency: str | None, column: str) -> None:
    own = macs.client(days=days)
    result = macs.audit_of(macs.wanted(own), macs.answer(own))
    made = built({"mac": result})
    assert macs.statuses(result)["identity.validity"] == status
    assert report_json.plain(made)["hosts"][0]["urgency"] == urgency
    assert [one.short for one in report_charts.expiries(made) if one.count] == [column]


def test_the_log_names_every_mac_that_is_not_ok() -> None:
    first, *others = report.lines(built({"a": macs.one("none"), "b": macs.one("expired"), "c": macs.UNREACHABLE}))
    assert first == "1 ok, 1 drift, 1 unreachable"
    assert [line.split(":")[0] for line in others] == ["c", "b"]
    assert "Client certificate: expired on 2026-11-21T09:00:00Z" in others[1]


def test_a_mac_s_days_count_from_the_report() -> None:
    (host,) = built({"a": macs.one("expires_very_soon")}).hosts
    assert host.days_left(NOW) == 4
    assert dataclasses.replace(host, seen=None).days_left(NOW) is None


@pytest.mark.parametrize("text", ["yesterday", "", None, "2026-11-24T09:00:00", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"time data|unconverted|does not match"):
        report_model.parse_time(text)
