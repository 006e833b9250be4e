# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client packages that must be refused: broken, hostile, or of a gateway that Macs cannot use. One function for each, by name."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import random
import re
import struct
import typing as t
from collections.abc import Callable

from support.azure_package import DEFLATED, STORED, Entry, Spec, deflate, entries, make_root, package, renamed, settings_xml, zip_bytes

Maker = Callable[[Spec], bytes]


def _with_end(data: bytes, *, count: int | None = None, disk: int = 0) -> bytes:
    """Return a zip with another end record."""
    magic, _disk, _first_disk, here, _count, size, offset, comment = struct.unpack("<4s4H2LH", data[-22:])
    here = here if count is None else count
    return data[:-22] + struct.pack("<4s4H2LH", magic, disk, disk, here, here, size, offset, comment)


def _cut_directory_entry(spec: Spec) -> bytes:
    """Return a zip whose directory ends with the first bytes of one entry more."""
    data = package(spec)
    magic, disk, first_disk, here, count, size, offset, comment = struct.unpack("<4s4H2LH", data[-22:])
    end = struct.pack("<4s4H2LH", magic, disk, first_disk, here + 1, count + 1, size + 10, offset, comment)
    return data[:-22] + b"PK\1\2" + bytes(6) + end


def _offset_behind_the_end(spec: Spec) -> bytes:
    """Return a zip whose directory has the settings begin 8 bytes before the end of the file."""
    data = bytearray(package(spec))
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 42, len(data) - 8)
    return bytes(data)


def _spec(**values: t.Any) -> Maker:
    """A package that says something else."""
    return lambda spec: package(dataclasses.replace(spec, **values))


def _root_files(*files: tuple[str, bytes]) -> Maker:
    """A package with these files besides VpnSettings.xml in Generic."""
    return _spec(root_files=files)


def _with_settings(spec: Spec, data: bytes) -> bytes:
    """Return the package with other settings, unpacked when they are big: their ratio shall not be the first thing to refuse."""
    first, *rest = entries(spec, data)
    return zip_bytes([dataclasses.replace(first, method=DEFLATED if len(data) < 50_000 else STORED), *rest])


def _edited(pattern: str, replacement: str) -> Maker:
    """A package with one place of VpnSettings.xml replaced."""

    def make(spec: Spec) -> bytes:
        text, count = re.subn(pattern, lambda _match: replacement, settings_xml(spec).decode(), flags=re.DOTALL)
        assert count == 1, pattern
        return _with_settings(spec, text.encode())

    return make


def _value(name: str, text: str) -> Maker:
    """A package with another text in one element of VpnSettings.xml."""
    return _edited(f"<{name}>.*?</{name}>|<{name} />", f"<{name}>{text}</{name}>")


def _settings(data: bytes) -> Maker:
    """A package with these bytes as VpnSettings.xml."""
    return lambda spec: zip_bytes(entries(spec, data))


def _added(*extra: Entry) -> Maker:
    """A package with further entries."""
    return lambda spec: zip_bytes([*entries(spec), *extra])


def _only(*items: Entry) -> Maker:
    """A zip of nothing but these entries."""
    return lambda _spec: zip_bytes(items)


def _first(**fields: t.Any) -> Maker:
    """A package whose first entry, the settings, has other fields."""

    def make(spec: Spec) -> bytes:
        first, *rest = entries(spec)
        return zip_bytes([dataclasses.replace(first, **fields), *rest])

    return make


def _inside(tag: str) -> Maker:
    """A package with something put in front of the end of VpnSettings.xml."""
    return _edited("</VpnProfile>", f"{tag}</VpnProfile>")


def _document_type(declaration: str, reference: str = "") -> Maker:
    def make(spec: Spec) -> bytes:
        text = (
            settings_xml(spec).decode().replace("<VpnProfile", f"{declaration}<VpnProfile").replace("<VnetName>", f"<VnetName>{reference}")
        )
        return zip_bytes(entries(spec, text.encode()))

    return make


