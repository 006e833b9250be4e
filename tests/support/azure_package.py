# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes client packages exactly as Azure zips them, for the tests and the demo. Nothing here came from a real gateway.

Measured on real packages, 2019 to 2024: names with backslashes, deflate, ``create_system`` 0, version 20, no flags, no
Unix mode, no folder entries; XML of .NET's XmlSerializer with CRLF lines and no newline at the end; roots as DER.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import datetime as dt
import functools
import pathlib
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

STORED, DEFLATED = 0, 8
VNET_ID = "3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10"
VPN_SERVER = f"azuregateway-{VNET_ID}-a1b2c3d4e5f6.vpn.azure.com"

MADE = dt.datetime(2026, 3, 2, 10, 20, 30, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One entry of a zip; ``None`` in the last fields means the truth."""

    name: str
    data: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    create_system: int = 0
    attributes: int = 0
    size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    local_name: str | None = None


@dataclasses.dataclass(frozen=True)
class Spec:
    """What a gateway's package says."""

    roots: tuple[bytes, ...]
    vpn_server: str = VPN_SERVER
    vpn_type: str = "SSTP,IkeV2"
    auth: str = "EAPTLS"
    schema: str = "old"  # "old", "old_2019" (shorter) or "new"
    routes: tuple[str, ...] = ("10.8.0.0/16", "10.9.0.0/24")
    pools: tuple[str, ...] = ("172.16.201.0/24",)
    dns: tuple[str, ...] = ()
    vnet_name: str = "vnet-example"
    vnet_id: str = VNET_ID
    entra: bool = False
    root_files: tuple[tuple[str, bytes], ...] | None = None  # default: as Azure names them
    folder: str = "Generic"


def settings_xml(spec: Spec) -> bytes:
    """Return VpnSettings.xml as Azure writes it."""
    texts = [base64.b64encode(root).decode() for root in spec.roots]
    names = [_common_name(root) for root in spec.roots]
    new = spec.schema == "new"
    tenant = "e2f3b8a0-0000-4000-8000-000000000001"
    lines = [
        _element("VpnServer", spec.vpn_server),
        _element("VpnType", spec.vpn_type),
        *(_strings("CaCerts", texts) if new else [_element("CaCert", texts[0] if texts else "")]),
        _element("Routes", ",".join(spec.routes)),
        _element("Auth", spec.auth),
        _element("VnetName", spec.vnet_name),
        _element("VnetId", spec.vnet_id),
        *(_strings("ServerCertsRootCn", names) if new else [_element("ServerCertRootCn", names[0] if names else "")]),
        *(_strings("ServerCertsIssuerCn", names) if new else [_element("ServerCertIssuerCn", names[0] if names else "")]),
    ]
    if spec.schema != "old_2019":
        lines += [
            _element("VpnClientAddressPool", ",".join(spec.pools)),
            # the blank at the end occurs in real packages
            _element("AadIssuer", f"https://sts.windows.net/{tenant}/ " if spec.entra else ""),
            _element("AadTenant", f"https://login.microsoftonline.com/{tenant}/" if spec.entra else ""),
            _element("AadAudience", "c632b3df-fb67-4d84-bdcf-b95ad541b5c8" if spec.entra else ""),
            _element("CustomDnsServers", ",".join(spec.dns)),
        ]
    head = '<VpnProfile xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    return "\r\n".join(['<?xml version="1.0"?>', head, *lines, "</VpnProfile>"]).encode()


def entries(spec: Spec, settings: bytes | None = None) -> list[Entry]:
    """Return the package's entries in Azure's order; the installers are short stand-ins."""
    types = spec.vpn_type.lower().split(",")
    files = spec.root_files
    if files is None:
        several = len(spec.roots) > 1 or spec.schema == "new"
        files = tuple((f"VpnServerRoot.cer_{number}" if several else "VpnServerRoot.cer", der) for number, der in enumerate(spec.roots))
    found = [Entry(f"{spec.folder}\\VpnSettings.xml", settings_xml(spec) if settings is None else settings)]
    found += [Entry(f"{spec.folder}\\{name}", data) for name, data in files]
    if "openvpn" in types:
        found += [Entry("OpenVPN\\vpnconfig.ovpn", b"client\r\n")] if not spec.entra else []
        found += [Entry("AzureVPN\\azurevpnconfig.xml", b"<AzVpnProfile/>")]
    if {"sstp", "ikev2"} & set(types):
        stand_in = b"MZ stand-in for an installer" + bytes(64 * 1024)
        found += [Entry("WindowsAmd64\\VpnClientSetupAmd64.exe", stand_in), Entry("WindowsX86\\VpnClientSetupX86.exe", stand_in)]
    return found


def zip_bytes(items: Iterable[Entry], *, comment: bytes = b"", made: dt.datetime = MADE) -> bytes:
    """Return a zip of ``items``, byte for byte by their fields (``zipfile`` would put a Unix mode into each entry)."""
    stamp = (made.hour << 11 | made.minute << 5 | made.second // 2, (made.year - 1980) << 9 | made.month << 5 | made.day)
    body, directory, count = bytearray(), bytearray(), 0
    for count, item in enumerate(items, 1):  # noqa: B007  # the last count is wanted
        packed = item.packed
        if packed is None:
            packed = item.data if item.method != DEFLATED else deflate(item.data)
        crc = zlib.crc32(item.data) if item.crc is None else item.crc
        size = len(item.data) if item.size is None else item.size
        name, local_name = item.name.encode(), (item.local_name or item.name).encode()
        common = (20, item.flags, item.method, *stamp, crc, len(packed), size)
        directory += struct.pack(
            "<4sBB5H3L5H2L", b"PK\1\2", 20, item.create_system, *common, len(name), 0, 0, 0, 0, item.attributes, len(body)
        )
        directory += name
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *common, len(local_name), 0) + local_name + packed
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), len(body), len(comment))
    return bytes(body + directory + end + comment)


