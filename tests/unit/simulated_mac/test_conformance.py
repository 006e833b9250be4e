# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Mac answers as public sources say that macOS does; the ids name the part of its behaviour."""

from __future__ import annotations

import typing as t

import pytest

from simulated_mac.conformance import identities, profiles, security_common, tools
from simulated_mac.conformance.case import Answer, Case, agree

Answers = t.Callable[[str, t.Sequence[Case]], dict[str, Answer]]
TABLES = (security_common.CASES, identities.CASES, profiles.CASES, tools.CASES)


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
