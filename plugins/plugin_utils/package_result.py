# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client package as plain data, back from ``client_package_info`` or written by hand: checked as strictly as Azure's own."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Callable, Mapping

from . import package_values
from .errors import IdentityError, PackageError
from .package_settings import SCHEMAS, Settings, refuse_other_gateways
from .package_values import shown
from .pki import Certificate

_GIVE = "give the package that client_package_info returned, or correct this value"
_KEYS = frozenset(
    {"vpn_server", "vpn_types", "auth", "routes", "client_address_pools", "dns_servers", "vnet_name", "vnet_id"}
    | {"server_roots", "schema", "digest", "warnings"}
)
_SHA256 = re.compile(r"[0-9a-f]{64}")

T = t.TypeVar("T")
U = t.TypeVar("U")


@dataclasses.dataclass(frozen=True)
class GivenPackage:
    """What was given: the settings, the digest (``None`` when there was none) and the warnings."""

    settings: Settings
    digest: str | None
    warnings: tuple[str, ...]


def parse(result: object) -> GivenPackage:
    """Return what ``result`` says. Required are ``vpn_server`` and ``server_roots``. Raises ``PackageError``."""
    if not isinstance(result, Mapping):
        raise PackageError(f"it is a {type(result).__name__}, not a dictionary", "give the package that client_package_info returned")
    unknown = sorted(shown(str(key)) for key in result if key not in _KEYS)
    if unknown:
        raise PackageError(f"it has the unknown key {unknown[0]}", f"keys are {', '.join(sorted(_KEYS))}")
    vpn_types = _value(result, "vpn_types", _texts, package_values.words) if "vpn_types" in result else ("ikev2",)
    auth = _value(result, "auth", _text, lambda text: package_values.words([text])) if "auth" in result else ("eaptls",)
    try:
        refuse_other_gateways(vpn_types, auth)
    except PackageError as error:
        raise PackageError(f"it {error.finding}", error.remedy) from error
    schema = _value(result, "schema", _text, _one_of_schemas) if "schema" in result else SCHEMAS[-1]
    settings = Settings(
        vpn_server=_value(result, "vpn_server", _text, package_values.host_name),
        vpn_types=vpn_types,
        auth=auth[0],
        routes=_value(result, "routes", _texts, package_values.networks),
        client_address_pools=_value(result, "client_address_pools", _texts, package_values.networks),
        dns_servers=_value(result, "dns_servers", _texts, package_values.addresses),
        vnet_name=_value(result, "vnet_name", _text, package_values.plain_text),
        vnet_id=_value(result, "vnet_id", _text, package_values.plain_text),
        roots=_roots(result.get("server_roots")),
        schema=schema,
    )
    return GivenPackage(settings, _value(result, "digest", _text, _sha256), _value(result, "warnings", _texts, tuple))


def _value(result: Mapping[str, t.Any], key: str, check: Callable[[t.Any], T], read: Callable[[T], U]) -> U:
    """Return what ``read`` makes of ``result[key]``, after ``check`` has seen to its type."""
    try:
        return read(check(result.get(key)))
    except ValueError as error:
        raise PackageError(f"{key} {error}", _GIVE) from error


def _text(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"is a {type(value).__name__}, not a text")
    return value or ""


def _texts(value: object) -> list[str]:
    if value is not None and not (isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)):
        raise ValueError("is not a list of texts")
    return list(value or ())


def _one_of_schemas(text: str) -> str:
    if text not in SCHEMAS:
        raise ValueError(f"is {shown(text)}, not one of {', '.join(SCHEMAS)}")
    return text


def _sha256(text: str) -> str | None:
    if text and not _SHA256.fullmatch(text):
        raise ValueError(f"is {shown(text)}, which is not a SHA-256 in lower-case hex")
    return text or None


def _roots(value: object) -> tuple[Certificate, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise PackageError("server_roots is not a list with at least one root", _GIVE)
    found = [_root(number, item) for number, item in enumerate(value, 1)]
    return tuple({root.sha256: root for root in found}.values())


def _root(number: int, item: object) -> Certificate:
    if not isinstance(item, Mapping) or not isinstance(pem := item.get("pem"), str):
        raise PackageError(f"server_roots entry {number} has no pem", _GIVE)
    try:
        root = Certificate.from_pem_or_der(pem.encode(errors="replace"))
    except IdentityError as error:
        raise PackageError(f"server_roots entry {number}: {error.finding}", error.remedy) from error
    for key, true in (("sha256", root.sha256), ("sha1", root.sha1)):
        if item.get(key, true) != true:
            raise PackageError(f"server_roots entry {number} has a {key} that is not that of its pem", _GIVE)
    return root
