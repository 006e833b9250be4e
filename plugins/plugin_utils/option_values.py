# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a profile's options, read strictly: what is wrong is refused with the option's name, never bent into shape.

Each function takes the value as Ansible hands it over and the option's name (``dns.server_addresses``), and raises ``ProfileError``.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
import unicodedata
import urllib.parse
from collections.abc import Collection, Mapping, Sequence

from .errors import ProfileError

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# X.520: the upper bound of a common name.
MAX_COMMON_NAME = 64


def shown(value: t.Any) -> str:
    """Return ``value`` for an error text: short, on one line."""
    text = ascii(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def text(value: t.Any, option: str, *, maximum: int = 255) -> str:
    """Return a non-empty text of at most ``maximum`` characters that XML can hold, without line breaks and outer spaces."""
    if not isinstance(value, str):
        raise ProfileError(f"{shown(value)} is not a text", "give a text", option=option)
    if not value.strip():
        raise ProfileError("the value is empty", "give a value or leave the option out", option=option)
    if value != value.strip():
        raise ProfileError(f"{shown(value)} begins or ends with a space", "remove it", option=option)
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or ord(char) & 0xFFFE == 0xFFFE for char in value):
        raise ProfileError(f"{shown(value)} contains a control character or line break", "remove it", option=option)
    if len(value) > maximum:
        raise ProfileError(f"the text has {len(value)} characters, {maximum} are allowed", "shorten it", option=option)
    return value


def integer(value: t.Any, option: str, low: int, high: int) -> int:
    """Return a whole number from ``low`` to ``high``; digits in a text (from a template) count, a boolean does not."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProfileError(f"{shown(value)} is not a whole number", f"give a number from {low} to {high}", option=option)
    if not low <= value <= high:
        raise ProfileError(f"{shown(value)} is out of range", f"give a number from {low} to {high}", option=option)
    return value


def flag(value: t.Any, option: str) -> bool:
    """Return a boolean; ``"True"`` and ``"false"`` (from a template) count, numbers do not."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ProfileError(f"{shown(value)} is neither true nor false", "give true or false", option=option)
    return value


def choice(value: t.Any, option: str, choices: Collection[str]) -> str:
    """Return the one of ``choices`` that is meant; upper and lower case, ``-`` and ``_`` make no difference."""
    wanted = _plain(value) if isinstance(value, str) else None
    for known in choices:
        if _plain(known) == wanted:
            return known
    raise ProfileError(f"{shown(value)} is not known", f"choose one of {', '.join(choices)}", option=option)


def _plain(value: str) -> str:
    return value.lower().replace("-", "").replace("_", "")


def entries(value: t.Any, option: str) -> Sequence[t.Any]:
    """Return a list with at least one entry."""
    if not isinstance(value, list | tuple):
        raise ProfileError(f"{shown(value)} is not a list", "give a list", option=option)
    if not value:
        raise ProfileError("the list is empty", "give at least one entry or leave the option out", option=option)
    return value


def table(value: t.Any, option: str, known: Collection[str]) -> dict[str, t.Any]:
    """Return a dictionary that has ``known`` keys only, without those that are not set (``None``)."""
    if not isinstance(value, Mapping):
        raise ProfileError(f"{shown(value)} is not a dictionary", f"give a dictionary of {', '.join(known)}", option=option)
    for key in value:
        if key not in known:
            raise ProfileError(f"the key {shown(key)} is not known", f"use only {', '.join(known)}", option=option)
    return {key: entry for key, entry in value.items() if entry is not None}


def host_name(value: t.Any, option: str) -> str:
    """Return a fully qualified DNS name in ASCII, without final dot."""
    name = text(value, option, maximum=253)
    labels = name.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ProfileError(f"{shown(name)} is not a fully qualified host name", "give a name such as vpn.example.com", option=option)
    return name


def domain(value: t.Any, option: str, *, wildcard: bool = False) -> str:
    """Return a DNS domain (one label is enough), with ``wildcard`` also ``*.example.com`` and ``*``."""
    name = text(value, option, maximum=253)
    body = name.removeprefix("*.") if wildcard else name
    if not (wildcard and name == "*") and not all(_LABEL.fullmatch(label) for label in body.split(".")):
        raise ProfileError(f"{shown(name)} is not a domain name", "give a domain such as example.com", option=option)
    return name


def address(value: t.Any, option: str) -> str:
    """Return an IPv4 or IPv6 address in its usual spelling, without zone and prefix length."""
    try:
        if not isinstance(value, str) or "%" in value:
            raise ValueError("not a plain address")
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ProfileError(f"{shown(value)} is not an IP address", "give an IPv4 or IPv6 address", option=option) from None


def web_address(value: t.Any, option: str, schemes: Collection[str]) -> str:
    """Return an absolute URL of one of ``schemes``, with a host and without user and password."""
    url = text(value, option, maximum=2048)
    try:
        parts = urllib.parse.urlsplit(url)
        well_formed = parts.scheme in schemes and parts.hostname and parts.port != 0 and url.isascii() and " " not in url
    except ValueError:
        well_formed = False
    if not well_formed:
        # The URL is not shown: it may hold a password.
        raise ProfileError(
            "the value is not a URL that can be used here", f"give a URL that begins with {'://, '.join(schemes)}://", option=option
        )
    if parts.username is not None or parts.password is not None:
        raise ProfileError(
            "the URL holds a user name or password", "remove it: a profile is readable by everybody on the Mac", option=option
        )
    return url
