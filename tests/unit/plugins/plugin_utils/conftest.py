# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every profile that a unit test renders is judged; and the shells that stand for macOS's /bin/sh."""

from __future__ import annotations

import shutil
import typing as t

import pytest
from support.profile_schema import violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity

_SHELLS = {"dash": ["dash"], "bash-as-sh": ["bash", "--posix"]}


@pytest.fixture(autouse=True, scope="session")
def judged() -> t.Iterator[None]:
    """Let no profile that breaks Apple's schema go unnoticed, whatever the test is about."""
    render = mobileconfig.render

    def render_and_judge(settings: mobileconfig.ProfileSettings, identity: Identity, passphrase: str) -> bytes:
        profile = render(settings, identity, passphrase)
        groups = settings.ike.diffie_hellman_group, settings.child.diffie_hellman_group
        # Whoever chose another Local ID than the certificate's was warned.
        chosen = any(f"Local ID '{settings.local_identifier}'" in warning for warning in settings.warnings)
        found = violations(profile, (15, 6) if 2 in groups else None, chosen_local_identifier=chosen)
        if identity.__class__ is not Identity:
            # A stand-in, whose encoding is a text for people.
            found = [problem for problem in found if not problem.startswith("identity: ")]
        assert found == []
        return profile

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mobileconfig, "render", render_and_judge)
        yield


@pytest.fixture(params=_SHELLS, ids=list(_SHELLS))
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Return the command of a shell; each in turn."""
    command: list[str] = _SHELLS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    return command
