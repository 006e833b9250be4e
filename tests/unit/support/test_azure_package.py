# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator of packages: what other programs see in its zips is what was measured in Azure's, or the reader's tests prove little."""

from __future__ import annotations

import io
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from lxml import etree
from support import azure_package
from support.azure_package import Spec, make_root, package, settings_xml
from support.malformed_package import MALFORMED
from support.read_package import ROOT, pem

from ansible_collections.azure_p2s.macos.plugins.plugin_utils.package import read

SCRIPT = pathlib.Path(azure_package.__file__)


def test_entries_are_like_azures() -> None:
    with zipfile.ZipFile(io.BytesIO(package(Spec((ROOT,))))) as archive:
        assert archive.testzip() is None
        assert [item.orig_filename for item in archive.infolist()] == [
            "Generic\\VpnSettings.xml",
            "Generic\\VpnServerRoot.cer",
            "WindowsAmd64\\VpnClientSetupAmd64.exe",
            "WindowsX86\\VpnClientSetupX86.exe",
        ]
        for item in archive.infolist():
            form = (item.compress_type, item.create_system, item.create_version, item.extract_version, item.flag_bits, item.external_attr)
            assert form == (zipfile.ZIP_DEFLATED, 0, 20, 20, 0, 0)
            assert item.date_time == (2026, 3, 2, 10, 20, 30)
        assert archive.read("Generic\\VpnServerRoot.cer") == ROOT


@pytest.mark.parametrize(
    ("vpn_type", "entra", "names"),
    [
        ("IkeV2", False, {"WindowsAmd64", "WindowsX86"}),
        ("OpenVPN", False, {"OpenVPN", "AzureVPN"}),
        ("OpenVPN", True, {"AzureVPN"}),
        ("IkeV2,OpenVPN", False, {"OpenVPN", "AzureVPN", "WindowsAmd64", "WindowsX86"}),
    ],
)
def test_folders_by_tunnel_type(vpn_type: str, entra: bool, names: set[str]) -> None:
    items = azure_package.entries(Spec((ROOT,), vpn_type=vpn_type, entra=entra))
    assert {item.name.partition("\\")[0] for item in items} == {"Generic", *names}


@pytest.mark.skipif(not shutil.which("unzip"), reason="no unzip on this machine")
def test_unzip_complains_of_backslashes_as_about_azures(tmp_path: pathlib.Path) -> None:
    (tmp_path / "gateway.zip").write_bytes(package(Spec((ROOT,))))
    done = subprocess.run(["unzip", "-q", "gateway.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "appears to use backslashes as path separators" in done.stderr
    assert read(tmp_path).warnings == ()


@pytest.mark.parametrize("schema", ["old", "old_2019", "new"])
def test_settings_are_like_azures(schema: str) -> None:
    data = settings_xml(Spec((ROOT,), schema=schema))
    sample = pathlib.Path(__file__).parents[1] / "plugins" / "plugin_utils" / "samples" / f"{schema[:3]}_schema.xml"
    expected = [element.tag for element in etree.parse(sample).getroot().iter()]
    if schema == "old_2019":
        expected = expected[: expected.index("VpnClientAddressPool")]
    assert [element.tag for element in etree.fromstring(data).iter()] == expected
    lines = data.decode().split("\r\n")
    assert lines[:2] == sample.read_text().splitlines()[:2]
    assert lines[-1] == "</VpnProfile>"
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="plain"),
        pytest.param(["--schema", "new"], id="new-schema"),
        pytest.param(["--shape", "finder"], id="zipped-again"),
        pytest.param(["--folder"], id="unpacked"),
    ],
)
def test_command(arguments: list[str], tmp_path: pathlib.Path) -> None:
    (tmp_path / "root.pem").write_bytes(pem(ROOT))
    out = tmp_path / "made"
    command = [sys.executable, str(SCRIPT), "--out", str(out), "--server-root", str(tmp_path / "root.pem")]
    subprocess.run([*command, "--vpn-server", "gw.example.com", "--route", "10.1.0.0/16", *arguments], check=True)
    found = read(out)
    assert (found.vpn_server, found.routes, found.client_address_pools) == ("gw.example.com", ("10.1.0.0/16",), ("172.16.201.0/24",))
    assert [root.der for root in found.server_roots] == [ROOT]


def test_command_with_two_roots(tmp_path: pathlib.Path) -> None:
    roots = [ROOT, make_root("Another Root")]
    files = [tmp_path / "0.pem", tmp_path / "1.der"]
    files[0].write_bytes(pem(roots[0]))
    files[1].write_bytes(roots[1])
    arguments = ["--out", str(tmp_path / "made.zip"), "--server-root", str(files[0]), "--server-root", str(files[1])]
    assert azure_package.main(arguments) == 0
    found = read(tmp_path / "made.zip")
    assert ([root.der for root in found.server_roots], found.schema, found.warnings) == (roots, "ca_certs", ())


def test_command_for_a_malformed_package(tmp_path: pathlib.Path) -> None:
    (tmp_path / "root.der").write_bytes(ROOT)
    command = [sys.executable, str(SCRIPT), "--out", str(tmp_path / "bad.zip"), "--server-root", str(tmp_path / "root.der"), "--malformed"]
    listed = subprocess.run([*command, "list"], check=True, capture_output=True, text=True)
    assert listed.stdout.split() == list(MALFORMED)
    subprocess.run([*command, "cut-in-a-file"], check=True)
    assert (tmp_path / "bad.zip").stat().st_size == 300
    assert subprocess.run([*command, "unheard-of"], check=False, capture_output=True).returncode == 2