def deflate(data: bytes) -> bytes:
    """Return the raw deflate stream of ``data``."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def package(spec: Spec) -> bytes:
    """Return the zip as Azure makes it."""
    return zip_bytes(entries(spec))


def renamed(items: Iterable[Entry], change: Callable[[str], str]) -> list[Entry]:
    """Return the entries under other names."""
    return [dataclasses.replace(item, name=change(item.name)) for item in items]


def finder(items: Sequence[Entry]) -> list[Entry]:
    """Return the entries as the Finder's "Compress" leaves them: wrapper folder, slashes, folder entries, AppleDouble files."""
    inner = [
        dataclasses.replace(item, name="gateway/" + item.name.replace("\\", "/"), create_system=3, attributes=0o100644 << 16)
        for item in items
    ]
    folders = {str(pathlib.PurePosixPath(item.name).parent) + "/" for item in inner}
    marks = [Entry("__MACOSX/gateway/" + re.sub(r"([^/]+)$", r"._\1", item.name.removeprefix("gateway/")), b"\0\5\x16\7") for item in inner]
    store = Entry("gateway/.DS_Store", b"\0\0\0\1Bud1", create_system=3, attributes=0o100644 << 16)
    return [Entry(name, method=STORED, create_system=3, attributes=0o040755 << 16) for name in ("gateway/", *sorted(folders))] + [
        store,
        *inner,
        *marks,
    ]


SHAPES: dict[str, Callable[[Sequence[Entry]], Sequence[Entry]]] = {
    "azure": lambda items: items,
    "slashes": lambda items: renamed(items, lambda name: name.replace("\\", "/")),
    "wrapped": lambda items: renamed(items, lambda name: "my gateway\\" + name),
    "finder": finder,
    "other-case": lambda items: renamed(items, str.upper),
    "reversed": lambda items: items[::-1],
    "stored": lambda items: [dataclasses.replace(item, method=STORED) for item in items],
}


