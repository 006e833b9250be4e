# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a profile on a Mac since macOS 11, and what becomes of each: the table in docs/profile.md, proven on simulated Macs."""

from __future__ import annotations

import dataclasses

# What can happen. Two of these are runs of the playbook that want the profile, one is a run that does not.
RUN, RUN_ALONE = "the playbook runs", "… while nobody is logged in"
APPROVED, DECLINED, EXPIRED = "the user approves", "the user declines", "8 minutes pass"
OTHER, REMOVAL = "other content is wanted", "the playbook removes it"
EVENTS = (RUN, RUN_ALONE, APPROVED, DECLINED, EXPIRED, OTHER, REMOVAL)

MDM, OLD_MDM = "installed, by an MDM", "outdated, by an MDM"
FAILS = "fails"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell: in state ``before``, ``event`` leads to the status ``after``, and a run among the events is ``changed``, or fails."""

    before: str
    event: str
    after: str
    changed: bool = False
    fails: bool = False

    @property
    def name(self) -> str:
        """The id of the test."""
        return f"{self.before}: {self.event}".replace("… ", "run ").replace(",", "").replace(": ", "-").replace(" ", "-")

    @property
    def shown(self) -> str:
        """The cell as it stands in the table."""
        if self.fails:
            return FAILS
        return f"**{self.after}**" if self.changed else self.after


def _row(before: str, *cells: str) -> list[Cell]:
    """Return a row; in a text, ``!`` stands for a change, ``x`` for a failed run, ``-`` for what cannot happen."""
    status = {MDM: "installed", OLD_MDM: "outdated"}.get(before, before)
    row = []
    for event, text in zip(EVENTS, cells, strict=True):
        if text != "-":
            after = status if text == "x" else text.removeprefix("!")
            row.append(Cell(before, event, after, changed=text.startswith("!"), fails=text == "x"))
    return row


WAITING = "awaiting_approval"
# state              | run                | nobody there | approved  | declined          | 8 minutes | other    | removal
_TABLE = """\
absent               | !awaiting_approval | !staged      | -         | -                 | -         | absent   | absent
staged               | !awaiting_approval | staged       | installed | -                 | staged    | absent   | !absent
awaiting_approval    | awaiting_approval  | staged       | installed | awaiting_approval | absent    | absent   | !absent
installed            | installed          | installed    | -         | -                 | -         | outdated | !absent
outdated             | !awaiting_approval | !staged      | -         | -                 | -         | outdated | !absent
installed, by an MDM | installed          | installed    | -         | -                 | -         | outdated | x
outdated, by an MDM  | x                  | x            | -         | -                 | -         | outdated | x
unknown              | x                  | x            | -         | -                 | -         | unknown  | x
"""
CELLS = tuple(cell for line in _TABLE.splitlines() for cell in _row(*(text.strip() for text in line.split("|"))))


# What happens at the Mac without the playbook, or needs the playbook to know the release: proven on each of them.
ON_EACH = tuple(
    cell
    for cell in CELLS
    if (cell.before, cell.event) in ((WAITING, DECLINED), (WAITING, EXPIRED), ("absent", RUN_ALONE), (MDM, RUN), ("installed", REMOVAL))
)
# Up to macOS 10.15 nobody is asked: a run with become installs, or fails where the login keychain is locked.
CATALINA = (
    Cell("absent", RUN, "installed", changed=True),
    Cell("absent", RUN_ALONE, "absent", fails=True),
    Cell("installed", RUN, "installed"),
    Cell("installed", OTHER, "outdated"),
    Cell("outdated", RUN, "installed", changed=True),
    Cell("installed", REMOVAL, "absent", changed=True),
    Cell(MDM, RUN, "installed"),
    Cell(MDM, REMOVAL, "installed", fails=True),
    Cell(OLD_MDM, RUN, "outdated", fails=True),
)


def markdown() -> str:
    """Return the table for the docs."""
    cells = {(cell.before, cell.event): cell.shown for cell in CELLS}
    lines = [f"| state | {' | '.join(EVENTS)} |", f"| --- |{' --- |' * len(EVENTS)}"]
    for before in dict.fromkeys(cell.before for cell in CELLS):
        lines.append(f"| {before} | {' | '.join(cells.get((before, event), '-') for event in EVENTS)} |")
    return "\n".join(lines) + "\n"
