# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VpnSettings.xml, old schema (one ``CaCert``) or new (``CaCerts``), read strictly.

Azure writes it with .NET's XmlSerializer: UTF-8, no document type, no entities, each element once.
"""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
import json
import re
import typing as t
from collections.abc import Callable, Sequence

from . import package_roots, package_values
from .errors import PackageError
from .package_archive import AGAIN
from .package_values import shown
from .pki import Certificate

try:
    from lxml import etree
except ImportError:  # said when a package is read; the other modules need no lxml
    etree = None  # type: ignore[assignment]

T = t.TypeVar("T")
U = t.TypeVar("U")

SCHEMAS = ("ca_cert", "ca_certs")
_NEW_GATEWAY = "set the gateway's point-to-site configuration to IKEv2 with Azure certificate authentication and download a new package"
_CORRECT = "correct it in the configuration of the gateway or its network and download a new package"
_MAX_MARKUP = 10_000  # tags, and attributes; real settings have 40. libxml2 takes over 100 bytes for each
_DECLARATION = re.compile(r"<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([^"']*)["']""")
_ENTITY = re.compile(r"&(?!(?:#[0-9]+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)[A-Za-z0-9]{0,20};?")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What VpnSettings.xml says, validated; ``roots`` as they stand there, expired ones included."""

    vpn_server: str
    vpn_types: tuple[str, ...]
    auth: str
    routes: tuple[str, ...]
    client_address_pools: tuple[str, ...]
    dns_servers: tuple[str, ...]
    vnet_name: str | None
    vnet_id: str | None
    roots: tuple[Certificate, ...]
    schema: str

    @property
    def digest(self) -> str:
        """SHA-256, lower-case hex, over the values and the roots' DER, independent of their order and of the schema."""
        values = dataclasses.asdict(dataclasses.replace(self, roots=()))
        del values["schema"]
        values["roots"] = [root.sha256 for root in self.roots]
        plain = {name: sorted(value) if isinstance(value, (tuple, list)) else value for name, value in values.items()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def parse(data: bytes) -> Settings:
    """Return the settings. Raises ``PackageError``, first of all when the gateway is not one for IKEv2 with certificates."""
    profile = _Profile(_tree(_decode(data)))
    vpn_types = profile.value("VpnType", profile.items, package_values.words)
    auth = profile.value("Auth", profile.items, package_values.words)
    entra = any(profile.text(name).strip() for name in ("AadIssuer", "AadTenant", "AadAudience"))
    refuse_other_gateways(vpn_types, auth, entra=entra)
    return Settings(
        vpn_server=profile.value("VpnServer", profile.text, package_values.host_name),
        vpn_types=vpn_types,
        auth=auth[0],
        routes=profile.value("Routes", profile.items, package_values.networks, _CORRECT),
        client_address_pools=profile.value("VpnClientAddressPool", profile.items, package_values.networks, _CORRECT),
        dns_servers=profile.value("CustomDnsServers", profile.items, package_values.addresses, _CORRECT),
        vnet_name=profile.value("VnetName", profile.text, package_values.plain_text),
        vnet_id=profile.value("VnetId", profile.text, package_values.plain_text),
        roots=_roots(profile),
        schema=SCHEMAS[profile.has("CaCerts")],
    )


def refuse_other_gateways(vpn_types: Sequence[str], auth: Sequence[str], *, entra: bool = False) -> None:
    """Raise ``PackageError`` unless the gateway offers IKEv2 with certificates, saying what it offers instead.

    A ``Generic`` folder or ``EAPTLS`` alone prove nothing: packages for OpenVPN with Microsoft Entra ID have both.
    """
    if not vpn_types:
        raise PackageError("has no VpnType in VpnSettings.xml", AGAIN)
    spelling = {"sstp": "SSTP", "ikev2": "IKEv2", "openvpn": "OpenVPN"}
    offers = " and ".join(spelling.get(name, name) for name in vpn_types)
    if "ikev2" not in vpn_types:
        sign_in = ", with sign-in by Microsoft Entra ID" if entra else ""
        raise PackageError(f"is of a gateway without IKEv2: it offers only {offers}{sign_in}", _NEW_GATEWAY)
    if "eapmschapv2" in auth:
        raise PackageError(f"is of a gateway with RADIUS passwords (EAPMSCHAPV2): it offers {offers}, but no certificates", _NEW_GATEWAY)
    if not auth:
        raise PackageError("has no Auth in VpnSettings.xml", AGAIN)
    if tuple(auth) != ("eaptls",):
        raise PackageError(f"has the unknown authentication {shown(','.join(auth))} in VpnSettings.xml", _NEW_GATEWAY)


class _Profile:
    """The element ``VpnProfile`` by the names of its children."""

    def __init__(self, root: etree._Element) -> None:
        self._children: dict[str, etree._Element] = {}
        if etree.QName(root).localname != "VpnProfile":
            raise PackageError(f"has a VpnSettings.xml with <{etree.QName(root).localname[:40]}> instead of <VpnProfile>", AGAIN)
        for child in root:
            name = etree.QName(child).localname
            if name in self._children:
                raise PackageError(f"has {shown(name)} twice in VpnSettings.xml", AGAIN)
            self._children[name] = child

    def has(self, name: str) -> bool:
        """Whether there is such a child."""
        return name in self._children

    def text(self, name: str) -> str:
        """Return the text of a child, unstripped; nothing when there is no such child."""
        child = self._children.get(name)
        if child is None:
            return ""
        if len(child):
            raise PackageError(f"has elements inside {name} in VpnSettings.xml, where a text belongs", AGAIN)
        return child.text or ""

    def strings(self, name: str) -> list[str]:
        """Return the texts of the ``<string>`` elements in a child, unstripped."""
        child = self._children.get(name)
        if child is None or not len(child):
            return []
        loose_text = "".join(item.tail or "" for item in child) + (child.text or "")
        if loose_text.strip() or any(etree.QName(item).localname != "string" or len(item) for item in child):
            raise PackageError(f"has something else than <string> inside {name} in VpnSettings.xml", AGAIN)
        return [item.text or "" for item in child]

    def items(self, name: str) -> list[str]:
        """Return a comma-separated list. As the roots became ``<string>`` elements one day, other lists may, so both are read."""
        return self.strings(name) or self.text(name).split(",")

    def value(self, name: str, raw: Callable[[str], T], read: Callable[[T], U], remedy: str = AGAIN) -> U:
        """Return what ``read`` makes of a child, its complaint turned into a ``PackageError`` that names the element."""
        try:
            return read(raw(name))
        except ValueError as error:
            raise PackageError(f"has a wrong {name} in VpnSettings.xml: it {error}", remedy) from error


def _roots(profile: _Profile) -> tuple[Certificate, ...]:
    old = [profile.text("CaCert")] if profile.has("CaCert") else []
    texts = profile.strings("CaCerts") + old
    if not texts:
        raise PackageError("has no server root (CaCert or CaCerts) in VpnSettings.xml", AGAIN)
    try:
        return package_roots.from_base64(texts)
    except ValueError as error:
        raise PackageError(f"has a server root (CaCert) in VpnSettings.xml that {error}", AGAIN) from error


def _decode(data: bytes) -> str:
    """Return the XML as text: what the checks below see is what is parsed, whatever encoding the XML declares or looks like."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    # UTF-16 without a byte order mark is valid UTF-8 full of NULs, in which a DOCTYPE would not be found.
    if "\0" in text:
        raise PackageError("has a VpnSettings.xml that is not UTF-8 text", AGAIN)
    declaration = _DECLARATION.match(text)
    declared = _ENCODING.search(declaration[0]) if declaration else None
    if declared and declared[1].lower() not in ("utf-8", "us-ascii", encoding):
        raise PackageError(f"has a VpnSettings.xml in the encoding {shown(declared[1])} instead of UTF-8", AGAIN)
    return text


def _tree(text: str) -> etree._Element:
    if etree is None:
        raise PackageError("cannot be read without the Python library lxml", "install requirements.txt of the collection on the controller")
    if "<!DOCTYPE" in text:
        raise PackageError(
            "has a document type (DOCTYPE) or entities in VpnSettings.xml, which Azure never writes", f"do not use this package, {AGAIN}"
        )
    if entity := _ENTITY.search(text):
        raise PackageError(f"has the undefined entity {shown(entity[0])} in VpnSettings.xml", f"do not use this package, {AGAIN}")
    if max(text.count("<"), text.count("=")) > _MAX_MARKUP:
        raise PackageError(f"has a VpnSettings.xml with more than {_MAX_MARKUP} tags or attributes", f"do not use this package, {AGAIN}")
    parser = etree.XMLParser(
        encoding="utf-8",  # no matter what is declared: the text is encoded so below
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise PackageError(f"has a VpnSettings.xml that is not well-formed XML{f' (line {line})' if line else ''}", AGAIN) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackageError("has a document type in VpnSettings.xml, which Azure never writes", f"do not use this package, {AGAIN}")
    return root
