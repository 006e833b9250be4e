# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are used: every shape and schema gives the settings, the roots and honest warnings."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import os
import pathlib
import re

import pytest
from support import azure_package
from support.azure_package import VPN_SERVER, Entry, Spec, entries, make_root, write_folder, zip_bytes
from support.read_package import NEW_SERVER, NOW, ROOT, SECOND, pem, read_settings, read_spec, read_zip

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import package
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import PackageError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.package import ClientPackage
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate

SAMPLES = pathlib.Path(__file__).parent / "samples"

# -- schemas -----------------------------------------------------------------------------------------------------------


def sample(name: str) -> tuple[bytes, bytes]:
    """Return a recorded VpnSettings.xml with Azure's line ends, and the DER of its root."""
    text = (SAMPLES / name).read_text().rstrip("\n").replace("\n", "\r\n")
    found = re.search(r"<CaCert>(.*?)</CaCert>|<string>(MII.*?)</string>", text)
    assert found
    return text.encode(), base64.b64decode(found[1] or found[2])


def test_sample_of_the_old_schema(tmp_path: pathlib.Path) -> None:
    settings, root = sample("old_schema.xml")
    found = read_zip(tmp_path, zip_bytes([Entry("Generic\\VpnSettings.xml", settings), Entry("Generic\\VpnServerRoot.cer", root)]))
    assert found == ClientPackage(
        vpn_server=VPN_SERVER,
        vpn_types=("sstp", "ikev2"),
        auth="eaptls",
        routes=("10.8.0.0/16", "10.9.0.0/24"),
        client_address_pools=("172.16.201.0/24",),
        dns_servers=(),
        vnet_name="vnet-example",
        vnet_id="3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10",
        server_roots=(Certificate(root),),
        schema="ca_cert",
        digest="285f458cfb65a3a236da172e7914bb5276679a430d577458e9df4b466aa94772",  # of this package, on every machine, for ever
        warnings=(),
    )
    assert found.server_roots[0].common_name == "Example Gateway Root"


def test_sample_of_the_new_schema(tmp_path: pathlib.Path) -> None:
    settings, root = sample("new_schema.xml")
    found = read_zip(tmp_path, zip_bytes([Entry("Generic\\VpnSettings.xml", settings), Entry("Generic\\VpnServerRoot.cer_0", root)]))
    assert (found.vpn_server, found.vpn_types, found.schema) == (NEW_SERVER, ("ikev2", "openvpn"), "ca_certs")
    assert (found.routes, found.client_address_pools) == (("172.17.0.0/16",), ("10.80.1.0/24",))
    assert [one.common_name for one in found.server_roots] == ["Example Gateway Root 2"]
    assert found.warnings == ()


def test_form_of_2019_has_no_pool_and_no_dns(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, schema="old_2019")
    assert (found.client_address_pools, found.dns_servers, found.schema) == ((), (), "ca_cert")
    assert found.routes == ("10.8.0.0/16", "10.9.0.0/24")


def test_both_schemas_at_once_give_all_roots(tmp_path: pathlib.Path) -> None:
    both = f"<CaCerts><string>{base64.b64encode(SECOND).decode()}</string></CaCerts>"
    found = read_settings(tmp_path, lambda text: text.replace("<Routes>", f"{both}<Routes>"))
    assert [one.der for one in found.server_roots] == [SECOND, ROOT]
    assert found.schema == "ca_certs"


# -- shapes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", ["old", "new"])
@pytest.mark.parametrize("shape", azure_package.SHAPES)
def test_zip_shape(shape: str, schema: str, tmp_path: pathlib.Path) -> None:
    spec = Spec((ROOT,), schema=schema)
    found = read_zip(tmp_path, zip_bytes(azure_package.SHAPES[shape](entries(spec))))
    assert found == read_zip(tmp_path, azure_package.package(spec))
    assert found.warnings == ()


@pytest.mark.parametrize("flat", [False, True], ids=["folders", "flat-names-with-backslashes"])
@pytest.mark.parametrize("shape", azure_package.SHAPES)
def test_folder_shape(shape: str, flat: bool, tmp_path: pathlib.Path) -> None:
    spec = Spec((ROOT,))
    folder = write_folder(
        (item for item in azure_package.SHAPES[shape](entries(spec)) if item.data), tmp_path / "unpacked", flat=flat and shape != "finder"
    )
    assert package.read(folder, now=NOW) == read_zip(tmp_path, azure_package.package(spec))


