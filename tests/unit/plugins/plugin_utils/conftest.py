# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shells that stand for macOS's /bin/sh."""

from __future__ import annotations

import shutil

import pytest

_SHELLS = {"dash": ["dash"], "bash-as-sh": ["bash", "--posix"]}


@pytest.fixture(params=_SHELLS, ids=list(_SHELLS))
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Return the command of a shell; each in turn."""
    command: list[str] = _SHELLS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    return command