def write_folder(items: Iterable[Entry], target: pathlib.Path, *, flat: bool = False) -> pathlib.Path:
    """Write the entries as an unpacked package; ``flat``: as ``zipfile`` unpacks it, backslashes inside the file names."""
    for item in items:
        file = target / (item.name if flat else item.name.replace("\\", "/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        if not item.name.endswith("/"):
            file.write_bytes(item.data)
    return target


@functools.lru_cache
def make_root(
    name: str = "Example Gateway Root", begins: dt.date = dt.date(2022, 1, 1), ends: dt.date = dt.date(2042, 1, 1), *, times: int = 1
) -> bytes:
    """Return the DER of a new self-signed CA certificate, the same for the same arguments within a process.

    ``times`` is how often the name stands in it.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] * times)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(dt.datetime.combine(begins, dt.time())).not_valid_after(dt.datetime.combine(ends, dt.time()))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _common_name(der: bytes) -> str:
    return "".join(str(name.value) for name in x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _element(name: str, text: str) -> str:
    return f"  <{name}>{escape(text)}</{name}>" if text else f"  <{name} />"


def _strings(name: str, texts: Sequence[str]) -> list[str]:
    return [f"  <{name}>", *(f"    <string>{escape(text)}</string>" for text in texts), f"  </{name}>"] if texts else [f"  <{name} />"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one package to ``--out``; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="zip to write, or folder with --folder")
    parser.add_argument(
        "--server-root", type=pathlib.Path, action="append", required=True, metavar="FILE", help="PEM or DER; may be repeated"
    )
    parser.add_argument("--vpn-server", default=VPN_SERVER)
    parser.add_argument("--vpn-type", default="SSTP,IkeV2")
    parser.add_argument("--auth", default="EAPTLS")
    parser.add_argument("--schema", choices=("old", "old_2019", "new"), help="default: old for one root, new for several")
    parser.add_argument("--route", action="append", metavar="CIDR")
    parser.add_argument("--address-pool", action="append", metavar="CIDR")
    parser.add_argument("--dns-server", action="append", metavar="ADDRESS", default=[])
    parser.add_argument("--vnet-name", default="vnet-example")
    parser.add_argument("--vnet-id", default=VNET_ID)
    parser.add_argument("--shape", choices=SHAPES, default="azure", help="as Azure made it, or as somebody zipped it again")
    parser.add_argument("--folder", action="store_true", help="write an unpacked package")
    parser.add_argument("--malformed", metavar="NAME", help="one of the broken or hostile variants; 'list' prints their names")
    options = parser.parse_args(arguments)
    roots = tuple(_der(file.read_bytes()) for file in options.server_root)
    spec = Spec(
        roots=roots,
        vpn_server=options.vpn_server,
        vpn_type=options.vpn_type,
        auth=options.auth,
        schema=options.schema or ("old" if len(roots) == 1 else "new"),
        routes=tuple(options.route or Spec.routes),
        pools=tuple(options.address_pool or Spec.pools),
        dns=tuple(options.dns_server),
        vnet_name=options.vnet_name,
        vnet_id=options.vnet_id,
    )
    if spec.schema != "new" and len(roots) > 1:
        parser.error("the old schema holds one root only")
    if options.malformed:
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
        from support.malformed_package import MALFORMED  # noqa: PLC0415  # imports this file

        if options.malformed not in MALFORMED:
            sys.stdout.write("\n".join([*MALFORMED, ""]))
            return 0 if options.malformed == "list" else 2
        options.out.write_bytes(MALFORMED[options.malformed](spec))
    elif options.folder:
        write_folder(SHAPES[options.shape](entries(spec)), options.out)
    else:
        options.out.write_bytes(zip_bytes(SHAPES[options.shape](entries(spec))))
    return 0


def _der(data: bytes) -> bytes:
    read = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
    return read(data).public_bytes(serialization.Encoding.DER)


if __name__ == "__main__":
    sys.exit(main())
