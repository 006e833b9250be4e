# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc says of each module, fragments included, is what its action plugin takes; what is secret is never logged."""

from __future__ import annotations

import importlib
import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.azure_p2s.macos.plugins import plugin_utils

_PLUGINS = pathlib.Path(plugin_utils.__path__[0]).parent
_PACKAGE = "ansible_collections.azure_p2s.macos.plugins"
ACTIONS, PAGES = (sorted(path.stem for path in (_PLUGINS / kind).glob("*.py") if path.stem != "__init__") for kind in ("action", "modules"))
_SECRET = re.compile(r"password|passphrase|private_key_content|pkcs12_content")


def _page(name: str) -> dict[str, t.Any]:
    """Return the documentation of a module with its fragments' options."""
    page: dict[str, t.Any] = yaml.safe_load(importlib.import_module(f"{_PACKAGE}.modules.{name}").DOCUMENTATION)
    options: dict[str, t.Any] = {}
    for fragment in page.get("extends_documentation_fragment", []):
        _namespace, _collection, file, *part = fragment.split(".")
        text = getattr(
            importlib.import_module(f"{_PACKAGE}.doc_fragments.{file}").ModuleDocFragment, part[0].upper() if part else "DOCUMENTATION"
        )
        options |= yaml.safe_load(text).get("options") or {}
    return {**page, "options": {**options, **(page.get("options") or {})}}


def _spec(name: str) -> dict[str, t.Any]:
    action = importlib.import_module(f"{_PACKAGE}.action.{name}")
    return t.cast(dict[str, t.Any], action.ActionModule.SPEC["argument_spec"])


def _facts(options: dict[str, t.Any], nested: str) -> dict[str, t.Any]:
    """Return what both sides say of each option, suboptions included."""
    keys = ("default", "required", "choices", "elements")
    return {
        name: {
            "type": option.get("type", "str"),
            **{key: option.get(key) or None for key in keys},
            "sub": _facts(option.get(nested) or {}, nested),
        }
        for name, option in options.items()
    }


def _all(options: dict[str, t.Any]) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    for name, option in options.items():
        yield name, option
        yield from _all(option.get("options") or {})


def test_every_module_has_its_page_and_its_action() -> None:
    assert PAGES == ACTIONS


@pytest.mark.parametrize("name", PAGES)
def test_options_are_documented_as_they_are(name: str) -> None:
    assert _facts(_page(name)["options"], "suboptions") == _facts(_spec(name), "options")


@pytest.mark.parametrize("name", PAGES)
def test_every_secret_option_and_no_other_is_kept_out_of_logs(name: str) -> None:
    marked = {option for option, settings in _all(_spec(name)) if settings.get("no_log")}
    assert marked == {option for option, _settings in _all(_spec(name)) if _SECRET.search(option)}


@pytest.mark.parametrize("name", PAGES)
def test_options_that_the_page_mentions_exist(name: str) -> None:
    module = importlib.import_module(f"{_PACKAGE}.modules.{name}")
    known = {option for option, _settings in _all(_spec(name))}
    text = module.DOCUMENTATION + module.RETURN
    mentioned = set(re.findall(r"\bO\(([a-z0-9_]+)[=)]", text))
    assert mentioned <= known


@pytest.mark.parametrize("name", PAGES)
def test_examples_use_options_that_exist(name: str) -> None:
    tasks = [task for task in yaml.safe_load(importlib.import_module(f"{_PACKAGE}.modules.{name}").EXAMPLES) if "hosts" not in task]
    used = [task[f"azure_p2s.macos.{name}"] for task in tasks if f"azure_p2s.macos.{name}" in task]
    assert used
    for options in used:
        assert set(options or {}) <= set(_spec(name))
