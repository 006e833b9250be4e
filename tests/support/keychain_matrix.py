# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure matrix of the keychain modules, and its table for the docs: ``python -m support.keychain_matrix docs/keychain.md``."""

from __future__ import annotations

import pathlib
import sys

from . import keychain_world as world
from .keychain_case import (
    BOB_THERE,
    CERTIFICATE,
    NOBODY,
    PASSWORD,
    ROOT,
    USER,
    Case,
    change_behind_the_back,
    fault,
    no_home,
    no_login_keychain,
    reset_password,
    run_before,
)

NEW = {"pkcs12": "new"}
NEW_PW = {**NEW, "keychain_password": PASSWORD}
ALICE_PW = {**NEW_PW, "user": "alice"}
GONE = {"state": "absent", "keychain_password": PASSWORD}
ADDED = ("new", "key of new", "root")
OLD = ("old", "key of old")
NOT_SET = "The partition list of the key was not set (no keychain_password was given)"

SESSIONS = (
    Case("password-over-ssh", USER, "locked", "PKCS#12, password", "changed", "", "ssh", NEW_PW, adds=ADDED),
    Case("password-over-ssh-in-check-mode", USER, "locked", "PKCS#12, password", "would change", "", "ssh", NEW_PW, check=True),
    Case("wrong-password-over-ssh", USER, "locked", "PKCS#12, wrong password", "refused",
         f"the password does not unlock the keychain {world.LOGIN}; it was tried once", options={**NEW, "keychain_password": "not it"}),
    Case("wrong-password-in-german", USER, "locked, Mac speaks German", "PKCS#12, wrong password", "refused",
         "the password does not unlock the keychain", options={**NEW, "keychain_password": "not it"}, spec={"modes": {"language": "de"}}),
    Case("login-password-after-a-reset", USER, "password of its own", "PKCS#12, login password", "refused",
         "after a password reset by an admin is the user's older one", options=NEW_PW, spec=reset_password()),
    Case("older-password-after-a-reset", USER, "password of its own", "PKCS#12, its password", "changed", "", "ssh",
         {**NEW, "keychain_password": "the older password"}, adds=ADDED, spec=reset_password()),
    Case("no-password-over-ssh", USER, "locked", "PKCS#12", "refused",
         "the login keychain of alice is locked for remote commands and no password for it was given; set keychain_password, or add become",
         options=NEW),
    Case("no-password-over-ssh-in-check-mode", USER, "locked", "PKCS#12", "refused", "no password for it was given", options=NEW,
         check=True),
    Case("each-command-a-session-of-its-own", USER, "locked", "PKCS#12, password", "changed", "", "ssh", NEW_PW, adds=ADDED,
         spec={"modes": {"session_per_exec": True}}),
    Case("no-password-needed-when-nothing-to-do", USER, "locked, identity there", "PKCS#12", "unchanged", options=NEW,
         holds=("new", "root")),
    Case("root-at-the-screen", ROOT, "unlocked at the screen", "PKCS#12", "changed", NOT_SET, "gui", NEW, adds=ADDED),
    Case("root-at-the-screen-in-check-mode", ROOT, "unlocked at the screen", "PKCS#12", "would change", NOT_SET, "gui", NEW, check=True),
    Case("root-with-password", ROOT, "unlocked at the screen", "PKCS#12, password", "changed", "", "ssh", NEW_PW, adds=ADDED),
    Case("root-with-sudo-password", ROOT, "unlocked at the screen", "PKCS#12, password", "changed", "", "ssh", NEW_PW, adds=ADDED,
         spec={"sudo_password": True}),
    Case("locked-at-the-screen", ROOT, "locked at the screen too", "PKCS#12", "refused",
         f"macOS waits for an answer at the Mac's screen before it changes {world.LOGIN}: the keychain seems to be locked there",
         options=NEW, before=(lambda mac: mac.lock_gui_keychain(),)),
    Case("locked-at-the-screen-with-password", ROOT, "locked at the screen too", "PKCS#12, password", "changed", "", "ssh", NEW_PW,
         adds=ADDED, before=(lambda mac: mac.lock_gui_keychain(),)),
    Case("nobody-at-the-screen", NOBODY, "locked", "PKCS#12", "refused",
         "nobody is logged in at the Mac's screen, so there is no console user whose keychain is meant", options=NEW),
    Case("setup-assistant-at-the-screen", NOBODY, "locked", "PKCS#12", "refused", "nobody is logged in at the Mac's screen", options=NEW,
         before=(run_before("/usr/bin/sudo /usr/sbin/chown 248 /dev/console"),)),
    Case("nobody-at-the-screen-and-no-password", NOBODY, "locked", "PKCS#12, user", "refused",
         "the login keychain of alice is locked for remote commands", options={**NEW, "user": "alice"}),
    Case("nobody-at-the-screen-but-password", NOBODY, "locked", "PKCS#12, user, password", "changed", "", "ssh", ALICE_PW, adds=ADDED),
    Case("somebody-else-at-the-screen", BOB_THERE, "locked", "PKCS#12, user", "refused", "run the play while alice is logged in at the Mac",
         options={**NEW, "user": "alice"}),
    Case("somebody-else-at-the-screen-but-password", BOB_THERE, "locked", "PKCS#12, user, password", "changed", "", "ssh", ALICE_PW,
         adds=ADDED),
    Case("whoever-is-at-the-screen", BOB_THERE, "bob's, unlocked at the screen", "PKCS#12", "changed", NOT_SET, "gui", NEW, adds=ADDED,
         path=world.BOBS),
    Case("another-user-without-root", USER, "bob's", "PKCS#12, user bob", "refused",
         "the connection is made as alice, who cannot act for bob; add become, or connect as bob", options={**NEW, "user": "bob"}),
    Case("who-is-at-the-screen-is-not-told", ROOT, "unlocked at the screen", "PKCS#12", "refused",
         "the Mac's user directory did not answer in time", options=NEW, before=(fault("stat", "hang"),)),
    Case("names-are-not-told", USER, "locked", "PKCS#12, password", "refused", "the Mac's user directory did not answer in time",
         options=NEW_PW, before=(fault("id", "hang"),)),
    Case("unknown-user", ROOT, "none", "PKCS#12, user carol", "refused", "there is no user carol on the Mac",
         options={**NEW, "user": "carol"}),
    Case("impossible-user", ROOT, "none", "PKCS#12, user with a command in it", "refused", "is not a user name that macOS can have",
         options={**NEW, "user": "$(/sbin/reboot)"}),
    Case("user-without-home", ROOT, "none", "PKCS#12, user bob", "refused", "user bob has no home folder on the Mac",
         options={**NEW, "user": "bob"}, spec=no_home()),
)  # fmt: skip

