# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IKE and child security associations that a Mac proposes: it sends exactly one proposal for each.

Values and limits are those of Apple's device-management schema (com.apple.vpn.managed, IKEv2). DES, 3DES, SHA-1 and the groups 1, 2
and 5 went with macOS 26. What Azure accepts is listed in "About Azure point-to-site VPN connections", what a custom policy can
contain in "Configure custom IPsec/IKE connection policies for P2S".
"""

from __future__ import annotations

import dataclasses
import types
import typing as t
from collections.abc import Mapping

from . import option_values as values
from .errors import ProfileError

Version = tuple[int, int]

ENCRYPTION = ("AES-256-GCM", "AES-256", "AES-128-GCM", "AES-128", "ChaCha20Poly1305")
INTEGRITY = ("SHA2-256", "SHA2-384", "SHA2-512")
GROUPS = (14, 15, 16, 17, 18, 19, 20, 21, 31, 32)
# Of what macOS 26 dropped only this can be forced upon a Mac by an Azure policy (DHGroup2, PFS2).
OLD_GROUP = 2
WITHOUT_OLD_GROUP: Version = (26, 0)
_REMOVED = ("DES", "3DES", "SHA1-96", "SHA1-160", 1, 5)
_AZURE_GROUPS = (14, 19, 20)
_AZURE_POLICY_GROUPS = (*_AZURE_GROUPS, OLD_GROUP)
_POLICY_DOCUMENT = "the gateway needs a custom IPsec policy that has it"


@dataclasses.dataclass(frozen=True)
class SecurityParameters:
    """One proposal. ``integrity_algorithm`` names the PRF too; ``lifetime_in_minutes`` is when the Mac rekeys (10 to 1440)."""

    encryption_algorithm: str = "AES-256-GCM"
    integrity_algorithm: str = "SHA2-256"
    diffie_hellman_group: int = 14
    lifetime_in_minutes: int = 1440

    @property
    def key_bits(self) -> int:
        """The strength of the cipher."""
        return 128 if "128" in self.encryption_algorithm else 256

    def to_plist(self) -> dict[str, str | int]:
        """Return the dictionary of Apple's schema."""
        return {
            "EncryptionAlgorithm": self.encryption_algorithm,
            "IntegrityAlgorithm": self.integrity_algorithm,
            "DiffieHellmanGroup": self.diffie_hellman_group,
            "LifeTimeInMinutes": self.lifetime_in_minutes,
        }

    def __str__(self) -> str:
        """Return the proposal in one line, for texts."""
        return f"{self.encryption_algorithm}, {self.integrity_algorithm}, DH group {self.diffie_hellman_group}"


# Each is a row of Azure's default list. DH 14 first: gateways answered a first guess of an elliptic curve with INVALID_KE, asking for
# group 14 (MicrosoftDocs/azure-docs issues 32421 and 104181).
PRESETS: Mapping[str, SecurityParameters] = types.MappingProxyType(
    {
        "default": SecurityParameters(),
        "strong": SecurityParameters(integrity_algorithm="SHA2-384", diffie_hellman_group=20),
        "compatible": SecurityParameters(encryption_algorithm="AES-256"),
    }
)


@dataclasses.dataclass(frozen=True)
class Proposals:
    """What the Mac proposes for the IKE and the child association, and whether rekeying the child does a Diffie-Hellman of its own."""

    ike: SecurityParameters
    child: SecurityParameters
    pfs: bool
    warnings: tuple[str, ...] = ()


def from_options(options: Mapping[str, t.Any], macos: Version | None) -> Proposals:
    """Read ``proposal``, ``ike``, ``child`` and ``pfs``: the dictionaries override single values, of the preset and of ``ike``.

    Equal parameters for both associations are what keeps macOS 14 from dropping the connection when it rekeys
    (libreswan issue 1450, hwdsl2/setup-ipsec-vpn issue 1486). Raises ``ProfileError``.
    """
    pfs = values.flag(options["pfs"], "pfs") if options.get("pfs") is not None else False
    preset = options.get("proposal")
    base = PRESETS[values.choice(preset, "proposal", PRESETS)] if preset is not None else PRESETS["default"]
    ike = _parameters(options.get("ike"), "ike", base, macos)
    child = _parameters(options.get("child"), "child", ike, macos)
    if not pfs and child.diffie_hellman_group != ike.diffie_hellman_group:
        raise ProfileError(
            "macOS does not use a Diffie-Hellman group of its own for the child without PFS",
            "set pfs to true, or leave the group out of child",
            option="child.diffie_hellman_group",
        )
    if child.key_bits > ike.key_bits:
        raise ProfileError(
            f"the child's cipher {child.encryption_algorithm} is stronger than {ike.encryption_algorithm} that protects its key exchange",
            "use a cipher for ike that is at least as strong; macOS can be told to refuse such a profile",
            option="child.encryption_algorithm",
        )
    return Proposals(ike, child, pfs, tuple(_warnings(ike, child, pfs)))


