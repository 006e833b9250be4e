# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict reading of the single values in a client package: host names, networks, addresses, text.

Each function raises ``ValueError`` with a finding fit for an admin; the caller knows the remedy.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

MAX_ITEMS = 4096  # of a list; real packages have a handful, big networks some hundred routes

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PREFIX = re.compile(r"[0-9]{1,3}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def shown(text: str, limit: int = 80) -> str:
    """Return ``text`` as it may stand in a message: quoted, one line, printable, short."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return f'"{clean[:limit]}…"' if len(clean) > limit else f'"{clean}"'


def host_name(text: str) -> str:
    """Return a fully qualified host name in lower case.

    Blanks around it are dropped, line breaks are not: the name ends up in a profile as server
    address and Remote ID, where a line break would never match the gateway's certificate.
    """
    name = text.strip(" \t")
    if not name:
        raise ValueError("is missing or empty")
    if not name.isascii() or not name.isprintable():
        raise ValueError(f"is {shown(name)}, which holds a line break or other characters that no host name has")
    name = name.lower()  # not before: a Kelvin sign would become a k
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError(f"is {shown(name)}, which is not a fully qualified host name")
    return name


def plain_text(text: str) -> str | None:
    """Return one line of text without blanks around it, or ``None`` when nothing is left."""
    line = text.strip()
    if not line.isprintable() or len(line) > 256:
        raise ValueError(f"is {shown(line)}, which is not one line of at most 256 printable characters")
    return line or None


def networks(items: Iterable[str]) -> tuple[str, ...]:
    """Return IPv4 and IPv6 networks in CIDR form, normalised, each once, in their order."""
    return tuple(dict.fromkeys(_network(item) for item in _filled(items)))


def addresses(items: Iterable[str]) -> tuple[str, ...]:
    """Return IPv4 and IPv6 addresses, normalised, each once, in their order."""
    return tuple(dict.fromkeys(_address(item) for item in _filled(items)))


def words(items: Iterable[str]) -> tuple[str, ...]:
    """Return enumeration tokens in lower case, each once, in their order."""
    found = _filled(items)
    for word in found:
        if not _WORD.fullmatch(word):
            raise ValueError(f"holds {shown(word)}, which is not a word")
    return tuple(dict.fromkeys(word.lower() for word in found))


def _filled(items: Iterable[str]) -> list[str]:
    found = [item.strip() for item in items if item.strip()]
    if len(found) > MAX_ITEMS:
        raise ValueError(f"holds {len(found)} values, more than {MAX_ITEMS}")
    return found


def _network(text: str) -> str:
    address, _slash, prefix = text.partition("/")
    try:
        # ipaddress also reads "10.0.0.0" (as one host), netmasks and IPv6 zones: none is CIDR.
        if not _PREFIX.fullmatch(prefix) or "%" in address:
            raise ValueError(text)
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError(f"holds {shown(text)}, which is not a network in CIDR form{_suggestion(text)}") from None


def _suggestion(text: str) -> str:
    if "%" in text:
        return ""
    try:
        return f" (is {ipaddress.ip_network(text, strict=False)} meant?)"
    except ValueError:
        return ""


def _address(text: str) -> str:
    try:
        if "%" in text:
            raise ValueError(text)
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"holds {shown(text)}, which is not an IP address") from None
