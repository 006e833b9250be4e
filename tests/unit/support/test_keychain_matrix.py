# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure matrix in the docs is the one that is tested, and worth the name."""

from __future__ import annotations

import pathlib

from support import keychain_matrix

_ROOT = pathlib.Path(__file__).parents[3]


def test_the_docs_show_the_cases_that_are_tested() -> None:
    """When this fails: cd tests && python -m support.keychain_matrix ../docs/keychain.md."""
    assert keychain_matrix.table() in (_ROOT / "docs" / "keychain.md").read_text("utf-8")


def test_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [case.name for case in keychain_matrix.CASES]
    assert len(set(names)) == len(names) >= 40


def test_every_refusal_says_something_and_changes_nothing() -> None:
    for case in keychain_matrix.CASES:
        if case.outcome in ("refused", "stopped"):
            assert case.says, case.name
        if case.outcome not in ("changed", "stopped"):
            assert not case.adds, case.name
            assert not case.removes, case.name
