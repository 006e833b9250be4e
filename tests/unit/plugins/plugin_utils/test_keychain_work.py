# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a keychain: what goes to the Mac, and what is made of what came of it."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import re
import shlex
import typing as t

import pytest
from support import demo_pki, fake_mac
from support.fake_mac import Answer, FakeMac
from support.keychain_listing import certificates, identities

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, keychain, keychain_work, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.changes import Change
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.keychain import Access, Found, Target
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.owner import Owner
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.security_tool import FoundCertificate

LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
ALICE = Owner("root", True, "alice", "alice", 501, "/Users/alice")
OPTIONS: dict[str, t.Any] = {"allowed_applications": None, "partition_list": ["apple-tool:", "apple:"], "remove_superseded": True}
PASSWORD = 'quote " and \\ in it'


@functools.cache
def holders() -> dict[str, demo_pki.Holder]:
    root = demo_pki.root("Root", key=demo_pki.new_key("p256"))
    old = demo_pki.issue(root, "mac01", key=demo_pki.new_key(number=1), starts=dt.timedelta(days=-300))
    names = {"mac": "mac01", "umlaut": 'Zoë "the\\first"\n🔑'}
    made = {name: demo_pki.issue(root, text, key=demo_pki.new_key(number=2), dns_names=["mac01"]) for name, text in names.items()}
    return {"root": root, "old": old, "same-key": demo_pki.issue(root, "mac01", key=demo_pki.new_key(number=1)), **made}


def certificate(name: str) -> Certificate:
    return Certificate(holders()[name].der)


@functools.cache
def wanted(name: str = "mac") -> Identity:
    return identity.read(demo_pki.pkcs12(holders()[name], "x"), "x", now=pki.utc_now())


def found(*names: str) -> Found:
    """Return a keychain with these identities (and no other)."""
    return Found(
        ALICE, LOGIN, tuple(FoundCertificate(holders()[name].der) for name in names), frozenset(certificate(name).sha1 for name in names)
    )


def sections(*names: str, **others: t.Any) -> Answer:
    """Return what the Mac says after a change that left these identities and the root."""
    held = certificates(*(holders()[name].der for name in names))
    answer: Answer = {
        **fake_mac.owner("root", 0),
        "keychain": (0, f"{LOGIN}\n"),
        "lock": (36, ""),
        "trusted": (0, ' -T "/usr/libexec/neagent"\n'),
        "copy": (0, ""),
        "certificates": (0, held),
        "identities": (0, identities(*(certificate(name).sha1 for name in names if name != "root"))),
    }
    return {**answer, **others}


def apply(mac: FakeMac, work: keychain_work.Work, before: Found, access: Access, want: Identity | None = None) -> Found:
    def left(seen: Found) -> list[Change]:
        return keychain.plan_identity(want or wanted(), seen, remove_superseded=True)

    return keychain_work.apply(mac, Target("login"), access, work, before, left)


def variable(script: str, name: str) -> str:
    """Return the value that the script gives to a shell variable."""
    match = re.search(rf"^{name}=('.*?'(?:\"'\"'.*?')*|\S*)$", script, re.MULTILINE | re.DOTALL)
    assert match, name
    return "".join(shlex.split(match[1]))


def test_an_import_brings_the_macs_form_under_a_new_passphrase_and_no_secret_of_the_admins() -> None:
    scripts = []
    for _time in range(2):
        mac = FakeMac(sections("mac", "root", partition=(0, "")))
        apply(mac, keychain_work.identity_work(wanted(), found(), OPTIONS), found(), Access("ssh", PASSWORD))
        scripts.append(mac.scripts[0])
    passphrases = [re.search(r'-P "([^"]+)"', variable(script, "import_options")) for script in scripts]
    first, second = (match[1] for match in passphrases if match)
    assert first != second
    bundle = base64.b64decode(variable(scripts[0], "pkcs12"))
    assert identity.read(bundle, first, now=pki.utc_now()).certificate == certificate("mac")


