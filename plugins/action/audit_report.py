# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of audit_report: writes files on the controller and contacts no host."""

from __future__ import annotations

import pathlib
import re
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import report as reports
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import report_model, report_write
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import OptionError, P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_history import ReportError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_model import Report
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_text import count

_TEXTS: t.Final[dict[str, t.Any]] = {"type": "list", "elements": "str"}


class ActionModule(P2SActionBase):
    """Write what client_audit found on all hosts of the play as one report."""

    SPEC: t.ClassVar[dict[str, t.Any]] = {
        "argument_spec": {
            "dest": {"type": "path", "required": True},
            "basename": {"type": "str", "default": "audit"},
            "formats": {**_TEXTS, "choices": list(reports.FORMATS), "default": list(reports.FORMATS)},
            "hosts": _TEXTS,
            "variable": {"type": "str", "default": "vpn_client__audit"},
            "history": {"type": "path"},
            "fail_on": {**_TEXTS, "choices": list(reports.FAILURES), "default": []},
            "title": {"type": "str", "default": reports.Settings.title},
            "warn_days": {"type": "int", "default": reports.Settings.warn_days},
            "critical_days": {"type": "int"},
        },
    }

    _requires_connection = False

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Collect, compare with earlier reports, write."""
        settings = _settings(options, limited=self._variables.get("ansible_limit") is not None)
        folder = pathlib.Path(self.controller_target(options["dest"]))
        history = pathlib.Path(self.controller_target(options["history"])) if options["history"] else None
        report, problem = _built(self._results(options), settings, history)
        files = reports.files(report, options["formats"], options["basename"])
        changed = report_write.changed(folder, files)
        if not self.check_mode:
            # First what was asked for: a history that cannot be kept must not lose the audit as well.
            report_write.write(folder, files, "dest")
            if history and not problem:
                problem = _kept(history, report)
        return {
            "changed": bool(changed) or history is not None,
            "summary": reports.summary(report),
            "lines": reports.lines(report),
            "files": [str(folder / name) for name in files],
            **_verdict(report, options["fail_on"], folder, problem),
        }

    def _results(self, options: dict[str, t.Any]) -> dict[str, object]:
        """Return what the hosts hold, those that were not reached included; it is in the task's variables."""
        hosts = options["hosts"] if options["hosts"] is not None else self._variables.get("ansible_play_hosts_all", [])
        held = self._variables.get("hostvars", {})
        return {str(host): _value(held, host, options["variable"]) for host in hosts}


def _value(held: t.Any, host: str, variable: str) -> object:
    # Raw, as it was registered: hostvars[host] would look for templates in every text, which takes longer than the report.
    return held.raw_get(host).get(variable) if host in held else None


def _built(results: dict[str, object], settings: reports.Settings, history: pathlib.Path | None) -> tuple[Report, ReportError | None]:
    """Return the report, and why it could not be compared with earlier ones, if so."""
    now = report_model.now()
    try:
        return reports.build(results, settings, now, history), None
    except ReportError as error:
        return reports.build(results, settings, now, notes=(f"Without earlier reports: {error}",)), error


def _kept(history: pathlib.Path, report: Report) -> ReportError | None:
    """Put the report into the history; return why not, if so."""
    try:
        report_write.write(history, reports.history_file(report), "history")
    except ReportError as error:
        return error
    return None


def _settings(options: dict[str, t.Any], *, limited: bool) -> reports.Settings:
    """Return what the report is told. Raises ``OptionError``."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", options["basename"]):
        raise OptionError(
            "the name is not plain", "use letters, digits, dots, hyphens and underscores, without a folder", option="basename"
        )
    warn = options["warn_days"]
    critical = min(reports.Settings.critical_days, warn) if options["critical_days"] is None else options["critical_days"]
    if not 0 <= critical <= warn <= 3650:
        raise OptionError(
            f"{critical} and {warn} are not two numbers of days, the smaller first",
            "give numbers from 0 to 3650, critical_days at most warn_days",
            option="warn_days" if options["critical_days"] is None else "critical_days",
        )
    return reports.Settings(options["title"], warn, critical, limited)


def _verdict(report: Report, fail_on: list[str], folder: pathlib.Path, problem: ReportError | None) -> dict[str, t.Any]:
    """Return how the task ends: by what it shall fail for, and by what was wrong with the history."""
    verdict: dict[str, t.Any] = {} if problem is None else problem.as_result()
    said = [] if problem is None else [f"{problem} The report itself is in {folder}."]
    named = [host.name for host in report.having(fail_on)]
    if named:
        some = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
        said.append(f"fail_on: {' or '.join(fail_on)} on {count(len(named))} ({some}); see the report in {folder}.")
        verdict |= {"failed": True, "failing_hosts": named}
    return {**verdict, "msg": " ".join(said) or f"{count(len(report.hosts))} reported in {folder}"}
