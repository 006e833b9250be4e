# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A point-to-site root and an office that issues from it into a folder, for the tests."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import pathlib
import typing as t
from collections.abc import Collection

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity_store, issuing_authority, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity_ledger import Ledger
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.issuing_wanted import Request, Terms
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.issuing_work import Office, Outcome

from . import demo_pki

PASSPHRASE = "correct horse battery"


@functools.cache
def root(common_name: str = "P2S Root 2026", days: int = 3650) -> demo_pki.Holder:
    """Return the same root for the same name, from yesterday on."""
    return demo_pki.root(common_name, key=demo_pki.new_key(number=100 + len(common_name)), days=days)


def authority(holder: demo_pki.Holder) -> issuing_authority.Authority:
    """Return ``holder`` as who issues."""
    return issuing_authority.read_authority(holder.pem.encode(), pki.utc_now())


@dataclasses.dataclass
class Bench:
    """A folder with identities and the office for it. Times are those that the office believes it is."""

    folder: pathlib.Path
    holder: demo_pki.Holder = dataclasses.field(default_factory=root)
    now: dt.datetime = dataclasses.field(default_factory=pki.utc_now)
    hosts: Collection[str] = ()
    lock_timeout: float = 5

    def request(self, name: str = "mac01", **settings: t.Any) -> Request:
        """Return a request for the identity of one Mac; its file is ``<name>.p12`` in the folder."""
        found: dict[str, t.Any] = {"host": name, "path": self.folder / f"{name}.p12", "passphrase": PASSPHRASE, **settings}
        return Request(name, **found)

    def office(self, *, after: dt.timedelta = dt.timedelta(), **terms: t.Any) -> Office:
        """Return the office, ``after`` some time has passed."""
        return Office(
            ledger=self.folder / "identities.json",
            authority=authority(self.holder),
            signing_key=lambda: self.holder.key,
            terms=Terms(**{"key_type": "rsa2048", "valid_for": 365, "renew_before": 30, **terms}),
            hosts=self.hosts,
            lock_timeout=self.lock_timeout,
            now=self.now + after,
        )

    def run(self, *requests: Request, check_mode: bool = False, after: dt.timedelta = dt.timedelta(), **terms: t.Any) -> list[Outcome]:
        """Issue for ``requests`` (default: that of one Mac)."""
        return self.office(after=after, **terms).run(requests or (self.request(),), check_mode=check_mode)

    def ledger(self) -> Ledger:
        """Return the ledger as it is on the disk."""
        return identity_store.read_ledger(self.folder / "identities.json")

    def states(self, name: str = "mac01") -> list[str]:
        """Return the states of the certificates of ``name``, the oldest first."""
        return [entry.state for entry in self.ledger().of(name)]

    def snapshot(self) -> dict[str, bytes]:
        """Return every file in the folder with its content, the lock aside."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir()) if not path.name.endswith(".lock")}
