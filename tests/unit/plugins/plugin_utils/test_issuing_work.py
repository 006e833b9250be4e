# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid identity is never issued again, a due one is renewed, and nothing on the disk is ever half done."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from support import demo_pki, issuing_office
from support.issuing_office import PASSPHRASE, Bench

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    identity,
    identity_files,
    identity_lock,
    identity_store,
    issuing,
    issuing_wanted,
    issuing_work,
    pki,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.issuing_work import Outcome

DAY = dt.timedelta(days=1)


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> Bench:
    return Bench(tmp_path / "identities")


def _only(outcomes: list[Outcome]) -> Outcome:
    assert len(outcomes) == 1
    if outcomes[0].error:
        raise outcomes[0].error
    return outcomes[0]


def _read(bench: Bench, file: str = "mac01.p12") -> identity.Identity:
    return identity.read((bench.folder / file).read_bytes(), PASSPHRASE, now=bench.now)


def test_the_first_run_issues_and_the_second_changes_nothing(bench: Bench) -> None:
    first = _only(bench.run())
    assert (first.status, bool(first.changes)) == ("issued", True)
    before = bench.snapshot()
    assert set(before) == {"mac01.p12", "identities.json"}
    second = _only(bench.run())
    assert (second.status, second.changes, second.entry) == ("valid", (), first.entry)
    assert bench.snapshot() == before


def test_file_and_ledger_say_the_same_and_are_private(bench: Bench) -> None:
    entry = _only(bench.run()).entry
    found = _read(bench)
    assert entry
    assert (entry.sha256, entry.thumbprint) == (found.certificate.sha256, found.certificate.sha1)
    assert (entry.not_after, entry.key_type) == (pki.iso(found.certificate.not_after), found.key_type)
    assert {path.stat().st_mode & 0o777 for path in bench.folder.iterdir()} == {0o600}
    assert bench.folder.stat().st_mode & 0o777 == 0o700


def test_the_ledger_holds_no_secret(bench: Bench) -> None:
    bench.run()
    key = _read(bench).private_key.private_numbers()
    text = (bench.folder / "identities.json").read_text()
    assert PASSPHRASE not in text
    assert str(t.cast(t.Any, key).p) not in text


def test_a_converged_run_asks_for_no_root_key(bench: Bench) -> None:
    """The root's key can stay in its safe as long as nothing is due."""
    bench.run()

    def refuse() -> t.NoReturn:
        raise AssertionError("asked for the root's key")

    office = dataclasses.replace(bench.office(), signing_key=refuse)
    assert _only(office.run([bench.request()], check_mode=False)).status == "valid"


@pytest.mark.parametrize(("day", "status"), [(334, "valid"), (336, "renewed"), (400, "renewed")], ids=["not-due", "due", "expired"])
def test_renewal(bench: Bench, day: int, status: str) -> None:
    first = _only(bench.run()).entry
    old = (bench.folder / "mac01.p12").read_bytes()
    outcome = _only(bench.run(after=day * DAY))
    assert outcome.status == status
    if status == "valid":
        return
    assert (bench.folder / "mac01.p12.previous").read_bytes() == old
    assert outcome.entry != first
    assert bench.states() == ["superseded", "current"]
    assert _only(bench.run(after=day * DAY)).status == "valid"


def test_a_root_that_ends_soon_does_not_make_every_run_renew(tmp_path: pathlib.Path) -> None:
    """What ends with its issuer cannot be renewed to last longer: it stays, and the admin is told to make a new root."""
    bench = Bench(tmp_path, holder=issuing_office.root("Ends Soon", 20))
    bench.run()
    assert _only(bench.run()).status == "valid"


@pytest.mark.parametrize("by_request", [False, True], ids=["pkcs12", "request"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("P2S Root 2036", "it was issued by CN=P2S Root 2026"),
        ("P2S Root 2026", "it was issued by another authority called CN=P2S Root 2026"),
    ],
    ids=["another-name", "same-name-and-a-fresh-key"],
)
def test_another_root_takes_over(bench: Bench, name: str, reason: str, by_request: bool) -> None:
    """Two roots made without a name of their own are called the same: once the older one is gone from Azure, its Macs are cut off."""
    key = t.cast(t.Any, demo_pki.new_key(number=1).public_key()) if by_request else None
    request = bench.request(public_key=key, passphrase=None if by_request else PASSPHRASE)
    bench.run(request)
    bench.holder = demo_pki.root(name, key=demo_pki.new_key(number=8))
    outcome = _only(bench.run(request))
    assert (outcome.status, outcome.reason) == ("renewed", reason)
    data = (bench.folder / "mac01.p12").read_bytes()
    certificate = pki.Certificate.from_pem_or_der(data) if by_request else _read(bench).certificate
    assert issuing_office.authority(bench.holder).issued(certificate)
    assert bench.states() == ["superseded", "current"]
    assert _only(bench.run(request)).status == "valid"


