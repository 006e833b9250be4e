# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter client_identities."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

_PREFIX = "vpn_client_identity_"


def client_identities(hostvars: Mapping[str, Mapping[str, t.Any]], hosts: Iterable[str]) -> list[dict[str, t.Any]]:
    """Return the option ``identities`` of client_identity for ``hosts``, from the variables of the role vpn_client."""
    return [identity for host in hosts if (identity := _identity(host, hostvars[host]))]


def _identity(host: str, variables: Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    if f"{_PREFIX}content" in variables or not _issues(host, variables.get(f"{_PREFIX}issue", True)):
        return None
    path = str(variables.get(f"{_PREFIX}pkcs12") or "")
    if not path.startswith(("/", "~")):
        # Relative to the playbook would be inside the installed collection.
        raise AnsibleFilterError(
            f"{_PREFIX}pkcs12 of {host} is {repr(path) if path else 'not set'}; give it as absolute path of the file to keep, "
            "for example {{ inventory_dir }}/identities/{{ inventory_hostname }}.p12."
        )
    identity = {"host": host, "name": str(variables.get(f"{_PREFIX}name") or host), "path": path}
    passphrase = variables.get(f"{_PREFIX}passphrase")
    return {**identity, "passphrase": passphrase} if passphrase else identity


def _issues(host: str, value: t.Any) -> bool:
    """Return what ``value`` says, which is text when it comes from an inventory in INI format or from ``-e name=value``."""
    try:
        return bool(boolean(value))
    except TypeError:
        raise AnsibleFilterError(f"{_PREFIX}issue of {host} is {value!r}; give true or false.") from None


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Return the filters by name."""
        return {"client_identities": client_identities}
