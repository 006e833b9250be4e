# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keychain modules as Ansible calls them: options in, one result out, and how often the Mac is asked."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import types
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from support import demo_pki, fake_mac
from support.fake_mac import Answer, FakeMac
from support.keychain_listing import certificates, identities

from ansible_collections.azure_p2s.macos.plugins.action import keychain_certificate, keychain_identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate

LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
PASSWORD = "Wonderland-7!"
PASSPHRASE = "of the PKCS#12"
ACTIONS: dict[str, t.Any] = {"identity": keychain_identity.ActionModule, "certificate": keychain_certificate.ActionModule}


@functools.cache
def root() -> demo_pki.Holder:
    return demo_pki.root("Root", key=demo_pki.new_key("p256"))


@functools.cache
def leaf() -> demo_pki.Holder:
    return demo_pki.issue(root(), "mac01", key=demo_pki.new_key(number=1))


@functools.cache
def newer() -> demo_pki.Holder:
    return demo_pki.issue(root(), "mac01", key=demo_pki.new_key(number=2), starts=dt.timedelta(hours=-1))


@functools.cache
def two_names() -> demo_pki.Holder:
    """Return an identity whose issuer's name has two parts."""
    name = x509.Name.from_rfc4514_string("CN=Root,O=Contoso")
    key = demo_pki.new_key("p256")
    made = demo_pki.root("Root", key=key).certificate
    begin, end = made.not_valid_before_utc, made.not_valid_after_utc
    builder = x509.CertificateBuilder(name, name, made.public_key(), made.serial_number, begin, end)
    return demo_pki.issue(demo_pki.Holder(builder.sign(key, hashes.SHA256()), key), "mac01", key=demo_pki.new_key("p256"))


@functools.cache
def pkcs12() -> str:
    return base64.b64encode(demo_pki.pkcs12(leaf(), PASSPHRASE)).decode()


def sections(*holders: demo_pki.Holder, console: str = "alice", connected: str = "alice", **others: t.Any) -> Answer:
    """Return what the Mac says of a keychain that holds these; those but the root with their keys."""
    sha1s = [Certificate(holder.der).sha1 for holder in holders if holder is not root()]
    answer: Answer = {
        **fake_mac.owner(connected, 0 if connected == "root" else 501, console),
        "keychain": (0, f"{LOGIN}\n"),
        "lock": (36, ""),
        "trusted": (0, ' -T "/usr/libexec/neagent"\n'),
        "copy": (0, ""),
        "certificates": (0, certificates(*(holder.der for holder in holders))),
        "identities": (0, identities(*sha1s)),
    }
    return {**answer, **others}


def run(module: str, options: dict[str, t.Any], *answers: Answer, check: bool = False) -> tuple[dict[str, t.Any], FakeMac]:
    """Run a module against a Mac that answers so; return the result and the Mac."""
    mac = FakeMac(*answers)
    task = types.SimpleNamespace(args=options, check_mode=check, async_val=0, diff=True, action=module, resolved_action=module)
    connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
    action = ACTIONS[module](task, connection, types.SimpleNamespace(), None, None, None)
    action.mac = lambda: mac
    return action.run(task_vars={}), mac


def imported(**more: t.Any) -> dict[str, t.Any]:
    return {"pkcs12_content": pkcs12(), "passphrase": PASSPHRASE, **more}


def test_a_converged_mac_is_asked_once() -> None:
    result, mac = run("identity", imported(), sections(leaf(), root()))
    assert (result["changed"], result["session"], len(mac.scripts)) == (False, None, 1)
    assert result["diff"] == {"before": {}, "after": {}}


def test_a_change_asks_twice_and_shows_what_was_proven() -> None:
    result, mac = run("identity", imported(keychain_password=PASSWORD), sections(), sections(leaf(), root(), partition=(0, "")))
    assert (result["changed"], result["session"], len(mac.scripts)) == (True, "ssh", 2)
    assert sorted(result["diff"]["before"].values()) == ["absent", "absent"]
    assert result["identity"]["sha256"] == Certificate(leaf().der).sha256
    assert result["identity"]["warnings"] == []


def test_check_mode_asks_once_and_says_the_same() -> None:
    done, _mac = run("identity", imported(), sections(connected="root"), sections(leaf(), root(), connected="root"))
    foretold, mac = run("identity", imported(), sections(connected="root"), check=True)
    assert len(mac.scripts) == 1
    assert foretold == done


def test_a_stale_pkcs12_removes_nothing_newer_and_says_so() -> None:
    before, after = sections(newer(), root(), connected="root"), sections(newer(), leaf(), root(), connected="root")
    result, mac = run("identity", imported(), before, after)
    assert Certificate(newer().der).sha256.upper() not in mac.scripts[1]
    assert (result["changed"], result["superseded"]) == (True, [])
    again, _mac = run("identity", imported(), after)
    newer_one = "holds a newer identity of this name, from"
    told = [[text for text in one["identity"]["warnings"] if newer_one in text] for one in (result, again)]
    assert told[0] == told[1] != []
    assert again["changed"] is False


