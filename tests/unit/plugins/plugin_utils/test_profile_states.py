# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state table of the docs is the one that the simulated Macs prove, and it speaks of every status there is."""

from __future__ import annotations

import os
import pathlib
import typing as t

from support import profile_states

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import profiles

PAGE = pathlib.Path(__file__).resolve().parents[4] / "docs" / "profile.md"
BEGIN, END = "<!-- states: begin -->\n", "<!-- states: end -->\n"


def test_the_docs_show_the_table_that_is_tested() -> None:
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    shown, after = rest.split(END)
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(f"{before}{BEGIN}{profile_states.markdown()}{END}{after}", "utf-8")
        return
    assert shown == profile_states.markdown(), "make golden writes it anew"


def test_the_table_speaks_of_every_status() -> None:
    every = set(t.get_args(profiles.Status))
    assert {cell.before for cell in profile_states.CELLS} - {profile_states.MDM, profile_states.OLD_MDM} == every
    assert {cell.after for cell in profile_states.CELLS} == every


def test_the_diagram_shows_no_way_that_the_table_does_not_know() -> None:
    diagram = PAGE.read_text("utf-8").split("```mermaid")[1].split("```")[0]
    ways = [line.split(":")[0].split("-->") for line in diagram.splitlines() if "-->" in line and "[*]" not in line]
    known = {(cell.before, cell.after) for cell in profile_states.CELLS}
    assert len(ways) >= 10
    for before, after in ways:
        assert (before.strip(), after.strip()) in known
