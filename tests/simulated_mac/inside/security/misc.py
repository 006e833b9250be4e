# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""help, error, leaks, authorizationdb."""

from __future__ import annotations

import plistlib
import sys

from ..machine_context import Machine
from . import main, status, usages


def help(mac: Machine, argv: list[str]) -> int:  # noqa: A001 - named as the command
    """All commands, or the usage of some; on stdout."""
    if not argv:
        return main.usage() and 0
    for name in argv:
        found = next((known for known in main.COMMANDS if known == name), None)
        if found is None:
            sys.stderr.write(f'security: unknown command "{name}"\n')
            return 1
        sys.stdout.write(usages.text(found))
    return 0


def error(mac: Machine, argv: list[str]) -> int:
    """The text of an OSStatus; the exit status is always 1."""
    # Numbers may be negative, so this command takes no options but -h.
    operands = [argument for argument in argv if argument != "--"]
    if not operands or operands[0] == "-h":
        raise status.Usage
    for operand in operands:
        try:
            code = int(operand, 0)
        except ValueError:
            raise status.Usage from None
        if code > 0x7FFFFFFF:
            code -= 1 << 32
        print(f"Error: 0x{code & 0xFFFFFFFF:08X} {code} {status.text(mac, code)}")
    return 1


def leaks(mac: Machine, argv: list[str]) -> int:
    """Needs developer tools."""
    sys.stderr.write("security: leaks: No such file or directory\n")
    return 1


def authorizationdb(mac: Machine, argv: list[str]) -> int:
    """Read the policy database; writing the rights of trust settings is refused."""
    _options, operands = main.options(argv, "h")
    if len(operands) < 2 or operands[0] not in ("read", "write", "remove"):
        raise status.Usage
    verb, right = operands[:2]
    known = right.startswith(("com.apple.", "system."))
    if verb == "read" and known:
        sys.stdout.write(plistlib.dumps({"class": "rule", "rule": ["default"], "created": 0, "modified": 0, "version": 0}).decode())
        if not mac.quiet:
            sys.stderr.write("YES (0)\n")
        return 0
    code = status.ITEM_NOT_FOUND if verb == "read" else -60005
    if not mac.quiet:
        sys.stderr.write(f"NO ({code})\n")
    return -1
