# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings are checked before a Mac is asked: what no release takes is refused, and what one takes is not."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from support import profile_cases as cases

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import profile_check
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import P2SError

OLD_GROUP = {"ike": {"encryption_algorithm": "AES-256", "diffie_hellman_group": 2}}


def checked(**options: t.Any) -> t.Any:
    """Return the settings that vpn_profile_info checks for ``options``."""
    given = {
        "pkcs12_content": "eA==",
        "passphrase": "x",
        "server": "vpn.example.com",
        "server_roots": [cases.gateway_root().pem],
        **options,
    }
    found = ArgumentSpecValidator(**profile_check.SPEC).validate(given)
    assert not found.error_messages, found.error_messages
    return profile_check.settings(found.validated_parameters, cases.client())


@pytest.mark.parametrize(
    "options",
    [{}, {"mtu": 1300}, OLD_GROUP, {**OLD_GROUP, "mtu": 1300}],
    ids=["all-take-it", "newer-ones", "older-ones", "those-between"],
)
def test_what_one_release_takes_is_not_refused(options: dict[str, t.Any]) -> None:
    assert checked(**options).server == "vpn.example.com"


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"ike": {"diffie_hellman_group": 24}}, "ike.diffie_hellman_group"),
        ({"macos_version": "26.1", **OLD_GROUP}, "ike.diffie_hellman_group"),
        ({"macos_version": "10.15.7", "mtu": 1300}, "mtu"),
        ({"macos_version": "Tahoe"}, "macos_version"),
    ],
    ids=["no-mac", "not-26", "not-10.15", "no-version"],
)
def test_what_the_macs_in_question_do_not_take_is(options: dict[str, t.Any], option: str) -> None:
    with pytest.raises(P2SError) as caught:
        checked(**options)
    assert caught.value.option == option
