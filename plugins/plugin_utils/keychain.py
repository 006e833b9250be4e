# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keychains of a Mac: observe and plan. Certificates and identities are known by SHA-256 only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from . import owner as owners
from . import security_tool
from .changes import Change
from .errors import MacError
from .identity import Identity
from .identity_checks import alternative_names
from .mac import Mac, Script, Section, usable, words
from .owner import Owner, Session
from .pki import Certificate
from .security_tool import FoundCertificate


@dataclasses.dataclass(frozen=True)
class Target:
    """Which keychain is meant: ``keychain`` is login, System or an absolute path; ``user`` its owner, ``None`` for the default."""

    keychain: str
    user: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is neither, with ``MacError``."""
        if self.keychain not in ("login", "System") and not self.keychain.startswith("/"):
            raise MacError(f"{self.keychain} is neither login, System nor an absolute path", "name one of these", option="keychain")
        if self.keychain == "System" and self.user:
            raise MacError("the System keychain belongs to no user", "leave user out", option="user")

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the remote scripts that find owner and keychain."""
        return {"keychain": self.keychain, "user": self.user or "", "as_root": "" if self.keychain == "login" else "yes"}


@dataclasses.dataclass(frozen=True)
class Found:
    """A keychain as observed. ``identities`` are the SHA-1 of certificates whose private key is there too.

    ``notes`` are sentences on what a change that went before left for the Mac's user to do. ``missing_applications`` are those
    of the applications asked for that are not on the Mac.
    """

    owner: Owner
    path: str
    certificates: tuple[FoundCertificate, ...]
    identities: frozenset[str]
    notes: tuple[str, ...] = ()
    missing_applications: tuple[str, ...] = ()

    def holds(self, certificate: Certificate) -> bool:
        """Whether this very certificate is in the keychain."""
        return any(found.sha256 == certificate.sha256 for found in self.certificates)

    def holds_identity(self, certificate: Certificate) -> bool:
        """Whether this very certificate and its private key are in the keychain."""
        return self.holds(certificate) and certificate.sha1 in self.identities

    def superseded_by(self, certificate: Certificate) -> tuple[Certificate, ...]:
        """Return the other identities of the same issuer and client that are not newer than ``certificate``, oldest first."""
        return tuple(other for other in self._of_same_client(certificate) if other.not_before <= certificate.not_before)

    def newer_than(self, certificate: Certificate) -> tuple[Certificate, ...]:
        """Return the identities of the same issuer and client that are newer than ``certificate``, oldest first."""
        return tuple(other for other in self._of_same_client(certificate) if other.not_before > certificate.not_before)

    def _of_same_client(self, certificate: Certificate) -> list[Certificate]:
        """Return the other identities with the same issuer and common name; without that, with the same alternative names.

        A certificate with neither is nobody's: no other is known to be of the same client.
        """
        same = self.named(certificate.issuer, certificate.common_name)
        if certificate.common_name is None:
            names = _client_names(certificate)
            same = tuple(one for one in same if names and _client_names(one) == names)
        return [other for other in same if other != certificate]

    def named(self, issuer: str, common_name: str | None) -> tuple[Certificate, ...]:
        """Return the identities with this issuer (RFC 4514 text) and common name, oldest first."""
        same = [one for one in self._identities if (one.issuer, one.common_name) == (issuer, common_name)]
        return tuple(sorted(same, key=lambda one: (one.not_before, one.sha256)))

    def issuers_of(self, common_name: str) -> tuple[str, ...]:
        """Return the issuers (RFC 4514 text) of the identities with this common name."""
        return tuple(sorted({one.issuer for one in self._identities if one.common_name == common_name}))

    def sharing_key(self, certificate: Certificate) -> tuple[Certificate, ...]:
        """Return the other identities that use the private key of ``certificate``: a renewal can keep the key."""
        if certificate.public_key is None:
            return ()
        return tuple(one for one in self._identities if one != certificate and one.public_key == certificate.public_key)

    @property
    def _identities(self) -> list[Certificate]:
        """The certificates whose key is there, as far as they can be parsed."""
        parsed = (found.certificate for found in self.certificates if found.sha1 in self.identities)
        return [one for one in parsed if one]

    def with_identity(self, certificate: Certificate) -> Found:
        """Return the keychain as it will be with ``certificate`` and its key."""
        return dataclasses.replace(
            self,
            certificates=(*self.certificates, FoundCertificate(certificate.der)),
            identities=self.identities | {certificate.sha1},
        )

    def by_sha256(self, sha256: str) -> tuple[Certificate, ...]:
        """Return the certificate with this SHA-256 (lower-case hex), if it is there, with or without its key."""
        return tuple(found.certificate for found in self.certificates if found.sha256 == sha256 and found.certificate)


@dataclasses.dataclass(frozen=True)
class Access:
    """How the keychain is opened for writing: in which security session, and with which password."""

    session: Session
    password: str | None = dataclasses.field(default=None, repr=False)


def observe(mac: Mac, target: Target, *, identities: bool = False, applications: Sequence[str] = ()) -> Found:
    """Look at a keychain, and which of ``applications`` are there: one round trip, nothing on the Mac changes and the live
    keychain is not opened. Raises ``MacError``.
    """
    script = Script(
        ("owner", "keychain_read"),
        ("find_owner", "read_keychain", "find_applications"),
        {**target.variables, "read_identities": "yes" if identities else "", "applications": words(applications)},
    )
    return found_in(mac.run(script), target)


