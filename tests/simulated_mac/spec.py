# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a simulated Mac is like before it starts: its users, its version, the person in front of it."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class User:
    """One account. ``keychain_password`` is the login password unless an admin reset that one later."""

    name: str
    full_name: str
    uid: int
    admin: bool = False
    login_password: str = dataclasses.field(default="", repr=False)
    keychain_password: str | None = dataclasses.field(default=None, repr=False)
    keychain: bool = True
    home: bool = True

    @property
    def secret(self) -> str:
        """The password that opens the login keychain."""
        return self.login_password if self.keychain_password is None else self.keychain_password


ALICE = User("alice", "Alice Example", 501, admin=True, login_password="Wonderland-7!")
BOB = User("bob", "Bob Example", 502, login_password="Builder-3$ok")


@dataclasses.dataclass(frozen=True)
class Person:
    """The person at the Mac. Seconds count from the moment something is asked; ``None`` is never."""

    approves_after: float | None = None
    declines_after: float | None = None
    gives_admin_password: bool = True
    answers_dialogs_after: float | None = None


@dataclasses.dataclass(frozen=True)
class Gateway:
    """The far end of the tunnel, as far as one Mac can tell: which authentication it takes, and how it answers.

    A stopped connection is ``Disconnecting``, its interface still there, for ``stopping_seconds``; for ``lag_seconds`` after it came up
    vpnutil still says ``Connecting``.
    """

    authentication: str = "eap_tls"
    reachable: bool = True
    seconds: float = 1.0
    address: str = "172.16.201.2"
    netmask: str = "0xffffff00"
    stopping_seconds: float = 1.0
    lag_seconds: float = 1.0


@dataclasses.dataclass(frozen=True)
class OtherService:
    """A VPN service that is not IKEv2, which ``scutil --nc`` does show. ``kind`` is PPP:L2TP, IPSec or VPN:bundle.identifier."""

    name: str
    kind: str = "PPP:L2TP"
    enabled: bool = True


@dataclasses.dataclass(frozen=True)
class MacSpec:
    """One simulated Mac. ``modes`` switches what public sources leave open (see ``inside/modes.py``).

    With ``network`` it has a network namespace of its own, which nothing but a real gateway's cable leads out of (``tests/gateway``).
    ``revoked`` are SHA-256 fingerprints (upper case) of certificates that macOS knows to be revoked.
    """

    name: str
    macos: str = "15.6.1"
    users: tuple[User, ...] = (ALICE, BOB)
    console_user: str | None = "alice"
    person: Person = Person()
    sudo_password: bool = False
    mdm: bool = False
    vpnutil: bool = False
    gateway: Gateway = Gateway()
    ssh_user: str = "alice"
    network: bool = False
    revoked: tuple[str, ...] = ()
    other_services: tuple[OtherService, ...] = ()
    modes: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    def user(self, name: str) -> User:
        """Return the account ``name``; ``KeyError`` if there is none."""
        for user in self.users:
            if user.name == name:
                return user
        raise KeyError(name)

    def to_json(self) -> dict[str, t.Any]:
        """Return the specification as plain data."""
        return {**dataclasses.asdict(self), "modes": dict(self.modes)}

    @classmethod
    def from_json(cls, data: dict[str, t.Any]) -> MacSpec:
        """Rebuild what ``to_json`` returned."""
        nested = {
            "users": tuple(User(**user) for user in data["users"]),
            "person": Person(**data["person"]),
            "gateway": Gateway(**data["gateway"]),
            "revoked": tuple(data["revoked"]),
            "other_services": tuple(OtherService(**service) for service in data["other_services"]),
        }
        return cls(**{**data, **nested})