@pytest.mark.parametrize("check", [True, False], ids=["check-mode", "real-run"])
def test_an_application_that_is_missing_is_refused_before_anything_is_changed(check: bool) -> None:
    wanted = imported(allowed_applications=["/usr/libexec/neagent", "/x"])
    result, mac = run("identity", wanted, sections(connected="root", applications=(1, "/x\n")), check=check)
    assert "allowed_applications: there is no application /x on the Mac" in result["msg"]
    assert len(mac.scripts) == 1
    converged, _mac = run("identity", wanted, sections(leaf(), root(), connected="root", applications=(1, "/x\n")), check=check)
    assert converged["changed"] is False


def test_an_issuer_in_another_order_is_refused_and_not_overlooked() -> None:
    options = {"state": "absent", "issuer": "O=Contoso,CN=Root", "common_name": "mac01"}
    result, _mac = run("identity", options, sections(two_names(), connected="root"))
    assert result["msg"].startswith("issuer: the keychain holds an identity mac01 whose issuer has the same parts in another order")
    assert "write the issuer as CN=Root,O=Contoso" in result["msg"]
    answers = sections(two_names(), connected="root"), sections(connected="root")
    result, _mac = run("identity", {**options, "issuer": "2.5.4.3=Root,O=Contoso"}, *answers)
    assert result["changed"] is True


def test_removing_an_identity_that_is_not_there_needs_no_password() -> None:
    result, mac = run("identity", {"state": "absent", "sha256": "0" * 64}, sections(root()))
    assert (result["changed"], result["identity"], len(mac.scripts)) == (False, None, 1)


def test_certificates_are_listed_once_each_in_the_order_asked_for() -> None:
    pems = [leaf().pem, root().pem, leaf().pem]
    result, _mac = run("certificate", {"certificates": pems, "keychain_password": PASSWORD}, sections(), sections(leaf(), root()))
    assert [(one["common_name"], one["present"]) for one in result["certificates"]] == [("mac01", True), ("Root", True)]


def test_no_secret_is_in_a_result_even_when_the_mac_repeats_it() -> None:
    failing = sections(unlock=(49, "", f"no {PASSWORD}\n"), finished=(0, "unlock\n"))
    result, _mac = run("identity", imported(keychain_password=PASSWORD), sections(), failing)
    assert result["failed"]
    assert PASSWORD not in str(result)
    assert PASSPHRASE not in str(result)


OPTIONS: dict[str, tuple[str, dict[str, t.Any], str]] = {
    "nothing-to-import": ("identity", {}, "one of the following is required"),
    "fingerprint-is-no-import": ("identity", {"sha256": "0" * 64}, "state is present but any of the following are missing"),
    "two-ways-to-name-it": ("identity", {"state": "absent", "sha256": "0" * 64, "pkcs12_content": "eHh4eA=="}, "mutually exclusive"),
    "name-without-issuer": ("identity", {"state": "absent", "common_name": "x"}, "required together"),
    "fingerprint-with-colons": ("identity", {"state": "absent", "sha256": "AA:BB"}, "sha256: the text is not a SHA-256 fingerprint"),
    "issuer-with-blanks": (
        "identity",
        {"state": "absent", "issuer": "CN=Root, O=Contoso", "common_name": "x"},
        "issuer: 'CN=Root, O=Contoso' is not a name in the form of RFC 4514; write it as the certificate's issuer is shown",
    ),
    "partition-without-colon": ("identity", imported(partition_list=["vpn"]), "partition_list: vpn is not a partition"),
    "certificate-that-is-no-text": ("certificate", {"certificates": ["\ud800"]}, "certificates: entry 1: the data is not a readable"),
    "not-base64": ("identity", {"pkcs12_content": "***"}, "pkcs12_content: the text is not base64"),
    "unknown-option": ("identity", {"state": "absent", "sha256": "0" * 64, "pkcs12": "x"}, "pkcs12. Supported parameters include"),
    "no-certificates": ("certificate", {}, "missing required arguments: certificates"),
    "not-a-certificate": ("certificate", {"certificates": ["x"]}, "certificates: entry 1: the data is not a readable X.509 certificate"),
    "keychain-by-a-bare-name": ("certificate", {"certificates": [], "keychain": "work"}, "keychain: work is neither login, System"),
    "password-of-two-lines": (
        "certificate",
        {"certificates": [], "keychain_password": "a\nb"},
        "keychain_password: the value holds a line",
    ),
}


@pytest.mark.parametrize(("module", "options", "text"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options_that_do_not_fit_are_refused_before_the_mac_is_asked(module: str, options: dict[str, t.Any], text: str) -> None:
    result, mac = run(module, options)
    assert result["failed"]
    assert text in result["msg"]
    assert mac.scripts == []
