# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of an inventory get an identity, whatever kind of inventory says so."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.azure_p2s.macos.plugins.filter.client_identities import client_identities

PKCS12 = {"vpn_client_identity_pkcs12": "/srv/mac01.p12"}


def _of(**variables: t.Any) -> list[dict[str, t.Any]]:
    return client_identities({"mac01": {**PKCS12, **variables}}, ["mac01"])


@pytest.mark.parametrize(
    ("value", "issues"),
    [
        *((value, True) for value in (True, "true", "True", "yes", "on", "1", 1)),
        *((value, False) for value in (False, "false", "False", "FALSE", "no", "off", "0", 0)),
    ],
    ids=lambda value: f"{value!r}",
)
def test_an_inventory_in_ini_and_extra_variables_say_it_in_text(value: t.Any, issues: bool) -> None:
    """The text "false" is true to Python: the host's own identity would be issued over."""
    assert bool(_of(vpn_client_identity_issue=value)) is issues


@pytest.mark.parametrize("value", ["maybe", "", None, [], 2], ids=repr)
def test_what_is_neither_true_nor_false_is_refused(value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="vpn_client_identity_issue of mac01"):
        _of(vpn_client_identity_issue=value)


CASES: dict[str, tuple[dict[str, t.Any], list[dict[str, t.Any]]]] = {
    "nothing-more": ({}, [{"host": "mac01", "name": "mac01", "path": "/srv/mac01.p12"}]),
    "a-name-of-its-own": ({"vpn_client_identity_name": "m"}, [{"host": "mac01", "name": "m", "path": "/srv/mac01.p12"}]),
    "with-passphrase": (
        {"vpn_client_identity_passphrase": "p"},
        [{"host": "mac01", "name": "mac01", "path": "/srv/mac01.p12", "passphrase": "p"}],
    ),
    "from-a-secrets-manager": ({"vpn_client_identity_content": "MII"}, []),
    "from-elsewhere-without-any-path": ({"vpn_client_identity_issue": "false", "vpn_client_identity_pkcs12": ""}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_identities(case: str) -> None:
    variables, expected = CASES[case]
    assert _of(**variables) == expected


@pytest.mark.parametrize("path", ["", "mac01.p12", "./mac01.p12"])
def test_a_path_that_would_depend_on_the_folder_is_refused(path: str) -> None:
    with pytest.raises(AnsibleFilterError, match="give it as absolute path"):
        _of(vpn_client_identity_pkcs12=path)
