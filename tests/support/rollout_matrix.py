# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout comes to, on each macOS and by each way to reach a Mac.

Its table for the docs: ``python -m support.rollout_matrix docs/matrix.md``.
"""

from __future__ import annotations

import dataclasses
import pathlib
import sys
import typing as t

from simulated_mac import MacSpec, Person
from simulated_mac.spec import ALICE, BOB

# A password that nothing else on the machine uses: the tests look for it in the command lines of all processes.
PASSWORD = "Eight-by-four-7!"
PROFILE = "io.github.azure-p2s.macos.vpn-client"
STAGED = f"/Users/alice/Library/Application Support/azure_p2s.macos/{PROFILE}.mobileconfig"
PARTITION_NOTE = (
    "The partition list of the key was not set (no keychain_password was given): at the first connection macOS may ask the user for the"
    " login keychain password; the user should choose Always Allow."
)


@dataclasses.dataclass(frozen=True)
class Way:
    """How the run reaches a Mac: what the docs call it, who sits there, and the host's variables."""

    name: str
    words: str
    at_screen: str | None
    variables: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one rollout comes to.

    ``keychain``: the session in which roots and identity were put into the login keychain; ``None``: they were not. ``status`` and
    ``delivery`` are the profile's, ``says`` the remedy or, with ``status`` ``None``, the error; it may name ``{install}``: what the person
    does in that macOS. ``partitions``: who may use the key without being asked.
    """

    title: str
    words: str
    summary: t.Literal["done", "waiting for a person", "failed"]
    again: str
    keychain: t.Literal["gui", "ssh"] | None = None
    partitions: tuple[str, ...] = ()
    status: t.Literal["installed", "staged"] | None = None
    delivery: t.Literal["profiles", "approval"] | None = None
    says: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """How many tasks change something in the first run: roots, identity, profile."""
        return 0 if self.status is None else 3

    @property
    def execs(self) -> int:
        """How many SSH commands a run with nothing to change costs."""
        return 1 if self.status is None else 3


USER = Way(
    "user",
    "connected as the user, no become, `vpn_client_keychain_password` set (over SSH the login keychain is locked)",
    "alice",
    {"ansible_become": False, "vpn_client_keychain_password": PASSWORD},
)
SCREEN = Way("screen", "become root, the user logged in at the screen, no password", "alice", {"ansible_become": True})
NOBODY = Way(
    "nobody",
    "become root, nobody logged in, `vpn_client_user` and `vpn_client_keychain_password` set",
    None,
    {"ansible_become": True, "vpn_client_user": "alice", "vpn_client_keychain_password": PASSWORD},
)
NOTHING = Way("nothing", "become root, nobody logged in, neither user nor password set", None, {"ansible_become": True})
WAYS = (USER, SCREEN, NOBODY, NOTHING)

_BY_HAND = f"let alice choose Go > Go to Folder in the Finder, enter {STAGED} and double-click that file; then alice {{install}}"
_NO_CHANGE = "changes nothing and costs one SSH command for each of roots, identity and profile"
_OPEN_KEY = ("apple-tool:", "apple:")

INSTALLED_BY_COMMAND = Outcome(
    "installed by command",
    "Roots and identity enter the login keychain in the user's session at the screen, and `profiles` installs the profile. Nobody at the"
    " Mac has to do anything.",
    "done",
    _NO_CHANGE,
    "gui",
    ("apple-tool:",),
    "installed",
    "profiles",
    warnings=(PARTITION_NOTE,),
)
INSTALLED_UNSEEN = Outcome(
    "installed by command, nobody there",
    "The password opens the login keychain in the connection's own session, for roots and identity; then `profiles` installs the profile"
    " for the user. It finds the identity in place: with `vpn_client_identity_in_keychain: false` the locked keychain would take none, and"
    " the run would fail.",
    "done",
    _NO_CHANGE,
    "ssh",
    _OPEN_KEY,
    "installed",
    "profiles",
)
APPROVED = Outcome(
    "approved at the screen",
    "Roots and identity enter the login keychain in the user's session at the screen. The profile is opened there, the user approves it"
    " within `vpn_client_approval_timeout`, and the staged copy is removed.",
    "done",
    _NO_CHANGE,
    "gui",
    ("apple-tool:",),
    "installed",
    "approval",
    warnings=(PARTITION_NOTE,),
)
STAGED_UNSHOWN = Outcome(
    "staged, not shown",
    "The password opens the login keychain in the connection's own session, for roots and identity. The profile is put into the user's"
    " space, mode 0600; only root could open it at the screen.",
    "waiting for a person",
    f"{_NO_CHANGE}, and says the same until somebody opens the profile",
    "ssh",
    _OPEN_KEY,
    "staged",
    "approval",
    f"The request can be shown to alice by root only: add become, or {_BY_HAND}.",
)
STAGED_FOR_LATER = Outcome(
    "staged for later",
    "The password opens the login keychain in the connection's own session, for roots and identity. The profile is put into the user's"
    " space, mode 0600, where the next run with the user at the screen opens it.",
    "waiting for a person",
    f"{_NO_CHANGE}, and says the same until the user logs in",
    "ssh",
    _OPEN_KEY,
    "staged",
    "approval",
    f"alice is not logged in at the Mac: run the play again when alice is, or {_BY_HAND}.",
)
REFUSED = Outcome(
    "refused",
    "The first task that looks at the Mac fails. Nothing on the Mac is changed.",
    "failed",
    "fails with the same words, after one SSH command",
    says="user: nobody is logged in at the Mac's screen, so there is no console user whose keychain is meant; set user to the short name"
    " of the Mac's user, or run the play again when that user is logged in.",
)
OUTCOMES = (INSTALLED_BY_COMMAND, INSTALLED_UNSEEN, APPROVED, STAGED_UNSHOWN, STAGED_FOR_LATER, REFUSED)

# One row for each macOS, in the order of WAYS.
GRID: dict[str, tuple[Outcome, Outcome, Outcome, Outcome]] = {
    "10.15.7": (STAGED_UNSHOWN, INSTALLED_BY_COMMAND, INSTALLED_UNSEEN, REFUSED),
    "11.7": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
    "12.7": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
    "13.7": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
    "14.7": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
    "15.1": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
    "15.6.1": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
    "26.1": (STAGED_UNSHOWN, APPROVED, STAGED_FOR_LATER, REFUSED),
}
_PREFERENCES = "System Preferences > Profiles"
_PRIVACY = "System Settings > Privacy & Security > Profiles"
_MANAGEMENT = "System Settings > General > Device Management"
_TWO_CLICKS = "opens {}, double-clicks Azure VPN and clicks Install, and enters an administrator's name and password if macOS asks"
# What the person does with an opened profile; the heading of that table in the docs.
_BY_VERSION = "what the user does"
INSTALL = {
    "10.15.7": f"opens {_PREFERENCES}, clicks Install, and enters an administrator's name and password if macOS asks",
    "11.7": _TWO_CLICKS.format(_PREFERENCES),
    "12.7": _TWO_CLICKS.format(_PREFERENCES),
    "13.7": _TWO_CLICKS.format(_PRIVACY),
    "14.7": _TWO_CLICKS.format(_PRIVACY),
    "15.1": _TWO_CLICKS.format(_MANAGEMENT),
    "15.6.1": _TWO_CLICKS.format(_MANAGEMENT),
    "26.1": _TWO_CLICKS.format(_MANAGEMENT),
}


@dataclasses.dataclass(frozen=True)
class Cell:
    """One Mac of the matrix."""

    macos: str
    way: Way
    outcome: Outcome

    @property
    def name(self) -> str:
        """The host's name in the inventory."""
        return f"{self.way.name}-{self.macos.replace('.', '-')}"

    @property
    def says(self) -> str | None:
        """The remedy or the error on this macOS."""
        return self.outcome.says.replace("{install}", INSTALL[self.macos]) if self.outcome.says else None

    def mac(self) -> MacSpec:
        """Return the Mac: whoever sits there approves whatever is shown."""
        users = (dataclasses.replace(ALICE, login_password=PASSWORD), BOB)
        return MacSpec(self.name, macos=self.macos, users=users, console_user=self.way.at_screen, person=Person(approves_after=0.5))