def found_in(sections: Mapping[str, Section], target: Target) -> Found:
    """Return the keychain that remote/keychain_read.sh saw. Raises ``MacError`` when it is missing or its content is unknown."""
    owner = owners.from_sections(sections, target.user)
    path = sections["keychain"].text.rstrip("\n")
    if sections["keychain"].status != 0:
        raise MacError(
            f"there is no keychain {path} on the Mac" + ("" if owner.root or target.keychain == "login" else f" that {owner.name} can see"),
            f"let {owner.name} log in once at the Mac, which makes the login keychain"
            if target.keychain == "login"
            else "create it or name another",
            option="keychain",
        )
    copy = usable(sections["copy"], "/bin/cp")
    if copy.status != 0:
        raise MacError(
            f"the keychain {path} cannot be read ({copy.complaint}), so its content is unknown",
            "allow full disk access for remote users in the Mac's Sharing settings, or connect as the keychain's owner",
            option="keychain",
        )
    certificates = _readable(sections["certificates"], path)
    identities = _readable(sections["identities"], path) if "identities" in sections else None
    missing = sections["applications"].text.rstrip("\n").split("\n") if "applications" in sections else []
    return Found(
        owner,
        path,
        security_tool.parse_certificates(certificates.out),
        security_tool.parse_identities(identities.out) if identities else frozenset(),
        missing_applications=tuple(missing),
    )


def access(found: Found, target: Target, password: str | None) -> Access:
    """Decide how to open the keychain for writing. Raises ``MacError`` when there is no way."""
    owner = found.owner
    if target.keychain == "System" and not owner.root:
        raise MacError("the System keychain can be changed by root only", "add become", option="keychain")
    # With the password, this connection's own session: there a wrong one shows, the lock is put back, and no dialog can come up.
    if password is not None or target.keychain == "System":
        return Access("ssh", password)
    if owner.gui_reachable:
        return Access("gui")
    if target.keychain == "login":
        raise MacError(
            f"the login keychain of {owner.name} is locked for remote commands and no password for it was given",
            f"set keychain_password, or {'' if owner.root else 'add become and '}run the play while {owner.name} is logged in at the Mac",
            option="keychain_password",
        )
    return Access("ssh")


def check_password(target: Target, password: str | None) -> None:
    """Raise ``MacError`` for a keychain password that security(1) cannot read, or that nothing needs."""
    if password is None:
        return
    security_tool.argument(password, "keychain_password")
    if target.keychain == "System":
        raise MacError("root opens the System keychain without a password", "leave keychain_password out", option="keychain_password")


def plan_certificates(wanted: Sequence[Certificate], found: Found, *, present: bool) -> list[Change]:
    """Return what has to change so that each of ``wanted`` is (not) in the keychain."""
    states = ("absent", "present") if present else ("present", "absent")
    return [Change(_named("certificate", certificate, found), *states) for certificate in wanted if found.holds(certificate) != present]


def plan_identity(identity: Identity, found: Found, *, remove_superseded: bool) -> list[Change]:
    """Return what has to change so that the identity with its chain is in the keychain, and, if wanted, no older one of its name."""
    changes = []
    if not found.holds_identity(identity.certificate):
        changes.append(Change(_named("identity", identity.certificate, found), "absent", "present"))
    changes += plan_certificates(identity.chain, found, present=True)
    if remove_superseded:
        changes += plan_removal(found.superseded_by(identity.certificate), found)
    return changes


def plan_removal(identities: Sequence[Certificate], found: Found) -> list[Change]:
    """Return the removal of ``identities``, all of which are in the keychain."""
    return [Change(_named("identity", certificate, found), "present", "absent") for certificate in identities]


def split_removal(identities: Sequence[Certificate], found: Found) -> tuple[tuple[Certificate, ...], tuple[Certificate, ...]]:
    """Return which of ``identities`` go with their private key, and which without, as an identity that stays uses the same key."""
    staying = [one for one in identities if any(other not in identities for other in found.sharing_key(one))]
    return tuple(one for one in identities if one not in staying), tuple(staying)


def _readable(section: Section, path: str) -> Section:
    usable(section, "/usr/bin/security")
    if section.status == security_tool.INVALID_KEYCHAIN:
        raise MacError(
            f"the keychain {path} is damaged, so its content is unknown",
            "run the play again; if it stays, restore the keychain from a backup, or let the user reset it in Keychain Access",
            option="keychain",
        )
    if section.status != 0:
        raise MacError(
            f"the keychain {path} cannot be read (status {section.status}), so its content is unknown",
            "run the play again",
            option="keychain",
        )
    return section


def _named(kind: str, certificate: Certificate, found: Found) -> str:
    names = [certificate.common_name, *alternative_names(certificate)[0], certificate.subject]
    return f"{kind} {next(filter(None, names), 'without a name')} ({certificate.sha256[:16]}) in {found.path}"


def _client_names(certificate: Certificate) -> frozenset[str]:
    """Return the DNS names and mail addresses, which do not differ by case."""
    return frozenset(name.casefold() for names in alternative_names(certificate) for name in names)
