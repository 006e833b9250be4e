# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac's answers mean for a profile: listed or not, by whom, waiting or not, and never better than macOS said."""

from __future__ import annotations

import pathlib
import plistlib
import shlex
import subprocess
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_mac import FakeMac
from support.profile_answers import ENROLLED, IDENTIFIER, NOT_ENROLLED, OTHER, UUID, answer, entry, listing, sourced

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac, profile_lists, profiles
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import NOT_FOUND, TIMED_OUT, Section


def found(scope: profiles.Scope = "user", **answers: t.Any) -> profiles.Found:
    """Return what a Mac with these answers is taken for."""
    return profiles.observe(FakeMac(answer(**answers)), IDENTIFIER, scope, None)


WAITING = f"{UUID}\n1000\n1100\nfile\n"
CASES: dict[str, tuple[dict[str, t.Any], str]] = {
    "nothing-there": ({}, "absent"),
    "the-very-content": ({"user": listing(alice=[entry()])}, "installed"),
    "another-content": ({"user": listing(alice=[entry(OTHER)])}, "outdated"),
    "only-other-profiles": ({"user": listing(alice=[entry(identifier="com.example.wifi")])}, "absent"),
    "another-user-has-it": ({"user": listing(bob=[entry()])}, "absent"),
    "on-the-device-by-an-mdm": ({"system": listing(_computerlevel=[entry()]), "enrollment": ENROLLED}, "installed"),
    "staged-never-shown": ({"staged": f"{UUID}\n-\n1100\nfile\n"}, "staged"),
    "shown-and-waiting": ({"staged": WAITING}, "awaiting_approval"),
    "shown-just-now": ({"staged": f"{UUID}\n1100\n1100\nfile\n"}, "awaiting_approval"),
    "shown-eight-minutes-ago": ({"staged": f"{UUID}\n1000\n1480\nfile\n"}, "staged"),
    "shown-a-second-less": ({"staged": f"{UUID}\n1000\n1479\nfile\n"}, "awaiting_approval"),
    "the-clock-was-set-back": ({"staged": f"{UUID}\n1100\n1000\nfile\n"}, "staged"),
    "shown-but-the-user-logged-out": ({"staged": WAITING, "console": ""}, "staged"),
    "shown-but-another-user-is-at-the-screen": ({"staged": WAITING, "console": "bob"}, "staged"),
    "other-content-staged": ({"staged": f"{OTHER}\n-\n1100\nfile\n"}, "absent"),
    "other-content-staged-and-installed": ({"staged": f"{OTHER}\n-\n1100\nfile\n", "user": listing(alice=[entry(OTHER)])}, "outdated"),
    "wanted-staged-over-an-old-one": ({"staged": WAITING, "user": listing(alice=[entry(OTHER)])}, "awaiting_approval"),
    "staged-file-without-note": ({"staged": ""}, "absent"),
    "staged-note-cut-short": ({"staged": f"{UUID}\n1100\n"}, "absent"),
    "staged-note-of-nonsense": ({"staged": f"{UUID}\nyesterday\n1100\nfile\n"}, "absent"),
    "only-the-note-of-a-request-that-is-over": ({"staged": f"{UUID}\n1000\n1600\ngone\n"}, "absent"),
    "only-the-note-of-a-request-that-is-over-and-an-old-profile": (
        {"staged": f"{UUID}\n1000\n1600\ngone\n", "user": listing(alice=[entry(OTHER)])},
        "outdated",
    ),
    "only-the-note-of-a-request-that-waits": ({"staged": f"{UUID}\n1000\n1100\ngone\n"}, "awaiting_approval"),
    "only-the-note-of-what-was-never-shown": ({"staged": f"{UUID}\n-\n1100\ngone\n"}, "absent"),
    "installed-and-left-over": ({"staged": WAITING, "user": listing(alice=[entry()])}, "installed"),
    "list-is-no-xml": ({"user": "There are no configuration profiles installed for user 'alice'\n"}, "unknown"),
    "list-is-cut-short": ({"user": listing(alice=[entry()])[:300]}, "unknown"),
    "list-is-of-another-form": ({"user": plistlib.dumps(["alice"]).decode()}, "unknown"),
    "list-holds-other-things": ({"user": listing(alice=[{"ProfileIdentifier": 5}])}, "unknown"),
    "staged-but-the-list-is-unknown": ({"staged": WAITING, "user": "garbage"}, "unknown"),
    "device-list-is-no-xml": ({"system": "profiles: this command requires root privileges.\n"}, "unknown"),
}


