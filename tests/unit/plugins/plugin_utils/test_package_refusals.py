# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every package that must be refused is refused, with a sentence that names the option, what was found and the way out."""

from __future__ import annotations

import errno
import os
import pathlib
import socket

import pytest
from support import malformed_package
from support.azure_package import Spec, entries, make_root, write_folder

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import package, package_archive, package_settings
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import PackageError

AGAIN = "download the client package"
DO_NOT_USE = "do not use this package"
NEW_GATEWAY = "set the gateway's point-to-site configuration to IKEv2 with Azure certificate authentication"
CORRECT = "correct it in the configuration of the gateway"

# what is refused: (part of the finding, part of the remedy)
EXPECTED: dict[str, tuple[str, str]] = {
    "empty-file": ("is an empty file", AGAIN),
    "not-a-zip": ("is not a zip", "give the zip"),
    "web-page-of-an-expired-link": ("is a web page or an XML message", "valid for one hour"),
    "settings-file-alone": ("is a VpnSettings.xml on its own", "the folder that contains the Generic folder"),
    "cut-in-a-file": ("cut short", AGAIN),
    "cut-in-the-directory": ("cut short", AGAIN),
    "begin-is-missing": ("cut short", AGAIN),
    "zip64": ("is a ZIP64 archive", AGAIN),
    "one-part-of-several": ("is one part of a zip in several parts", AGAIN),
    "directory-longer-than-counted": ("damaged directory", AGAIN),
    "directory-shorter-than-counted": ("damaged directory", AGAIN),
    "directory-entry-cut": ("damaged directory", AGAIN),
    "directory-overwritten": ("damaged directory", AGAIN),
    "encrypted": ("is an encrypted zip", "without a password"),
    "strongly-encrypted": ("is an encrypted zip", "without a password"),
    "directory-encrypted": ("is an encrypted zip", "without a password"),
    "encrypted-installer-only": ("is an encrypted zip", "without a password"),
    "offset-behind-the-end": ("is not where the zip's directory says", AGAIN),
    "packed-by-lzma": ("packed with method 14", AGAIN),
    "checksum-does-not-match": ('the checksum of "Generic\\VpnSettings.xml" does not match', AGAIN),
    "name-in-front-of-the-file-differs": ("is not where the zip's directory says", AGAIN),
    "deflate-garbage": ("cannot be inflated", AGAIN),
    "deflate-stream-cut-off": ("ends too early", AGAIN),
    "deflate-stream-with-data-behind": ("ends too early or too late", AGAIN),
    "settings-of-2-mib": ("far too big", DO_NOT_USE),
    "stored-settings-of-2-mib": ("far too big", DO_NOT_USE),
    "settings-with-a-high-ratio": ("packed more than 200:1", DO_NOT_USE),
    "bomb-declared-as-2-kib": ("far too big", DO_NOT_USE),
    "root-file-bomb": ('far too big "Generic\\VpnServerRoot.cer"', DO_NOT_USE),
    "too-many-entries": ("more than 10000 entries", "give the client package itself"),
    "60000-entries-with-long-names": ("names of more than 1048576 characters together", "give the client package itself"),
    "name-of-60-kib": ("far too long name", AGAIN),
    "symbolic-link": ("a symbolic link", AGAIN),
    "path-to-the-parent": ('"../VpnSettings.xml", which points outside', DO_NOT_USE),
    "path-to-the-parent-with-backslashes": ("points outside", DO_NOT_USE),
    "folder-in-the-parent": ("points outside", DO_NOT_USE),
    "absolute-path": ("points outside", DO_NOT_USE),
    "absolute-path-with-a-backslash": ("points outside", DO_NOT_USE),
    "path-with-a-drive": ("points outside", DO_NOT_USE),
    "settings-twice-under-both-slashes": ("two settings files", AGAIN),
    "settings-twice-in-other-case": ("two settings files", AGAIN),
    "settings-in-generic-and-genericdevice": ("2 settings files", "one client package at a time"),
    "two-packages": ("2 settings files", "one client package at a time"),
    "root-file-twice": ("two entries of the same name", AGAIN),
    "no-entries": ("has no Generic folder", "give the zip"),
    "no-generic-folder": ("has no Generic folder", "give the zip"),
    "no-generic-folder-sstp": ("no IKEv2, only SSTP", "SKU Basic cannot do it"),
    "no-generic-folder-openvpn": ("no IKEv2, only OpenVPN", "enable IKEv2"),
    "no-generic-folder-radius": ("only SSTP (its Windows installers are there) and RADIUS", "enable IKEv2"),
    "generic-without-settings": ("a Generic folder without VpnSettings.xml", AGAIN),
    "settings-outside-generic": ("VpnSettings.xml outside a Generic folder", "contains the Generic folder"),
    "zip-inside-a-zip": ('another zip, "gateway.zip"', "give the inner zip"),
    "sstp-only": ("without IKEv2: it offers only SSTP", NEW_GATEWAY),
    "openvpn-only": ("without IKEv2: it offers only OpenVPN", NEW_GATEWAY),
    "openvpn-with-entra-only": ("offers only OpenVPN, with sign-in by Microsoft Entra ID", NEW_GATEWAY),
    "sstp-and-openvpn": ("offers only SSTP and OpenVPN", NEW_GATEWAY),
    "openvpn-without-a-server-root": ("offers only OpenVPN", NEW_GATEWAY),
    "radius-passwords": ("RADIUS passwords (EAPMSCHAPV2): it offers SSTP and IKEv2", NEW_GATEWAY),
    "radius-passwords-as-the-api-spells-it": ("RADIUS passwords", NEW_GATEWAY),
    "unknown-authentication": ('unknown authentication "kerberos"', NEW_GATEWAY),
    "radius-certificates": ("leaves authentication to a RADIUS server", NEW_GATEWAY),
    "settings-empty": ("not well-formed XML", AGAIN),
    "settings-not-xml": ("not well-formed XML", AGAIN),
    "settings-cut": ("not well-formed XML (line 15)", AGAIN),
    "settings-with-nul": ("not UTF-8", AGAIN),
    "settings-not-utf8": ("not UTF-8", AGAIN),
    "settings-declared-latin-1": ('in the encoding "iso-8859-1"', AGAIN),
    "settings-declared-utf-7": ('in the encoding "UTF-7"', AGAIN),
    "settings-of-another-kind": ("<AzVpnProfile> instead of <VpnProfile>", AGAIN),
    "document-type": ("document type (DOCTYPE) or entities", DO_NOT_USE),
    "document-type-in-utf-16": ("document type (DOCTYPE) or entities", DO_NOT_USE),
    "document-type-in-utf-16-without-a-mark": ("not UTF-8", AGAIN),
    "external-document-type": ("document type (DOCTYPE) or entities", DO_NOT_USE),
    "external-entity": ("document type (DOCTYPE) or entities", DO_NOT_USE),
    "billion-laughs": ("document type (DOCTYPE) or entities", DO_NOT_USE),
    "undefined-entity": ('undefined entity "&nbsp;"', DO_NOT_USE),
    "endless-nesting": ("more than 10000 tags", DO_NOT_USE),
    "too-many-tags": ("more than 10000 tags", DO_NOT_USE),
    "too-many-attributes": ("more than 10000 tags or attributes", DO_NOT_USE),
    "an-element-twice": ('"VpnServer" twice', AGAIN),
    "an-element-inside-a-text": ("elements inside VpnServer", AGAIN),
    "no-vpn-type": ("no VpnType", AGAIN),
    "vpn-type-not-a-word": ('VpnType in VpnSettings.xml: it holds "<b>"', AGAIN),
    "no-auth": ("no Auth", AGAIN),
    "no-vpn-server": ("VpnServer in VpnSettings.xml: it is missing", AGAIN),
    "empty-vpn-server": ("VpnServer in VpnSettings.xml: it is missing or empty", AGAIN),
    "vpn-server-is-an-address": ('"20.61.12.9", which is not a fully qualified', AGAIN),
    "vpn-server-is-one-label": ('"gateway", which is not a fully qualified', AGAIN),
    "vpn-server-ends-with-a-dot": ("not a fully qualified", AGAIN),
    "vpn-server-has-an-underscore": ("not a fully qualified", AGAIN),
    "vpn-server-has-a-long-label": ("not a fully qualified", AGAIN),
    "vpn-server-is-too-long": ("not a fully qualified", AGAIN),
    "vpn-server-is-a-url": ("not a fully qualified", AGAIN),
    "vpn-server-is-not-ascii": ("characters that no host name has", AGAIN),
    "vpn-server-has-a-kelvin-sign": ("characters that no host name has", AGAIN),
    "vpn-server-has-a-line-break": ("holds a line break", AGAIN),
    "vpn-server-has-a-written-line-break": ("holds a line break", AGAIN),
    "vpn-server-has-a-written-carriage-return": ("holds a line break", AGAIN),
    "route-is-a-word": ('Routes in VpnSettings.xml: it holds "everything"', CORRECT),
    "route-without-a-prefix": ("is 10.8.0.0/32 meant?", CORRECT),
    "route-with-a-netmask": ("is 10.8.0.0/16 meant?", CORRECT),
    "route-with-host-bits": ("is 10.8.0.0/16 meant?", CORRECT),
    "route-with-a-long-prefix": ("not a network in CIDR form", CORRECT),
    "route-with-a-zone": ('"fe80::%en0/64", which is not a network in CIDR form', CORRECT),
    "70000-routes": ("Routes in VpnSettings.xml: it holds 70000 values, more than 4096", CORRECT),
    "pool-is-a-range": ("VpnClientAddressPool in VpnSettings.xml: it holds", CORRECT),
    "dns-server-is-a-name": ('CustomDnsServers in VpnSettings.xml: it holds "dns.example.com"', CORRECT),
    "dns-server-is-a-network": ("not an IP address", CORRECT),
    "dns-server-with-a-zone": ("not an IP address", CORRECT),
    "vnet-name-has-a-line-break": ("VnetName in VpnSettings.xml", AGAIN),
    "vnet-id-is-endless": ("VnetId in VpnSettings.xml", AGAIN),
    "something-else-in-a-list": ("something else than <string> inside Routes", AGAIN),
    "an-element-inside-a-list": ("something else than <string> inside Routes", AGAIN),
    "text-between-the-values-of-a-list": ("something else than <string> inside Routes", AGAIN),
    "text-before-the-values-of-a-list": ("something else than <string> inside Routes", AGAIN),
    "no-root-element": ("no server root (CaCert or CaCerts)", AGAIN),
    "empty-root": ("server root (CaCert) in VpnSettings.xml that is empty", AGAIN),
    "empty-list-of-roots": ("no server root (CaCert or CaCerts)", AGAIN),
    "root-is-not-base64": ('not base64, it begins with "MIIB*"', AGAIN),
    "root-is-pem": ("not base64", AGAIN),
    "root-has-a-line-break": ("holds a line break", AGAIN),
    "root-has-a-written-line-break": ("holds a line break", AGAIN),
    "root-has-a-carriage-return": ("holds a line break", AGAIN),
    "root-is-no-certificate": ("not a readable certificate", AGAIN),
    "root-is-cut": ("not a readable certificate", AGAIN),
    "root-of-100-kib": ("102400 bytes, far more than a certificate", AGAIN),
    "root-with-a-name-of-20-kb": ("far more than a certificate", AGAIN),
    "too-many-roots": ("more than 16 certificates", AGAIN),
    "something-else-in-the-roots": ("elements inside CaCert", AGAIN),
    "root-file-shares-no-root": ("contradicts itself", AGAIN),
    "root-file-empty": ('root file "Generic\\VpnServerRoot.cer_0" that is empty', AGAIN),
    "root-file-garbage": ("not a readable certificate", AGAIN),
    "root-file-pem-cut": ("not a readable certificate", AGAIN),
    "root-file-of-900-kib": ("far more than a certificate", AGAIN),
    "too-many-root-files": ("17 server root files", DO_NOT_USE),
    "too-many-roots-in-root-files": ("more than 16 server roots", DO_NOT_USE),
    "all-roots-expired": ('"Old Root" (SHA-256', "the gateway's root has been replaced"),
    "no-root-valid-yet": ("is not valid before 2099-01-01T00:00:00Z", "check the clock of the controller"),
}


