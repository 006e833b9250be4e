# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One case of the failure matrix: session kind, keychain state and input on the left, what comes of them on the right."""

from __future__ import annotations

import base64
import dataclasses
import typing as t
from collections.abc import Callable, Mapping, Sequence

from simulated_mac import MacSpec, SimulatedMac
from simulated_mac.spec import ALICE, BOB

from . import keychain_world as world

PASSWORD = ALICE.secret
IDENTITY, CERTIFICATE = "azure_p2s.macos.keychain_identity", "azure_p2s.macos.keychain_certificate"

# "stopped": refused as well, but when something had been done that stays.
Outcome = t.Literal["changed", "would change", "unchanged", "refused", "stopped"]
Do = Callable[[SimulatedMac], object]


@dataclasses.dataclass(frozen=True)
class Session:
    """How the run reaches the Mac: what the docs call it, whether root does the work, who is at the screen."""

    words: str
    become: bool
    at_screen: str | None = "alice"


USER = Session("the user's own connection", become=False)
ROOT = Session("root, user at the screen", become=True)
NOBODY = Session("root, nobody at the screen", become=True, at_screen=None)
BOB_THERE = Session("root, somebody else at the screen", become=True, at_screen="bob")


@dataclasses.dataclass(frozen=True)
class Case:
    """One row. ``name`` is the reason; ``keychain`` and ``given`` are the words of the docs.

    ``options`` go to ``module``; the option ``pkcs12`` is a name of ``world.INPUTS``. ``holds`` is what the keychain holds before,
    ``adds`` and ``removes`` what is different in ``path`` afterwards: nothing else may be. ``says`` is part of the error, or of a warning.
    """

    name: str
    session: Session
    keychain: str
    given: str
    outcome: Outcome
    says: str = ""
    way: str | None = None
    options: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    module: str = IDENTITY
    holds: Sequence[str] = ()
    adds: Sequence[str] = ()
    removes: Sequence[str] = ()
    path: str = world.LOGIN
    before: Sequence[Do] = ()
    spec: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    check: bool = False

    def mac(self, host: str) -> MacSpec:
        """Return the Mac that the case needs."""
        return MacSpec(host, **{"console_user": self.session.at_screen, **self.spec})

    def task(self) -> dict[str, t.Any]:
        """Return the task that the case runs."""
        options = dict(self.options)
        if "pkcs12" in options:
            given = options.pop("pkcs12")
            options["pkcs12_content"] = base64.b64encode(world.pkcs12(given)).decode()
            options.setdefault("passphrase", world.INPUTS[given].passphrase)
        if "certificates" in options:
            options["certificates"] = [world.pem(name) if name in world.HOLDERS else name for name in options["certificates"]]
        return {"name": self.name, self.module: options, "become": self.session.become, "check_mode": self.check}

    @property
    def effect(self) -> str:
        """What the docs say that comes of it."""
        way = {"gui": ", in the session at the screen", "ssh": ", in the connection's own session", None: ""}[self.way]
        return self.outcome + way

    @property
    def row(self) -> str:
        """The row of the docs' table."""
        said = self.says.replace("|", "\\|")
        return f"| {self.name} | {self.session.words} | {self.keychain} | {self.given} | {self.effect} | {said} |"


def no_login_keychain() -> dict[str, t.Any]:
    """Return the users of a Mac on which alice never logged in."""
    return {"users": (dataclasses.replace(ALICE, keychain=False), BOB)}


def reset_password() -> dict[str, t.Any]:
    """Return the users of a Mac on which an admin has reset alice's login password."""
    return {"users": (dataclasses.replace(ALICE, keychain_password="the older password"), BOB)}


def no_home() -> dict[str, t.Any]:
    """Return the users of a Mac on which bob has no home folder."""
    return {"users": (ALICE, dataclasses.replace(BOB, home=False, keychain=False))}


def fault(tool: str, kind: str, **details: t.Any) -> Do:
    """Return what makes a tool misbehave."""
    return lambda mac: mac.fault(tool, kind, **details)


def run_before(script: str) -> Do:
    """Return what runs a script on the Mac beforehand."""

    def run(mac: SimulatedMac) -> None:
        done = mac.sh(script)
        assert done.returncode == 0, done.stderr

    return run


def change_behind_the_back(tool: str, name: str, path: str = world.LOGIN) -> Do:
    """Return what adds a certificate while the module works, at its call of ``tool``."""
    return fault(tool, "change", once=True, keychain=path, add=base64.b64encode(world.holder(name).der).decode())
