# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Mac answers as public sources say that macOS does; the ids name the part of its behaviour."""

from __future__ import annotations

import typing as t

import pytest

from simulated_mac.conformance import identities, keychains, keys, network, profiles, security_common, special, tools
from simulated_mac.conformance.case import Answer, Case, agree
from simulated_mac.inside import modes

Answers = t.Callable[[str, t.Sequence[Case]], dict[str, Answer]]
TABLES = (security_common.CASES, keychains.CASES, identities.CASES, keys.CASES, profiles.CASES, network.CASES, tools.CASES)


def _every() -> t.Iterator[t.Any]:
    for table in TABLES:
        for case in table:
            for version in case.on:
                yield pytest.param(table, case, version, id=f"{case.id}@{version}" if len(case.on) > 1 else case.id)


@pytest.mark.parametrize(("table", "case", "version"), list(_every()))
def test_tool(answers: Answers, table: list[Case], case: Case, version: str) -> None:
    found = answers(version, table)[case.id]
    assert agree(case.err, found.err), f"stderr of {case.script}: {found.err!r}"
    assert agree(case.out, found.out), f"stdout of {case.script}: {found.out!r}"
    assert found.rc == case.rc, case.script


def test_there_are_enough_cases() -> None:
    names = [case.id for table in TABLES for case in table]
    assert len(names) == len(set(names))
    assert len(names) >= 120


def test_every_switch_is_used() -> None:
    """A switch whose other branch no case and no test takes might as well be broken."""
    tested_elsewhere = {"session_per_exec", "first_dialog", "full_disk_access", "profile_identity", "language", "dynamic_store"}
    assert special.KIND.keys() | tested_elsewhere == modes.DEFAULTS.keys()
    assert all(value != modes.DEFAULTS[name] for name, value in special.KIND.items())
