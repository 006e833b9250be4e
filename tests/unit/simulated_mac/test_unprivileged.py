# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is not root needs borrowed ids, and is told what is missing. (Run as an ordinary user, every other test starts its Macs that way.)"""

from __future__ import annotations

import os
import pathlib
import pwd

import pytest

from simulated_mac import unprivileged


@pytest.fixture
def table(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A table of lent ids, and a newuidmap that is installed."""
    monkeypatch.setattr(unprivileged.shutil, "which", lambda name: f"/usr/bin/{name}")
    return tmp_path / "subuid"


@pytest.mark.parametrize("owner", [pwd.getpwuid(os.getuid()).pw_name, str(os.getuid())], ids=["by-name", "by-number"])
def test_own_id_becomes_root_and_the_lent_ones_follow(table: pathlib.Path, owner: str) -> None:
    table.write_text(f"other:1:65536\n{owner}:100000:65536\n")
    assert unprivileged._map("newuidmap", str(table), 1000) == ("/usr/bin/newuidmap", ["0", "1000", "1", "1", "100000", "65535"])


@pytest.mark.parametrize("text", ["", "other:100000:65536\n", "{name}:100000:1000\n"], ids=["nobody", "another-user", "too-few"])
def test_too_few_ids_are_refused_with_the_way_out(table: pathlib.Path, text: str) -> None:
    table.write_text(text.format(name=pwd.getpwuid(os.getuid()).pw_name))
    with pytest.raises(unprivileged.NotPossibleError, match="start as root"):
        unprivileged._map("newuidmap", str(table), 1000)


def test_missing_newuidmap_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged.shutil, "which", lambda _name: None)
    with pytest.raises(unprivileged.NotPossibleError, match="package uidmap"):
        unprivileged._map("newuidmap", "/etc/subuid", 1000)
