# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger survives what people do to it, and refuses what it cannot vouch for."""

from __future__ import annotations

import datetime as dt
import json
import os
import pathlib
import typing as t

import pytest
from support.issuing_office import Bench

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity_retirement, identity_store
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_ledger import Ledger
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_retirement import Ended, Ending, Holder

DAY = dt.timedelta(days=1)


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> Bench:
    return Bench(tmp_path)


def _end(bench: Bench, ending: Ending, name: str = "mac01", *, check_mode: bool = False, after: dt.timedelta = 0 * DAY) -> Ended:
    holder = Holder(name, bench.folder / "mac01.p12")
    ledger = bench.folder / "identities.json"
    return identity_retirement.end([holder], ending, ledger, lock_timeout=1, now=bench.now + after, check_mode=check_mode)[0]


def test_what_is_written_is_read_again(bench: Bench) -> None:
    bench.run(bench.request("mac02"), bench.request("mac01"))
    data = (bench.folder / "identities.json").read_bytes()
    assert Ledger.load(data, "x").dump() == data
    assert [entry["name"] for entry in json.loads(data)["identities"]] == ["mac01", "mac02"]


def _changed(change: t.Callable[[dict[str, t.Any]], t.Any]) -> t.Callable[[bytes], bytes]:
    def apply(data: bytes) -> bytes:
        document = json.loads(data)
        change(document)
        return json.dumps(document).encode()

    return apply


