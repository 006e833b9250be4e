# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that comes from a Mac or an inventory, made fit for every format of the report. It is hostile until then."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Control characters (XML 1.0 has no way to write them), halves of surrogate pairs (what was not UTF-8), the marks that turn the
# direction of writing (they make one name look like another), and the two non-characters that XML refuses.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\ufffe\uffff]")
_MAX = 4000


def clean(value: object) -> str:
    """Return ``value`` as one line of text that UTF-8 and XML can hold; each character that they cannot is shown as U+FFFD."""
    text = _UNFIT.sub("\ufffd", re.sub(r"\s*[\r\n\t]+\s*", " ", str(value)).strip())
    return text if len(text) <= _MAX else f"{text[:_MAX]}\u2026"


def name(value: object) -> str:
    """Return the name of a host, cleaned. Blanks around it stay, because they tell it from another one."""
    return _UNFIT.sub("\ufffd", str(value))[:_MAX]


def distinct(values: Iterable[str]) -> dict[str, str]:
    """Return the name of each host, cleaned; those that are the same then get numbers, which no ``--limit`` takes for a name."""
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for value in sorted(values):
        base = own = name(value)
        number = 1
        while own in taken:
            number += 1
            own = f"{base} ({number})"
        taken.add(own)
        shown[value] = own
    return shown


def count(number: int) -> str:
    """Return ``1 Mac``, ``2 Macs`` and so on."""
    return f"{number} Mac" if number == 1 else f"{number} Macs"


def optional(value: object) -> str | None:
    """Return ``value`` cleaned, or ``None``."""
    return None if value is None else clean(value)
