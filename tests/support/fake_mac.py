# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Mac for unit tests: it answers each remote script with sections that the test gives, and keeps the scripts."""

from __future__ import annotations

import base64
import re

from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Completed, Mac

Answer = dict[str, tuple[int, str | bytes] | tuple[int, str | bytes, str | bytes]]

FINISHED: Answer = {"system": (0, "Darwin\n"), "macos": (0, "15.6.1\n"), "finished": (0, "nothing failed\n")}


def owner(connected: str = "alice", uid: int = 501, console: str = "alice", name: str = "alice") -> Answer:
    """Return what remote/owner.sh says."""
    return {"owner": (0, f"{connected}\n{uid}\n{console}\n{name}\n501\n/Users/{name}\n")}


class FakeMac(Mac):
    """Answers the scripts in order with ``answers``; a script more than that fails the test."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.scripts: list[str] = []
        super().__init__(self._answer)

    def _answer(self, script: bytes) -> Completed:
        text = script.decode("utf-8", "surrogateescape")
        self.scripts.append(text)
        assert self.answers, "one round trip more than expected"
        nonce = re.search(r"^nonce=(\S+)$", text, re.MULTILINE)
        assert nonce
        sections = {**FINISHED, **self.answers.pop(0)}
        return Completed(0, "".join(_line(nonce[1], name, *section) for name, section in sections.items()), "")


def _line(nonce: str, name: str, status: int, out: str | bytes, err: str | bytes = b"") -> str:
    return f"{nonce} {name} {status} {_encoded(out)} {_encoded(err)}\n"


def _encoded(content: str | bytes) -> str:
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return base64.b64encode(data).decode() or "-"