DAMAGED: dict[str, t.Callable[[bytes], bytes]] = {
    "empty": lambda _data: b"",
    "cut-short": lambda data: data[:-20],
    "another-file": lambda _data: b'{"hosts": []}',
    "a-list": lambda _data: b"[]",
    "state-unknown": _changed(lambda document: document["identities"][0].update(state="lost")),
    "thumbprint-with-spaces": _changed(lambda document: document["identities"][0].update(thumbprint="aa bb")),
    "field-missing": _changed(lambda document: document["identities"][0].pop("serial_number")),
    "time-without-zone": _changed(lambda document: document["identities"][0].update(not_after="2027-01-01T00:00:00")),
    "half-a-fingerprint": _changed(lambda document: document["identities"][0].update(issuer_key_sha256="aa")),
    "number-for-text": _changed(lambda document: document["identities"][0].update(serial_number=5)),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_ledger_stops_the_run_and_is_left_for_the_admin(bench: Bench, case: str) -> None:
    """An empty one in its place would forget what has to be revoked."""
    bench.run()
    path = bench.folder / "identities.json"
    path.write_bytes(DAMAGED[case](path.read_bytes()))
    before = bench.snapshot()
    with pytest.raises(IdentityError, match=r"restore it from a backup") as refusal:
        bench.run(bench.request("mac02"))
    assert refusal.value.option == "ledger"
    assert bench.snapshot() == before


def test_a_ledger_of_a_later_version_is_left_alone(bench: Bench) -> None:
    (bench.folder / "identities.json").write_text('{"version": 2, "identities": []}')
    with pytest.raises(IdentityError, match="has the version 2, and this collection knows 1"):
        bench.run()


def test_revoking_names_every_certificate_that_the_lost_mac_may_hold(bench: Bench) -> None:
    for _time in range(2):
        bench.run(force=True)
    ended = _end(bench, "revoked")
    assert [change.after for change in ended.changes] == ["revoked", "revoked"]
    listed = identity_retirement.revocations(ended.entries, bench.now)
    assert [entry["thumbprint"] for entry in listed] == [entry.thumbprint for entry in bench.ledger().of("mac01")]
    assert all(len(entry["thumbprint"]) == 40 for entry in listed)
    assert bench.states() == ["revoked", "revoked"]
    again = _end(bench, "revoked")
    assert again.changes == ()
    assert identity_retirement.revocations(again.entries, bench.now) == listed


def test_revoking_leaves_out_what_has_expired(bench: Bench) -> None:
    bench.run()
    bench.run(after=340 * DAY)
    ended = _end(bench, "revoked", after=370 * DAY)
    assert [entry.state for entry in ended.entries] == ["superseded", "revoked"]
    assert len(identity_retirement.revocations(ended.entries, bench.now + 370 * DAY)) == 1


def test_a_revoked_mac_gets_nothing_new_by_itself(bench: Bench) -> None:
    """A stolen Mac that is still in the inventory must not be served by the next nightly run."""
    bench.run()
    _end(bench, "revoked")
    for after in (0 * DAY, 340 * DAY):
        assert "was revoked on" in str(bench.run(after=after)[0].error)
    (bench.folder / "mac01.p12").unlink()
    assert "was revoked on" in str(bench.run()[0].error)
    assert bench.run(force=True)[0].status == "issued"
    assert bench.states() == ["revoked", "current"]
    assert bench.run()[0].status == "valid"


def test_a_revoked_file_that_comes_back_from_a_backup_stays_revoked(bench: Bench) -> None:
    bench.run()
    old = (bench.folder / "mac01.p12").read_bytes()
    _end(bench, "revoked")
    bench.run(force=True)
    (bench.folder / "mac01.p12").write_bytes(old)
    assert "was revoked on" in str(bench.run()[0].error)
    assert bench.states() == ["revoked", "current"]


def test_an_unknown_name_cannot_be_revoked(bench: Bench) -> None:
    bench.run()
    with pytest.raises(IdentityError, match="knows no identity of 'mac99'"):
        _end(bench, "revoked", "mac99")


def test_what_was_replaced_goes_once_the_mac_has_the_new_one(bench: Bench) -> None:
    for _time in range(3):
        bench.run(force=True)
    assert len(identity_store.previous_files(bench.folder / "mac01.p12")) == 2
    predicted = _end(bench, "delivered", check_mode=True)
    assert len(identity_store.previous_files(bench.folder / "mac01.p12")) == 2
    done = _end(bench, "delivered")
    assert done.changes == predicted.changes
    assert identity_store.previous_files(bench.folder / "mac01.p12") == []
    assert bench.states() == ["retired", "retired", "current"]
    assert _end(bench, "delivered").changes == ()
    assert bench.run()[0].status == "valid"


def test_the_only_identity_that_is_left_is_not_removed_as_a_previous_one(bench: Bench) -> None:
    for _time in range(2):
        bench.run(force=True)
    (bench.folder / "mac01.p12").unlink()
    before = bench.snapshot()
    with pytest.raises(IdentityError, match="is the only identity of 'mac01' that is left"):
        _end(bench, "delivered")
    assert bench.snapshot() == before


@pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("ending", "file"), [("absent", "mac01.p12"), ("absent", "mac01.p12.previous"), ("delivered", "mac01.p12.previous.2")]
)
@pytest.mark.parametrize("kind", ["another-file", "identity-of-another-mac", "link-that-leads-nowhere"])
def test_a_file_that_is_not_of_this_identity_is_not_removed(bench: Bench, kind: str, ending: Ending, file: str, check_mode: bool) -> None:
    """A typing error in a path must not cost anybody's file."""
    bench.run(bench.request(), bench.request("mac02"))
    path = bench.folder / file
    path.unlink(missing_ok=True)
    if kind == "another-file":
        path.write_bytes(b"the boss's notes")
    elif kind == "identity-of-another-mac":
        path.write_bytes((bench.folder / "mac02.p12").read_bytes())
    else:
        path.symlink_to("nothing")
    names, ledger = sorted(os.listdir(bench.folder)), (bench.folder / "identities.json").read_bytes()
    with pytest.raises(IdentityError, match=f"{file} is none of the files that the ledger knows of 'mac01'") as refusal:
        _end(bench, ending, check_mode=check_mode)
    assert refusal.value.option == "path"
    assert (sorted(os.listdir(bench.folder)), (bench.folder / "identities.json").read_bytes()) == (names, ledger)


def test_a_path_that_cannot_be_looked_at_is_a_sentence(bench: Bench) -> None:
    bench.run()
    holder = Holder("mac01", bench.folder / ("x" * 300))
    with pytest.raises(IdentityError, match="File name too long"):
        identity_retirement.end([holder], "absent", bench.folder / "identities.json", lock_timeout=1, now=bench.now, check_mode=True)


def test_an_identity_that_is_removed_can_still_be_revoked(bench: Bench) -> None:
    for _time in range(2):
        bench.run(force=True)
    assert _end(bench, "absent", check_mode=True).changes == _end(bench, "absent").changes
    assert set(bench.snapshot()) == {"identities.json"}
    assert _end(bench, "absent").changes == ()
    assert [entry.state for entry in _end(bench, "revoked").entries] == ["revoked", "revoked"]