def refusal(path: str | pathlib.Path) -> PackageError:
    """Return why ``path`` was refused, after checking the sentence's form."""
    with pytest.raises(PackageError) as caught:
        package.read(path)
    error = caught.value
    assert error.option == "path"
    assert str(error).startswith('path: "')
    assert str(error).isprintable()
    assert str(error).endswith(".")
    assert ".." not in str(error)[-2:]
    assert len(str(error)) < 700
    return error


def test_every_variant_has_an_expectation() -> None:
    assert set(malformed_package.MALFORMED) == set(EXPECTED)


@pytest.mark.parametrize("name", malformed_package.MALFORMED)
def test_refused(name: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "gateway.zip"
    file.write_bytes(malformed_package.MALFORMED[name](Spec((make_root(),))))
    error = refusal(file)
    finding, remedy = EXPECTED[name]
    assert finding in error.finding
    assert remedy in error.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.zip"], "something was extracted to disk"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        pytest.param("openvpn-only", "it offers only OpenVPN", id="no-sign-in-by-entra"),
        pytest.param("route-with-a-zone", "not a network in CIDR form", id="no-network-to-suggest"),
        pytest.param("vnet-id-is-endless", '00…", which is not one line of at most 256 printable characters', id="long-value-cut"),
    ],
)
def test_nothing_more_is_said(name: str, end: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "gateway.zip").write_bytes(malformed_package.MALFORMED[name](Spec((make_root(),))))
    assert refusal(tmp_path / "gateway.zip").finding.endswith(end)


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        pytest.param("/nowhere/gateway.zip", "does not exist", id="missing"),
        pytest.param("", "does not exist", id="empty-path"),
        pytest.param("gate\0way.zip", "cannot be looked at", id="nul-in-path"),
        pytest.param("/dev/zero", "is neither a file nor a folder", id="endless-device"),
        pytest.param("/etc/passwd/gateway.zip", "cannot be looked at", id="file-as-folder"),
    ],
)
def test_path_refused(path: str, finding: str) -> None:
    assert finding in refusal(path).finding


