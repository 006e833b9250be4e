# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the state of a profile to the steps on the Mac, to what the admin is told, and to what the Mac's user is told."""

from __future__ import annotations

import base64
import dataclasses
import typing as t

import pytest
from support.fake_mac import FakeMac
from support.profile_answers import IDENTIFIER, OTHER, UUID, answer, entry, listing

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import profile_delivery, profile_remedy, profiles
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import TIMED_OUT
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.owner import Owner
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.profile_message import Message
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.profiles import Found, Installed, Staged

WANTED = profile_delivery.Wanted(IDENTIFIER, UUID, "Azure VPN", "user", {"server": "vpn.example.com"})
SYSTEM = dataclasses.replace(WANTED, scope="system")
STAGE, OPEN, WAIT, CLEAR = "stage_profile", "open_profile", "wait_for_approval", "remove_staged"
CLEAR_OTHERS = "remove_elsewhere"
WAITING = Staged(UUID, opened=True, waiting=True, remaining=300)
EXPIRED = Staged(UUID, opened=True, waiting=False)
NOTE = dataclasses.replace(EXPIRED, file=False)
UNSHOWN = Staged(UUID, opened=False, waiting=False)
OURS, OLD = Installed(UUID, managed=False), Installed(OTHER, managed=False)


def mac(**changes: t.Any) -> Found:
    """Return a Mac with macOS 15 where alice is logged in and nothing is installed, changed."""
    become = changes.pop("become", True)
    console, name = changes.pop("console", "alice"), changes.pop("name", "alice")
    owner = Owner("root" if become else "alice", become, console, name, 501, "/Users/alice")
    usual: dict[str, t.Any] = {
        "macos": (15, 6, 1),
        "mdm_enrolled": False,
        "installed": None,
        "staged": None,
        "staged_path": "/Users/alice/Library/Application Support/azure_p2s.macos/com.example.vpn.mobileconfig",
        "unreadable": None,
    }
    return Found(owner=owner, **{**usual, **changes})


PRESENT: dict[str, tuple[Found, tuple[str, ...]]] = {
    "nothing-there": (mac(), (STAGE, OPEN, WAIT)),
    "nobody-logged-in": (mac(console=None), (STAGE,)),
    "another-user-at-the-screen": (mac(console="bob"), (STAGE,)),
    "no-become": (mac(become=False), (STAGE,)),
    "installed": (mac(installed=OURS), ()),
    "installed-with-a-left-over": (mac(installed=OURS, staged=WAITING), (CLEAR,)),
    "installed-with-half-a-file-left": (mac(installed=OURS, staged=Staged("", opened=False, waiting=False)), (CLEAR,)),
    "outdated": (mac(installed=OLD), (STAGE, OPEN, WAIT)),
    "outdated-nobody-there": (mac(installed=OLD, console=None), (STAGE,)),
    "staged-and-never-shown": (mac(staged=UNSHOWN), (OPEN, WAIT)),
    "staged-nobody-there-still": (mac(staged=UNSHOWN, console=None), ()),
    "staged-still-no-become": (mac(staged=UNSHOWN, become=False), ()),
    "waiting": (mac(staged=WAITING), ()),
    "waiting-and-logged-out": (mac(staged=WAITING, console=None), ()),
    "expired": (mac(staged=EXPIRED), (STAGE, OPEN, WAIT)),
    "expired-and-logged-out": (mac(staged=EXPIRED, console=None), ()),
    "expired-and-its-copy-gone": (mac(staged=NOTE), (STAGE, OPEN, WAIT)),
    "expired-its-copy-gone-and-logged-out": (mac(staged=NOTE, console=None), (STAGE,)),
    "expired-its-copy-gone-over-an-old-one": (mac(staged=NOTE, installed=OLD), (STAGE, OPEN, WAIT)),
    "waiting-and-its-copy-gone": (mac(staged=dataclasses.replace(WAITING, file=False)), ()),
    "installed-after-the-request-was-over": (mac(staged=NOTE, installed=OURS), (CLEAR,)),
    "other-content-waits": (mac(staged=dataclasses.replace(WAITING, uuid=OTHER)), (STAGE, OPEN, WAIT)),
    "half-a-file-left": (mac(staged=Staged("", opened=False, waiting=False)), (STAGE, OPEN, WAIT)),
    "an-mdm-has-installed-it": (mac(installed=Installed(UUID, managed=True)), ()),
    "an-mdm-has-installed-it-on-the-device": (mac(installed=Installed(UUID, managed=True, level="system")), ()),
}