KEYCHAINS = (
    Case("login-keychain-missing", USER, "missing", "PKCS#12, password", "refused",
         f"there is no keychain {world.LOGIN} on the Mac; let alice log in once at the Mac", options=NEW_PW, spec=no_login_keychain()),
    Case("keychain-damaged", USER, "damaged", "PKCS#12, password", "refused",
         f"the keychain {world.LOGIN} is damaged, so its content is unknown", options=NEW_PW,
         before=(lambda mac: mac.write(world.LOGIN, b"kych\0\1 not one", owner=501, mode=0o600),)),
    Case("torn-at-the-look", USER, "being written when it is looked at", "PKCS#12, password", "changed", "", "ssh", NEW_PW, adds=ADDED,
         before=(fault("cp", "torn", once=True),)),
    Case("torn-at-the-proof", USER, "being written at the proof, older identity there", "newer PKCS#12, password", "changed", "", "ssh",
         NEW_PW, holds=("old", "root"), adds=("new", "key of new"), removes=OLD, before=(fault("cp", "torn", after=1, once=True),)),
    Case("unreadable-at-the-proof", USER, "unreadable from the proof on, older identity there", "newer PKCS#12, password", "stopped",
         f"the keychain {world.LOGIN} could not be read after the import, so nothing was removed", options=NEW_PW,
         holds=("old", "root"), adds=("new", "key of new"), before=(fault("cp", "torn", after=1),)),
    Case("no-full-disk-access", USER, "may not be read", "PKCS#12, password", "refused", "allow full disk access for remote users",
         options=NEW_PW, spec={"modes": {"full_disk_access": False}}),
    Case("keychain-read-only", USER, "read-only", "PKCS#12, password", "refused", "This keychain cannot be modified.", options=NEW_PW,
         before=(lambda mac: mac.make_keychain_read_only(world.LOGIN),)),
    Case("keychain-read-only-for-a-certificate", USER, "read-only", "a root, password", "refused", "This keychain cannot be modified.",
         options={"certificates": ["root"], "keychain_password": PASSWORD}, module=CERTIFICATE,
         before=(lambda mac: mac.make_keychain_read_only(world.LOGIN),)),
    Case("keychain-read-only-for-a-removal", USER, "read-only, identity there", "SHA-256, password", "refused",
         "after the change the Mac still shows: identity mac.example.com", options={**GONE, "sha256": world.sha256("old")},
         holds=("old", "root"), before=(lambda mac: mac.make_keychain_read_only(world.LOGIN),)),
    Case("disk-full", USER, "locked", "PKCS#12, password", "refused", "the Mac's disk is full", options=NEW_PW,
         before=(lambda mac: mac.fill_disk("/private/tmp"),)),
    Case("thousands-of-certificates", USER, f"{world.MANY} certificates more", "PKCS#12, password", "changed", "", "ssh", NEW_PW,
         holds=("many",), adds=ADDED),
    Case("copying-hangs", USER, "on a disk that does not answer", "PKCS#12, password", "refused", "/bin/cp did not answer in time",
         options=NEW_PW, before=(fault("cp", "hang"),)),
    Case("reading-hangs", USER, "read for ever", "PKCS#12, password", "refused", "/usr/bin/security did not answer in time",
         options=NEW_PW, before=(fault("security find-certificate", "hang"),)),
    Case("unlocking-hangs", USER, "unlocks for ever", "PKCS#12, password", "refused", "/usr/bin/security did not answer in time",
         options=NEW_PW, before=(fault("security unlock-keychain", "hang"),)),
    Case("unknown-list-of-certificates", USER, "listed as no version does", "PKCS#12, password", "refused",
         "the output of `security find-certificate` is not understood, so the keychain's content is unknown", options=NEW_PW,
         before=(fault("security find-certificate", "garbage"),)),
    Case("security-missing", USER, "locked", "PKCS#12, password", "refused", "/usr/bin/security is missing on the Mac", options=NEW_PW,
         before=(lambda mac: mac.remove("/usr/bin/security"),)),
    Case("changed-behind-the-back", USER, "another certificate comes while we work", "PKCS#12, password", "changed", "", "ssh", NEW_PW,
         adds=(*ADDED, "ecdsa"), before=(change_behind_the_back("security unlock-keychain", "ecdsa"),)),
    Case("done-behind-the-back", USER, "our certificate comes while we work", "a root, password", "changed", "", "ssh",
         {"certificates": ["root"], "keychain_password": PASSWORD}, CERTIFICATE, adds=("root",),
         before=(change_behind_the_back("security unlock-keychain", "root"),)),
    Case("half-an-import-left-the-key", USER, "the key without its certificate", "PKCS#12, password", "changed", "", "ssh", NEW_PW,
         holds=("new:key",), adds=ADDED, removes=("key of new (as it was)",)),
    Case("half-an-import-left-the-key-and-macos-minds-not", USER, "the key without its certificate", "PKCS#12, password", "changed", "",
         "ssh", NEW_PW, holds=("new:key",), adds=ADDED, removes=("key of new (as it was)",), spec={"modes": {"reimport": "succeed"}}),
    Case("half-a-removal-left-the-certificate", USER, "the certificate without its key", "PKCS#12, password", "changed", "", "ssh", NEW_PW,
         holds=("new:certificate",), adds=("key of new", "root")),
    Case("named-keychain", USER, "a file of the user's, locked", "PKCS#12, keychain, password", "changed", "", "ssh",
         {**NEW, "keychain": world.OTHER, "keychain_password": world.OTHER_PASSWORD}, adds=ADDED, path=world.OTHER),
    Case("named-keychain-locked", USER, "a file of the user's, locked", "PKCS#12, keychain", "refused",
         f"the keychain {world.OTHER} is locked and no password for it was given; nothing was changed",
         options={**NEW, "keychain": world.OTHER}, path=world.OTHER),
    Case("named-keychain-locked-for-a-certificate", USER, "a file of the user's, locked", "a root, keychain", "refused",
         f"the keychain {world.OTHER} is locked and no password for it was given; nothing was changed", module=CERTIFICATE,
         options={"certificates": ["root"], "keychain": world.OTHER}, path=world.OTHER),
    Case("named-keychain-locked-that-takes-a-certificate", USER, "a file of the user's, locked, of a version that adds all the same",
         "a root, keychain", "changed", "", "ssh", {"certificates": ["root"], "keychain": world.OTHER}, CERTIFICATE, adds=("root",),
         path=world.OTHER, spec={"modes": {"locked_add_certificate": True}}),
    Case("named-keychain-missing", USER, "missing", "PKCS#12, keychain", "refused", "there is no keychain /Users/alice/none.keychain",
         options={**NEW, "keychain": "/Users/alice/none.keychain"}),
    Case("no-path-of-a-keychain", USER, "none", "PKCS#12, keychain work", "refused", "work is neither login, System nor an absolute path",
         options={**NEW, "keychain": "work"}),
    Case("system-keychain", ROOT, "System", "a root, keychain", "changed", "", "ssh", {"certificates": ["root"], "keychain": "System"},
         CERTIFICATE, adds=("root",), path=world.SYSTEM),
    Case("system-keychain-without-root", USER, "System", "a root, keychain", "refused",
         "the System keychain can be changed by root only; add become", options={"certificates": ["root"], "keychain": "System"},
         module=CERTIFICATE),
    Case("system-keychain-with-a-password", ROOT, "System", "a root, keychain, password", "refused",
         "root opens the System keychain without a password", module=CERTIFICATE,
         options={"certificates": ["root"], "keychain": "System", "keychain_password": "whatever it is"}),
)  # fmt: skip

