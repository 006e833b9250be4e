# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that talks to a Mac: a shell script goes in on standard input, labelled sections come out. One script, one round trip."""

from __future__ import annotations

import base64
import dataclasses
import pathlib
import re
import secrets
import shlex
import typing as t
from collections.abc import Callable, Mapping, Sequence

from .errors import MacError

REMOTE = pathlib.Path(__file__).with_name("remote")


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() and not line.lstrip().startswith("#"))


# Read when the controller's first process imports this, before it forks one for each host. Half of the bytes are comments, which the
# Mac need not get.
PARTS: Mapping[str, str] = {path.stem: _without_comments(path.read_text("utf-8")) for path in REMOTE.glob("*.sh")}

# What every task runs on a Mac: it takes the script from standard input as a whole and then runs it. bash 3.2, which macOS has as
# /bin/sh, frees its input buffer when it reads its script from there and a descriptor is duplicated, and goes on using it (input.c);
# built on Linux it was seen to abort.
SHELL = "/bin/sh"
TAKE_SCRIPT = 'eval "$(/bin/cat)"'

# The status of a tool that common.sh stopped because it did not answer in time; no tool of macOS exits with it.
TIMED_OUT = 124
NOT_FOUND = 127
# What bash says of a process that it was told to stop: "/bin/sh: line 12: 345 Killed: 9 …".
_SHELL_NOISE = re.compile(r"\S*sh: line \d+:\s+\d+ ")


class Completed(t.NamedTuple):
    """What a remote ``SHELL`` left: its exit status, standard output and standard error."""

    rc: int
    stdout: str
    stderr: str


@dataclasses.dataclass(frozen=True)
class Section:
    """What one step of a remote script found: the exit status of its tool and what that printed."""

    name: str
    status: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 are kept as surrogate escapes."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """The last line of standard error, for a message: printable, at most 200 characters."""
        lines = [line for line in self.err.decode("utf-8", "replace").strip().splitlines() if not _SHELL_NOISE.match(line)] or [""]
        return "".join(char for char in lines[-1] if char.isprintable())[:200]


@dataclasses.dataclass(frozen=True)
class Script:
    """One remote script: the files of ``remote/`` it needs, the steps (functions in them) to call in order, and their variables.

    Variables become shell variables; they travel inside the script, so a secret in them is in no argument list.
    """

    parts: tuple[str, ...]
    steps: tuple[str, ...]
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    def render(self, nonce: str) -> bytes:
        """Return the text for ``SHELL``. All it does is in a function called on the last line: one cut short on its way does nothing.

        The other functions are not within that one: bash would read them, and then copy each when it comes to be defined.
        """
        assignments = [f"{name}={quote(name, value)}" for name, value in sorted(self.variables.items())]
        lines = [
            *(PARTS[name] for name in ("common", *self.parts)),
            "p2s_main() {",
            # What the connection's environment exports under one of these names would be exported with its new value.
            f"unset {' '.join(['nonce', *sorted(self.variables)])}",
            f"nonce={nonce}",
            *assignments,
            "begin",
            *self.steps,
            "finish",
            "}",
            "p2s_main",
            "",
        ]
        return "\n".join(lines).encode("utf-8", "surrogateescape")


class Mac:
    """A Mac, reached through ``execute``: a function that gives a script to ``TAKE_SCRIPT`` there, as Ansible does."""

    def __init__(self, execute: Callable[[bytes], Completed]) -> None:
        self._execute = execute

    def run(self, script: Script) -> Mapping[str, Section]:
        """Run ``script`` and return its sections by name. Raises ``MacError`` when it did not run to its end, or is not on a Mac."""
        nonce = "p2s" + secrets.token_hex(16)
        completed = self._execute(script.render(nonce))
        sections = parse(completed.stdout, nonce)
        _refuse_other_systems(sections)
        if "finished" not in sections:
            raise _unfinished(completed)
        if sections["finished"].text.strip() == "room":
            raise MacError("the Mac's disk is full: what its tools say cannot be kept", "free some space on it and run the play again")
        return sections


def quote(name: str, value: str) -> str:
    """Return ``value`` quoted for sh. Raises ``MacError`` for a NUL, which no shell can hold, and for what is not text."""
    if "\0" in value:
        raise MacError("the value holds a NUL character", "remove it", option=name)
    if not encodable(value):
        raise MacError("the value is not valid Unicode text", "give it as UTF-8", option=name)
    return shlex.quote(value)


def encodable(value: str) -> bool:
    """Return whether ``value`` is text, or bytes that came from a Mac as surrogate escapes."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def parse(stdout: str, nonce: str) -> dict[str, Section]:
    """Return the sections of the answer in ``stdout``, none when it is not whole; noise around it (banners, login scripts) is passed over.

    ``common.sh`` says what an answer looks like. Of a host that is no Mac there is the section ``system``. Raises ``MacError``.
    """
    if system := re.search(rf"{re.escape(nonce)} system (.*)", stdout):
        return {"system": Section("system", 0, system[1].encode("utf-8", "replace"), b"")}
    answer = re.search(rf"{re.escape(nonce)} answer\n(.*?){re.escape(nonce)} end", stdout, re.DOTALL)
    if not answer:
        return {}
    try:
        before, *parts = base64.b64decode("".join(answer[1].split()), validate=True).split(f"{nonce} ".encode())
        if before:
            raise ValueError(before)
        return _sections(parts)
    except ValueError as error:
        raise MacError("the Mac's answer is damaged", "run the play again; if it stays, look for a faulty connection") from error


def usable(section: Section, tool: str) -> Section:
    """Return ``section``, or raise ``MacError`` when ``tool`` was missing or did not answer in time."""
    if section.status == TIMED_OUT:
        raise MacError(
            f"{tool} did not answer in time",
            "a dialog may be waiting on the Mac's screen: answer it there, or let the user log in again, and run the play again",
        )
    if section.status == NOT_FOUND:
        raise MacError(f"{tool} is missing on the Mac", "check that the host is a stock macOS; the tool belongs to the system")
    return section


def words(values: Sequence[str]) -> str:
    """Return ``values`` as one shell variable's worth of lines."""
    return "\n".join(values)


def _sections(parts: Sequence[bytes]) -> dict[str, Section]:
    """Return the sections: in each part a line and what follows it; an errors' part belongs to the one before. Raises ``ValueError``."""
    sections: dict[str, Section] = {}
    name = ""
    for part in parts:
        line, _end, content = part.partition(b"\n")
        if line == b"-" and name in sections:
            sections[name] = dataclasses.replace(sections[name], err=content)
            continue
        name, status = line.decode("ascii").split(" ")
        sections[name] = Section(name, int(status), content, b"")
    return sections


def _refuse_other_systems(sections: Mapping[str, Section]) -> None:
    system = sections.get("system")
    if system is not None:
        raise MacError(
            f"the host runs {system.text.strip() or 'an unknown system'}, not macOS",
            "take it out of the group of Macs",
        )


def _unfinished(completed: Completed) -> MacError:
    if completed.rc == 0:
        return MacError(
            "the connection ended before the Mac had answered; what it did until then is not known",
            "run the play again: it begins by looking at the Mac's state",
        )
    lines = [line for line in (completed.stderr or completed.stdout).strip().splitlines() if line.strip()] or ["no message"]
    return MacError(
        f"the Mac's shell stopped with status {completed.rc}: {lines[-1][:200]}", "put right what it names and run the play again"
    )
