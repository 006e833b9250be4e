# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest: the same for the same settings and roots, another one for others."""

from __future__ import annotations

import codecs
import datetime as dt
import pathlib
import re
import typing as t

import pytest
from support import azure_package
from support.azure_package import Spec, entries, make_root, zip_bytes
from support.read_package import NEW_SERVER, NOW, ROOT, SECOND, read_settings, read_spec, read_zip


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\r\n", "\n"), id="lf"),
        pytest.param(lambda text: text + "\r\n", id="newline-at-the-end"),
        pytest.param(lambda text: codecs.BOM_UTF8 + text.encode(), id="utf-8-bom"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16-as-an-editor-saves-it"),
        pytest.param(lambda text: text.replace('"1.0"', '"1.0" encoding="utf-8"'), id="declared-encoding"),
        pytest.param(lambda text: text.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16"), id="declared-utf-16"),
        pytest.param(lambda text: text.replace('<?xml version="1.0"?>\r\n', ""), id="no-declaration"),
        pytest.param(lambda text: re.sub(r"\r\n *", "", text), id="one-line"),
        pytest.param(lambda text: text.replace("SSTP,IkeV2", "IKEV2,SSTP"), id="types-in-other-order"),
        pytest.param(lambda text: text.replace("10.8.0.0/16,10.9.0.0/24", "10.9.0.0/24, 10.8.0.0/16"), id="routes-in-other-order"),
        pytest.param(lambda text: text.replace("EAPTLS", "EapTls"), id="auth-in-other-case"),
        pytest.param(
            lambda text: re.sub(r"CaCert>(\w[^<]*)<", r"CaCerts><string>\1</string><", text).replace("/CaCert>", "/CaCerts>"),
            id="new-schema",
        ),
    ],
)
def test_digest_is_the_same_after(change: t.Callable[[str], str | bytes], tmp_path: pathlib.Path) -> None:
    assert read_settings(tmp_path, change).digest == read_spec(tmp_path).digest


@pytest.mark.parametrize(
    "values",
    [
        {"vpn_server": NEW_SERVER},
        {"vpn_type": "IkeV2"},
        {"routes": ("10.8.0.0/16",)},
        {"pools": ("172.16.0.0/16",)},
        {"dns": ("10.0.0.4",)},
        {"vnet_name": "other"},
        {"vnet_id": "other"},
        {"roots": (SECOND,)},
        {"roots": (ROOT, SECOND), "schema": "new"},
    ],
    ids="-".join,
)
def test_digest_differs_with(values: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    assert read_spec(tmp_path, **values).digest != read_spec(tmp_path).digest


def test_digest_knows_no_dates(tmp_path: pathlib.Path) -> None:
    spec = Spec((ROOT,))
    later = zip_bytes(entries(spec), made=dt.datetime(2026, 9, 9, tzinfo=dt.UTC))
    assert read_zip(tmp_path, later).digest == read_zip(tmp_path, azure_package.package(spec)).digest


def test_digest_does_not_change_when_a_root_expires(tmp_path: pathlib.Path) -> None:
    roots = (make_root("Old Root", dt.date(2006, 1, 1), dt.date(2026, 4, 1)), ROOT)
    before = read_spec(tmp_path, schema="new", roots=roots)
    after = read_spec(tmp_path, NOW + dt.timedelta(days=60), schema="new", roots=roots)
    assert (len(before.server_roots), len(after.server_roots)) == (2, 1)
    assert before.digest == after.digest
