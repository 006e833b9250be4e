# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""getopt(3) as BSD has it: options before operands, no long ones; of ``--word`` it complains about the second dash."""

from __future__ import annotations

import getopt


class OptionError(Exception):
    """An option is unknown or lacks its argument; the text is getopt's, without the tool's name."""


def parse(argv: list[str], letters: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (options with their arguments, operands). Raises ``OptionError``."""
    try:
        return getopt.getopt(argv, letters)
    except getopt.GetoptError as error:
        if "requires argument" in error.msg:
            raise OptionError(f"option requires an argument -- {error.opt}") from None
        long = any(argument.startswith("--") and argument[2:].partition("=")[0] == error.opt for argument in argv)
        raise OptionError(f"illegal option -- {'-' if long else error.opt}") from None
