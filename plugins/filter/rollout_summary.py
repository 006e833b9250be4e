# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter rollout_summary."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import rollout


def rollout_summary(
    hostvars: Mapping[str, Mapping[str, t.Any]], hosts: Iterable[str], check: bool = False, active: Iterable[str] | None = None
) -> list[str]:
    """Return how far the role vpn_client is on ``hosts``, in lines for the admin."""
    return rollout.summary({host: hostvars[host] for host in hosts}, check=check, active=active)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Return the filters by name."""
        return {"rollout_summary": rollout_summary}