INPUTS = (
    *(Case(f"{name}-pkcs12", USER, "locked", f"PKCS#12: {words}, password", "changed", "", "ssh",
           {"pkcs12": name, "keychain_password": PASSWORD}, adds=ADDED)
      for name, words in (("3des", "3DES and SHA-1"), ("rc2", "RC2-40"), ("unencrypted", "unencrypted with a MAC"),
                          ("empty-passphrase", "empty passphrase"), ("umlaut-passphrase", "passphrase beyond ASCII"))),
    Case("oldest-macos", USER, "locked, macOS 10.15", "PKCS#12, password", "changed", "", "ssh", NEW_PW, adds=ADDED,
         spec={"macos": "10.15.7"}),
    Case("newest-macos", ROOT, "unlocked at the screen, macOS 26", "PKCS#12", "changed", NOT_SET, "gui", NEW, adds=ADDED,
         spec={"macos": "26.1"}),
    Case("intermediates-come-along", USER, "locked", "PKCS#12 with chain, password", "changed", "", "ssh",
         {"pkcs12": "chained", "keychain_password": PASSWORD}, adds=("chained", "key of new", "intermediate", "root")),
    Case("missing-intermediate-comes-after", USER, "identity without its chain", "PKCS#12 with chain, password", "changed", "", "ssh",
         {"pkcs12": "chained", "keychain_password": PASSWORD}, holds=("chained",), adds=("intermediate", "root")),
    Case("name-beyond-ascii", USER, "locked", "PKCS#12: name beyond ASCII, password", "changed", "", "ssh",
         {"pkcs12": "umlaut-name", "keychain_password": PASSWORD}, adds=("umlaut", "key of new", "root")),
    Case("wrong-passphrase", USER, "locked", "PKCS#12, wrong passphrase", "refused", "the passphrase of the PKCS#12 is wrong",
         options={**NEW_PW, "passphrase": "some other passphrase"}),
    Case("expired", USER, "locked", "PKCS#12: expired", "refused", "expired on", options={"pkcs12": "expired"}),
    Case("for-servers", USER, "locked", "PKCS#12: serverAuth only", "refused", "is not meant for client authentication",
         options={"pkcs12": "server-only"}),
    Case("password-of-two-lines", USER, "locked", "PKCS#12, password with a line break", "refused",
         "keychain_password: the value holds a line break", options={**NEW, "keychain_password": "two\nlines of it"}),
    Case("application-missing", ROOT, "unlocked at the screen", "PKCS#12, allowed_applications", "refused",
         "there is no application /Applications/VPN.app on the Mac; nothing was changed",
         options={**NEW, "allowed_applications": ["/usr/libexec/neagent", "/Applications/VPN.app"]}),
    Case("application-missing-in-check-mode", ROOT, "unlocked at the screen", "PKCS#12, allowed_applications", "refused",
         "there is no application /Applications/VPN.app on the Mac; nothing was changed", check=True,
         options={**NEW, "allowed_applications": ["/usr/libexec/neagent", "/Applications/VPN.app"]}),
    Case("application-missing-but-nothing-to-import", ROOT, "identity there", "PKCS#12, allowed_applications", "unchanged",
         options={**NEW, "allowed_applications": ["/Applications/VPN.app"]}, holds=("new", "root")),
    Case("no-partition-list-wanted", ROOT, "unlocked at the screen", "PKCS#12, empty partition_list", "changed", "", "gui",
         {**NEW, "partition_list": []}, adds=ADDED),
    Case("impossible-partition-list", ROOT, "unlocked at the screen", "PKCS#12, partition_list", "refused", "vpn is not a partition",
         options={**NEW, "partition_list": ["vpn"]}),
    Case("partition-list-refused", USER, "locked", "PKCS#12, password", "changed",
         "The partition list of the key was not set (the Mac refused it, saying: no)", "ssh", NEW_PW, adds=ADDED,
         before=(fault("security set-key-partition-list", "fail", stderr="no\n"),)),
    Case("roots-over-ssh", USER, "locked", "two roots, password", "changed", "", "ssh",
         {"certificates": ["root", "intermediate", "root"], "keychain_password": PASSWORD}, CERTIFICATE, adds=("root", "intermediate")),
    Case("roots-at-the-screen", ROOT, "unlocked at the screen", "two roots", "changed", "", "gui",
         {"certificates": ["root", "intermediate"]}, CERTIFICATE, holds=("root",), adds=("intermediate",)),
    Case("no-certificate", USER, "locked", "text that is no certificate", "refused", "certificates: entry 2: ",
         options={"certificates": ["root", "-----BEGIN CERTIFICATE-----\nshort"]}, module=CERTIFICATE),
)  # fmt: skip

