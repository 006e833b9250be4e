# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The little of ASN.1's BER that it takes to look inside PKCS#12 and CMS, indefinite lengths (NSS, Java) included."""

from __future__ import annotations

import dataclasses
import functools

MAX_DEPTH = 24


@dataclasses.dataclass(frozen=True)
class Node:
    """One BER value: its identifier octet and the octets it holds. Everything here raises ``ValueError`` for what is not BER."""

    tag: int
    body: bytes
    depth: int = 0

    @classmethod
    def first(cls, data: bytes, depth: int = 0) -> Node:
        """Read the value at the begin of ``data``; what follows it is not looked at."""
        return cls._read(data, 0, depth)[0]

    @classmethod
    def _read(cls, data: bytes, start: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH or len(data) < start + 2 or data[start] & 0x1F == 0x1F:
            raise ValueError("not BER")
        tag, length, position = data[start], data[start + 1], start + 2
        if length == 0x80:
            end = position
            while data[end : end + 2] != b"\0\0":
                end = cls._read(data, end, depth + 1)[1]
            return cls(tag, data[position:end], depth), end + 2
        if length > 0x80:
            size = length & 0x7F
            length, position = int.from_bytes(data[position : position + size], "big"), position + size
        if position + length > len(data):
            raise ValueError("cut short")
        return cls(tag, data[position : position + length], depth), position + length

    @functools.cached_property
    def children(self) -> list[Node]:
        """The values inside; a constructed value without any is an error."""
        if not self.tag & 0x20:
            raise ValueError("not constructed")
        found, position = [], 0
        while position < len(self.body):
            node, position = self._read(self.body, position, self.depth + 1)
            found.append(node)
        if not found:
            raise ValueError("empty")
        return found

    @property
    def octets(self) -> bytes:
        """The octets of a string, which BER allows to be cut into pieces."""
        return b"".join(child.octets for child in self.children) if self.tag & 0x20 else self.body

    @functools.cached_property
    def oid(self) -> str:
        """The dotted text of an object identifier."""
        if self.tag != 0x06 or not self.body:
            raise ValueError("not an object identifier")
        numbers, value = [], 0
        for octet in self.body:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                numbers.append(value)
                value = 0
        if not numbers:
            raise ValueError("not an object identifier")
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))

    @property
    def encoded(self) -> bytes:
        """The value as DER."""
        length = len(self.body)
        size = length.to_bytes(-(-length.bit_length() // 8), "big")
        return bytes([self.tag]) + (bytes([length]) if length < 0x80 else bytes([0x80 | len(size)]) + size) + self.body
