# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stand-in knows of the Mac it runs in and of who runs it."""

from __future__ import annotations

import functools
import json
import os
import pwd
import time

from . import modes
from .state import FOLDER, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class Machine:
    """The Mac, as the process of one stand-in sees it."""

    # `security -q`: some commands say less.
    quiet = False

    def now(self) -> float:
        """The time on the Mac's clock, in seconds since 1970."""
        with self.state() as data:
            return time.time() + float(data["clock"])

    @functools.cached_property
    def spec(self) -> dict[str, t.Any]:
        """The Mac's specification as plain data."""
        with open(os.path.join(FOLDER, "spec.json"), encoding="utf-8") as file:
            data: dict[str, t.Any] = json.load(file)
        return data

    @functools.cached_property
    def version(self) -> tuple[int, int]:
        """macOS's version: (10, 15), (11, 7), (15, 6), (26, 1)."""
        parts = [*str(self.spec["macos"]).split("."), "0"]
        return int(parts[0]), int(parts[1])

    @property
    def uid(self) -> int:
        """The effective user id."""
        return os.geteuid()

    @functools.cached_property
    def user(self) -> str:
        """The short name of the effective user."""
        return pwd.getpwuid(os.geteuid()).pw_name

    @functools.cached_property
    def home(self) -> str:
        """The home that keychain names are relative to: the environment's first, as macOS does."""
        return os.environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir

    def state(self) -> State:
        """Return the Mac's state, to be used with ``with``."""
        return State()

    def mode(self, name: str) -> t.Any:
        """Return how an open question is settled on this Mac."""
        return modes.get(self.spec["modes"], name)

    @functools.cached_property
    def session(self) -> str:
        """The security session of the process: see ``sessions``."""
        from . import sessions

        return sessions.current(per_exec=self.mode("session_per_exec"))

    @property
    def in_gui(self) -> bool:
        """Whether the process runs in the session of the user who is logged in at the screen."""
        return self.session.startswith("gui:")

    def uid_of(self, name: str) -> int | None:
        """Return the user id of a user of the Mac's own accounts, or ``None``."""
        for user in self.spec["users"]:
            if user["name"] == name:
                return int(user["uid"])
        return {"root": 0, "_mbsetupuser": 248}.get(name)
