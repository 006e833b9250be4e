# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger beside the identities: every certificate that was issued, so that a lost Mac's can be revoked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import pathlib
import re
import typing as t
from collections.abc import Iterator

from .errors import IdentityError
from .identity_checks import EXPIRES_SOON
from .pki import Certificate, iso

VERSION = 1
NAME = "identities.json"

# ``current``: the file at its path. ``superseded``: replaced there, and still on a Mac for all that is known. ``retired``:
# no file of it is kept any more. ``revoked``: on, or meant for, the gateway's revocation list.
State = t.Literal["current", "superseded", "retired", "revoked"]
STATES: tuple[State, ...] = t.get_args(State)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One certificate. Times are ISO 8601 UTC; ``path`` is relative to the ledger's folder.

    ``thumbprint`` is the SHA-1 over the certificate in the form in which Azure's list of revoked certificates takes it.
    ``file_sha256`` is that of the file as it was written. ``issuer_key_sha256`` is that of the issuer's public key (DER),
    by which two issuers of one name are told apart; a ledger that was written without it is completed by the next run.
    """

    name: str
    host: str
    path: str
    subject: str
    issuer: str
    serial_number: str
    thumbprint: str
    sha256: str
    not_before: str
    not_after: str
    key_type: str
    file_sha256: str
    state: State
    issued_at: str
    revoked_at: str | None = None
    issuer_key_sha256: str | None = None

    def expires(self) -> dt.datetime:
        """Return the end of validity, aware UTC."""
        return dt.datetime.fromisoformat(self.not_after)

    def to_result(self, now: dt.datetime) -> dict[str, t.Any]:
        """Return what modules show of the certificate, in the words they use for any certificate."""
        return {
            "common_name": self.name,
            "local_identifier": self.name,
            "subject": self.subject,
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "sha256": self.sha256,
            "sha1": self.thumbprint,
            "not_before": self.not_before,
            "not_after": self.not_after,
            "days_left": (self.expires() - now).days,
            "key_type": self.key_type,
            "warnings": self._warnings(now),
        }

    def _warnings(self, now: dt.datetime) -> list[str]:
        if self.expires() - now > EXPIRES_SOON:
            return []
        return [f"Client certificate '{self.name}' expires on {self.not_after}, in {(self.expires() - now).days} days."]


def new_entry(
    certificate: Certificate,
    *,
    name: str,
    host: str,
    path: str,
    key_type: str,
    file_sha256: str,
    issuer_key_sha256: str | None,
    now: dt.datetime,
) -> Entry:
    """Return the entry of a certificate that is the current one of ``name`` from ``now`` on."""
    return Entry(
        name=name,
        host=host,
        path=path,
        subject=certificate.subject,
        issuer=certificate.issuer,
        serial_number=certificate.serial_number,
        thumbprint=certificate.sha1,
        sha256=certificate.sha256,
        not_before=iso(certificate.not_before),
        not_after=iso(certificate.not_after),
        key_type=key_type,
        file_sha256=file_sha256,
        state="current",
        issued_at=iso(now),
        issuer_key_sha256=issuer_key_sha256,
    )


def relative(path: pathlib.Path, folder: pathlib.Path) -> str:
    """Return ``path`` as a ledger in ``folder`` names it: what is moved together stays right, on any controller."""
    return os.path.relpath(path, folder)


def difference(before: Entry, after: Entry) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the fields of two entries that are not the same."""
    old, new = dataclasses.asdict(before), dataclasses.asdict(after)
    fields = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in fields}, {name: new[name] for name in fields}


class Ledger:
    """All entries, by name; names have no case."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    @classmethod
    def load(cls, data: bytes, path: str) -> Ledger:
        """Read a ledger; ``path`` is for the message. Raises ``IdentityError`` with option ``ledger``."""
        ledger = cls()
        try:
            document = json.loads(data)
            version, entries = document["version"], document["identities"]
            if version == VERSION:
                for entry in entries:
                    ledger.add(_checked(entry))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise IdentityError(
                f"{path} is damaged, or is no ledger of identities",
                "restore it from a backup: without it nobody knows what to revoke",
                option="ledger",
            ) from None
        if version != VERSION:
            raise IdentityError(f"{path} has the version {version}, and this collection knows {VERSION}", "update it", option="ledger")
        return ledger

    def dump(self) -> bytes:
        """Return the ledger as text: by name, oldest first."""
        entries = [dataclasses.asdict(entry) for name in sorted(self._entries) for entry in self._entries[name]]
        return (json.dumps({"version": VERSION, "identities": entries}, indent=1, ensure_ascii=False) + "\n").encode()

    def __iter__(self) -> Iterator[Entry]:
        for entries in self._entries.values():
            yield from entries

    def of(self, name: str) -> tuple[Entry, ...]:
        """Return the entries of ``name``, oldest first."""
        return tuple(self._entries.get(name.casefold(), ()))

    def latest(self, name: str) -> Entry | None:
        """Return the entry of ``name`` that was added last."""
        entries = self.of(name)
        return entries[-1] if entries else None

    def current(self, name: str) -> Entry | None:
        """Return the entry of the identity that is in use for ``name``."""
        return next((entry for entry in reversed(self.of(name)) if entry.state == "current"), None)

    def by_sha256(self, name: str, sha256: str) -> Entry | None:
        """Return the entry of one certificate of ``name``."""
        return next((entry for entry in self.of(name) if entry.sha256 == sha256), None)

    def add(self, entry: Entry) -> None:
        """Add an entry after those of the same name."""
        self._entries.setdefault(entry.name.casefold(), []).append(entry)

    def supersede_by(self, entry: Entry) -> None:
        """Add ``entry`` as the current one; the one until now becomes superseded."""
        self.update(entry.name, lambda old: dataclasses.replace(old, state="superseded") if old.state == "current" else old)
        self.add(entry)

    def update(self, name: str, change: t.Callable[[Entry], Entry]) -> None:
        """Replace each entry of ``name`` by what ``change`` makes of it."""
        entries = self._entries.get(name.casefold(), [])
        entries[:] = [change(entry) for entry in entries]


_FIELDS = {field.name: field.name in ("revoked_at", "issuer_key_sha256") for field in dataclasses.fields(Entry)}
_HEX = {"thumbprint": 40, "sha256": 64, "file_sha256": 64, "issuer_key_sha256": 64}


def _checked(document: dict[str, t.Any]) -> Entry:
    """Return an entry of a file. Raises ``ValueError`` or ``TypeError`` for anything that was not written here."""
    entry = Entry(**document)
    for name, optional in _FIELDS.items():
        value = getattr(entry, name)
        if not isinstance(value, str) and not (optional and value is None):
            raise TypeError(name)
    if entry.state not in STATES or entry.expires().tzinfo is None:
        raise ValueError("state or time")
    for name, length in _HEX.items():
        value = getattr(entry, name)
        if value is not None and not re.fullmatch(f"[0-9a-f]{{{length}}}", value):
            raise ValueError(name)
    return entry