def test_folder_by_a_link_and_with_a_link_inside(tmp_path: pathlib.Path) -> None:
    folder = write_folder(entries(Spec((ROOT,))), tmp_path / "unpacked")
    (folder / "Generic" / "VpnServerRoot.cer").rename(folder / "root.bin")
    (folder / "Generic" / "VpnServerRoot.cer").symlink_to("../root.bin")
    (folder / "round").symlink_to(".")
    (tmp_path / "link").symlink_to(folder)
    assert package.read(tmp_path / "link", now=NOW).warnings == ()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("__MACOSX/Generic/VpnSettings.xml",), id="resource-fork-folder"),
        pytest.param(("gateway/__MACOSX/Generic/VpnSettings.xml",), id="resource-fork-folder-inside"),
        pytest.param(("Generic/._VpnSettings.xml", "generic\\._VPNSETTINGS.XML"), id="apple-double-twice"),
        pytest.param((".DS_Store", ".ds_store"), id="finder-settings-twice"),
        pytest.param((".", "./"), id="the-folder-itself"),
    ],
)
def test_what_macos_leaves_behind_is_ignored(names: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    data = zip_bytes([*entries(Spec((ROOT,))), *(Entry(name, b"junk") for name in names)])
    assert read_zip(tmp_path, data).warnings == ()


def test_package_too_deep_in_a_folder_is_not_looked_for(tmp_path: pathlib.Path) -> None:
    write_folder(entries(Spec((ROOT,))), tmp_path / "/".join("abcdefgh"))
    with pytest.raises(PackageError, match="has no Generic folder"):
        package.read(tmp_path)
    assert package.read(tmp_path / "a", now=NOW).warnings == ()


def test_installers_are_never_read(tmp_path: pathlib.Path) -> None:
    broken = [dataclasses.replace(item, crc=0, method=99) if "Windows" in item.name else item for item in entries(Spec((ROOT,)))]
    assert read_zip(tmp_path, zip_bytes(broken)).vpn_server == VPN_SERVER


def test_data_in_front_and_a_comment_behind(tmp_path: pathlib.Path) -> None:
    assert read_zip(tmp_path, b"#!/bin/sh\n" + zip_bytes(entries(Spec((ROOT,))), comment=b"made by hand")).vpn_server == VPN_SERVER


def test_genericdevice_folder(tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, folder="GenericDevice") == read_spec(tmp_path)


def test_path_as_text_and_as_path(tmp_path: pathlib.Path) -> None:
    expected = read_spec(tmp_path)
    assert package.read(str(tmp_path / "gateway.zip"), now=NOW) == expected


# -- the gateway -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vpn_type", "expected"),
    [
        pytest.param("IkeV2", ("ikev2",), id="ikev2-alone"),
        pytest.param("SSTP,IkeV2", ("sstp", "ikev2"), id="with-sstp"),
        pytest.param("OpenVPN,IkeV2", ("openvpn", "ikev2"), id="with-openvpn"),
        pytest.param("IKEV2, openvpn", ("ikev2", "openvpn"), id="other-case-and-blank"),
        pytest.param("IkeV2,WireGuard", ("ikev2", "wireguard"), id="a-type-of-the-future"),
    ],
)
def test_vpn_types(vpn_type: str, expected: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, vpn_type=vpn_type).vpn_types == expected


def test_entra_beside_ikev2_is_no_reason_to_refuse(tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, vpn_type="IkeV2,OpenVPN", entra=True).auth == "eaptls"


@pytest.mark.parametrize("server", [NEW_SERVER, "gw.cloudapp.net", "xn--gtew-loa.example.com", f"  {NEW_SERVER.upper()}\t"])
def test_vpn_servers(server: str, tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, vpn_server=server).vpn_server == server.strip().lower()


def test_lists_are_normalised_and_keep_their_order(tmp_path: pathlib.Path) -> None:
    found = read_spec(
        tmp_path,
        routes=("10.9.0.0/24 ", "2001:DB8:0::/48", "10.8.0.0/16", "10.9.0.0/24", ""),
        pools=("172.16.201.0/24", " 172.16.202.0/24"),
        dns=("10.0.0.5", "fd00::0:53"),
    )
    assert found.routes == ("10.9.0.0/24", "2001:db8::/48", "10.8.0.0/16")
    assert found.client_address_pools == ("172.16.201.0/24", "172.16.202.0/24")
    assert found.dns_servers == ("10.0.0.5", "fd00::53")


def test_lists_as_string_elements(tmp_path: pathlib.Path) -> None:
    strings = "<CustomDnsServers><string>10.0.0.4</string><string>10.0.0.5</string></CustomDnsServers>"
    assert read_settings(tmp_path, lambda text: text.replace("<CustomDnsServers />", strings)).dns_servers == ("10.0.0.4", "10.0.0.5")


def test_names_may_be_absent(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, vnet_name="", vnet_id=" ")
    assert (found.vnet_name, found.vnet_id) == (None, None)
    found = read_settings(tmp_path, lambda text: re.sub(r"<Vnet.*?</Vnet\w+>|<Routes>.*</Routes>", "", text))
    assert (found.vnet_name, found.vnet_id, found.routes) == (None, None, ())