def test_the_partition_list_is_for_this_one_key_and_needs_the_password() -> None:
    work = keychain_work.identity_work(wanted(), found(), OPTIONS)
    mac = FakeMac(sections("mac", "root", partition=(0, "")), sections("mac", "root"))
    assert apply(mac, work, found(), Access("ssh", PASSWORD)).notes == ()
    label = keychain_work.key_label(certificate("mac"))
    line = 'set-key-partition-list -S "apple-tool:,apple:" -k "quote \\" and \\\\ in it" -l "%s" "%s"'
    assert variable(mac.scripts[0], "partition") == line % (label, LOGIN)
    notes = apply(mac, work, found(), Access("gui")).notes
    assert variable(mac.scripts[1], "partition") == ""
    assert len(notes) == 1
    assert notes[0].startswith("The partition list of the key was not set (no keychain_password was given): at the first connection")


def test_a_label_is_plain_ascii_and_names_one_key() -> None:
    labels = {keychain_work.key_label(certificate(name)) for name in ("mac", "umlaut", "old", "same-key")}
    assert len(labels) == 4
    assert keychain_work.key_label(certificate("umlaut")) == f'Zo? "the\\first"?? {certificate("umlaut").sha256[:16]}'


def test_the_owner_of_the_look_is_the_owner_of_the_change() -> None:
    mac = FakeMac(sections("mac", "root"))
    apply(mac, keychain_work.identity_work(wanted(), found(), OPTIONS), found(), Access("gui"))
    assert variable(mac.scripts[0], "user") == "alice"


def test_a_renewal_that_keeps_its_key_brings_the_certificate_alone_and_leaves_the_key() -> None:
    want = wanted("same-key")
    work = keychain_work.identity_work(want, found("old"), OPTIONS)
    assert work.import_identity is None
    assert work.add_certificates == (certificate("same-key"), certificate("root"))
    assert (work.remove_identities, work.remove_certificates) == ((), (certificate("old"),))


def test_older_identities_go_with_their_keys() -> None:
    work = keychain_work.identity_work(wanted(), found("old"), OPTIONS)
    assert (work.remove_identities, work.remove_certificates) == ((certificate("old"),), ())
    assert keychain_work.identity_work(wanted(), found("old"), {**OPTIONS, "remove_superseded": False}).remove_identities == ()


REFUSED_OPTIONS: dict[str, tuple[dict[str, t.Any], str]] = {
    "relative-application": ({"allowed_applications": ["VPN.app"]}, "^allowed_applications: VPN.app is not a plain absolute path"),
    "application-with-a-quote": ({"allowed_applications": ['/a"b']}, "^allowed_applications: "),
    "partition-without-colon": ({"partition_list": ["apple"]}, "^partition_list: apple is not a partition"),
    "partition-that-ends-the-argument": ({"partition_list": ['apple:" -k "']}, "^partition_list: "),
}


@pytest.mark.parametrize(("options", "text"), REFUSED_OPTIONS.values(), ids=REFUSED_OPTIONS.keys())
def test_options_that_security_cannot_take(options: dict[str, t.Any], text: str) -> None:
    with pytest.raises(MacError, match=text):
        keychain_work.check_options({**OPTIONS, **options})


def test_a_missing_application_is_refused_only_when_a_key_would_be_imported() -> None:
    missing = ("/Applications/VPN.app", "/x")
    with pytest.raises(MacError, match=r"^allowed_applications: there is no application /Applications/VPN\.app on the Mac; nothing"):
        keychain_work.identity_work(wanted(), dataclasses.replace(found("old"), missing_applications=missing), OPTIONS)
    there = keychain_work.identity_work(wanted(), dataclasses.replace(found("mac"), missing_applications=missing), OPTIONS)
    assert there.import_identity is None