def test_a_root_that_was_renewed_under_its_key_goes_on(bench: Bench) -> None:
    bench.run()
    bench.holder = demo_pki.root("P2S Root 2026", key=bench.holder.key, days=5000)
    assert _only(bench.run()).status == "valid"


@pytest.mark.parametrize(
    ("number", "status"), [(None, "adopted"), (8, "renewed")], ids=["the-issuer-is-proven", "another-root-of-the-same-name"]
)
def test_an_entry_that_does_not_name_its_issuers_key_is_proven_by_the_certificate(bench: Bench, number: int | None, status: str) -> None:
    bench.run()
    path = bench.folder / "identities.json"
    document = json.loads(path.read_text())
    del document["identities"][0]["issuer_key_sha256"]
    path.write_text(json.dumps(document))
    if number:
        bench.holder = demo_pki.root("P2S Root 2026", key=demo_pki.new_key(number=number))
    assert _only(bench.run(check_mode=True)).status == status
    outcome = _only(bench.run())
    assert outcome.status == status
    assert t.cast(t.Any, outcome.entry).issuer_key_sha256 == issuing_office.authority(bench.holder).key_sha256
    assert _only(bench.run()).status == "valid"


def test_a_file_that_was_moved_is_found_by_the_ledger_where_it_is_now(bench: Bench) -> None:
    bench.run()
    moved = bench.request(path=bench.folder / "macs" / "mac01.p12")
    moved.path.parent.mkdir()
    (bench.folder / "mac01.p12").rename(moved.path)
    outcome = _only(bench.run(moved))
    assert outcome.status == "adopted"
    assert [(change.before, change.after) for change in outcome.changes] == [({"path": "mac01.p12"}, {"path": "macs/mac01.p12"})]
    assert [entry.path for entry in bench.ledger()] == ["macs/mac01.p12"]
    assert _only(bench.run(moved)).status == "valid"


def test_a_file_outside_the_ledgers_folder_is_named_so_that_both_can_be_moved(bench: Bench) -> None:
    """Two admins with a checkout each must not correct the ledger in turn."""
    bench.run(bench.request(path=bench.folder.parent / "elsewhere" / "mac01.p12"))
    assert [entry.path for entry in bench.ledger()] == ["../elsewhere/mac01.p12"]


def test_a_file_that_was_exported_anew_is_known_from_then_on(bench: Bench) -> None:
    bench.run()
    found = _read(bench)
    (bench.folder / "mac01.p12").write_bytes(found.for_macos(PASSPHRASE, label="again"))
    assert _only(bench.run()).status == "adopted"
    assert [entry.file_sha256 for entry in bench.ledger()] == [identity_files.sha256((bench.folder / "mac01.p12").read_bytes())]
    assert bench.states() == ["current"]


@pytest.mark.parametrize("known", [False, True], ids=["unknown-to-the-ledger", "exported-anew"])
def test_what_is_replaced_is_in_the_ledger_whatever_it_was(bench: Bench, known: bool) -> None:
    """The Mac may have it: it has to be found when the Mac is lost, and to be removed once the Mac has the new one."""
    bench.folder.mkdir()
    if known:
        bench.run()
        data = _read(bench).for_macos(PASSPHRASE, label="again")
    else:
        data = demo_pki.pkcs12(demo_pki.issue(bench.holder, "mac01", key=demo_pki.new_key(number=1), days=10), PASSPHRASE)
    (bench.folder / "mac01.p12").write_bytes(data)
    assert _only(bench.run(force=known)).status == "renewed"
    assert bench.states() == ["superseded", "current"]
    entry = bench.ledger().of("mac01")[0]
    assert entry.sha256 == _read(bench, "mac01.p12.previous").certificate.sha256
    assert entry.file_sha256 == identity_files.sha256((bench.folder / "mac01.p12.previous").read_bytes())


