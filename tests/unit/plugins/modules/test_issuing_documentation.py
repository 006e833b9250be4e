# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc says of the issuing modules is what their action plugins take."""

from __future__ import annotations

import importlib
import typing as t

import pytest
import yaml

_PLUGINS = "ansible_collections.azure_p2s.macos.plugins"


def _documented(name: str) -> dict[str, t.Any]:
    module = importlib.import_module(f"{_PLUGINS}.modules.{name}")
    return t.cast(dict[str, t.Any], yaml.safe_load(module.DOCUMENTATION)["options"])


def _spec(name: str) -> dict[str, t.Any]:
    action = importlib.import_module(f"{_PLUGINS}.action.{name}")
    return t.cast(dict[str, t.Any], action.ActionModule.SPEC["argument_spec"])


def _facts(options: dict[str, t.Any], nested: str) -> dict[str, t.Any]:
    """Return what both sides say of each option, suboptions included."""
    keys = ("type", "default", "required", "choices", "elements")
    return {
        name: {**{key: option.get(key) or None for key in keys}, "sub": _facts(option.get(nested) or {}, nested)}
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", ["client_identity", "client_root"])
def test_options_are_documented_as_they_are(name: str) -> None:
    assert _facts(_documented(name), "suboptions") == _facts(_spec(name), "options")


@pytest.mark.parametrize("name", ["client_identity", "client_root"])
def test_what_is_secret_is_marked_so(name: str) -> None:
    spec = _spec(name)
    marked = {option for option, settings in spec.items() if settings.get("no_log")}
    assert marked == {option for option in spec if "passphrase" in option or option == "ca_private_key_content"}
    assert marked
    for settings in spec.get("identities", {}).get("options", {}).items():
        assert (settings[0] == "passphrase") == bool(settings[1].get("no_log"))
