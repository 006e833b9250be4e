# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for: the identities of some Macs, and on which terms."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable

from .errors import IdentityError
from .libraries import rsa


@dataclasses.dataclass(frozen=True)
class Request:
    """One identity that shall be there. With ``public_key``, out of a signing request, the file is its certificate alone."""

    name: str
    host: str
    path: pathlib.Path
    passphrase: str | None = dataclasses.field(default=None, repr=False)
    public_key: rsa.RSAPublicKey | None = None


@dataclasses.dataclass(frozen=True)
class Terms:
    """How identities are issued; days."""

    key_type: str
    valid_for: int
    renew_before: int
    force: bool = False

    def __post_init__(self) -> None:
        """Refuse terms that could not be kept, with ``IdentityError``."""
        if not 1 <= self.valid_for <= 36500:
            raise IdentityError(f"{self.valid_for} days are no validity", "give 1 to 36500 days", option="valid_for")
        if not 0 <= self.renew_before < self.valid_for:
            raise IdentityError(
                f"renewing {self.renew_before} days before the end of {self.valid_for} would renew at every run, or never",
                "give fewer days than valid_for, and not less than 0",
                option="renew_before",
            )


def refuse_duplicates(requests: Iterable[Request]) -> None:
    """Raise ``IdentityError`` when two requests are for the same name, the same file or the same host."""
    names: dict[str, Request] = {}
    paths: dict[pathlib.Path, Request] = {}
    hosts: dict[str, Request] = {}
    for request in requests:
        other = names.setdefault(request.name.casefold(), request)
        if other is not request:
            raise IdentityError(
                f"{other.host} and {request.host} would both get the name '{request.name}'",
                "give every Mac a name of its own: by it the gateway's log and a revocation tell them apart",
                option="name",
            )
        other = paths.setdefault(request.path, request)
        if other is not request:
            raise IdentityError(
                f"{other.host} and {request.host} would both keep their identity in {request.path}",
                "give every Mac a file of its own, with inventory_hostname in the path",
                option="path",
            )
        other = hosts.setdefault(request.host, request)
        if other is not request:
            raise IdentityError(
                f"the host {request.host} would get two identities, '{other.name}' and '{request.name}'",
                "ask for one identity of each host, or give each its own host: what is wrong with one is told by host",
                option="host",
            )