@pytest.mark.parametrize(("found", "steps"), PRESENT.values(), ids=PRESENT)
def test_what_brings_the_profile_by_approval(found: Found, steps: tuple[str, ...]) -> None:
    plan = profile_delivery.plan_present(found, WANTED, "approval")
    assert plan.steps == steps
    assert bool(plan.changes) == bool(steps), "a change is shown exactly if something is done"


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (mac(elsewhere=("bob",)), (CLEAR_OTHERS, STAGE, OPEN, WAIT)),
        (mac(elsewhere=("bob",), staged=WAITING), (CLEAR_OTHERS,)),
        (mac(elsewhere=("bob",), staged=UNSHOWN, become=False), (CLEAR_OTHERS,)),
        (mac(elsewhere=("bob",), installed=Installed(UUID, managed=False, level="system")), (CLEAR_OTHERS,)),
    ],
    ids=["nothing-here", "waiting", "staged", "installed"],
)
def test_a_copy_that_somebody_else_was_to_approve_goes(found: Found, steps: tuple[str, ...]) -> None:
    plan = profile_delivery.plan_present(found, SYSTEM, "approval")
    assert plan.steps == steps
    assert "staged profile in the Library of bob" in [change.name for change in plan.changes]
    assert profile_delivery.plan_absent(mac(elsewhere=("bob", "carol")), IDENTIFIER, "system").steps == (CLEAR_OTHERS,)
    fake = FakeMac(answer(staged=f"{UUID}\n-\n1001\nfile\n"))
    profile_delivery.apply(fake, mac(elsewhere=("bob", "carol")), SYSTEM, (CLEAR_OTHERS,), user=None)
    assert "\nelsewhere='bob\ncarol'\n" in fake.scripts[0]


USELESS: dict[str, tuple[Found, tuple[str, ...]]] = {
    "an-mdm-has-the-identifier": (mac(installed=Installed(OTHER, managed=True), staged=WAITING), (CLEAR,)),
    "unknown-and-another-content": (mac(unreadable="no list", staged=dataclasses.replace(WAITING, uuid=OTHER)), (CLEAR,)),
    "unknown-but-its-request-may-be-on-the-screen": (mac(unreadable="no list", staged=WAITING), ()),
    "nobody-who-could-approve": (mac(name="root", console=None, elsewhere=("bob",)), (CLEAR_OTHERS,)),
    "nothing-staged": (mac(installed=Installed(OTHER, managed=True)), ()),
}


@pytest.mark.parametrize(("found", "steps"), USELESS.values(), ids=USELESS)
def test_a_refusal_leaves_no_key_behind(found: Found, steps: tuple[str, ...]) -> None:
    assert profile_delivery.useless_copies(found, SYSTEM).steps == steps


def test_a_removal_that_cannot_know_what_is_installed_takes_the_copy_all_the_same() -> None:
    nothing = dataclasses.replace(WANTED, uuid="")
    assert profile_delivery.useless_copies(mac(unreadable="no list", staged=WAITING), nothing).steps == (CLEAR,)


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (mac(macos=(10, 15, 7)), ("install_profile",)),
        (mac(macos=(10, 15, 7), console=None), ("install_profile",)),
        (mac(macos=(10, 15, 7), installed=OLD), ("install_profile",)),
        (mac(macos=(10, 15, 7), staged=EXPIRED), ("install_profile", CLEAR)),
        (mac(macos=(10, 15, 7), installed=OURS), ()),
    ],
    ids=["first", "nobody-there", "outdated", "left-over-of-an-approval", "installed"],
)
def test_what_installs_the_profile_by_command(found: Found, steps: tuple[str, ...]) -> None:
    assert profile_delivery.plan_present(found, WANTED, "profiles").steps == steps


