# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose keychain and profiles are meant: what the Mac says about its users, and what is made of it."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import owner
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import TIMED_OUT, Section


def read(text: str, wanted: str | None = None, status: int = 0) -> owner.Owner:
    """Return the owner that the Mac's answer means."""
    section = Section("owner", status, text.encode("utf-8", "surrogateescape"), b"")
    return owner.from_sections({"owner": section}, wanted)


HOME = "/Users/alice\n"
FOUND: dict[str, tuple[str, str | None, dict[str, t.Any]]] = {
    "own-connection-own-screen": (
        f"alice\n501\nalice\nalice\n501\n{HOME}",
        None,
        {"root": False, "at_console": True, "gui_reachable": False},
    ),
    "own-connection-nobody-at-the-screen": (f"alice\n501\n\nalice\n501\n{HOME}", None, {"at_console": False, "gui_reachable": False}),
    "root-for-whoever-is-at-the-screen": (f"root\n0\nalice\nalice\n501\n{HOME}", None, {"root": True, "gui_reachable": True}),
    "root-for-a-named-user-who-is-not": (f"root\n0\nbob\nalice\n501\n{HOME}", "alice", {"root": True, "gui_reachable": False}),
    "root-for-itself": ("root\n0\nalice\nroot\n0\n/var/root\n", None, {"name": "root", "gui_reachable": False}),
}


@pytest.mark.parametrize(("text", "wanted", "facts"), FOUND.values(), ids=FOUND.keys())
def test_owner(text: str, wanted: str | None, facts: dict[str, t.Any]) -> None:
    found = read(text, wanted)
    assert {name: getattr(found, name) for name in facts} == facts


REFUSED = {
    "nobody-at-the-screen": ("root\n0\n\n\n\n\n", None, "nobody is logged in at the Mac's screen"),
    "name-with-a-command-in-it": ("root\n0\nalice\n\n\n\n", "$(reboot)", r"\$\(reboot\) is not a user name that macOS can have"),
    "unknown-user": ("root\n0\nalice\ncarol\n\n\n", "carol", "there is no user carol on the Mac"),
    "user-who-never-logged-in": ("root\n0\nalice\nbob\n502\n\n", "bob", "user bob has no home folder"),
    "another-user-without-root": ("alice\n501\nalice\nbob\n502\n/Users/bob\n", "bob", "add become, or connect as bob"),
    "answer-cut-short": ("alice\n501\n", None, "is not understood"),
}


@pytest.mark.parametrize(("text", "wanted", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_no_owner(text: str, wanted: str | None, message: str) -> None:
    with pytest.raises(MacError, match=message):
        read(text, wanted)


def test_a_directory_service_that_does_not_answer_is_not_a_missing_user() -> None:
    with pytest.raises(MacError, match="user directory did not answer in time"):
        read("root\n0\nalice\ncarol\n\n\n", "carol", TIMED_OUT)


UNKNOWN = {
    "no-answer": (TIMED_OUT, b"", "user directory did not answer in time"),
    "refused": (1, b"stat: /dev/console: no\n", r"who is connected or who is logged in at its screen \(stat: /dev/console: no\)"),
}


@pytest.mark.parametrize(("status", "err", "message"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_who_cannot_be_seen_at_the_screen_is_not_nobody(status: int, err: bytes, message: str) -> None:
    sections = {"owner": Section("owner", 0, b"root\n0\n\n\n\n\n", b""), "users": Section("users", status, b"", err)}
    with pytest.raises(MacError, match=message):
        owner.from_sections(sections, None)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.one_of(st.none(), st.text()))
def test_whatever_the_mac_says_raises_nothing_but_the_domain_error(text: str, wanted: str | None) -> None:
    with contextlib.suppress(MacError):
        read(text, wanted)