def test_what_ends_soon_says_so(bench: Bench) -> None:
    entry = t.cast(t.Any, _only(bench.run(valid_for=20, renew_before=5)).entry)
    shown = entry.to_result(bench.now)
    assert shown["warnings"] == [f"Client certificate 'mac01' expires on {shown['not_after']}, in 19 days."]
    assert t.cast(t.Any, _only(bench.run(bench.request("mac02"))).entry).to_result(bench.now)["warnings"] == []


def test_replaced_twice_before_the_mac_came_by_loses_neither(bench: Bench) -> None:
    """Nobody knows which of the two older ones the Mac has."""
    digests = []
    for _time in range(3):
        bench.run(force=True)
        digests.append((bench.folder / "mac01.p12").read_bytes())
    files = [bench.folder / f"mac01.p12{suffix}" for suffix in (".previous.2", ".previous", "")]
    assert [file.read_bytes() for file in files] == digests
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_check_mode_says_the_same_and_touches_nothing(bench: Bench) -> None:
    predicted = _only(bench.run(check_mode=True))
    assert not bench.folder.exists()
    done = _only(bench.run())
    assert (predicted.status, predicted.changes) == (done.status, done.changes)
    before = bench.snapshot()
    predicted = _only(bench.run(check_mode=True, after=340 * DAY))
    assert bench.snapshot() == before
    done = _only(bench.run(after=340 * DAY))
    assert (predicted.status, predicted.changes) == (done.status, done.changes)


def test_a_file_that_others_can_read_is_made_private(bench: Bench) -> None:
    bench.run()
    (bench.folder / "mac01.p12").chmod(0o644)
    assert _only(bench.run(check_mode=True)).changes
    outcome = _only(bench.run())
    assert [change.after["mode"] for change in outcome.changes] == ["0600"]
    assert (bench.folder / "mac01.p12").stat().st_mode & 0o777 == 0o600
    assert not _only(bench.run()).changes


def test_a_file_that_belongs_to_somebody_else_does_not_stop_the_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run()
    (bench.folder / "mac01.p12").chmod(0o644)
    real = os.chmod

    def chmod(path: pathlib.Path, mode: int) -> None:
        if path.name == "mac01.p12":
            raise PermissionError(1, "Operation not permitted")
        real(path, mode)

    monkeypatch.setattr(os, "chmod", chmod)
    outcomes = bench.run(bench.request(), bench.request("mac02"))
    assert [outcome.status for outcome in outcomes] == ["failed", "issued"]
    assert "Operation not permitted" in str(outcomes[0].error)


def test_a_file_that_vanishes_while_keys_are_made_is_said_of_this_one_alone(bench: Bench) -> None:
    """It only had to be made private when the run began, so no key was made for it."""
    bench.run()
    (bench.folder / "mac01.p12").chmod(0o644)

    def remove_it() -> t.Any:
        (bench.folder / "mac01.p12").unlink()
        return bench.holder.key

    office = dataclasses.replace(bench.office(), signing_key=remove_it)
    outcomes = office.run([bench.request(), bench.request("mac02")], check_mode=False)
    assert [outcome.status for outcome in outcomes] == ["failed", "issued"]
    assert "was changed while this run was at work" in str(outcomes[0].error)
    assert [outcome.status for outcome in bench.run(bench.request(), bench.request("mac02"))] == ["issued", "valid"]


def test_a_run_that_was_killed_between_file_and_ledger_is_made_good(bench: Bench) -> None:
    bench.run()
    before = (bench.folder / "identities.json").read_bytes()
    bench.run(force=True)
    (bench.folder / "identities.json").write_bytes(before)
    (bench.folder / ".mac01.p12.new").write_bytes(b"what a killed run left")
    outcome = _only(bench.run())
    assert outcome.status == "adopted"
    assert bench.states() == ["superseded", "current"]
    assert _read(bench).certificate.sha256 == t.cast(t.Any, outcome.entry).sha256
    assert _only(bench.run()).status == "valid"
    bench.run(force=True)
    assert not (bench.folder / ".mac01.p12.new").exists()


