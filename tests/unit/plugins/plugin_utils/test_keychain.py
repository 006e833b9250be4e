# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe and plan: from what a Mac says of a keychain to what has to change in it."""

from __future__ import annotations

import datetime as dt
import functools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import demo_pki, fake_mac
from support.fake_mac import Answer, FakeMac
from support.keychain_listing import certificates, identities

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import keychain
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.keychain import Found, Target
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.owner import Owner
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.security_tool import FoundCertificate

LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
ALICE = Owner("alice", False, "alice", "alice", 501, "/Users/alice")
ROOT = Owner("root", True, "alice", "alice", 501, "/Users/alice")


# Certificates without a common name: their DNS names, and how many days ago they were issued.
NAMELESS = (
    ("one", ["mac01.example.com", "mac01"], 2),
    ("one-before", ["MAC01", "mac01.example.com"], 300),
    ("another", ["mac02.example.com", "mac01"], 300),
    ("nobody", [], 2),
    ("nobody-before", [], 300),
)


@functools.cache
def issued() -> dict[str, Certificate]:
    """Return the certificates of the cases: two generations of one name, one that keeps the key, and one of another issuer."""
    key, other = demo_pki.new_key("p256"), demo_pki.new_key("p256")
    now = dt.datetime.now(dt.UTC)
    root, strange = demo_pki.root("Root", key=demo_pki.new_key("p256")), demo_pki.root("Strange", key=demo_pki.new_key("p256"))
    holders = {
        "root": root,
        "old": demo_pki.issue(root, "mac01", key=key, starts=dt.timedelta(days=-300)),
        "new": demo_pki.issue(root, "mac01", key=other, now=now),
        "same-key": demo_pki.issue(root, "mac01", key=key, now=now),
        "foreign": demo_pki.issue(strange, "mac01", key=demo_pki.new_key("p256")),
        "longer-name": demo_pki.issue(root, "mac01-b", key=demo_pki.new_key("p256")),
        "newer": demo_pki.issue(root, "mac01", key=demo_pki.new_key("p256"), starts=dt.timedelta(minutes=-1)),
        **{
            f"nameless-{name}": demo_pki.issue(root, None, dns_names=names, key=demo_pki.new_key("p256"), starts=dt.timedelta(days=-days))
            for name, names, days in NAMELESS
        },
    }
    return {name: Certificate(holder.der) for name, holder in holders.items()}


def found(*names: str, keys: tuple[str, ...] = (), owner: Owner = ALICE) -> Found:
    """Return a keychain that holds these certificates, and the keys of some."""
    held = tuple(FoundCertificate(issued()[name].der) for name in (*names, *keys))
    return Found(owner, LOGIN, held, frozenset(issued()[name].sha1 for name in keys))


def wanted(name: str = "new", chain: tuple[str, ...] = ("root",)) -> Identity:
    """Return an identity."""
    return Identity(issued()[name], tuple(issued()[one] for one in chain), None, "rsa2048", "mac01")  # type: ignore[arg-type]


def described(changes: list[keychain.Change]) -> list[tuple[str, str, str]]:
    """Return the changes as (name of the certificate among ``issued``, before, after)."""
    names = {certificate.sha256[:16]: name for name, certificate in issued().items()}
    return [(next(names[short] for short in names if short in one.name), one.before, one.after) for one in changes]


PLANS = {
    "empty-keychain": (found(), True, [("new", "absent", "present"), ("root", "absent", "present")]),
    "all-there": (found("root", keys=("new",)), True, []),
    "certificate-without-its-key-is-no-identity": (found("root", "new"), True, [("new", "absent", "present")]),
    "chain-missing": (found(keys=("new",)), True, [("root", "absent", "present")]),
    "newer-stays": (found("root", keys=("new", "newer")), True, []),
    "newer-stays-and-older-goes": (found("root", keys=("new", "newer", "old")), True, [("old", "present", "absent")]),
    "newer-stays-beside-what-comes": (found("root", keys=("newer",)), True, [("new", "absent", "present")]),
    "older-goes": (found("root", keys=("new", "old")), True, [("old", "present", "absent")]),
    "older-may-stay": (found("root", keys=("new", "old")), False, []),
    "older-without-key-is-no-identity": (found("root", "old", keys=("new",)), True, []),
    "same-name-of-another-issuer-stays": (found("root", keys=("new", "foreign")), True, []),
    "a-name-that-begins-alike-stays": (found("root", keys=("new", "longer-name")), True, []),
}


@pytest.mark.parametrize(("before", "remove", "changes"), PLANS.values(), ids=PLANS.keys())
def test_plan_of_an_identity(before: Found, remove: bool, changes: list[tuple[str, str, str]]) -> None:
    assert described(keychain.plan_identity(wanted(), before, remove_superseded=remove)) == changes


