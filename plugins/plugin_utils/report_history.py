# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier reports: what was known of Macs that are not reached now, and what has changed since."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import re
from collections.abc import Iterable

from .errors import P2SError
from .report_json import Earlier, UnreadableReportError, read
from .report_model import Host, ordered
from .report_text import clean

# The newest one brings along what was known when it was made; older ones matter for Macs that it does not have.
MAX_FILES = 50
# Files that are no reports hide none, but not without end; and a report does not name all of them.
MAX_UNREADABLE = 1000
_MAX_NOTES = 10
_MAX_SIZE = 256 * 1024 * 1024
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2})-?(\d{2})-?(\d{2})Z")


class ReportError(P2SError):
    """The report cannot be written, or its history not be read."""


@dataclasses.dataclass(frozen=True)
class History:
    """The earlier reports that could be read, newest first, and a note on each that could not."""

    reports: tuple[Earlier, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def previous(self) -> str | None:
        """When the newest report was made."""
        return self.reports[0].generated if self.reports else None

    def gone(self, hosts: Iterable[str]) -> tuple[str, ...]:
        """Return the Macs of the newest whole report that are not among ``hosts``."""
        whole = next((report for report in self.reports if not report.limited), None)
        return tuple(sorted(set(whole.states) - set(hosts))) if whole else ()


def load(folder: pathlib.Path, wanted: Iterable[str], *, limited: bool = False) -> History:
    """Read the newest reports in ``folder``, until something is known of all ``wanted`` Macs.

    A report that is not ``limited`` is also compared with the newest that was not.

    A file that is no report is passed over with a note. Raises ``ReportError`` for a folder that cannot be read.
    """
    missing = set(wanted)
    whole = limited
    reports: list[Earlier] = []
    notes: list[str] = []
    for path in _newest_first(folder):
        if len(reports) == MAX_FILES or len(notes) == MAX_UNREADABLE or (reports and whole and not missing):
            break
        try:
            report = read(_text(path))
        except UnreadableReportError as error:
            notes.append(f"The history's file {clean(path.name)} {error}; it was passed over.")
            continue
        reports.append(report)
        missing -= set(report.seen)
        whole = whole or not report.limited
    if len(notes) > _MAX_NOTES:
        notes[_MAX_NOTES:] = [f"{len(notes) - _MAX_NOTES} more files of the history are no reports either; they were passed over."]
    return History(tuple(sorted(reports, key=lambda report: report.generated, reverse=True)), tuple(notes))


def with_history(hosts: Iterable[Host], history: History) -> tuple[Host, ...]:
    """Return ``hosts``, worst first, with their last state and, if nothing was seen of them now, with what was known of them."""
    return ordered(_with_history(host, history) for host in hosts)


def _with_history(host: Host, history: History) -> Host:
    before = next((report.states[host.name] for report in history.reports if host.name in report.states), None)
    known = [report.seen[host.name] for report in history.reports if host.name in report.seen]
    last = max(known, key=lambda seen: seen.observed_at, default=None)
    return dataclasses.replace(host, before=before, last_known=None if host.seen else last)


def _newest_first(folder: pathlib.Path) -> list[pathlib.Path]:
    try:
        files = [(_when(path), path.name, path) for path in folder.iterdir() if path.suffix == ".json"]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReportError(
            f"the folder {folder} cannot be read: {error.strerror}",
            "give a folder for the reports, or correct its rights",
            option="history",
        ) from error
    return [path for _when_it_was, _name, path in sorted(files, reverse=True)]


def _when(path: pathlib.Path) -> str:
    """Return when a report was made as its name tells, or else when it was written, in a form that sorts."""
    stamp = _STAMP.search(path.name)
    if stamp:
        return f"{stamp[1]}T{stamp[2]}:{stamp[3]}:{stamp[4]}Z"
    try:
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OSError:
        return ""


def _text(path: pathlib.Path) -> str:
    try:
        if not path.is_file():
            raise UnreadableReportError("is not a file")
        if path.stat().st_size > _MAX_SIZE:
            raise UnreadableReportError("is larger than any report")
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UnreadableReportError("is not UTF-8 text") from None
    except OSError as error:
        raise UnreadableReportError(f"cannot be read: {error.strerror}") from error