def test_who_brings_an_older_identity_is_told_of_the_newer_one() -> None:
    text = f"holds a newer identity of this name, from {pki.iso(certificate('mac').not_before)} ({certificate('mac').sha256[:16]})"
    notes = keychain_work.newer_notes(wanted("old"), found("mac"))
    assert [text in note and note.endswith("; this PKCS#12 is older.") for note in notes] == [True]
    assert keychain_work.newer_notes(wanted(), found("old")) == ()
    assert keychain_work.identity_work(wanted("old"), found("mac"), OPTIONS).remove_identities == ()


TOO_MUCH = {
    "more-applications-than-arguments": [f"/Applications/{number}" for number in range(14)],
    "paths-longer-than-the-line": ["/" + "x" * 3000, "/" + "y" * 2000],
}


@pytest.mark.parametrize("applications", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_more_than_one_line_of_security_holds_is_refused_before_anything_happens(applications: list[str]) -> None:
    work = keychain_work.identity_work(wanted(), found(), {**OPTIONS, "allowed_applications": applications})
    mac = FakeMac()
    with pytest.raises(MacError, match="for security\\(1\\)"):
        apply(mac, work, found(), Access("gui"))
    assert mac.scripts == []


STOPPED: dict[str, tuple[Access, dict[str, t.Any], str]] = {
    "wrong-password": (Access("ssh", "x"), {"unlock": (51, "")}, r"^keychain_password: the password does not unlock .*; it was tried once"),
    "keychain-cannot-be-unlocked": (Access("ssh", "x"), {"unlock": (49, "", "no\n")}, r"cannot be unlocked \(status 49 \(no\)\)"),
    "unlocking-hangs": (Access("ssh", "x"), {"unlock": (124, "")}, "/usr/bin/security did not answer in time"),
    "locked-without-password": (Access("ssh"), {"lock": (36, "")}, "^keychain_password: the keychain .* is locked and no password"),
    "logged-out-meanwhile": (Access("gui"), {"console": (1, "bob\n")}, "alice has logged out of the Mac's screen since"),
    "gone-meanwhile": (Access("ssh", "x"), {"vanished": (1, f"{LOGIN}\n")}, "has vanished since it was looked at; run the play again"),
    "dialog-at-the-screen": (Access("gui"), {"import": (124, "")}, "macOS waits for an answer at the Mac's screen .* let alice unlock it"),
    "application-missing": (Access("gui"), {"application": (1, "/x\n")}, "^allowed_applications: there is no application /x on the Mac"),
    "import-without-effect": (
        Access("gui"),
        {"proof": (1, ""), "import": (1, "", "no\n")},
        r"after its import \(no\); nothing was removed; put right what macOS complains of",
    ),
    "certificate-without-effect": (
        Access("gui"),
        {"proof": (1, ""), "import": (0, ""), "add_certificates": (1, "", "security: /tmp/1.cer: already in x\nno room\n")},
        r"after its import \(no room\); nothing was removed; put right",
    ),
    "import-that-says-nothing": (Access("gui"), {"proof": (1, "")}, "after its import; nothing was removed; see whether the keychain is"),
    "unread-after-the-import": (
        Access("gui"),
        {"unread": (49, "", "not valid\n")},
        r"could not be read after the import, so nothing was removed \(not valid\); run the play again",
    ),
    "unread-is-not-a-dialog": (Access("gui"), {"unread": (124, "")}, "could not be read after the import, so nothing was removed; run"),
    "no-temporary-files": (Access("gui"), {"files": (1, "identity.p12\n")}, "stopped; nothing was removed; see whether the Mac's /tmp"),
}


@pytest.mark.parametrize(("access", "extra", "text"), STOPPED.values(), ids=STOPPED.keys())
def test_each_way_to_stop_has_its_own_words(access: Access, extra: dict[str, t.Any], text: str) -> None:
    work = keychain_work.identity_work(wanted(), found("old"), OPTIONS)
    step = next(iter(extra))
    mac = FakeMac(sections("old", **extra, finished=(0, f"{step}\n")))
    with pytest.raises(MacError, match=text) as caught:
        apply(mac, work, found("old"), access)
    assert PASSWORD not in str(caught.value)


UNDONE: dict[str, tuple[tuple[str, ...], dict[str, t.Any], str]] = {
    "not-there": (
        ("root",),
        {"import": (1, "", "security: read-only\n")},
        r"still shows: identity mac01 .* absent \(security: read-only\)",
    ),
    "the-older-is-still-there": (("mac", "old", "root"), {"remove": (52, "", "no\n")}, r"still shows: identity mac01 .* present \(no\)"),
    "what-is-there-already-is-not-the-reason": (
        ("mac",),
        {"add_certificates": (1, "", "x: full\nsecurity: /tmp/2.cer: already in x\n")},
        r"still shows: certificate Root .* absent \(x: full\)",
    ),
    "another-step-is-not-the-reason": (
        ("mac", "old", "root"),
        {"add_certificates": (1, "", "no\n")},
        r"still shows: identity mac01 .* present; see whether",
    ),
    "an-error-that-did-no-harm-is-not-the-reason": (("mac", "old", "root"), {"import": (0, "", "note\n")}, r"present; see whether"),
    "unreadable-afterwards": (("mac",), {"certificates": (49, "")}, "is damaged, so its content is unknown"),
}


@pytest.mark.parametrize(("names", "extra", "text"), UNDONE.values(), ids=UNDONE.keys())
def test_success_is_what_the_mac_shows(names: tuple[str, ...], extra: dict[str, t.Any], text: str) -> None:
    work = keychain_work.identity_work(wanted(), found("old"), OPTIONS)
    with pytest.raises(MacError, match=text):
        apply(FakeMac(sections(*names, **extra)), work, found("old"), Access("ssh", PASSWORD))


def test_complaints_do_no_harm_when_the_mac_shows_what_is_wanted() -> None:
    work = keychain_work.identity_work(wanted(), found("old"), OPTIONS)
    extra: dict[str, t.Any] = {"import": (1, "", "already exists\n"), "add_certificates": (1, ""), "remove": (1, ""), "partition": (0, "")}
    assert apply(FakeMac(sections("mac", "root", **extra)), work, found("old"), Access("ssh", PASSWORD)).notes == ()


NOTES: dict[str, tuple[Access, dict[str, t.Any], list[str]]] = {
    "partition-list-refused": (Access("ssh", "x"), {"partition": (1, "", "bad\n")}, ["the Mac refused it, saying: bad"]),
    "no-application-there": (Access("ssh", "x"), {"partition": (0, ""), "trusted": (0, "\n")}, ["No application was given access"]),
    "neither": (Access("gui"), {"trusted": (0, "\n")}, ["No application was given access", "no keychain_password was given"]),
}


@pytest.mark.parametrize(("access", "extra", "texts"), NOTES.values(), ids=NOTES.keys())
def test_what_the_user_will_be_asked_is_told(access: Access, extra: dict[str, t.Any], texts: list[str]) -> None:
    work = keychain_work.identity_work(wanted(), found(), OPTIONS)
    notes = apply(FakeMac(sections("mac", "root", **extra)), work, found(), access).notes
    assert len(notes) == len(texts)
    assert all(text in note for text, note in zip(texts, notes, strict=True))


def test_check_mode_foretells_the_warning() -> None:
    work = keychain_work.identity_work(wanted(), found(), OPTIONS)
    assert len(keychain_work.expected_notes(work, Access("gui"))) == 1
    assert keychain_work.expected_notes(work, Access("ssh", "x")) == ()
    assert keychain_work.expected_notes(keychain_work.identity_work(wanted(), found("mac"), OPTIONS), Access("gui")) == ()


def test_no_secret_shows_when_something_is_printed() -> None:
    work = keychain_work.identity_work(wanted(), found(), OPTIONS)
    assert "hunter2" not in repr(Access("ssh", "hunter2"))
    assert "private_key" not in repr(work)