def test_predefined_entities_and_comments(tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, vnet_name="R&D <lab>").vnet_name == "R&D <lab>"
    found = read_settings(tmp_path, lambda text: text.replace("<VpnServer>azure", "<VpnServer><!-- the name -->azure"))
    assert found.vpn_server == VPN_SERVER


def test_elements_of_the_future_are_no_reason_to_refuse(tmp_path: pathlib.Path) -> None:
    read_settings(tmp_path, lambda text: text.replace("<Routes>", "<Novelty><a>1</a></Novelty><Routes>"))


# -- roots -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        pytest.param((("VpnServerRoot.cer", ROOT),), id="cer"),
        pytest.param((("VpnServerRoot.cer_0", ROOT),), id="cer_0"),
        pytest.param((("VpnServerRoot.cer", pem(ROOT)),), id="pem-in-place"),
        pytest.param((("VpnServerRoot.cer_0", pem(ROOT).replace(b"\n", b"\r\n")),), id="pem-with-crlf"),
        pytest.param((("VpnServerRoot.cer", b"subject=Example\n\n" + pem(ROOT)),), id="pem-with-text-in-front"),
        pytest.param((("VpnServerRoot.pem", pem(ROOT)),), id="pem-renamed"),
        pytest.param((("VPNSERVERROOT.CER", ROOT), ("VpnServerRoot.cer_0", ROOT)), id="the-same-twice"),
    ],
)
def test_root_file(files: tuple[tuple[str, bytes], ...], tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, root_files=files) == read_spec(tmp_path)


def test_several_roots_keep_their_order(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, schema="new", roots=(SECOND, ROOT, SECOND))
    assert [one.der for one in found.server_roots] == [SECOND, ROOT]
    assert found.warnings == ()


def test_several_roots_in_one_pem_file(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, schema="new", roots=(ROOT, SECOND), root_files=(("VpnServerRoot.cer", pem(SECOND, ROOT)),))
    assert found.warnings == ()


def test_root_file_with_one_root_more_is_a_warning(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, root_files=(("VpnServerRoot.cer_0", ROOT), ("VpnServerRoot.cer_1", SECOND)))
    assert [one.der for one in found.server_roots] == [ROOT], "VpnSettings.xml is the truth"
    (warning,) = found.warnings
    assert re.fullmatch(
        r'The server root "Example Gateway Root 2" \(SHA-256 \w{16}…\) of "Generic\\VpnServerRoot.cer_1" '
        r"is not in VpnSettings.xml and is left out\.",
        warning,
    )


def test_root_file_with_one_root_less_is_a_warning(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, schema="new", roots=(ROOT, SECOND), root_files=(("VpnServerRoot.cer_0", ROOT),))
    assert [one.der for one in found.server_roots] == [ROOT, SECOND]
    (warning,) = found.warnings
    assert '"Example Gateway Root 2"' in warning
    assert "is in no VpnServerRoot file; it is used all the same" in warning


def test_no_root_file_is_a_warning(tmp_path: pathlib.Path) -> None:
    found = read_spec(tmp_path, root_files=())
    assert found.warnings == ("The package has no VpnServerRoot file; the server roots are those of VpnSettings.xml.",)
    assert len(found.server_roots) == 1


@pytest.mark.parametrize(
    ("begins", "ends", "text"),
    [
        pytest.param(dt.date(2006, 1, 1), dt.date(2025, 11, 10), "expired on 2025-11-10T00:00:00Z", id="expired"),
        pytest.param(dt.date(2026, 6, 1), dt.date(2040, 1, 1), "is not valid before 2026-06-01T00:00:00Z", id="not-yet-valid"),
    ],
)
def test_root_out_of_its_time_is_left_out_with_a_warning(begins: dt.date, ends: dt.date, text: str, tmp_path: pathlib.Path) -> None:
    other = make_root("Other Root", begins, ends)
    found = read_spec(tmp_path, schema="new", roots=(other, ROOT))
    assert [one.der for one in found.server_roots] == [ROOT]
    (warning,) = found.warnings
    assert warning.startswith('The server root "Other Root" (SHA-256 ')
    assert warning.endswith(f"{text} and is left out.")


@pytest.mark.parametrize(("minutes", "usable"), [(4, True), (6, False)], ids=["within-the-skew", "beyond-the-skew"])
def test_root_that_begins_in_a_moment(minutes: int, usable: bool, tmp_path: pathlib.Path) -> None:
    root = make_root("New Root", dt.date(2026, 3, 3))
    now = dt.datetime(2026, 3, 3, tzinfo=dt.UTC) - dt.timedelta(minutes=minutes)
    assert bool(read_spec(tmp_path, now, schema="new", roots=(ROOT, root)).warnings) != usable


def test_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    read_spec(tmp_path)
    assert set(os.listdir("/proc/self/fd")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.zip"]