@pytest.mark.parametrize(
    ("found", "wanted", "option", "text"),
    [
        (mac(installed=Installed(OTHER, managed=True)), WANTED, "identifier", "an MDM has installed another profile"),
        (mac(installed=Installed(OTHER, managed=True, level="system")), WANTED, "identifier", "only that MDM can replace"),
        (mac(installed=Installed(OTHER, managed=False, level="system")), WANTED, "scope", "for the whole Mac already"),
        (mac(installed=OLD), SYSTEM, "scope", "for the user already"),
        (mac(unreadable="no list"), WANTED, None, "unknown: no list"),
        (mac(name="root", console=None), SYSTEM, "user", "nobody is logged in at the Mac's screen who could approve"),
    ],
    ids=["mdm-user", "mdm-device", "other-scope-device", "other-scope-user", "unknown", "nobody-who-could-approve"],
)
def test_what_is_refused_and_how_it_is_said(found: Found, wanted: profile_delivery.Wanted, option: str | None, text: str) -> None:
    with pytest.raises(MacError, match=text) as caught:
        profile_delivery.plan_present(found, wanted, "approval")
    assert caught.value.option == option


ABSENT: dict[str, tuple[Found, tuple[str, ...]]] = {
    "nothing-there": (mac(), ()),
    "waiting": (mac(staged=WAITING), (CLEAR,)),
    "half-a-file-left": (mac(staged=Staged("", opened=False, waiting=False)), (CLEAR,)),
    "installed": (mac(installed=OURS), ("remove_profile",)),
    "outdated-and-waiting": (mac(installed=OLD, staged=WAITING), (CLEAR, "remove_profile")),
}


@pytest.mark.parametrize(("found", "steps"), ABSENT.values(), ids=ABSENT)
def test_what_takes_the_profile_away(found: Found, steps: tuple[str, ...]) -> None:
    plan = profile_delivery.plan_absent(found, IDENTIFIER, "user")
    assert plan.steps == steps
    assert len(plan.changes) == len(steps)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (mac(installed=Installed(UUID, managed=True)), "only that MDM can remove"),
        (mac(installed=Installed(UUID, managed=False, level="system")), "scope: a profile"),
        (mac(unreadable="no list"), "unknown"),
    ],
)
def test_what_is_not_taken_away(found: Found, text: str) -> None:
    with pytest.raises(MacError, match=text):
        profile_delivery.plan_absent(found, IDENTIFIER, "user")


@pytest.mark.parametrize(
    ("delivery", "macos", "chosen"),
    [
        ("auto", (10, 15, 7), "profiles"),
        ("auto", (11, 0), "approval"),
        ("auto", (26, 1), "approval"),
        ("approval", (10, 15, 7), "approval"),
        ("profiles", (10, 15, 7), "profiles"),
    ],
)
def test_the_delivery_that_works_there(delivery: str, macos: tuple[int, ...], chosen: str) -> None:
    assert profile_delivery.choose(delivery, mac(macos=macos)) == chosen


def test_a_delivery_that_cannot_work_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(MacError, match=r"macOS 11\.7 installs no profile by command"):
        profile_delivery.choose("profiles", mac(macos=(11, 7)))
    with pytest.raises(MacError, match="needs root"):
        profile_delivery.choose("profiles", mac(macos=(10, 15, 7), become=False))
    assert profile_delivery.choose("auto", mac(macos=(10, 15, 7), become=False)) == "approval"


REMEDIES: dict[str, tuple[Found, str]] = {
    "waiting-on-15": (mac(staged=WAITING), "System Settings > General > Device Management, double-clicks Azure VPN and clicks Install"),
    "waiting-on-13": (mac(staged=WAITING, macos=(13, 7)), "System Settings > Privacy & Security > Profiles"),
    "waiting-on-12": (mac(staged=WAITING, macos=(12, 6)), "System Preferences > Profiles, double-clicks"),
    "waiting-on-10.15": (mac(staged=WAITING, macos=(10, 15, 7)), "System Preferences > Profiles, clicks Install"),
    "not-logged-in": (mac(staged=UNSHOWN, console=None), "alice is not logged in at the Mac: run the play again when alice is"),
    "not-logged-in-by-hand": (mac(staged=UNSHOWN, console=None), "Go > Go to Folder"),
    "no-become": (mac(staged=UNSHOWN, become=False), "add become"),
    "expired": (mac(staged=EXPIRED), "did not approve the request in time, or declined it"),
    "expired-and-its-copy-gone": (mac(staged=NOTE), "did not approve the request in time, or declined it"),
    "expired-over-an-old-one": (mac(staged=NOTE, installed=OLD), "did not approve the request in time, or declined it"),
    "not-shown": (mac(staged=UNSHOWN), "was not shown to alice yet"),
    "enrolled": (mac(staged=WAITING, mdm_enrolled=True), "could install the profile without a click: see delivery file"),
    "unknown": (mac(unreadable="no list"), "Look at the profiles in the Mac's settings: no list."),
}