@pytest.mark.parametrize(("answers", "status"), CASES.values(), ids=CASES)
def test_status(answers: dict[str, t.Any], status: str) -> None:
    if "console" in answers:
        mac = FakeMac(answer(**answers, name="alice"))
        assert profiles.observe(mac, IDENTIFIER, "user", "alice").status(UUID) == status
    else:
        assert found(**answers).status(UUID) == status


def test_a_left_over_of_an_interrupted_run_is_seen() -> None:
    assert found(staged="").staged == profiles.Staged("", opened=False, waiting=False)


def test_a_request_tells_how_long_it_still_lasts() -> None:
    assert found(staged=WAITING).staged == profiles.Staged(UUID, opened=True, waiting=True, remaining=380)
    assert found(staged=f"{UUID}\n0\n9999\nfile\n").staged == profiles.Staged(UUID, opened=True, waiting=False)


def test_of_a_request_that_is_over_the_note_tells_without_the_key() -> None:
    seen = found(staged=f"{UUID}\n0\n9999\ngone\n")
    assert seen.staged == profiles.Staged(UUID, opened=True, waiting=False, file=False)
    assert (seen.copied, seen.expired(UUID), seen.expired(OTHER)) == (False, True, False)


def test_copies_of_a_device_profile_in_the_space_of_others_are_seen() -> None:
    seen = profiles.observe(FakeMac({**answer(), "elsewhere": (0, "bob\n-rf\ncarol\n")}), IDENTIFIER, "system", None)
    assert (seen.elsewhere, seen.copied) == (("bob", "carol"), True)
    assert found("system").elsewhere == ()


