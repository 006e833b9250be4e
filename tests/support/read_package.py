# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading generated client packages, for the tests of the reader."""

from __future__ import annotations

import datetime as dt
import pathlib
import typing as t

from support import azure_package
from support.azure_package import Spec, entries, make_root, settings_xml, zip_bytes

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import package
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.package import ClientPackage
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ROOT, SECOND = make_root(), make_root("Example Gateway Root 2")
NEW_SERVER = "azuregateway-8d2b6f10-4e3a-4d77-b0c9-51a7e6f2c384-0f9e8d7c6b5a.vpn.azure.com"


def read_zip(directory: pathlib.Path, data: bytes, now: dt.datetime = NOW) -> ClientPackage:
    """Read a zip of these bytes."""
    file = directory / "gateway.zip"
    file.write_bytes(data)
    return package.read(file, now=now)


def read_spec(directory: pathlib.Path, now: dt.datetime = NOW, **values: t.Any) -> ClientPackage:
    """Read a zip that says ``values``."""
    return read_zip(directory, azure_package.package(Spec(**{"roots": (ROOT,), **values})), now)


def read_settings(directory: pathlib.Path, change: t.Callable[[str], str | bytes]) -> ClientPackage:
    """Read a zip whose VpnSettings.xml went through ``change``."""
    spec = Spec((ROOT,))
    changed = change(settings_xml(spec).decode())
    return read_zip(directory, zip_bytes(entries(spec, changed.encode() if isinstance(changed, str) else changed)))


def pem(*roots: bytes) -> bytes:
    """Return roots as PEM."""
    return "".join(Certificate(root).pem for root in roots).encode()