def test_an_identity_of_the_same_root_is_taken_into_the_ledger(bench: Bench) -> None:
    bench.folder.mkdir()
    (bench.folder / "mac01.p12").write_bytes(demo_pki.pkcs12(demo_pki.issue(bench.holder, "mac01"), PASSPHRASE))
    (bench.folder / "mac01.p12").chmod(0o600)
    before = (bench.folder / "mac01.p12").read_bytes()
    assert _only(bench.run()).status == "adopted"
    assert (bench.folder / "mac01.p12").read_bytes() == before
    assert _only(bench.run()).status == "valid"


def _put(holder: t.Callable[[], demo_pki.Holder], passphrase: str = PASSPHRASE) -> t.Callable[[Bench], None]:
    return lambda bench: t.cast(None, (bench.folder / "mac01.p12").write_bytes(demo_pki.pkcs12(holder(), passphrase)))


def _own(name: str, **settings: t.Any) -> t.Callable[[], demo_pki.Holder]:
    return lambda: demo_pki.issue(issuing_office.root(), name, key=demo_pki.new_key(number=1), **settings)


NOT_OVERWRITTEN: dict[str, tuple[t.Callable[[Bench], t.Any], str, str]] = {
    "another-passphrase": (_put(_own("mac01"), "other"), "does not open with this passphrase", "passphrase"),
    "identity-of-another-mac": (_put(_own("mac02")), "holds the certificate of 'mac02'", "path"),
    "enterprise-identity": (
        _put(lambda: demo_pki.issue(issuing_office.root("Enterprise"), "mac01", key=demo_pki.new_key(number=1))),
        "from another authority",
        "path",
    ),
    "local-id-would-differ": (_put(_own("mac01", dns_names=["other"])), "has the Local ID 'other'", "path"),
    "not-for-clients": (_put(_own("mac01", usages=demo_pki.SERVER_AUTH)), "not meant for client authentication", ""),
    "no-pkcs12": (lambda bench: (bench.folder / "mac01.p12").write_bytes(b"notes"), "cannot be read", "path"),
    "vaulted": (lambda bench: (bench.folder / "mac01.p12").write_bytes(b"$ANSIBLE_VAULT;1.1;AES256\n"), "ansible-vault", "path"),
    "a-folder": (lambda bench: (bench.folder / "mac01.p12").mkdir(), "cannot be read or written", "path"),
}


@pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("case", NOT_OVERWRITTEN)
def test_what_is_not_ours_is_not_overwritten(bench: Bench, case: str, check_mode: bool) -> None:
    put, finding, option = NOT_OVERWRITTEN[case]
    bench.folder.mkdir()
    put(bench)
    path = bench.folder / "mac01.p12"
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(IdentityError) as refusal:
        _only(bench.run(check_mode=check_mode))
    assert finding in str(refusal.value)
    assert (refusal.value.option or "") == option
    assert (path.read_bytes() if path.is_file() else None) == before
    assert not (bench.folder / "identities.json").exists()


def test_duplicates_in_the_inventory_are_refused(bench: Bench) -> None:
    for other in (
        bench.request("MAC01", host="b", path=bench.folder / "b"),
        bench.request("mac02", host="b", path=bench.folder / "mac01.p12"),
    ):
        with pytest.raises(IdentityError, match="mac01 and b would both"):
            issuing_wanted.refuse_duplicates([bench.request(), other])
    with pytest.raises(IdentityError, match="the host mac01 would get two identities, 'mac01' and 'mac02'") as refusal:
        issuing_wanted.refuse_duplicates([bench.request(), bench.request("mac02", host="mac01")])
    assert refusal.value.option == "host"
    issuing_wanted.refuse_duplicates([bench.request(), bench.request("mac02")])


def test_a_name_of_another_host_is_refused_and_that_of_a_renamed_one_goes_over(bench: Bench) -> None:
    bench.run()
    bench.hosts = ("mac01", "other")
    with pytest.raises(IdentityError, match="the name 'mac01' belongs to the host mac01"):
        _only(bench.run(bench.request(host="other", path=bench.folder / "other.p12")))
    bench.hosts = ("renamed",)
    assert _only(bench.run(bench.request(host="renamed"))).status == "adopted"
    assert [entry.host for entry in bench.ledger()] == ["renamed"]