SUPERSEDED = {
    "older": ("new", ("old", "newer"), ("old",), ("newer",)),
    "same-moment": ("new", ("same-key", "new"), ("same-key",), ()),
    "no-common-name-but-the-same-dns-names": ("nameless-one", ("nameless-one-before",), ("nameless-one-before",), ()),
    "no-common-name-seen-from-the-older": ("nameless-one-before", ("nameless-one",), (), ("nameless-one",)),
    "no-common-name-and-other-dns-names": ("nameless-one", ("nameless-another",), (), ()),
    "no-name-at-all": ("nameless-nobody", ("nameless-nobody-before",), (), ()),
    "no-common-name-beside-one-that-has": ("nameless-one", ("old",), (), ()),
}


@pytest.mark.parametrize(("certificate", "keys", "older", "newer"), SUPERSEDED.values(), ids=SUPERSEDED.keys())
def test_only_older_ones_of_the_same_client_are_superseded(
    certificate: str, keys: tuple[str, ...], older: tuple[str, ...], newer: tuple[str, ...]
) -> None:
    keychain = found(keys=(*keys, certificate))
    assert keychain.superseded_by(issued()[certificate]) == tuple(issued()[name] for name in older)
    assert keychain.newer_than(issued()[certificate]) == tuple(issued()[name] for name in newer)


def test_a_certificate_without_a_common_name_goes_by_its_first_dns_name() -> None:
    changes = keychain.plan_certificates([issued()["nameless-one"], issued()["nameless-nobody"]], found(), present=True)
    assert [change.name.split(" (")[0] for change in changes] == ["certificate mac01.example.com", "certificate without a name"]


REMOVALS = {
    "alone": (found(keys=("old",)), ("old",), ("old",), ()),
    "its-key-serves-another": (found(keys=("old", "same-key")), ("old",), (), ("old",)),
    "both-that-use-the-key": (found(keys=("old", "same-key")), ("old", "same-key"), ("old", "same-key"), ()),
    "other-keys-do-not-matter": (found(keys=("old", "new")), ("old",), ("old",), ()),
}


@pytest.mark.parametrize(("before", "unwanted", "with_key", "without"), REMOVALS.values(), ids=REMOVALS.keys())
def test_a_key_goes_only_with_its_last_identity(
    before: Found, unwanted: tuple[str, ...], with_key: tuple[str, ...], without: tuple[str, ...]
) -> None:
    split = keychain.split_removal([issued()[name] for name in unwanted], before)
    assert split == (tuple(issued()[name] for name in with_key), tuple(issued()[name] for name in without))


def test_plan_of_certificates_in_both_directions() -> None:
    both = [issued()["root"], issued()["new"]]
    assert described(keychain.plan_certificates(both, found("root"), present=True)) == [("new", "absent", "present")]
    assert described(keychain.plan_certificates(both, found("root"), present=False)) == [("root", "present", "absent")]


@given(st.sets(st.sampled_from(["root", "old", "new", "same-key", "foreign"])), st.booleans())
def test_nothing_is_left_to_do_when_the_plan_has_been_carried_out(names: set[str], remove: bool) -> None:
    before = found(keys=tuple(sorted(names)))
    changes = described(keychain.plan_identity(wanted(), before, remove_superseded=remove))
    after = (names | {name for name, _b, state in changes if state == "present"}) - {
        name for name, _b, state in changes if state == "absent"
    }
    assert keychain.plan_identity(wanted(), found(keys=tuple(sorted(after))), remove_superseded=remove) == []
    assert "foreign" not in {name for name, _before, _after in changes}


ACCESS = {
    "own-connection-with-password": (ALICE, "login", "pw", "ssh"),
    "root-and-user-at-the-screen": (ROOT, "login", None, "gui"),
    "a-password-makes-the-screen-unneeded": (ROOT, "login", "pw", "ssh"),
    "empty-password-is-one": (ROOT, "login", "", "ssh"),
    "system-by-root": (Owner("root", True, "alice", "root", 0, "/var/root"), "System", None, "ssh"),
    "named-keychain-may-be-unlocked": (ALICE, "/Users/alice/work.keychain", None, "ssh"),
}


@pytest.mark.parametrize(("owner", "which", "password", "session"), ACCESS.values(), ids=ACCESS.keys())
def test_the_way_into_a_keychain(owner: Owner, which: str, password: str | None, session: str) -> None:
    access = keychain.access(found(owner=owner), Target(which), password)
    assert (access.session, access.password) == (session, password)
    assert "pw" not in repr(access)