ROTATION = (
    Case("renewal", USER, "older identity there", "newer PKCS#12, password", "changed", "", "ssh", NEW_PW, holds=("old", "root"),
         adds=("new", "key of new"), removes=OLD),
    Case("renewal-at-the-screen", ROOT, "older identity there", "newer PKCS#12", "changed", NOT_SET, "gui", NEW, holds=("old", "root"),
         adds=("new", "key of new"), removes=OLD),
    Case("renewal-that-keeps-the-older", USER, "older identity there", "newer PKCS#12, password, remove_superseded=false", "changed", "",
         "ssh", {**NEW_PW, "remove_superseded": False}, holds=("old", "root"), adds=("new", "key of new")),
    Case("older-beside-a-newer", USER, "newer identity there", "older PKCS#12, password", "changed",
         "The keychain holds a newer identity of this name, from", "ssh", {"pkcs12": "old", "keychain_password": PASSWORD},
         holds=("new", "root"), adds=OLD),
    Case("renewal-on-a-german-mac", USER, "older identity there, Mac speaks German", "newer PKCS#12, password", "changed", "", "ssh",
         NEW_PW, holds=("old", "root"), adds=("new", "key of new"), removes=OLD, spec={"modes": {"language": "de"}}),
    Case("renewal-with-the-same-key", USER, "older identity there", "newer PKCS#12 with the same key, password", "changed", "", "ssh",
         {"pkcs12": "same-key", "keychain_password": PASSWORD}, holds=("old", "root"), adds=("same-key",), removes=("old",)),
    Case("renewal-whose-import-fails", USER, "older identity there", "newer PKCS#12, password", "refused",
         "the identity does not show in the keychain", options=NEW_PW, holds=("old", "root"),
         before=(fault("security import", "fail", stderr="no\n"),)),
    Case("renewal-whose-import-lies", USER, "older identity there", "newer PKCS#12, password", "refused",
         "after its import; nothing was removed", options=NEW_PW, holds=("old", "root"),
         before=(fault("security import", "garbage", stdout="1 identity imported.\n"),)),
    Case("renewal-whose-import-hangs", USER, "older identity there", "newer PKCS#12, password", "refused",
         "/usr/bin/security did not answer in time", options=NEW_PW, holds=("old", "root"), before=(fault("security import", "hang"),)),
    Case("absent-by-sha256", USER, "two identities", "SHA-256, password", "changed", "", "ssh",
         {**GONE, "sha256": world.sha256("old")}, holds=("old", "root"), removes=OLD),
    Case("absent-by-name", ROOT, "two of the name, one of another issuer", "issuer and common name", "changed", "", "gui",
         {"state": "absent", "issuer": "CN=Contoso P2S Root", "common_name": world.NAME}, holds=("old", "new", "root"),
         removes=(*OLD, "new", "key of new")),
    Case("absent-by-a-misspelt-issuer", ROOT, "identity there", "issuer with blanks, common name", "refused",
         "is not a name in the form of RFC 4514; write it as the certificate's issuer is shown", holds=("old", "root"),
         options={"state": "absent", "issuer": "CN = Contoso P2S Root", "common_name": world.NAME}),
    Case("absent-by-an-expired-pkcs12", USER, "expired identity there", "PKCS#12: expired, password", "changed", "", "ssh",
         {**GONE, "pkcs12": "expired"}, holds=("expired",), removes=("expired", "key of expired")),
    Case("absent-but-the-key-is-needed", USER, "another identity uses the key", "SHA-256, password", "changed", "", "ssh",
         {**GONE, "sha256": world.sha256("old")}, holds=("old", "same-key:certificate"), removes=("old",)),
    Case("absent-already", USER, "locked", "SHA-256", "unchanged", options={"state": "absent", "sha256": world.sha256("old")}),
    Case("certificate-absent", USER, "root there", "a root, password", "changed", "", "ssh", {**GONE, "certificates": ["root"]},
         CERTIFICATE, holds=("root",), removes=("root",)),
)  # fmt: skip

TABLES = {
    "Whose keychain, and who opens it": SESSIONS,
    "The state of the keychain": KEYCHAINS,
    "What is to be imported": INPUTS,
    "Renewal and removal": ROTATION,
}
CASES = tuple(case for table in TABLES.values() for case in table)
BEGIN, END = "<!-- failure matrix: begin -->", "<!-- failure matrix: end -->"


def table() -> str:
    """Return the tables of the docs."""
    lines, head = [BEGIN], "| case | session | keychain | input | result | what the task says |"
    for title, cases in TABLES.items():
        lines += ["", f"### {title}", "", head, "|---|---|---|---|---|---|"]
        lines += [case.row for case in cases]
    return "\n".join([*lines, "", END])


if __name__ == "__main__":
    page = pathlib.Path(sys.argv[1])
    head, _begin, rest = page.read_text("utf-8").partition(BEGIN)
    page.write_text(head + table() + rest.partition(END)[2], "utf-8")