@pytest.mark.parametrize(("found", "text"), REMEDIES.values(), ids=REMEDIES)
def test_a_person_is_told_what_to_do(found: Found, text: str) -> None:
    remedy = profile_delivery.remedy(found, WANTED)
    assert remedy is not None
    assert text in remedy
    assert remedy.endswith(".")


@pytest.mark.parametrize("found", [mac(), mac(installed=OURS), mac(installed=OLD), mac(installed=OURS, mdm_enrolled=True)])
def test_nobody_is_bothered_when_nobody_can_do_anything(found: Found) -> None:
    assert profile_delivery.remedy(found, WANTED) is None


@pytest.mark.parametrize("wanted", [WANTED, SYSTEM], ids=["user", "device"])
def test_who_approves_needs_an_administrator_for_the_root_in_the_profile_too(wanted: profile_delivery.Wanted) -> None:
    assert "administrator's name and password" in str(profile_delivery.remedy(mac(staged=WAITING), wanted))


def test_the_path_is_shown_while_a_copy_lies_there() -> None:
    assert profile_delivery.result(mac(staged=NOTE), WANTED, "approval", ())["path"] is None


def test_a_request_that_may_outlive_the_removal_is_mentioned() -> None:
    assert "alice declines it" in str(profile_remedy.after_removal(mac(staged=WAITING), "Azure VPN"))
    assert profile_remedy.after_removal(mac(staged=EXPIRED), "Azure VPN") is None
    assert profile_remedy.after_removal(mac(installed=OURS), "Azure VPN") is None


# -- apply ---------------------------------------------------------------------------------------------------------


def test_the_profile_travels_inside_the_script_and_is_not_shown() -> None:
    fake = FakeMac(answer(staged=f"{UUID}\n1000\n1001\nfile\n"))
    after = profile_delivery.apply(fake, mac(), WANTED, (STAGE, OPEN), user=None, profile=b"the key", timeout=7)
    assert after.status(UUID) == "awaiting_approval"
    assert base64.b64encode(b"the key").decode() in fake.scripts[0]
    assert "\ntimeout=7\n" in fake.scripts[0]
    assert "\nsession=gui\n" in fake.scripts[0]


def test_a_request_that_waits_already_is_waited_for_no_longer_than_it_lasts() -> None:
    fake = FakeMac(answer(user=listing(alice=[entry()])))
    steps = profile_delivery.waiting_steps(mac(staged=WAITING), WANTED, 600)
    profile_delivery.apply(fake, mac(staged=WAITING), WANTED, steps, user=None, timeout=600)
    assert steps == (WAIT,)
    assert "\nremaining=300\n" in fake.scripts[0]
    assert not profile_delivery.needs_content(steps)
    assert profile_delivery.waiting_steps(mac(staged=WAITING), WANTED, 0) == ()
    assert profile_delivery.waiting_steps(mac(installed=OURS), WANTED, 600) == ()


def test_the_message_goes_with_the_request_and_not_in_words_that_a_shell_reads() -> None:
    fake = FakeMac(answer(staged=f"{UUID}\n1000\n1001\nfile\n"))
    message = Message("IT", '"; rm -rf / # $(reboot)')
    profile_delivery.apply(fake, mac(), WANTED, (STAGE, OPEN), user=None, profile=b"x", message=message)
    assert "display dialog" in fake.scripts[0]
    assert "reboot" not in fake.scripts[0]


