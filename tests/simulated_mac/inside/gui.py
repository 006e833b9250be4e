# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""osascript and log: there, and of no use over SSH."""

from __future__ import annotations

import sys

from .machine_context import Machine


def osascript(mac: Machine, argv: list[str]) -> int:
    """Driving the screen needs a permission that nobody has given."""
    if not mac.in_gui:
        sys.stderr.write("execution error: An error of type -10810 has occurred. (-10810)\n")
        return 1
    sys.stderr.write("execution error: System Events got an error: osascript is not allowed assistive access. (-1719)\n")
    return 1


def log(mac: Machine, argv: list[str]) -> int:
    """``log show``: the header, and nothing that the simulator could know."""
    if argv[:1] != ["show"]:
        sys.stderr.write("usage: log <command>\n")
        return 64
    print("Timestamp                       Thread     Type        Activity             PID    TTL  ")
    return 0