def _parameters(value: t.Any, option: str, base: SecurityParameters, macos: Version | None) -> SecurityParameters:
    if value is None:
        return base
    fields = values.table(value, option, [field.name for field in dataclasses.fields(SecurityParameters)])
    read: dict[str, t.Any] = {}
    for key, entry in fields.items():
        name = f"{option}.{key}"
        if key == "encryption_algorithm":
            read[key] = _algorithm(entry, name, ENCRYPTION)
        elif key == "integrity_algorithm":
            read[key] = _algorithm(entry, name, INTEGRITY)
        elif key == "diffie_hellman_group":
            read[key] = _group(entry, name, macos)
        else:
            read[key] = values.integer(entry, name, 10, 1440)
    return dataclasses.replace(base, **read)


def _algorithm(value: t.Any, option: str, known: tuple[str, ...]) -> str:
    if isinstance(value, str) and value.upper() in _REMOVED:
        raise ProfileError(f"{value} is too weak and was removed from macOS 26", f"choose one of {', '.join(known)}", option=option)
    return values.choice(value, option, known)


def _group(value: t.Any, option: str, macos: Version | None) -> int:
    group = values.integer(value, option, 1, 32)
    choices = ", ".join(map(str, _AZURE_GROUPS))
    if group == 24:
        raise ProfileError("no Mac knows the Diffie-Hellman group 24", f"give the gateway a policy with one of {choices}", option=option)
    if group == OLD_GROUP and macos is not None and macos < WITHOUT_OLD_GROUP:
        return group
    if group == OLD_GROUP or group in _REMOVED:
        raise ProfileError(
            f"the Diffie-Hellman group {group} was removed from macOS 26", f"give the gateway a policy with one of {choices}", option=option
        )
    if group not in GROUPS:
        raise ProfileError(f"macOS has no Diffie-Hellman group {group}", f"choose one of {', '.join(map(str, GROUPS))}", option=option)
    return group


def _warnings(ike: SecurityParameters, child: SecurityParameters, pfs: bool) -> t.Iterator[str]:
    if not _azure_ike(ike):
        yield f"The IKE proposal ({ike}) is not one that Azure gateways accept by default: {_needs(ike, ike=True)}."
    if not _azure_child(child, pfs):
        yield f"The child proposal ({child}) is not one that Azure gateways accept by default: {_needs(child, ike=False)}."
    if OLD_GROUP in (ike.diffie_hellman_group, child.diffie_hellman_group):
        yield f"The Diffie-Hellman group {OLD_GROUP} was removed from macOS 26: this Mac loses the connection when it is upgraded."


def _azure_ike(wanted: SecurityParameters) -> bool:
    if wanted.diffie_hellman_group == OLD_GROUP:
        return (wanted.encryption_algorithm, wanted.integrity_algorithm) == ("AES-256", "SHA2-256")
    return (
        wanted.encryption_algorithm in ("AES-256-GCM", "AES-256")
        and wanted.integrity_algorithm in ("SHA2-256", "SHA2-384")
        and wanted.diffie_hellman_group in _AZURE_GROUPS
    )


def _azure_child(wanted: SecurityParameters, pfs: bool) -> bool:
    cipher = wanted.encryption_algorithm == "AES-256-GCM" or (wanted.encryption_algorithm, wanted.integrity_algorithm) == (
        "AES-256",
        "SHA2-256",
    )
    return cipher and (not pfs or wanted.diffie_hellman_group in _AZURE_GROUPS)


def _needs(wanted: SecurityParameters, *, ike: bool) -> str:
    """Return what the gateway would need for ``wanted``, as the end of a sentence."""
    integrity = INTEGRITY[:2] if ike else INTEGRITY[:1]
    possible = wanted.encryption_algorithm != "ChaCha20Poly1305" and wanted.diffie_hellman_group in _AZURE_POLICY_GROUPS
    if possible and (wanted.integrity_algorithm in integrity or (not ike and "GCM" in wanted.encryption_algorithm)):
        return _POLICY_DOCUMENT
    return "Microsoft documents no custom policy that has it either"
