# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the outside of a PKCS#12 shows without its passphrase, and whether a passphrase fits.

OpenSSL answers "invalid password or data" to a wrong passphrase, to damage and to an algorithm that it was
built without, and silently takes the first of several private keys. This reader tells these apart
(RFC 7292).
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Iterator

from .ber import MAX_DEPTH, Node

_DATA = "1.2.840.113549.1.7.1"
_OID_DATA = Node(0x06, bytes.fromhex("2a864886f70d010701"))
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_KEY_BAGS = ("1.2.840.113549.1.12.10.1.1", "1.2.840.113549.1.12.10.1.2")
_NESTED_BAG = "1.2.840.113549.1.12.10.1.6"
_SHROUDED = _KEY_BAGS[1]
# PBE with RC4, RC2-128, RC2-40 (RFC 7292 appendix C): OpenSSL 3 has them in its legacy provider only.
_LEGACY_PBE = {f"1.2.840.113549.1.12.1.{number}" for number in (1, 2, 5, 6)}
_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
}
# A MAC of more iterations than this would keep the controller busy for minutes.
_MAX_ITERATIONS = 10_000_000


@dataclasses.dataclass(frozen=True)
class Structure:
    """The readable outside of one PKCS#12.

    ``private_keys`` counts the key bags outside encrypted parts, which is where all common tools put them;
    ``encryption`` holds the dotted object identifiers of the password-based encryptions in use.
    """

    private_keys: int
    encryption: frozenset[str]
    _authenticated: bytes = dataclasses.field(repr=False)
    _mac: _Mac | None = dataclasses.field(repr=False)

    @property
    def needs_legacy_ciphers(self) -> bool:
        """Whether RC2 or RC4 protects a part."""
        return bool(self.encryption & _LEGACY_PBE)

    def fits(self, passphrase: bytes) -> bool | None:
        """Return whether ``passphrase`` (UTF-8) makes the file's MAC; ``None`` when the MAC cannot tell."""
        return self._mac.fits(passphrase, self._authenticated) if self._mac else None

    @property
    def mac_iterations(self) -> int:
        """How many rounds of its digest it takes to see whether a passphrase fits."""
        return self._mac.iterations if self._mac else 0

    def split(self) -> tuple[bytes, bytes]:
        """Return the only private key, encrypted as PKCS#8, and a PKCS#12 of all parts without it, which no MAC protects.

        Raises ``ValueError`` unless there is exactly one key, encrypted, in a part of its own, which is how all common tools write it.
        """
        keys, others = [], []
        for part in Node.first(self._authenticated).children:
            kind, body = part.children[:2]
            bags = Node.first(body.children[0].octets).children if kind.oid == _DATA else []
            if any(bag.children[0].oid in (*_KEY_BAGS, _NESTED_BAG) for bag in bags):
                keys += bags
            else:
                others.append(part)
        if len(keys) != 1 or keys[0].children[0].oid != _SHROUDED:
            raise ValueError("not one encrypted key in a part of its own")
        authenticated = _value(0x30, *others).encoded
        content = _value(0x30, _OID_DATA, _value(0xA0, Node(0x04, authenticated)))
        return keys[0].children[1].children[0].encoded, _value(0x30, Node(0x02, b"\x03"), content).encoded


def inspect(data: bytes) -> Structure:
    """Read the structure of ``data``. Raises ``ValueError`` when it is not a PKCS#12, or cut short."""
    version, safe, *rest = Node.first(data).children
    if version.tag != 0x02 or version.body != b"\x03":
        raise ValueError("not version 3")
    oid, content = safe.children
    if oid.oid != _DATA:
        raise ValueError("not protected by a passphrase")
    authenticated = content.children[0].octets
    keys, encryption = 0, set[str]()
    for part in Node.first(authenticated).children:
        kind, body = part.children[:2]
        if kind.oid == _DATA:
            for bag, algorithm in _bags(Node.first(body.children[0].octets)):
                keys += bag in _KEY_BAGS
                encryption.update([algorithm] if algorithm else [])
        elif kind.oid == _ENCRYPTED_DATA:
            encryption.add(body.children[0].children[1].children[1].children[0].oid)
    return Structure(keys, frozenset(encryption), authenticated, _Mac.read(rest[0]) if rest else None)


def _value(tag: int, *inside: Node) -> Node:
    return Node(tag, b"".join(node.encoded for node in inside))


def _bags(contents: Node, depth: int = 0) -> Iterator[tuple[str, str | None]]:
    """Yield (bag type, encryption of a shrouded key) of every bag, nested ones included."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    for bag in contents.children:
        kind, value = bag.children[:2]
        if kind.oid == _NESTED_BAG:
            yield from _bags(value.children[0], depth + 1)
        else:
            yield kind.oid, value.children[0].children[0].children[0].oid if kind.oid == _SHROUDED else None


@dataclasses.dataclass(frozen=True)
class _Mac:
    digest: str
    value: bytes
    salt: bytes
    iterations: int

    @classmethod
    def read(cls, node: Node) -> _Mac | None:
        info, salt, *rest = node.children
        algorithm, value = info.children
        iterations = int.from_bytes(rest[0].body, "big") if rest else 1
        if iterations > _MAX_ITERATIONS:
            raise ValueError("too many iterations")
        name = _DIGESTS.get(algorithm.children[0].oid)  # PBMAC1 (RFC 9579) is none of these
        return cls(name, value.octets, salt.octets, iterations) if name else None

    def fits(self, passphrase: bytes, data: bytes) -> bool:
        text = passphrase.decode("utf-8", "replace").encode("utf-16-be") + b"\0\0"
        # An empty passphrase is written in two ways: as nothing at all, or as the final zero alone.
        candidates = [text, b""] if not passphrase else [text]
        return any(hmac.compare_digest(hmac.digest(self._key(candidate), data, self.digest), self.value) for candidate in candidates)

    def _key(self, passphrase: bytes) -> bytes:
        """RFC 7292 appendix B.2 with purpose 3; a MAC key is one digest long, so one round is enough."""
        digest = getattr(hashlib, self.digest)  # twice as fast as hashlib.new()
        block = digest(usedforsecurity=False).block_size

        def fill(part: bytes) -> bytes:
            length = -(-len(part) // block) * block
            return (part * (length // len(part) + 1))[:length] if part else b""

        value = b"\x03" * block + fill(self.salt) + fill(passphrase)
        for _round in range(self.iterations):
            value = digest(value, usedforsecurity=False).digest()
        return bytes(value)
