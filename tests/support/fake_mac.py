# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Mac for unit tests: it answers each remote script with sections that the test gives, and keeps the scripts."""

from __future__ import annotations

import base64
import re

from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Completed, Mac

Answer = dict[str, tuple[int, str | bytes] | tuple[int, str | bytes, str | bytes]]

FINISHED: Answer = {"macos": (0, "15.6.1\n"), "finished": (0, "nothing failed\n")}


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
        return Completed(0, printed(nonce[1], sections), "")


def printed(nonce: str, sections: Answer) -> str:
    """Return what remote/common.sh prints of these sections."""
    if "system" in sections:
        return f"{nonce} system {_bytes(sections['system'][1]).decode()}"
    content = b"".join(_section(nonce.encode(), name, *section) for name, section in sections.items())
    return f"{nonce} answer\n{base64.b64encode(content).decode()}\n{nonce} end\n"


def _section(nonce: bytes, name: str, status: int, out: str | bytes, err: str | bytes = b"") -> bytes:
    errors = nonce + b" -\n" + _bytes(err) if err else b""
    return nonce + f" {name} {status}\n".encode() + _bytes(out) + errors


def _bytes(content: str | bytes) -> bytes:
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
