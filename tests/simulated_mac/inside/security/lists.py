# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""list-keychains, default-keychain, login-keychain."""

from __future__ import annotations

import sys

from .. import search_list
from ..machine_context import Machine
from . import main, status, store

_DOMAINS = ("user", "system", "common", "dynamic")


def _domain(options: list[tuple[str, str]]) -> str | None:
    domain = dict(options).get("-d", "user")
    if domain in _DOMAINS:
        return domain
    sys.stderr.write(f"security: Invalid domain: {domain}\n")
    return None


def _show(paths: list[str]) -> None:
    for path in paths:
        print(f'    "{path}"')


def list_keychains(mac: Machine, argv: list[str]) -> int:
    """``-s`` replaces the list; without it the list is shown."""
    options, operands = main.options(argv, "hd:s")
    domain = _domain(options)
    if domain is None:
        return 2
    setting = any(flag == "-s" for flag, _value in options)
    if operands and not setting:
        raise status.Usage
    _listed, default = search_list.read(mac.home)
    if setting:
        if domain != "user":
            raise status.Failure("SecKeychainSetSearchList", status.WRITE_PERMISSION, exit_one=True)
        search_list.write(mac.home, [store.resolve(mac, name) for name in operands], default)
        return 0
    _show(store.search_paths(mac, []) if domain == "user" else [store.SYSTEM] if domain in ("system", "common") else [])
    return 0


def default_keychain(mac: Machine, argv: list[str]) -> int:
    """Show or set the default keychain."""
    options, operands = main.options(argv, "hd:s")
    domain = _domain(options)
    if domain is None:
        return 2
    setting = any(flag == "-s" for flag, _value in options)
    if len(operands) > 1 or (operands and not setting):
        raise status.Usage
    listed, default = search_list.read(mac.home)
    if setting:
        search_list.write(mac.home, listed, store.resolve(mac, operands[0]) if operands else None)
        return 0
    found = default if domain == "user" else store.SYSTEM if domain == "system" else None
    if found is None:
        raise status.Failure("SecKeychainCopyDefault", status.NO_DEFAULT_KEYCHAIN, exit_one=True)
    _show([found])
    return 0


def login_keychain(mac: Machine, argv: list[str]) -> int:
    """Show the login keychain; setting it never works."""
    options, _operands = main.options(argv, "hd:s")
    if _domain(options) is None:
        return 2
    if any(flag == "-s" for flag, _value in options):
        return 1
    import os

    path = store.resolve(mac, "login.keychain")
    if not os.path.exists(path):
        raise status.Failure("SecKeychainCopyLogin", status.NO_SUCH_KEYCHAIN, exit_one=True)
    _show([path])
    return 0