def test_named_pipe_does_not_hang(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is neither a file nor a folder" in refusal(tmp_path / "pipe").finding


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """An unpacked package."""
    return write_folder(entries(Spec((make_root(),))), tmp_path / "gateway")


def test_empty_folder(tmp_path: pathlib.Path) -> None:
    assert "has no Generic folder" in refusal(tmp_path).finding


def test_generic_folder_itself(folder: pathlib.Path) -> None:
    error = refusal(folder / "Generic")
    assert "outside a Generic folder" in error.finding
    assert "the folder or zip that contains the Generic folder" in error.remedy


@pytest.mark.parametrize("target", ["/etc/hostname", "../../outside.cer", "/nowhere"], ids=["absolute", "relative", "dangling"])
def test_file_linked_to_the_outside(folder: pathlib.Path, target: str) -> None:
    (folder.parent / "outside.cer").write_bytes(b"")
    (folder / "Generic" / "VpnServerRoot.cer").unlink()
    (folder / "Generic" / "VpnServerRoot.cer").symlink_to(target)
    assert 'the symbolic link "Generic/VpnServerRoot.cer", which points outside' in refusal(folder).finding


def test_folder_linked_to_the_outside(folder: pathlib.Path) -> None:
    (folder / "Generic").rename(folder.parent / "elsewhere")
    (folder / "Generic").symlink_to(folder.parent / "elsewhere")
    assert 'the symbolic link "Generic", which points outside' in refusal(folder).finding


def test_folder_with_a_similar_name_is_outside(folder: pathlib.Path) -> None:
    (folder.parent / "gateway2").mkdir()
    (folder / "link").symlink_to(folder.parent / "gateway2")
    assert "points outside" in refusal(folder).finding


def test_link_to_itself(folder: pathlib.Path) -> None:
    (folder / "Generic" / "VpnServerRoot.cer").unlink()
    (folder / "Generic" / "VpnServerRoot.cer").symlink_to("VpnServerRoot.cer")
    assert "cannot be read" in refusal(folder).finding


def test_pipe_instead_of_settings(folder: pathlib.Path) -> None:
    (folder / "Generic" / "VpnSettings.xml").unlink()
    os.mkfifo(folder / "Generic" / "VpnSettings.xml")
    assert "is not a regular file" in refusal(folder).finding


def test_socket_instead_of_settings(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Generic" / "VpnSettings.xml").unlink()
    monkeypatch.chdir(folder / "Generic")  # a socket's path may have no more than 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("VpnSettings.xml")
        assert "cannot be read" in refusal(folder).finding


def test_endless_settings(folder: pathlib.Path) -> None:
    with (folder / "Generic" / "VpnSettings.xml").open("wb") as file:
        file.truncate(1 << 40)  # sparse: costs no disk
    assert "far too big" in refusal(folder).finding


def test_settings_twice_by_both_slashes(folder: pathlib.Path) -> None:
    (folder / "Generic\\VpnSettings.xml").write_bytes(b"")
    assert "two settings files" in refusal(folder).finding


def test_flat_name_leading_out(folder: pathlib.Path) -> None:
    (folder / "Generic\\..\\..\\VpnSettings.xml").write_bytes(b"")
    assert "points outside the package" in refusal(folder).finding


def test_far_too_many_files(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_archive, "MAX_ENTRIES", 5)
    assert "more than 5 entries" in refusal(folder).finding


def test_unreadable_file(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_arguments: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", denied)  # chmod would not stop root
    error = refusal(folder)
    assert '"Generic/VpnSettings.xml", which cannot be read: Permission denied' in error.finding
    assert "check the rights" in error.remedy


def test_without_lxml(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_settings, "etree", None)
    error = refusal(folder)
    assert "cannot be read without the Python library lxml" in error.finding
    assert "install requirements.txt" in error.remedy