NO_ACCESS = {
    "nobody-can-open-it": (ALICE, "login", r"^keychain_password: the login keychain of alice is locked .* add become"),
    "root-but-nobody-there": (
        Owner("root", True, None, "alice", 501, "/Users/alice"),
        "login",
        r"^keychain_password: .*; set keychain_password, or run the play while alice is logged in",
    ),
    "system-without-root": (ALICE, "System", r"^keychain: the System keychain can be changed by root only; add become"),
}


@pytest.mark.parametrize(("owner", "which", "text"), NO_ACCESS.values(), ids=NO_ACCESS.keys())
def test_no_way_into_a_keychain(owner: Owner, which: str, text: str) -> None:
    with pytest.raises(MacError, match=text):
        keychain.access(found(owner=owner), Target(which), None)


TARGETS = {
    "neither-name-nor-path": (lambda: Target("work.keychain"), "is neither login, System nor an absolute path"),
    "system-of-a-user": (lambda: Target("System", "alice"), "belongs to no user"),
    "password-for-system": (lambda: keychain.check_password(Target("System"), "x"), "leave keychain_password out"),
    "password-with-line-break": (lambda: keychain.check_password(Target("login"), "a\nb"), "^keychain_password: .*line break"),
    "password-that-is-no-text": (lambda: keychain.check_password(Target("login"), "\ud800"), "^keychain_password: .*not valid Unicode"),
}


@pytest.mark.parametrize(("make", "text"), TARGETS.values(), ids=TARGETS.keys())
def test_options_that_mean_nothing(make: object, text: str) -> None:
    with pytest.raises(MacError, match=text):
        make()  # type: ignore[operator]


def seen(**sections: object) -> Answer:
    """Return what remote/keychain_read.sh says of a keychain with one identity, with some sections replaced."""
    ders = [issued()["root"].der, issued()["new"].der]
    answer: Answer = {
        **fake_mac.owner(),
        "keychain": (0, f"{LOGIN}\n"),
        "copy": (0, ""),
        "certificates": (0, certificates(*ders)),
        "identities": (0, identities(issued()["new"].sha1)),
    }
    return {**answer, **sections}  # type: ignore[dict-item]


def test_applications_that_are_not_there_are_seen() -> None:
    mac = FakeMac(seen(applications=(1, "/Applications/VPN\x0b.app\n/x\n")), seen())
    wanted_ones = ("/Applications/VPN\x0b.app", "/x", "/usr/libexec/neagent")
    assert keychain.observe(mac, Target("login"), applications=wanted_ones).missing_applications == ("/Applications/VPN\x0b.app", "/x")
    assert "\napplications='/Applications/VPN\x0b.app\n/x\n/usr/libexec/neagent'\n" in mac.scripts[0]
    assert keychain.observe(mac, Target("login")).missing_applications == ()


def test_observing_is_one_round_trip_with_no_secret_in_it() -> None:
    mac = FakeMac(seen())
    result = keychain.observe(mac, Target("login"), identities=True)
    assert result.holds_identity(issued()["new"])
    assert result.path == LOGIN
    assert len(mac.scripts) == 1
    assert "unlock-keychain" not in mac.scripts[0]


UNREADABLE = {
    "missing": ({"keychain": (1, f"{LOGIN}\n")}, "there is no keychain .* let alice log in once"),
    "no-full-disk-access": ({"copy": (1, "", "cp: x: Operation not permitted\n")}, r"cannot be read \(cp: x: Operation not permitted\)"),
    "copy-hangs": ({"copy": (124, "")}, "/bin/cp did not answer in time"),
    "damaged": ({"certificates": (49, "")}, "is damaged, so its content is unknown"),
    "locked-away": ({"certificates": (36, "")}, r"cannot be read \(status 36\)"),
    "list-hangs": ({"certificates": (124, "")}, "/usr/bin/security did not answer in time"),
    "list-of-identities-hangs": ({"identities": (124, "")}, "/usr/bin/security did not answer in time"),
    "list-cut-short": ({"certificates": (0, certificates(b"abc")[:-9])}, "is not understood, so the keychain's content is unknown"),
    "disk-full": ({"finished": (0, "room\n")}, "the Mac's disk is full"),
}


@pytest.mark.parametrize(("sections", "text"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_never_taken_for_empty(sections: dict[str, object], text: str) -> None:
    with pytest.raises(MacError, match=text):
        keychain.observe(FakeMac(seen(**sections)), Target("login"), identities=True)


def test_thousands_of_certificates_are_read_in_a_moment() -> None:
    ders = [b"\x30\x82" + number.to_bytes(4, "big") * 300 for number in range(5000)]
    answer = seen(certificates=(0, certificates(*ders, issued()["new"].der)))
    began = time.monotonic()
    result = keychain.observe(FakeMac(answer), Target("login"), identities=True)
    assert result.holds_identity(issued()["new"])
    assert result.superseded_by(issued()["new"]) == ()
    assert time.monotonic() - began < 5
