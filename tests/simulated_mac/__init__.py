# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated Macs: real OpenSSH servers whose macOS tools behave as macOS's public sources say.

Nothing here is imported before it is needed: the same package is copied into each simulated Mac,
where every command line tool starts it anew.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .fleet import Fleet
    from .mac import SimulatedMac
    from .spec import Gateway, MacSpec, OtherService, Person, User

__all__ = ["Fleet", "Gateway", "MacSpec", "OtherService", "Person", "SimulatedMac", "User"]

_HOME = {"Fleet": "fleet", "SimulatedMac": "mac"} | dict.fromkeys(("MacSpec", "User", "Person", "Gateway", "OtherService"), "spec")


def __getattr__(name: str) -> t.Any:
    """Import ``Fleet`` and its companions when they are first asked for."""
    import importlib

    if name not in _HOME:
        raise AttributeError(name)
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
