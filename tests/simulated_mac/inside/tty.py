# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask for a password as getpass(3) does on macOS: on the terminal first, on standard input only without one."""

from __future__ import annotations

import os
import sys

_LONGEST = 128


def getpass(prompt: str) -> str:
    """Return the password typed; the end of input is an empty one. With a terminal nobody types at, this never returns."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = sys.stdin.readline()
        return line.rstrip("\n")[:_LONGEST]
    import termios

    with os.fdopen(terminal, "r+b", buffering=0) as stream:
        stream.write(prompt.encode())
        before = termios.tcgetattr(stream)
        silent = [before[0], before[1], before[2], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(stream, termios.TCSAFLUSH, silent)
        try:
            text = stream.readline()
        finally:
            termios.tcsetattr(stream, termios.TCSAFLUSH, before)
            stream.write(b"\n")
    return text.rstrip(b"\n").decode("utf-8", "surrogateescape")[:_LONGEST]
