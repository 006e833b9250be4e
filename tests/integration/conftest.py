# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the end of a run there is no network namespace that was not there before: those of the tests have no name, only processes."""

from __future__ import annotations

import pytest
from support import namespaces

_BEFORE = pytest.StashKey[frozenset[int]]()


def pytest_configure(config: pytest.Config) -> None:
    """Note what is there. Not in the workers of a parallel run: each would see what the others do."""
    if not hasattr(config, "workerinput"):
        config.stash[_BEFORE] = frozenset(namespaces.present())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when one is left."""
    before = session.config.stash.get(_BEFORE, None)
    if before is None or not (left := namespaces.left(before)):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    reporter.write_line("")
    for number, processes in left.items():
        reporter.write_line(f"ERROR: the network namespace {number} is left, with: {'; '.join(processes)}", red=True)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
