# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc says of client_package_info is what it takes and returns."""

from __future__ import annotations

import pathlib
import typing as t

import yaml
from support.read_package import NOW, ROOT, SECOND, read_spec

from ansible_collections.azure_p2s.macos.plugins.action.client_package_info import ActionModule
from ansible_collections.azure_p2s.macos.plugins.modules import client_package_info


def _shape(value: t.Any) -> t.Any:
    """Return the types in plain data."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    return [_shape(value[0])] if isinstance(value, list) and value else type(value).__name__


def _documented_shape(entry: dict[str, t.Any]) -> t.Any:
    match entry["type"]:
        case "dict":
            return {key: _documented_shape(inner) for key, inner in entry["contains"].items()}
        case "list":
            return [_documented_shape({**entry, "type": entry["elements"]})]
        case plain:
            return plain


def test_options() -> None:
    documented = yaml.safe_load(client_package_info.DOCUMENTATION)["options"]
    spec = ActionModule.SPEC["argument_spec"]
    assert {name: {key: option[key] for key in ("type", "required")} for name, option in documented.items()} == spec


def test_returned_keys_and_types(tmp_path: pathlib.Path) -> None:
    documented = yaml.safe_load(client_package_info.RETURN)["package"]
    # every list with a value, a root too few in the files for a warning
    found = read_spec(tmp_path, roots=(ROOT, SECOND), schema="new", dns=("10.0.0.4",), root_files=(("VpnServerRoot.cer", ROOT),))
    assert _documented_shape(documented) == _shape(found.to_result(NOW))


def test_sample_has_every_key(tmp_path: pathlib.Path) -> None:
    sample = yaml.safe_load(client_package_info.RETURN)["package"]["sample"]
    result = read_spec(tmp_path).to_result(NOW)
    assert set(sample) == set(result)
    assert set(sample["server_roots"][0]) == set(result["server_roots"][0])