CELLS = tuple(Cell(macos, way, outcome) for macos, row in GRID.items() for way, outcome in zip(WAYS, row, strict=True))
BEGIN, END = "<!-- rollout matrix: begin -->", "<!-- rollout matrix: end -->"


def table() -> str:
    """Return the part of the docs that is made of this table."""
    lines = [BEGIN, "", "| macOS | " + " | ".join(way.words for way in WAYS) + " |", "|---" * (len(WAYS) + 1) + "|"]
    for macos, row in GRID.items():
        links = (f"[{outcome.title}](#{_anchor(outcome.title)})" for outcome in row)
        lines.append(f"| {macos} | {' | '.join(links)} |")
    for outcome in OUTCOMES:
        lines += ["", f"### {outcome.title}", "", outcome.words, "", *_facts(outcome)]
    lines += _installs()
    return "\n".join([*lines, "", END])


def _facts(outcome: Outcome) -> list[str]:
    """Return the lines on one outcome."""
    where = {"gui": "changed, in the session at the screen", "ssh": "changed, in the connection's own session", None: "not changed"}
    profile = f"changed, `status` {outcome.status}, `delivery` {outcome.delivery}"
    facts = {
        "First look (`vpn_profile` in check mode)": "failed" if outcome.status is None else "",
        "Roots (`keychain_certificate`)": "not reached" if outcome.status is None else where[outcome.keychain],
        "Identity (`keychain_identity`)": "not reached" if outcome.status is None else where[outcome.keychain],
        "Profile (`vpn_profile`)": profile if outcome.status else "not reached",
        "Use of the key": " and ".join(f"`{name}`" for name in outcome.partitions) + " in its partition list" if outcome.partitions else "",
        "Summary": outcome.summary,
        "Second run": outcome.again,
    }
    lines = [f"- {name}: {text}." for name, text in facts.items() if text]
    lines += [f"- Warning: {text}" for text in outcome.warnings]
    if outcome.says is None:
        return lines
    said = "Error" if outcome.status is None else "Remedy"
    # In its place stand the words for the Mac's macOS, from the table at the end.
    return [*lines, f"- {said}: {outcome.says.replace('{install}', f'[…](#{_anchor(_BY_VERSION)})')}"]


def _installs() -> list[str]:
    """Return the table of what the person does with an opened profile, on each macOS."""
    by_words: dict[str, list[str]] = {}
    for macos, text in INSTALL.items():
        by_words.setdefault(text, []).append(macos)
    rows = [f"| {', '.join(versions)} | … {text} |" for text, versions in by_words.items()]
    return ["", f"### {_BY_VERSION}", "", "| macOS | the remedy goes on |", "|---|---|", *rows]


def _anchor(title: str) -> str:
    return title.replace(",", "").replace(" ", "-")


if __name__ == "__main__":
    page = pathlib.Path(sys.argv[1])
    head, _begin, rest = page.read_text("utf-8").partition(BEGIN)
    page.write_text(head + table() + rest.partition(END)[2], "utf-8")