def test_one_bad_name_does_not_stop_the_others(bench: Bench) -> None:
    bad = bench.request("x" * 65)
    weak = bench.request("mac03", passphrase="ümlaut")
    outcomes = bench.run(bench.request(), bad, bench.request("mac02"), weak)
    assert [outcome.status for outcome in outcomes] == ["issued", "failed", "issued", "failed"]
    assert {path.name for path in bench.folder.iterdir()} == {"mac01.p12", "mac02.p12", "identities.json", ".identities.json.lock"}


@pytest.mark.parametrize("passphrase", [None, "", "pässwort", "line\nbreak"], ids=["none", "empty", "umlaut", "control"])
def test_passphrases_that_macos_cannot_read_are_refused_before_anything_is_made(bench: Bench, passphrase: str | None) -> None:
    with pytest.raises(IdentityError) as refusal:
        _only(bench.run(bench.request(passphrase=passphrase)))
    assert refusal.value.option == "passphrase"
    assert not bench.folder.exists()


@pytest.mark.parametrize(
    ("valid_for", "renew_before", "option"),
    [(0, 0, "valid_for"), (365, 365, "renew_before"), (30, 60, "renew_before"), (365, -1, "renew_before")],
    ids=["no-validity", "renews-at-once", "renews-always", "renews-never"],
)
def test_terms_that_cannot_be_kept_are_refused(bench: Bench, valid_for: int, renew_before: int, option: str) -> None:
    with pytest.raises(IdentityError) as refusal:
        bench.run(valid_for=valid_for, renew_before=renew_before)
    assert refusal.value.option == option


def _request_for(number: int) -> x509.CertificateSigningRequest:
    key = demo_pki.new_key(number=number)
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())


def test_a_request_gets_a_certificate_and_no_key_is_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "new_key", lambda _kind: pytest.fail("made a key"))
    keys = [t.cast(t.Any, _request_for(number).public_key()) for number in (1, 2)]
    path = bench.folder / "mac01.pem"
    request = bench.request(path=path, passphrase=None, public_key=keys[0])
    assert _only(bench.run(request)).status == "issued"
    assert path.read_text().count("BEGIN CERTIFICATE") == 2
    certificate = pki.Certificate.from_pem_or_der(path.read_bytes())
    assert certificate.x509.public_key() == keys[0]
    assert _only(bench.run(request)).status == "valid"
    again = _only(bench.run(dataclasses.replace(request, public_key=keys[1])))
    assert (again.status, again.reason) == ("renewed", "the request has another key")


def test_two_runs_at_once_issue_each_identity_once(bench: Bench) -> None:
    """Both find nothing, both make keys; who comes second takes what is there."""
    both = threading.Barrier(2)
    # asked for by each once it has found that there is something to issue
    office = dataclasses.replace(bench.office(), signing_key=lambda: both.wait(60) >= 0 and bench.holder.key)
    requests = [bench.request(f"mac{number:02}") for number in range(12)]
    outcomes: list[list[Outcome]] = []
    threads = [threading.Thread(target=lambda: outcomes.append(office.run(requests, check_mode=False))) for _run in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.status for run in outcomes for outcome in run) == ["issued"] * 12 + ["valid"] * 12
    assert [entry.state for entry in bench.ledger()] == ["current"] * 12
    for request in requests:
        assert _read(bench, request.path.name).certificate.sha256 == t.cast(t.Any, bench.ledger().current(request.name)).sha256
    assert not list(bench.folder.glob("*.previous*"))


def test_a_lock_that_is_not_given_up_ends_in_a_sentence(bench: Bench) -> None:
    bench.lock_timeout = 0.2
    with identity_lock.locked(bench.folder / "identities.json", 1):
        outcome = bench.run()[0]
    assert "another run has been changing" in str(outcome.error)
    # earlier steps of this very run may have been done: it must not say that nothing was
    assert "run the task again for what is left" in str(outcome.error)
    assert bench.snapshot() == {}


