# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talk to charon over its vici socket (protocol: strongSwan, src/libcharon/plugins/vici/README.md)."""

from __future__ import annotations

import pathlib
import socket
import struct
import typing as t
from collections.abc import Iterator, Mapping

Value = t.Union[str, bytes, "list[str | bytes]", "Message"]
Message = Mapping[str, t.Any]

_CMD_REQUEST, _CMD_RESPONSE, _CMD_UNKNOWN, _EVENT_REGISTER, _EVENT_UNREGISTER, _EVENT_CONFIRM, _EVENT_UNKNOWN, _EVENT = range(8)
_SECTION_START, _SECTION_END, _KEY_VALUE, _LIST_START, _LIST_ITEM, _LIST_END = range(1, 7)


class ViciError(Exception):
    """charon refused a command; the text is charon's."""


class Vici:
    """One connection to charon; a command at a time."""

    def __init__(self, path: pathlib.Path, timeout: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_ignored: object) -> None:
        self.close()

    def command(self, name: str, message: Message | None = None) -> dict[str, t.Any]:
        """Run a command and return its answer. Raises ``ViciError`` when charon says that it failed."""
        self._send(_CMD_REQUEST, name, message)
        kind, answer = self._receive()
        if kind != _CMD_RESPONSE:
            raise ViciError(f"charon does not know the command {name}")
        if answer.get("success", "yes") != "yes":
            raise ViciError(f"{name}: {answer.get('errmsg', 'no reason given')}")
        return answer

    def stream(self, name: str, event: str, message: Message | None = None) -> list[dict[str, t.Any]]:
        """Run a command whose findings come as events; return those. Raises ``ViciError``."""
        self._register(_EVENT_REGISTER, event)
        self._send(_CMD_REQUEST, name, message)
        events = []
        while True:
            kind, answer = self._receive()
            if kind == _EVENT:
                events.append(answer)
                continue
            break
        self._register(_EVENT_UNREGISTER, event)
        if kind != _CMD_RESPONSE or answer.get("success", "yes") != "yes":
            raise ViciError(f"{name}: {answer.get('errmsg', 'no reason given')}")
        return events

    def _register(self, kind: int, event: str) -> None:
        self._send(kind, event, None)
        while (answer := self._receive()[0]) == _EVENT:
            pass  # one that was on its way
        if answer != _EVENT_CONFIRM:
            raise ViciError(f"charon does not know the event {event}")

    def _send(self, kind: int, name: str, message: Message | None) -> None:
        packet = struct.pack("!BB", kind, len(name)) + name.encode() + b"".join(_encoded(message or {}))
        self._socket.sendall(struct.pack("!I", len(packet)) + packet)

    def _receive(self) -> tuple[int, dict[str, t.Any]]:
        (length,) = struct.unpack("!I", self._exactly(4))
        packet = self._exactly(length)
        kind = packet[0]
        if kind == _EVENT:
            return kind, _decoded(packet[2 + packet[1] :])
        return kind, _decoded(packet[1:])

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ViciError("charon closed the connection")
            data += part
        return data


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _named(kind: int, name: str) -> bytes:
    return struct.pack("!BB", kind, len(name)) + name.encode()


def _encoded(message: Message) -> Iterator[bytes]:
    for name, value in message.items():
        if isinstance(value, Mapping):
            yield _named(_SECTION_START, name)
            yield from _encoded(value)
            yield struct.pack("!B", _SECTION_END)
        elif isinstance(value, (list, tuple)):
            yield _named(_LIST_START, name)
            for item in value:
                data = _bytes(item)
                yield struct.pack("!BH", _LIST_ITEM, len(data)) + data
            yield struct.pack("!B", _LIST_END)
        else:
            data = _bytes(value)
            yield _named(_KEY_VALUE, name) + struct.pack("!H", len(data)) + data


def _decoded(data: bytes) -> dict[str, t.Any]:
    top: dict[str, t.Any] = {}
    sections = [top]
    items: list[str | bytes] = []
    at = 0

    def name() -> str:
        nonlocal at
        length = data[at]
        at += 1 + length
        return data[at - length : at].decode()

    def value() -> str | bytes:
        nonlocal at
        (length,) = struct.unpack_from("!H", data, at)
        at += 2 + length
        raw = data[at - length : at]
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw

    while at < len(data):
        kind = data[at]
        at += 1
        if kind == _SECTION_START:
            section: dict[str, t.Any] = {}
            sections[-1][name()] = section
            sections.append(section)
        elif kind == _SECTION_END:
            sections.pop()
        elif kind == _KEY_VALUE:
            key = name()
            sections[-1][key] = value()
        elif kind == _LIST_START:
            items = []
            sections[-1][name()] = items
        elif kind == _LIST_ITEM:
            items.append(value())
        elif kind != _LIST_END:
            raise ViciError(f"charon sent an element of the unknown kind {kind}")
    return top
