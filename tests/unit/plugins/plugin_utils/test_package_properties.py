# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever bytes are given, the reader returns a package or says why not; and it forgets how a package was packed."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import pathlib
import tempfile
import typing as t
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support import azure_package
from support.azure_package import Spec, entries, settings_xml, write_folder, zip_bytes
from support.read_package import NOW, ROOT, SECOND, pem, read_zip

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import package
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import PackageError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.package import ClientPackage

SPEC = Spec((ROOT,))
ZIP, XML = azure_package.package(SPEC), settings_xml(SPEC)
PEM = pem(ROOT)

thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def scratch() -> Iterator[pathlib.Path]:
    """A folder for the zips of one property."""
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with bytes changed, removed, inserted or moved."""
    found = bytearray(data)
    for _round in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(found)))
        match draw(st.sampled_from(["change", "remove", "insert", "cut", "repeat"])):
            case "change":
                new = draw(st.binary(min_size=1, max_size=4))
                found[at : at + len(new)] = new
            case "remove":
                del found[at : at + draw(st.integers(1, 64))]
            case "insert":
                found[at:at] = draw(st.binary(min_size=1, max_size=64))
            case "cut":
                del found[at:]
            case "repeat":
                found[at:at] = found[at : at + draw(st.integers(1, 200))]
    return bytes(found)


def check(error: PackageError, option: str) -> None:
    """Hold a refusal to its form."""
    assert error.option == option
    assert str(error).isprintable()


def read_or_refuse(scratch: pathlib.Path, data: bytes) -> ClientPackage | None:
    """Return the package, or nothing when it was refused; any other outcome is the defect looked for."""
    try:
        found = read_zip(scratch, data)
    except PackageError as error:
        check(error, "path")
        return None
    found.to_result(NOW)
    return found


@thorough
@given(data=st.binary(max_size=400))
@example(data=b"PK\5\6" + bytes(18))
@example(data=b"PK\5\6" + b"\xff" * 18)
@example(data=b"PK\5\6" * 6)
def test_random_bytes_are_refused(data: bytes, scratch: pathlib.Path) -> None:
    assert read_or_refuse(scratch, data) is None


@thorough
@given(data=damaged(ZIP[:2500] + ZIP[-700:]) | damaged(ZIP))
def test_damaged_zip(data: bytes, scratch: pathlib.Path) -> None:
    found = read_or_refuse(scratch, data)
    if found:  # the damage was where nobody looks: it may not have changed what is read
        assert found.digest == read_zip(scratch, ZIP).digest


@thorough
@given(data=damaged(XML) | st.binary(max_size=200))
def test_damaged_settings(data: bytes, scratch: pathlib.Path) -> None:
    read_or_refuse(scratch, zip_bytes(entries(SPEC, data)))


@thorough
@given(data=damaged(ROOT) | damaged(PEM))
def test_damaged_root(data: bytes, scratch: pathlib.Path) -> None:
    read_or_refuse(scratch, zip_bytes(entries(Spec((ROOT,), root_files=(("VpnServerRoot.cer", data),)))))


@thorough
@given(data=damaged(ROOT))
def test_damaged_root_in_the_settings(data: bytes, scratch: pathlib.Path) -> None:
    xml = XML.replace(base64.b64encode(ROOT), base64.b64encode(data))
    read_or_refuse(scratch, zip_bytes(entries(Spec((ROOT,), root_files=()), xml)))


@thorough
@given(names=st.lists(st.text(max_size=30), max_size=8))
def test_odd_names_beside_the_package(names: list[str], scratch: pathlib.Path) -> None:
    extra = [azure_package.Entry(name.encode(errors="replace").decode()) for name in names]
    read_or_refuse(scratch, zip_bytes([*entries(SPEC), *extra]))


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@thorough
@given(key=st.sampled_from(sorted(ClientPackage.__dataclass_fields__)), value=plain_values)
def test_plain_data_with_one_odd_value(key: str, value: t.Any, scratch: pathlib.Path) -> None:
    result = {**read_zip(scratch, ZIP).to_result(NOW), key: value}
    try:
        found = ClientPackage.from_result(result, now=NOW)
    except PackageError as error:
        check(error, "package")
    else:
        assert ClientPackage.from_result(found.to_result(NOW), now=NOW) == found


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
networks = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen).map(lambda prefix: str(ipaddress.ip_network((address, prefix), strict=False)))
)


@thorough
@given(
    server=st.lists(labels, min_size=1, max_size=4).map(lambda parts: ".".join([*parts, "com"])),
    routes=st.lists(networks, max_size=5, unique=True),
    pools=st.lists(networks, max_size=3, unique=True),
    dns=st.lists(st.ip_addresses().map(str), max_size=3, unique=True),
    schema=st.sampled_from(["old", "new"]),
)
def test_what_azure_writes_is_what_is_read(
    server: str, routes: list[str], pools: list[str], dns: list[str], schema: str, scratch: pathlib.Path
) -> None:
    spec = Spec((ROOT,), vpn_server=server, routes=tuple(routes), pools=tuple(pools), dns=tuple(dns), schema=schema)
    found = read_zip(scratch, azure_package.package(spec))
    assert (found.vpn_server, found.routes, found.client_address_pools, found.dns_servers) == (server, spec.routes, spec.pools, spec.dns)


@thorough
@given(
    shape=st.sampled_from(sorted(azure_package.SHAPES)),
    ends=st.sampled_from(["\r\n", "\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    tail=st.sampled_from(["", "\n", "\r\n\r\n"]),
    indent=st.text(alphabet=" \t", max_size=6),
    root_files=st.permutations([("VpnServerRoot.cer_0", ROOT), ("VpnServerRoot.cer_1", SECOND)]),
    as_pem=st.booleans(),
    routes=st.permutations(["10.8.0.0/16", "10.9.0.0/24", "fd00::/8"]),
    types=st.permutations(["SSTP", "IkeV2", "openvpn"]),
    made=st.dates(dt.date(1980, 1, 1), dt.date(2107, 1, 1)),
    folder=st.booleans(),
)
def test_digest_forgets_how_it_was_packed(
    shape: str,
    ends: str,
    encoding: str,
    tail: str,
    indent: str,
    root_files: list[tuple[str, bytes]],
    as_pem: bool,
    routes: list[str],
    types: list[str],
    made: dt.date,
    folder: bool,
    scratch: pathlib.Path,
) -> None:
    plain = Spec((ROOT, SECOND), schema="new", routes=("10.8.0.0/16", "10.9.0.0/24", "fd00::/8"), vpn_type="SSTP,IkeV2,OpenVPN")
    files = tuple((name, pem(root) if as_pem else root) for name, root in root_files)
    spec = Spec((ROOT, SECOND), schema="new", routes=tuple(routes), vpn_type=",".join(types), root_files=files)
    xml = settings_xml(spec).decode().replace("\r\n", ends).replace("  <", f"{indent}<") + tail
    items = azure_package.SHAPES[shape](entries(spec, xml.encode(encoding)))
    if folder:
        with tempfile.TemporaryDirectory() as name:
            found = package.read(write_folder([item for item in items if item.data], pathlib.Path(name)), now=NOW)
    else:
        found = read_zip(scratch, zip_bytes(items, made=dt.datetime.combine(made, dt.time(12))))
    assert found.digest == read_zip(scratch, azure_package.package(plain)).digest
    assert found.warnings == ()