FAILURES: dict[str, tuple[str, tuple[int, str, str], str]] = {
    "disk-full": (STAGE, (1, "", "sh: write error: No space left on device\n"), "could not be put into the user's Library: sh: write"),
    "logged-out-meanwhile": (OPEN, (1, "", "Could not switch to audit session\n"), "could not be shown to the user: Could not switch"),
    "open-hangs": (OPEN, (TIMED_OUT, "", ""), "/usr/bin/open did not answer in time"),
    "install-refused": ("install_profile", (1, "returned -60005 (Error = -60005)\n", ""), "did not install the profile: returned -60005"),
    "install-refused-with-status-0": ("install_profile", (0, "x returned -319 (Error = -319)\n", ""), "did not install the profile: x ret"),
    "removal-refused": (
        "remove_profile",
        (1, "", ""),
        "remove the profile: status 1; let alice remove Azure VPN in System",
    ),
    "note-not-written": ("note_opened", (1, "", "sh: write error\n"), "that could not be noted in the user's Library: sh: write error"),
    "no-room-for-what-10.15-installs": ("write_profile", (1, "", "base64: write error\n"), "could not be written on the Mac: base64"),
    "another-user's-Library-is-fixed": (
        CLEAR_OTHERS,
        (1, "", "rm: permission denied\n"),
        "in another user's Library could not be removed: rm",
    ),
    "rm-fails": (CLEAR, (1, "", "rm: permission denied\n"), "staged profile could not be removed: rm: permission denied"),
}


@pytest.mark.parametrize(("step", "section", "text"), FAILURES.values(), ids=FAILURES)
def test_a_step_that_fails_says_which_and_why(step: str, section: tuple[int, str, str], text: str) -> None:
    failed = step if section[0] else "nothing failed"
    fake = FakeMac({**answer(), step: section, "finished": (0, f"{failed}\n")})
    with pytest.raises(MacError) as caught:
        profile_delivery.apply(fake, mac(), WANTED, (step,), user=None)
    assert text in str(caught.value)


def test_an_identity_that_finds_the_login_keychain_locked_waits_for_its_user() -> None:
    answers: t.Any = {**answer(), "install_profile": (1, "returned -319 (Error = -319)\n"), "finished": (0, "install_profile\n")}
    for scope, console, remedy in (
        (WANTED, None, "run the play again when alice is logged in at the Mac"),
        (WANTED, "alice", "put right what it names"),
        (SYSTEM, None, "put right what it names"),
    ):
        with pytest.raises(MacError) as caught:
            profile_delivery.apply(FakeMac(answers), mac(macos=(10, 15, 7), console=console), scope, ("install_profile",), user=None)
        assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("found", "delivery", "text"),
    [
        (mac(), "approval", "gone again"),
        (mac(installed=OLD), "approval", "gone again"),
        (mac(), "profiles", "does not list it"),
        (mac(unreadable="no list"), "approval", "unknown"),
    ],
)
def test_what_is_not_there_afterwards_is_never_taken_for_done(found: Found, delivery: t.Any, text: str) -> None:
    with pytest.raises(MacError, match=text):
        profile_delivery.refuse_undone(found, WANTED, delivery)


def test_what_is_left_after_a_removal_is_named() -> None:
    with pytest.raises(MacError, match=r"still shows: profile com\.example\.vpn"):
        profile_delivery.refuse_left(profile_delivery.plan_absent(mac(installed=OURS), IDENTIFIER))
    profile_delivery.refuse_left(profile_delivery.plan_absent(mac(), IDENTIFIER))


def test_the_result_names_the_staged_file_only_while_there_is_one() -> None:
    waiting = profile_delivery.result(mac(staged=WAITING), WANTED, "approval", ("Mind this.",))
    assert (waiting["status"], waiting["path"], waiting["warnings"]) == ("awaiting_approval", mac().staged_path, ["Mind this."])
    done = profile_delivery.result(mac(installed=OURS), WANTED, "approval", ())
    assert (done["status"], done["path"], done["remedy"], done["user"]) == ("installed", None, None, "alice")


def test_settings_of_each_macos_have_their_own_url() -> None:
    urls = {major: profile_remedy.pane_url((major, 0)) for major in (10, 11, 12, 13, 14, 15, 26)}
    assert {urls[major] for major in (10, 11, 12)} == {"x-apple.systempreferences:com.apple.preferences.configurationprofiles"}
    assert {urls[major] for major in (13, 14, 15, 26)} == {"x-apple.systempreferences:com.apple.Profiles-Settings.extension"}


def test_the_variables_say_who_approves_for_the_device() -> None:
    assert profiles.variables(IDENTIFIER, "system", None)["as_root"] == "otherwise"
    assert profiles.variables(IDENTIFIER, "user", None)["as_root"] == ""
