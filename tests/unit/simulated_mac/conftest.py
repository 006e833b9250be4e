# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One small fleet for all tests of the simulated Mac: a Mac for each version, and what a test boots for itself."""

from __future__ import annotations

import itertools
import os
import typing as t

import pytest

from simulated_mac import Fleet, MacSpec, SimulatedMac, unprivileged
from simulated_mac.conformance import case as conformance
from simulated_mac.conformance import special

_NUMBER = itertools.count()


# Tests that start no Mac.
_NEED_NO_MAC = ("test_profile_rules.py", "test_unprivileged.py")


@pytest.fixture(scope="session")
def _lacking() -> str:
    return "" if os.geteuid() == 0 else unprivileged.lacking()


@pytest.fixture(autouse=True)
def _macs_can_start(request: pytest.FixtureRequest, _lacking: str) -> None:
    """Skip what needs a Mac where an unprivileged user can start none, and say why."""
    if _lacking and (request.path.name not in _NEED_NO_MAC or "boot" in request.fixturenames):
        pytest.skip(_lacking)


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Fleet]:
    """A Mac of each version, named after it, and the special ones of the conformance suite."""
    specs = [MacSpec(f"v{version}", macos=version, modes={"import_text": version != "15.1"}) for version in conformance.VERSIONS]
    specs += [MacSpec(f"v{name}", **options) for name, options in special.specs().items()]
    with Fleet(tmp_path_factory.mktemp("macs") / "fleet", specs) as running:
        for mac in running:
            conformance.install_files(mac)
            special.prepare(mac)
        yield running


@pytest.fixture(scope="session")
def answers(fleet: Fleet) -> t.Callable[[str, t.Sequence[conformance.Case]], dict[str, conformance.Answer]]:
    """Return the answers of a version to all cases of a table; they run when the first is asked for."""
    known: dict[tuple[str, int], dict[str, conformance.Answer]] = {}

    def get(version: str, cases: t.Sequence[conformance.Case]) -> dict[str, conformance.Answer]:
        key = (version, id(cases))
        if key not in known:
            known[key] = conformance.run(fleet[f"v{version}"], [case for case in cases if version in case.on])
        return known[key]

    return get


@pytest.fixture
def boot(fleet: Fleet) -> t.Callable[..., SimulatedMac]:
    """Boot a fresh Mac with the files of the cases: ``boot(macos="26.1", ...)`` takes what ``MacSpec`` takes."""

    def start(**options: t.Any) -> SimulatedMac:
        mac = fleet.boot(MacSpec(f"fresh{next(_NUMBER)}", **options))
        conformance.install_files(mac)
        return mac

    return start
