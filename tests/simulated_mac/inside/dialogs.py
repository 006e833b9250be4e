# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialogs on the Mac's screen: whoever raises one waits until the person answers, mostly for ever."""

from __future__ import annotations

import os
import sys
import time

from .machine_context import Machine


def ask(mac: Machine, text: str) -> None:
    """Show ``text`` and return once the person has agreed; without such a person, never."""
    sys.stdout.flush()
    name = f"{os.getpid()}:{time.time()}"
    with mac.state() as data:
        data["dialogs"].append({"name": name, "text": text, "since": time.time()})
    answers = mac.spec["person"]["answers_dialogs_after"]
    began = time.time()
    while True:
        with mac.state() as data:
            mine = next(dialog for dialog in data["dialogs"] if dialog["name"] == name)
            if answers is not None and time.time() >= began + answers:
                mine["answered"] = time.time()
            if "answered" in mine:
                return
        time.sleep(0.2)