def test_a_disk_that_fills_up_in_the_middle_leaves_what_was_done_and_nothing_half(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing_work, "_STEP", 3)
    real, left = identity_store._stage, [6]

    def stage(one: identity_store.Replacement) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(one)

    monkeypatch.setattr(identity_store, "_stage", stage)
    requests = [bench.request(f"mac{number:02}") for number in range(9)]
    outcomes = bench.run(*requests)
    assert [outcome.status for outcome in outcomes] == ["issued"] * 3 + ["failed"] * 6
    assert "no room on the disk" in str(outcomes[-1].error)
    assert set(bench.snapshot()) == {"identities.json", "mac00.p12", "mac01.p12", "mac02.p12"}
    assert [entry.name for entry in bench.ledger()] == ["mac00", "mac01", "mac02"]
    monkeypatch.setattr(identity_store, "_stage", real)
    assert [outcome.status for outcome in bench.run(*requests)] == ["valid"] * 3 + ["issued"] * 6


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENAMETOOLONG, errno.EROFS])
@pytest.mark.parametrize("call", ["_stage", "_swap"])
def test_a_file_that_cannot_be_written_does_not_stop_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, call: str, error: int
) -> None:
    monkeypatch.setattr(issuing_work, "_STEP", 4)
    real = getattr(identity_store, call)

    def failing(one: identity_store.Replacement) -> t.Any:
        if one.path.name in ("mac01.p12", "mac02.p12"):
            raise OSError(error, os.strerror(error))
        return real(one)

    monkeypatch.setattr(identity_store, call, failing)
    outcomes = bench.run(*(bench.request(f"mac{number:02}") for number in range(8)))
    assert [outcome.status for outcome in outcomes] == ["issued", "failed", "failed"] + ["issued"] * 5
    assert f"mac02.p12 cannot be read or written: {os.strerror(error)}" in str(outcomes[2].error)
    assert set(bench.snapshot()) == {"identities.json", *(f"mac{number:02}.p12" for number in (0, 3, 4, 5, 6, 7))}
    assert len(list(bench.ledger())) == 6


def test_a_disk_that_fills_up_while_files_are_written_one_by_one_ends_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done before it stays told as done."""
    real, left = identity_store._stage, [4]

    def stage(one: identity_store.Replacement) -> None:
        if one.path.name == "mac01.p12":
            raise PermissionError(errno.EACCES, "Permission denied")
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(one)

    monkeypatch.setattr(identity_store, "_stage", stage)
    outcomes = bench.run(*(bench.request(f"mac{number:02}") for number in range(5)))
    assert [outcome.status for outcome in outcomes] == ["issued", "failed", "failed", "failed", "failed"]
    assert "Permission denied" in str(outcomes[1].error)
    assert "no room on the disk" in str(outcomes[2].error)
    assert [entry.name for entry in bench.ledger()] == ["mac00"]


_KILLED = """
import pathlib, sys
sys.path[:0] = sys.argv[1:3]
from support.issuing_office import Bench
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import issuing_work
issuing_work._STEP = 5
bench = Bench(pathlib.Path(sys.argv[3]))
(bench.folder.parent / "root.pem").write_bytes(bench.holder.pem.encode() + bench.holder.key_pem)
bench.run(*(bench.request(f"mac{number:03}") for number in range(60)))
"""


def test_a_run_that_is_killed_loses_nothing_that_is_in_place(tmp_path: pathlib.Path) -> None:
    """Whatever it was at: what has a name is whole, and the next run leaves no trace of the dead one."""
    bench = Bench(tmp_path / "identities")
    tests = pathlib.Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", _KILLED, str(tests), os.environ["ANSIBLE_COLLECTIONS_PATH"], str(bench.folder)]
    with subprocess.Popen(command) as killed:
        until = time.monotonic() + 60
        while len(list(bench.folder.glob("*.p12"))) < 12 and time.monotonic() < until and killed.poll() is None:
            time.sleep(0.001)
        assert killed.poll() is None
        killed.kill()
    done = {path.name: path.read_bytes() for path in bench.folder.glob("*.p12")}
    assert 12 <= len(done) < 60
    data = (tmp_path / "root.pem").read_bytes()
    key = serialization.load_pem_private_key(data[data.index(b"-----BEGIN PRIVATE") :], None)
    bench.holder = demo_pki.Holder(x509.load_pem_x509_certificate(data), key)
    outcomes = bench.run(*(bench.request(f"mac{number:03}") for number in range(60)))
    assert {outcome.status for outcome in outcomes} <= {"valid", "issued", "adopted"}
    assert {name: (bench.folder / name).read_bytes() for name in done} == done
    assert {path.name for path in bench.folder.iterdir() if path.suffix != ".lock"} == {
        "identities.json",
        *(f"mac{number:03}.p12" for number in range(60)),
    }
    for entry in bench.ledger():
        assert entry.sha256 == _read(bench, entry.path).certificate.sha256
