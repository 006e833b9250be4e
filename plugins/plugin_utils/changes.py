# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One list of differences, from which ``changed``, ``diff`` and the audit's findings all come."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing on the Mac (or in a file) that is not as wanted.

    ``name`` says which thing, in the words of the docs; ``before`` and ``after`` are plain data
    that can be shown: never a secret.
    """

    name: str
    before: t.Any
    after: t.Any


def diff(changes: Sequence[Change]) -> dict[str, dict[str, t.Any]]:
    """Return ``changes`` in the shape that Ansible's ``--diff`` prints."""
    return {
        "before": {change.name: change.before for change in changes},
        "after": {change.name: change.after for change in changes},
    }
