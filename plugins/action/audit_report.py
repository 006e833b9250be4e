# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin of audit_report: writes files on the controller and contacts no host."""

from __future__ import annotations

import pathlib
import re
import typing as t
from collections.abc import Mapping

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import report as reports
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import report_model, report_write
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import OptionError, P2SActionBase
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.report_model import Report

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
            "critical_days": {"type": "int", "default": reports.Settings.critical_days},
        },
    }

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task; what the other hosts hold is in its variables."""
        self._variables = task_vars or {}
        return super().run(tmp, task_vars)

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Collect, compare with earlier reports, write."""
        _refuse(options)
        folder = pathlib.Path(self.controller_target(options["dest"]))
        history = pathlib.Path(self.controller_target(options["history"])) if options["history"] else None
        settings = reports.Settings(options["title"], options["warn_days"], options["critical_days"])
        report = reports.build(self._results(options), settings, report_model.now(), history)
        files = reports.files(report, options["formats"], options["basename"])
        changed = report_write.changed(folder, files)
        if not self.check_mode:
            if history:
                report_write.write(history, reports.history_file(report), "history")
            report_write.write(folder, files, "dest")
        return {
            "changed": bool(changed) or history is not None,
            "summary": reports.summary(report),
            "lines": reports.lines(report),
            "files": [str(folder / name) for name in files],
            **_verdict(report, options["fail_on"], folder),
        }

    def _results(self, options: dict[str, t.Any]) -> dict[str, object]:
        """Return what the hosts hold, those that were not reached included."""
        hosts = options["hosts"] if options["hosts"] is not None else self._variables.get("ansible_play_hosts_all", [])
        held = self._variables.get("hostvars", {})
        return {str(host): _value(held, host, options["variable"]) for host in hosts}


def _value(held: Mapping[str, t.Any], host: str, variable: str) -> object:
    return held[host].get(variable) if host in held else None


def _refuse(options: dict[str, t.Any]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", options["basename"]):
        raise OptionError(
            "the name is not plain", "use letters, digits, dots, hyphens and underscores, without a folder", option="basename"
        )
    if not 0 <= options["critical_days"] <= options["warn_days"] <= 3650:
        raise OptionError(
            f"{options['critical_days']} and {options['warn_days']} are not two numbers of days, the smaller first",
            "give numbers from 0 to 3650, critical_days at most warn_days",
            option="critical_days",
        )


def _verdict(report: Report, fail_on: list[str], folder: pathlib.Path) -> dict[str, t.Any]:
    """Return how the task ends, by what it shall fail for."""
    named = [host.name for host in report.having(fail_on)]
    if not named:
        return {"msg": f"{len(report.hosts)} Macs reported in {folder}"}
    some = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
    what = " or ".join(fail_on)
    return {"failed": True, "failing_hosts": named, "msg": f"fail_on: {len(named)} Macs have {what} ({some}); see the report in {folder}."}
