# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""client_audit takes and refuses the variables that the role vpn_client takes and refuses."""

from __future__ import annotations

import pathlib
import types
import typing as t
from collections.abc import Callable

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from support import azure_package

from ansible_collections.azure_p2s.macos.plugins import plugin_utils
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import audit_options, audit_variables
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.action import OptionError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import PackageError

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


def _options(read: object = None, **given: t.Any) -> dict[str, t.Any]:
    spec = audit_variables.SPEC["argument_spec"]
    return audit_variables.options({**dict.fromkeys(spec), **audit_variables.arguments({**GIVEN, **given})}, read)


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


READ = {"path": "azure.zip", "package": {"vpn_server": "gateway.example.com"}}


def test_a_package_that_was_read_for_all_hosts_is_not_read_again() -> None:
    assert _options(READ)["package"] == READ["package"]


@pytest.mark.parametrize(
    "read",
    [None, {"skipped": True}, {"failed": True, "msg": "path: there is no file azure.zip"}, {**READ, "path": "other.zip"}],
    ids=["nothing", "skipped", "failed", "another"],
)
def test_a_host_reads_its_package_where_it_was_not(read: object) -> None:
    options = _options(read)
    assert (options["package"], options["package_path"]) == (None, "azure.zip")


def _package(read: Callable[[str, str], str]) -> t.Any:
    action = t.cast(t.Any, types.SimpleNamespace(controller_path=read))
    return audit_options._package(action, {"package": None, "package_path": "azure.zip"})


def test_the_package_at_a_path_is_read(tmp_path: pathlib.Path) -> None:
    (tmp_path / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
    assert _package(lambda _option, path: str(tmp_path / path)).server_roots


def test_a_package_that_cannot_be_read_is_refused_under_the_options_name(tmp_path: pathlib.Path) -> None:
    with pytest.raises(PackageError, match="does not exist") as refusal:
        _package(lambda _option, path: str(tmp_path / path))
    assert refusal.value.option == "package_path"
    assert audit_variables.named(refusal.value).option == "vpn_client_package"


def test_no_other_option_is_taken_beside_the_roles_variables() -> None:
    validated = ArgumentSpecValidator(**audit_variables.SPEC).validate({**GIVEN, "role_variables": True, "scope": "user"})
    assert validated.unsupported_parameters == {"scope"}
    assert validated.error_messages[0].startswith("scope. Supported parameters include: role_variables")
