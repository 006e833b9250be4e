# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ``security -i`` cuts standard input into commands and arguments (SecurityTool/macOS/readline.c and security.c)."""

from __future__ import annotations

BUFFER = 4096
MAX_ARGUMENTS = 32


def lines(data: bytes) -> list[bytes]:
    """Return the lines that the tool runs. A line longer than the buffer goes on as the next command; a last line
    without a newline is dropped; a NUL byte ends its line."""
    result = []
    line = bytearray()
    for byte in data:
        if byte == 10:
            result.append(bytes(line))
            line.clear()
            continue
        line.append(byte)
        if len(line) == BUFFER - 1:
            result.append(bytes(line))
            line.clear()
    return [line.split(b"\0", 1)[0] for line in result]


def split(line: bytes) -> list[str]:
    """Return the arguments of one line. Quotes count at the start of an argument only, a backslash takes the next byte
    as it is everywhere, the closing quote ends the argument; arguments after the 32nd are dropped."""
    arguments: list[bytes] = []
    position = 0
    while position < len(line):
        if line[position : position + 1].isspace():
            position += 1
            continue
        quote = line[position : position + 1] if line[position : position + 1] in (b'"', b"'") else b""
        position += len(quote)
        argument = bytearray()
        while position < len(line):
            byte = line[position : position + 1]
            position += 1
            if byte == b"\\" and position < len(line):
                argument += line[position : position + 1]
                position += 1
            elif (quote and byte == quote) or (not quote and byte.isspace()):
                break
            else:
                argument += byte
        arguments.append(bytes(argument))
    return [argument.decode("utf-8", "surrogateescape") for argument in arguments[:MAX_ARGUMENTS]]
