# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one simulated Mac that is not in its file tree: what macOS keeps in daemons and protected stores.

One JSON file under a lock, shared by the stand-ins in the Mac and the tests outside.
"""

from __future__ import annotations

import _thread
import fcntl
import json
import os
import time
import typing as t

FOLDER = "/.simulator/state"
NEW: dict[str, t.Any] = {
    "console_user": None,  # short name, or None while nobody is logged in
    "unlocked": {},  # session -> {keychain path: master key}: securityd's memory
    "adopted": {},  # "pid:start" -> uid: processes that launchctl asuser moved into a GUI session
    "profiles": {},  # "_computerlevel" or short name -> list of installed profiles
    "pending": None,  # the downloaded profile that waits for a person
    "vpn": [],  # IKEv2 services
    "other_services_up": [],  # services of scutil --nc that are connected
    "trust": {"admin": {}, "user": {}},
    "clock": 0.0,  # seconds that the Mac's clock is ahead, because a test let time pass
    "dialogs": [],  # what is, or was, shown on the screen
    "opens": [],  # each time `security` opened a live login keychain
    "faults": {},
}


class State:
    """The locked state of a Mac: ``with State(folder) as data`` holds the lock; what was changed is saved at the end.

    Within such a block another one of the same thread gives the same data.
    """

    data: dict[str, t.Any]
    _held: dict[tuple[str, int], dict[str, t.Any]] = {}

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder
        self._before = ""

    def __enter__(self) -> dict[str, t.Any]:
        self._key = (self.folder, _thread.get_ident())
        self._outer = self._key not in self._held
        if not self._outer:
            return self._held[self._key]
        self._lock = os.open(os.path.join(self.folder, "lock"), os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        with open(os.path.join(self.folder, "state.json"), encoding="utf-8") as file:
            self._before = file.read()
        self.data = json.loads(self._before)
        self._held[self._key] = self.data
        return self.data

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if not self._outer:
            return
        del self._held[self._key]
        text = json.dumps(self.data)
        if text != self._before:
            path = os.path.join(self.folder, "state.json")
            new = f"{path}.{os.getpid()}"
            with open(new, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(new, 0o666)
            os.replace(new, path)
        os.close(self._lock)


def create(folder: str, spec: dict[str, t.Any]) -> None:
    """Write the first state of a new Mac into ``folder``, open to every user of the Mac."""
    os.makedirs(os.path.join(folder, "faults"))
    for path in (folder, os.path.join(folder, "faults")):
        os.chmod(path, 0o777)
    data = {**NEW, "console_user": spec["console_user"], "booted": time.time()}
    for name, content in (
        ("lock", ""),
        ("calls", ""),
        ("spec.json", json.dumps(spec)),
        ("state.json", json.dumps(data)),
    ):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(path, 0o666)
    note_modes(folder, spec)
    os.mkfifo(os.path.join(folder, "wake"))
    os.chmod(os.path.join(folder, "wake"), 0o666)


def note_modes(folder: str, spec: dict[str, t.Any]) -> None:
    """Leave what the launchers of plain tools, which are shell scripts, have to know of the specification."""
    path = os.path.join(folder, "no-full-disk-access")
    if spec["modes"].get("full_disk_access", True):
        if os.path.exists(path):
            os.unlink(path)
    else:
        with open(path, "w", encoding="utf-8"):
            pass
    with open(os.path.join(folder, "major"), "w", encoding="utf-8") as file:
        file.write(spec["macos"].split(".")[0] + "\n")
    os.chmod(os.path.join(folder, "major"), 0o644)


def wake(folder: str = FOLDER) -> None:
    """Tell the person at the Mac that something now waits for an answer."""
    try:
        pipe = os.open(os.path.join(folder, "wake"), os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    os.write(pipe, b"w")
    os.close(pipe)