def _hidden_document_type(spec: Spec) -> bytes:
    text = settings_xml(spec).decode().replace("<VpnProfile", '<!DOCTYPE VpnProfile [<!ENTITY a "b">]><VpnProfile')
    return zip_bytes(entries(spec, text.encode("utf-16")))


def _bare_utf_16(spec: Spec) -> bytes:
    text = settings_xml(spec).decode().replace("<VpnProfile", '<!DOCTYPE VpnProfile [<!ENTITY a "b">]><VpnProfile')
    return zip_bytes(entries(spec, text.encode("utf-16-le")))


def _cut_stream(spec: Spec) -> bytes:
    first, *rest = entries(spec)
    return zip_bytes([dataclasses.replace(first, packed=deflate(first.data)[:-20]), *rest])


def _two_packages(spec: Spec) -> bytes:
    return zip_bytes([*renamed(entries(spec), "a/{}".format), *renamed(entries(spec), "b/{}".format)])


def _late(make: Callable[[], Maker]) -> Maker:
    """What ``make`` returns, made only when it is wanted: it costs time or memory."""

    def late(spec: Spec) -> bytes:
        return make()(spec)

    return late


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_LAUGHS = "<!DOCTYPE VpnProfile [<!ENTITY l0 'ha'>" + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
_OLD, _SOON = dt.date(2020, 1, 1), dt.date(2099, 1, 1)

