# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""client_audit takes and refuses the variables that the role vpn_client takes and refuses."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest
import yaml
from support import demo_pki

from ansible_collections.azure_p2s.macos.plugins import plugin_utils
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import audit_options, audit_variables
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import OptionError

_ROLE = pathlib.Path(plugin_utils.__path__[0]).parents[1] / "roles" / "vpn_client"
_ARGUMENTS = yaml.safe_load((_ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["audit"]["options"]
_DEFAULTS = yaml.safe_load((_ROLE / "defaults" / "main.yml").read_text())
_TYPES = {"path": "str"}
GIVEN = {"vpn_client_package": "azure.zip", "vpn_client_identity_pkcs12": "mac.p12"}


def _facts(spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    kind = spec.get("type", "str")
    return {"type": _TYPES.get(kind, kind), **{key: spec.get(key) for key in ("choices", "elements", "no_log")}}


def _resolved(found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {name: found.get(name) for name in ("pkcs12_path", "pkcs12_content", "certificate", "common_name")}


def _options(**given: t.Any) -> dict[str, t.Any]:
    spec = audit_variables.SPEC["argument_spec"]
    return audit_variables.options({**dict.fromkeys(spec), **audit_variables.arguments({**GIVEN, **given})})


def test_every_variable_of_the_role_is_checked_as_the_role_does() -> None:
    checked = {name: _facts(audit_variables.SPEC["argument_spec"][name]) for name in audit_variables.NAMES}
    assert checked == {name: _facts(spec) for name, spec in _ARGUMENTS.items()}


def test_what_is_not_set_is_what_the_role_has_by_default() -> None:
    for name in audit_variables.NAMES:
        default = audit_variables.SPEC["argument_spec"][name].get("default")
        assert default in (None, False, _DEFAULTS.get(name, default)), name


def test_every_option_comes_out() -> None:
    assert set(_options()) | {"role_variables"} == set(audit_options.SPEC["argument_spec"])


@pytest.mark.parametrize("missing", [{"vpn_client_package": None}, {"vpn_client_identity_pkcs12": None}], ids=["package", "identity"])
def test_a_host_without_package_or_identity_is_refused_by_name(missing: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError, match=r"vpn_client_package and vpn_client_identity_pkcs12 .* one of them is missing; set them"):
        _options(**missing)


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({}, "pkcs12_path"),
        ({"vpn_client_identity_common_name": "mac"}, "common_name"),
        ({"vpn_client_identity_common_name": "mac", "vpn_client_identity_content": "TUlJ"}, "common_name"),
        ({"vpn_client_identity_common_name": "mac", "vpn_client_identity_certificate": "PEM"}, "certificate"),
    ],
    ids=["only-one", "name-before-file", "name-before-content", "certificate-before-name"],
)
def test_of_several_identities_the_one_that_tells_least_counts(given: dict[str, t.Any], counts: str) -> None:
    assert [name for name, value in _resolved(_options(**given)).items() if value is not None] == [counts]


class TestPackage:
    """The package at a path is read once: before, for all hosts that use it, or by the host itself."""

    @pytest.fixture
    def root(self) -> dict[str, t.Any]:
        """A package as client_package_info returns it."""
        pem = demo_pki.root(key=demo_pki.new_key("p256")).pem
        return {"path": "azure.zip", "package": {"vpn_server": "gateway.example.com", "server_roots": [{"pem": pem}]}}

    @staticmethod
    def _package(path: str, packages: list[dict[str, t.Any]], looked_for: list[str]) -> t.Any:
        def controller_path(option: str, wanted: str) -> str:
            looked_for.append(wanted)
            raise OptionError("there is no such file", "give one", option=option)

        action = t.cast(t.Any, types.SimpleNamespace(controller_path=controller_path))
        return audit_options._package(action, {"package": None, "package_path": path, "packages": packages})

    def test_one_that_was_read_is_not_read_again(self, root: dict[str, t.Any]) -> None:
        looked_for: list[str] = []
        assert self._package("azure.zip", [{}, root], looked_for).vpn_server == "gateway.example.com"
        assert not looked_for

    @pytest.mark.parametrize("packages", [[], [{}], [{"path": "azure.zip", "failed": True}]], ids=["none", "skipped", "failed"])
    def test_one_that_was_not_is_read(self, packages: list[dict[str, t.Any]]) -> None:
        looked_for: list[str] = []
        with pytest.raises(OptionError, match="no such file"):
            self._package("azure.zip", packages, looked_for)
        assert looked_for == ["azure.zip"]

    def test_another_one_is_read(self, root: dict[str, t.Any]) -> None:
        looked_for: list[str] = []
        with pytest.raises(OptionError):
            self._package("other.zip", [root], looked_for)
        assert looked_for == ["other.zip"]
