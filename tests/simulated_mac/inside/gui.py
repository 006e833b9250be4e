# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""osascript, which can show a dialog in the GUI session and no more than that, and log, which knows nothing."""

from __future__ import annotations

import os
import re
import sys
import time

from .machine_context import Machine

# A dialog of osascript's own, as `display dialog` of the Standard Additions: no other application is told anything.
_TEXT = r"\(character id \{([0-9, ]+)\}\)"
_BUTTONS = r'buttons \{"OK"\} default button 1 with icon note giving up after ([0-9]+)'
_DIALOG = re.compile(rf"(?:activate\n)?display dialog {_TEXT} with title {_TEXT} {_BUTTONS}\n*")


def osascript(mac: Machine, argv: list[str]) -> int:
    """Show the dialog that a script on standard input asks for; driving other applications needs a permission nobody has given."""
    if not mac.in_gui:
        sys.stderr.write("execution error: An error of type -10810 has occurred. (-10810)\n")
        return 1
    dialog = _DIALOG.fullmatch(sys.stdin.read()) if argv == ["-"] else None
    if dialog:
        text, title = ("".join(chr(int(number)) for number in numbers.split(",")) for numbers in dialog.groups()[:2])
        given_up = _show(mac, text, title, int(dialog[3]))
        print(f"button returned:{'' if given_up else 'OK'}, gave up:{str(given_up).lower()}")
        return 0
    sys.stderr.write("execution error: System Events got an error: osascript is not allowed assistive access. (-1719)\n")
    return 1


def _show(mac: Machine, text: str, title: str, seconds: int) -> bool:
    """Show a dialog until the person answers or ``seconds`` have passed; return whether nobody answered."""
    name, began = f"{os.getpid()}:{time.time()}", time.time()
    with mac.state() as data:
        data["dialogs"].append({"name": name, "text": text, "title": title, "user": mac.user, "since": began})
    answers = mac.spec["person"]["answers_dialogs_after"]
    while time.time() < began + seconds:
        with mac.state() as data:
            mine = next(dialog for dialog in data["dialogs"] if dialog["name"] == name)
            if answers is not None and time.time() >= began + answers:
                mine["answered"] = time.time()
            if "answered" in mine:
                return False
        time.sleep(0.5)
    return True


def _begin(start: str | None, last: str) -> float:
    """Return from when on the log is shown. Raises ``ValueError``."""
    if start is not None:
        return time.mktime(time.strptime(start, "%Y-%m-%d %H:%M:%S"))
    period = re.fullmatch(r"([0-9]+)([smhd])", last)
    if period is None:
        raise ValueError(last)
    return time.time() - int(period[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[period[2]]


_TERM = r"(subsystem|process|category|sender|eventMessage) (==|!=|CONTAINS|CONTAINS\[c\]|BEGINSWITH) (\"[^\"]*\"|'[^']*')"
_PREDICATE = re.compile(rf"{_TERM}( (AND|OR|&&|\|\|) {_TERM})*")


def _log_options(argv: list[str]) -> dict[str, str]:
    """Return the options with their values. Raises ``ValueError`` for what log(1) does not know, or a predicate that is none."""
    options: dict[str, str] = {}
    rest = list(argv)
    while rest:
        name = rest.pop(0)
        if name in ("--info", "--debug", "--no-info", "--no-debug", "--signpost", "--backtrace", "--loss"):
            continue
        if name not in ("--start", "--end", "--last", "--predicate", "--style", "--process", "--source", "--color") or not rest:
            raise ValueError(f"unrecognized option `{name}'")
        options[name] = rest.pop(0)
    if options.get("--style", "default") not in ("default", "compact", "syslog", "json", "ndjson"):
        raise ValueError("invalid style")
    if "--predicate" in options and not _PREDICATE.fullmatch(options["--predicate"]):
        raise ValueError("bad predicate: unable to parse the format string")
    return options


def log(mac: Machine, argv: list[str]) -> int:
    """``log show``: for root and administrators, the header and what a real client of the gateway said, whatever the predicate."""
    if argv[:1] != ["show"]:
        sys.stderr.write("usage: log <command>\n")
        return 64
    admin = mac.uid == 0 or any(user["admin"] for user in mac.spec["users"] if user["uid"] == mac.uid)
    if not admin:
        sys.stderr.write("log: Could not open local log store: Operation not permitted\n")
        return 77
    try:
        options = _log_options(argv[1:])
    except ValueError as error:
        sys.stderr.write(f"log: {error}\n")
        return 64
    try:
        begin = _begin(options.get("--start"), options.get("--last", "1d"))
    except ValueError:
        sys.stderr.write("log: invalid time\n")
        return 64
    print("Timestamp               Ty Process[PID:TID]")
    with mac.state() as data:
        for when, line in data.get("log", []):
            if when >= begin:
                print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(when))}.000 {line}")
    return 0