def test_what_is_staged_is_read_before_the_lists(tmp_path: pathlib.Path) -> None:
    """Approved and removed in between, a copy would otherwise be seen neither here nor there, and its user asked again."""
    stubs = """
        fresh() { out=$work/out err=$work/err; }
        limited() { status=0; fresh; printf '%s\n' "$*" >"$out"; }
        printed() { return 1; }
        owner_do() { shift; limited "$@"; }
        section() { echo "$1"; }
        say() { echo "$1"; }
    """
    staged = tmp_path / "Library/Application Support/azure_p2s.macos" / f"{IDENTIFIER}.mobileconfig"
    staged.parent.mkdir(parents=True)
    staged.touch()
    part = shlex.quote(str(mac.REMOTE / "profile_read.sh"))
    variables = f"work={tmp_path} home={tmp_path} identifier={IDENTIFIER} scope=system me_uid=0 me=root owner=alice"
    done = subprocess.run(["/bin/sh", "-c", f"{variables}\n{stubs}\n. {part}\nread_profiles"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["staged", "elsewhere", "profiles_user", "profiles_system", "enrollment", "sources"]


@pytest.mark.parametrize(("status", "text"), [(TIMED_OUT, "in time"), (NOT_FOUND, "missing"), (1, "status 1"), (0, "something else")])
def test_why_the_list_is_unknown_is_said(status: int, text: str) -> None:
    answers = {**answer(), "profiles_user": (status, "garbage")}
    unreadable = profiles.observe(FakeMac(answers), IDENTIFIER, "user", None).unreadable
    assert unreadable is not None
    assert text in unreadable


def test_without_root_the_device_is_unknown_and_not_empty() -> None:
    assert found("system", root=False).status(UUID) == "unknown"


MANAGED: dict[str, tuple[dict[str, t.Any], bool]] = {
    "not-enrolled": ({"enrollment": NOT_ENROLLED}, False),
    "not-enrolled-but-fixed": ({"enrollment": NOT_ENROLLED, "fixed": True}, True),
    "enrolled-installed-by-hand": ({"enrollment": ENROLLED, "sources": sourced("user", "Manual")}, False),
    "enrolled-installed-by-the-mdm": ({"enrollment": ENROLLED, "sources": sourced("user", "MDM")}, True),
    "enrolled-in-an-unheard-of-way": ({"enrollment": ENROLLED, "sources": sourced("user", "Declaration")}, True),
    "enrolled-source-not-said": ({"enrollment": ENROLLED, "sources": sourced("user", None)}, True),
    "enrolled-source-of-the-other-level": ({"enrollment": ENROLLED, "sources": sourced("system", "Manual")}, True),
    "enrolled-sources-unreadable": ({"enrollment": ENROLLED, "sources": "garbage"}, True),
    "enrolled-sources-of-another-form": ({"enrollment": ENROLLED, "sources": plistlib.dumps({"a": 1}).decode()}, True),
    "enrollment-unreadable-installed-by-the-mdm": ({"enrollment": "?", "sources": sourced("user", "MDM")}, True),
    "enrollment-unreadable-installed-by-hand": ({"enrollment": "?", "sources": sourced("user", "manual")}, False),
    "enrollment-and-sources-unreadable": ({"enrollment": "?", "sources": "?"}, False),
}


@pytest.mark.parametrize(("answers", "managed"), MANAGED.values(), ids=MANAGED)
def test_whose_profile_it_is(answers: dict[str, t.Any], managed: bool) -> None:
    fixed = answers.pop("fixed", False)
    user = listing(alice=[entry(OTHER, ProfileRemovalDisallowed="true" if fixed else "false")])
    assert found(user=user, **answers).installed == profiles.Installed(OTHER, managed, "user")
    answers["fixed"] = fixed


def test_the_level_of_the_wanted_scope_counts_first() -> None:
    both = {"user": listing(alice=[entry()]), "system": listing(_computerlevel=[entry(OTHER)])}
    assert found("user", **both).installed == profiles.Installed(UUID, False, "user")
    assert found("system", **both).installed == profiles.Installed(OTHER, False, "system")


def test_without_root_a_profile_of_the_mdm_on_the_device_is_seen_all_the_same() -> None:
    seen = found(root=False, enrollment=ENROLLED, sources=sourced("system", "MDM")).installed
    assert seen == profiles.Installed(UUID, True, "system")


@pytest.mark.parametrize(
    ("printed", "language"),
    [
        ('(\n    "de-CH",\n    "en-CH"\n)\n', "de-CH"),
        ("(\n    en\n)\n", "en"),
        ('(\n    "zh-Hant-TW",\n    en\n)\n', "zh-Hant-TW"),
        ('(\n    "pt_BR"\n)\n', "pt-BR"),
        ("(\n)\n", None),
        ("", None),
    ],
)
def test_the_first_preferred_language(printed: str, language: str | None) -> None:
    answers = {**answer(), "language": (0, printed)}
    assert profiles.observe(FakeMac(answers), IDENTIFIER, "user", None, language=True).language == language


def test_the_language_is_asked_for_when_it_is_wanted_only() -> None:
    mac = FakeMac(answer(), answer())
    profiles.observe(mac, IDENTIFIER, "user", None)
    profiles.observe(mac, IDENTIFIER, "user", None, language=True)
    assert ["\nread_language\n" in script for script in mac.scripts] == [False, True]


def test_no_version_no_guess() -> None:
    with pytest.raises(MacError, match="does not tell its macOS version"):
        profiles.observe(FakeMac({**answer(), "macos": (1, "")}), IDENTIFIER, "user", None)


@given(st.binary(max_size=400), st.integers(0, 255))
def test_no_output_of_either_tool_breaks_the_reader(output: bytes, status: int) -> None:
    with pytest.raises(MacError, match="/usr/bin/profiles"):
        profile_lists.listed(Section("profiles_user", status, output, b""))
    for text in (output, b"<?xml" + output + b"</plist>"):
        assert profile_lists.sources(Section("sources", status, text, b"")).entries == {}
