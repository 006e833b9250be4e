# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of an identity: revoked because its Mac is lost, replaced on its Mac, or no longer wanted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import typing as t
from collections.abc import Callable, Sequence

from . import identity_files, identity_store
from .changes import Change
from .errors import IdentityError
from .identity_ledger import Entry, Ledger
from .identity_lock import locked
from .pki import iso

Ending = t.Literal["revoked", "delivered", "absent"]


@dataclasses.dataclass(frozen=True)
class Holder:
    """Whose identity it is: the name, and its file where one has to go."""

    name: str
    path: pathlib.Path | None = None


@dataclasses.dataclass(frozen=True)
class Ended:
    """What was done: the changes, and the ledger's entries of the name afterwards."""

    holder: Holder
    changes: tuple[Change, ...]
    entries: tuple[Entry, ...]


def end(
    holders: Sequence[Holder], ending: Ending, ledger_path: pathlib.Path, *, lock_timeout: float, now: dt.datetime, check_mode: bool
) -> list[Ended]:
    """Bring the identities of ``holders`` to their end, in files and ledger. Raises ``IdentityError`` before anything is changed."""
    steps = {"revoked": _revoke, "delivered": _deliver, "absent": _remove}
    step = steps[ending]
    ledger = identity_store.read_ledger(ledger_path)
    planned = [step(holder, ledger, now) for holder in holders]
    if check_mode or not any(changes for changes, _files in planned):
        return _ended(holders, planned, ledger)
    with locked(ledger_path, lock_timeout):
        ledger = identity_store.read_ledger(ledger_path)
        planned = [step(holder, ledger, now) for holder in holders]
        identity_store.replace((), ledger_path, ledger.dump())
        # The ledger first: should a file outlive this, the next run sees it there and removes it.
        identity_files.remove(file for _changes, files in planned for file in files)
    return _ended(holders, planned, ledger)


_Step = tuple[list[Change], list[pathlib.Path]]


def _ended(holders: Sequence[Holder], planned: Sequence[_Step], ledger: Ledger) -> list[Ended]:
    return [Ended(holder, tuple(changes), ledger.of(holder.name)) for holder, (changes, _files) in zip(holders, planned, strict=True)]


def _revoke(holder: Holder, ledger: Ledger, now: dt.datetime) -> _Step:
    """Revoke every certificate of the name that has not expired, replaced ones included: the lost Mac may hold any of them."""
    if not ledger.of(holder.name):
        raise IdentityError(
            f"the ledger knows no identity of '{holder.name}'",
            "correct the name, or take the thumbprint from the certificate itself if it was issued elsewhere",
            option="name",
        )
    return _to_state(
        holder,
        ledger,
        lambda entry: entry.expires() > now and entry.state != "revoked",
        lambda entry: dataclasses.replace(entry, state="revoked", revoked_at=iso(now)),
    ), []


def _deliver(holder: Holder, ledger: Ledger, now: dt.datetime) -> _Step:
    """Retire what was replaced, now that the Mac has the new identity."""
    path = t.cast(pathlib.Path, holder.path)
    files = identity_store.previous_files(path)
    if files and not identity_files.exists(path):
        raise IdentityError(
            f"{path} is gone, and {files[0].name} is the only identity of '{holder.name}' that is left",
            "have a new one issued first",
            option="path",
        )
    _refuse_strangers(holder, ledger, files)
    return [*_retire(holder, ledger, ("superseded",)), *_removals(files)], files


def _remove(holder: Holder, ledger: Ledger, now: dt.datetime) -> _Step:
    """Keep no file of the identity; the ledger still knows what to revoke."""
    path = t.cast(pathlib.Path, holder.path)
    files = [file for file in (path, *identity_store.previous_files(path)) if identity_files.exists(file)]
    _refuse_strangers(holder, ledger, files)
    return [*_retire(holder, ledger, ("current", "superseded")), *_removals(files)], files


def _refuse_strangers(holder: Holder, ledger: Ledger, files: Sequence[pathlib.Path]) -> None:
    """Refuse to remove what the ledger does not know as this identity's: a typing error in a path must not cost anybody's file."""
    own = {entry.file_sha256 for entry in ledger.of(holder.name)}
    for file in files:
        data = identity_files.read(file)
        if data is None or identity_files.sha256(data) not in own:
            raise IdentityError(
                f"{file} is none of the files that the ledger knows of '{holder.name}'",
                "correct the path; if it is this identity, have state present take it into the ledger first, or remove it by hand",
                option="path",
            )


def _retire(holder: Holder, ledger: Ledger, states: tuple[str, ...]) -> list[Change]:
    return _to_state(holder, ledger, lambda entry: entry.state in states, lambda entry: dataclasses.replace(entry, state="retired"))


def _to_state(holder: Holder, ledger: Ledger, applies: Callable[[Entry], bool], change: Callable[[Entry], Entry]) -> list[Change]:
    changes = [
        Change(f"ledger: {entry.name} {entry.thumbprint}", entry.state, change(entry).state)
        for entry in ledger.of(holder.name)
        if applies(entry)
    ]
    ledger.update(holder.name, lambda entry: change(entry) if applies(entry) else entry)
    return changes


def _removals(files: Sequence[pathlib.Path]) -> list[Change]:
    return [Change(str(file), "present", "absent") for file in files]


def revocations(entries: Sequence[Entry], now: dt.datetime) -> list[dict[str, t.Any]]:
    """Return what belongs on the gateway's list of revoked certificates; what has expired is refused there anyway."""
    return [
        {
            "name": entry.name,
            "host": entry.host,
            "thumbprint": entry.thumbprint,
            "serial_number": entry.serial_number,
            "not_after": entry.not_after,
            "revoked_at": entry.revoked_at,
        }
        for entry in entries
        if entry.state == "revoked" and entry.expires() > now
    ]