NOT_A_ZIP: dict[str, Maker] = {
    "empty-file": lambda _spec: b"",
    "not-a-zip": lambda _spec: b"\x7fELF" + bytes(4000),
    "web-page-of-an-expired-link": lambda _spec: b'\xef\xbb\xbf<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code></Error>',
    "settings-file-alone": settings_xml,
    "cut-in-a-file": lambda spec: package(spec)[:300],
    "cut-in-the-directory": lambda spec: package(spec)[:-30],
    "begin-is-missing": lambda spec: package(spec)[200:],
    "zip64": lambda spec: _with_end(package(spec), count=0xFFFF),
    "one-part-of-several": lambda spec: _with_end(package(spec), disk=1),
    "directory-longer-than-counted": lambda spec: _with_end(package(spec), count=1),
    "directory-shorter-than-counted": lambda spec: _with_end(package(spec), count=60),
    "directory-entry-cut": _cut_directory_entry,
    "directory-overwritten": lambda spec: package(spec).replace(b"PK\1\2", b"PK\1\3"),
}
LYING_ENTRIES: dict[str, Maker] = {
    "encrypted": _first(flags=1),
    "strongly-encrypted": _first(flags=1 | 1 << 6),
    "directory-encrypted": _first(flags=1 << 13),
    "encrypted-installer-only": lambda spec: zip_bytes([*entries(spec)[:-1], dataclasses.replace(entries(spec)[-1], flags=1)]),
    "offset-behind-the-end": _offset_behind_the_end,
    "packed-by-lzma": _first(method=14),
    "checksum-does-not-match": _first(crc=0),
    "name-in-front-of-the-file-differs": _first(local_name="Generic\\VpnSettings.xmI"),
    "deflate-garbage": _first(packed=b"\xff" * 50),
    "deflate-stream-cut-off": _cut_stream,
    "deflate-stream-with-data-behind": lambda spec: _first(packed=deflate(settings_xml(spec)) + b"more")(spec),
    "settings-of-2-mib": _first(data=bytes(range(256)) * (2 << 12)),
    "stored-settings-of-2-mib": _first(data=b"x" * (2 << 20), method=STORED),
    "settings-with-a-high-ratio": _first(data=b"<VpnProfile>" + b" " * 900_000),
    "bomb-declared-as-2-kib": _late(lambda: _first(packed=deflate(bytes(256 << 20)), size=2048)),
    "root-file-bomb": _late(lambda: _root_files(("VpnServerRoot.cer", bytes(64 << 20)))),
    "too-many-entries": _added(*(Entry(f"junk{number}", method=STORED) for number in range(10_001))),
    "60000-entries-with-long-names": _late(lambda: _added(*(Entry(f"{number:0900}", method=STORED) for number in range(60_000)))),
    "name-of-60-kib": _added(Entry("x" * 60_000)),
    "symbolic-link": _added(Entry("Generic\\VpnServerRoot.cer_0", b"/etc/passwd", create_system=3, attributes=0o120777 << 16)),
    "path-to-the-parent": _added(Entry("../VpnSettings.xml")),
    "path-to-the-parent-with-backslashes": _added(Entry("Generic\\..\\..\\VpnSettings.xml")),
    "folder-in-the-parent": _added(Entry("../Generic/")),
    "absolute-path": _added(Entry("/etc/passwd")),
    "absolute-path-with-a-backslash": _added(Entry("\\Windows\\win.ini")),
    "path-with-a-drive": _added(Entry("C:\\Generic\\VpnSettings.xml")),
}
SHAPES: dict[str, Maker] = {
    "settings-twice-under-both-slashes": _added(Entry("Generic/VpnSettings.xml")),
    "settings-twice-in-other-case": _added(Entry("generic\\vpnsettings.XML")),
    "settings-in-generic-and-genericdevice": _added(Entry("GenericDevice\\VpnSettings.xml")),
    "two-packages": _two_packages,
    "root-file-twice": _added(Entry("Generic/VPNSERVERROOT.CER")),
    "no-entries": _only(),
    "no-generic-folder": _only(Entry("photo.jpg")),
    "no-generic-folder-sstp": _only(Entry("WindowsAmd64\\VpnClientSetupAmd64.exe"), Entry("WindowsX86\\VpnClientSetupX86.exe")),
    "no-generic-folder-openvpn": _only(Entry("OpenVPN\\vpnconfig.ovpn"), Entry("AzureVPN\\azurevpnconfig.xml")),
    "no-generic-folder-radius": _only(Entry("WindowsAmd64\\VpnClientSetupAmd64.exe"), Entry("Mac\\VpnClientSetup.mobileconfig")),
    "generic-without-settings": lambda spec: zip_bytes(entries(spec)[1:]),
    "settings-outside-generic": lambda spec: zip_bytes(renamed(entries(spec), lambda name: name.removeprefix("Generic\\"))),
    "zip-inside-a-zip": lambda spec: zip_bytes([Entry("gateway.zip", package(spec))]),
}
OTHER_GATEWAYS: dict[str, Maker] = {
    "sstp-only": _spec(vpn_type="SSTP"),
    "openvpn-only": _spec(vpn_type="OpenVPN"),
    "openvpn-with-entra-only": _spec(vpn_type="OpenVPN", schema="new", entra=True),
    "sstp-and-openvpn": _spec(vpn_type="SSTP,OpenVPN"),
    "openvpn-without-a-server-root": _spec(vpn_type="OpenVPN", roots=()),
    "radius-passwords": _spec(auth="EAPMSCHAPV2"),
    "radius-passwords-as-the-api-spells-it": _spec(auth="EAPMSCHAPv2"),
    "unknown-authentication": _spec(auth="KERBEROS"),
    "radius-certificates": lambda spec: _spec(
        folder="GenericDevice", root_files=(("VpnServerRoot.cer", spec.roots[0]), ("RadiusServerRoot.cer", make_root("Radius")))
    )(spec),
}
XML: dict[str, Maker] = {
    "settings-empty": _settings(b""),
    "settings-not-xml": _settings(b"VpnServer: gateway.example.com"),
    "settings-cut": lambda spec: zip_bytes(entries(spec, settings_xml(spec)[:-40])),
    "settings-with-nul": _settings(b"<VpnProfile>\0</VpnProfile>"),
    "settings-not-utf8": _settings(b"<VpnProfile><VnetName>caf\xe9</VnetName></VpnProfile>"),
    "settings-declared-latin-1": _settings(b'<?xml version="1.0" encoding="iso-8859-1"?><VpnProfile/>'),
    "settings-declared-utf-7": _settings(b'<?xml version="1.0" encoding="UTF-7"?>+ADw-VpnProfile/+AD4-'),
    "settings-of-another-kind": _settings(b'<AzVpnProfile xmlns="http://schemas.datacontract.org/2004/07/"/>'),
    "document-type": _document_type("<!DOCTYPE VpnProfile>"),
    "document-type-in-utf-16": _hidden_document_type,
    "document-type-in-utf-16-without-a-mark": _bare_utf_16,
    "external-document-type": _document_type('<!DOCTYPE VpnProfile SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "external-entity": _document_type('<!DOCTYPE VpnProfile [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    "billion-laughs": _document_type(_LAUGHS, "&l9;"),
    "undefined-entity": _value("VnetName", "a&nbsp;b"),
    "endless-nesting": _inside("<a>" * 5_000 + "</a>" * 5_000),
    "too-many-tags": _inside("<a/>" * 250_000),
    "too-many-attributes": _inside("<a " + " ".join(f'b{number}=""' for number in range(90_000)) + "/>"),
    "an-element-twice": _inside("<VpnServer>other.example.com</VpnServer>"),
    "an-element-inside-a-text": _value("VpnServer", "gateway<b/>.example.com"),
}
VALUES: dict[str, Maker] = {
    "no-vpn-type": _edited("<VpnType>.*</VpnType>", ""),
    "vpn-type-not-a-word": _value("VpnType", "IkeV2,&lt;b&gt;"),
    "no-auth": _edited("<Auth>.*</Auth>", ""),
    "no-vpn-server": _edited("<VpnServer>.*</VpnServer>", ""),
    "empty-vpn-server": _spec(vpn_server=""),
    "vpn-server-is-an-address": _spec(vpn_server="20.61.12.9"),
    "vpn-server-is-one-label": _spec(vpn_server="gateway"),
    "vpn-server-ends-with-a-dot": _spec(vpn_server="gateway.example.com."),
    "vpn-server-has-an-underscore": _spec(vpn_server="my_gateway.example.com"),
    "vpn-server-has-a-long-label": _spec(vpn_server="a" * 64 + ".example.com"),
    "vpn-server-is-too-long": _spec(vpn_server="a." * 126 + "com"),
    "vpn-server-is-a-url": _spec(vpn_server="https://gateway.example.com/"),
    "vpn-server-is-not-ascii": _spec(vpn_server="gätewäy.example.com"),
    "vpn-server-has-a-kelvin-sign": _spec(vpn_server="\u212aateway.example.com"),
    "vpn-server-has-a-line-break": _spec(vpn_server="gateway.example.com\n"),
    "vpn-server-has-a-written-line-break": _value("VpnServer", "gateway.example.com&#10;"),
    "vpn-server-has-a-written-carriage-return": _value("VpnServer", "gateway&#xD;.example.com"),
    "route-is-a-word": _spec(routes=("10.8.0.0/16", "everything")),
    "route-without-a-prefix": _spec(routes=("10.8.0.0",)),
    "route-with-a-netmask": _spec(routes=("10.8.0.0/255.255.0.0",)),
    "route-with-host-bits": _spec(routes=("10.8.0.1/16",)),
    "route-with-a-long-prefix": _spec(routes=("10.8.0.0/33",)),
    "route-with-a-zone": _spec(routes=("fe80::%en0/64",)),
    "70000-routes": _late(lambda: _value("Routes", ",".join(["10.0.0.0/8"] * 70_000))),
    "pool-is-a-range": _spec(pools=("172.16.201.0-172.16.201.255",)),
    "dns-server-is-a-name": _spec(dns=("10.0.0.4", "dns.example.com")),
    "dns-server-is-a-network": _spec(dns=("10.0.0.0/24",)),
    "vnet-name-has-a-line-break": _spec(vnet_name="vnet\r\nexample"),
    "vnet-id-is-endless": _spec(vnet_id="0" * 5_000),
    "dns-server-with-a-zone": _spec(dns=("fe80::53%en0",)),
    "something-else-in-a-list": _value("Routes", "<item>10.0.0.0/8</item>"),
    "an-element-inside-a-list": _value("Routes", "<string>10.0.0.0/8<b/></string>"),
    "text-between-the-values-of-a-list": _value("Routes", "<string>10.0.0.0/8</string>10.1.0.0/16<string>10.2.0.0/16</string>"),
    "text-before-the-values-of-a-list": _value("Routes", "10.1.0.0/16<string>10.2.0.0/16</string>"),
}
ROOTS: dict[str, Maker] = {
    "no-root-element": _edited("<CaCert>.*</CaCert>", ""),
    "empty-root": _spec(roots=(), root_files=()),
    "empty-list-of-roots": _spec(roots=(), schema="new", root_files=()),
    "root-is-not-base64": _value("CaCert", "MIIB*"),
    "root-is-pem": _value("CaCert", "-----BEGIN CERTIFICATE-----"),
    "root-has-a-line-break": lambda spec: _value("CaCert", "\r\n".join(re.findall(".{1,64}", _base64(spec.roots[0]))))(spec),
    "root-has-a-written-line-break": lambda spec: _value("CaCert", _base64(spec.roots[0]) + "&#10;")(spec),
    "root-has-a-carriage-return": lambda spec: _value("CaCert", "&#13;".join(re.findall(".{1,64}", _base64(spec.roots[0]))))(spec),
    "root-is-no-certificate": _value("CaCert", _base64(b"no certificate")),
    "root-is-cut": lambda spec: _value("CaCert", _base64(spec.roots[0][:-10]))(spec),
    "root-of-100-kib": _value("CaCert", _base64(bytes(100 << 10))),
    "root-with-a-name-of-20-kb": _late(lambda: _value("CaCert", _base64(make_root(times=500)))),
    "too-many-roots": _late(lambda: _spec(schema="new", roots=tuple(make_root(f"Root {number}") for number in range(17)))),
    "something-else-in-the-roots": _value("CaCert", "<string>MIIB</string>"),
    "root-file-shares-no-root": _late(lambda: _root_files(("VpnServerRoot.cer", make_root("Another")))),
    "root-file-empty": _root_files(("VpnServerRoot.cer_0", b"")),
    "root-file-garbage": _root_files(("VpnServerRoot.cer", b"0\x82" + bytes(500))),
    "root-file-pem-cut": _root_files(("VpnServerRoot.cer", b"-----BEGIN CERTIFICATE-----\nMIIB\n")),
    "root-file-of-900-kib": _root_files(("VpnServerRoot.cer", random.Random(1).randbytes(900 << 10))),
    "too-many-root-files": lambda spec: _root_files(*((f"VpnServerRoot.cer_{number}", spec.roots[0]) for number in range(17)))(spec),
    "too-many-roots-in-root-files": _late(
        lambda: _root_files(
            *((f"VpnServerRoot.cer_{number}", make_root(f"Root {number}") + b"") for number in range(9)),
            *((f"VpnServerRoot.cer_{number}", _pem_bundle(number)) for number in range(9, 16)),
        )
    ),
    "all-roots-expired": _late(lambda: _spec(roots=(make_root("Old Root", _OLD, dt.date(2021, 1, 1)),))),
    "no-root-valid-yet": _late(lambda: _spec(roots=(make_root("Next Root", _SOON, dt.date(2100, 1, 1)),))),
}


def _pem_bundle(number: int) -> bytes:
    roots = [make_root(f"Root {number}.{index}") for index in range(3)]
    return b"".join(b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(root) + b"\n-----END CERTIFICATE-----\n" for root in roots)


MALFORMED: dict[str, Maker] = {**NOT_A_ZIP, **LYING_ENTRIES, **SHAPES, **OTHER_GATEWAYS, **XML, **VALUES, **ROOTS}
