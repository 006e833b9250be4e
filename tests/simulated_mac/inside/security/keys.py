# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""find-key, dump-keychain, set-key-partition-list."""

from __future__ import annotations

import sys
import typing as t

from .. import dialogs, tty
from ..machine_context import Machine
from . import certificates, dump, main, status, store


def _matching(keys: list[dict[str, t.Any]], flags: dict[str, str]) -> list[dict[str, t.Any]]:
    # No imported key has a description (-D), and matching by what a key can decrypt (-d) finds none: it is broken.
    if flags.get("-t", "private") != "private" or "-D" in flags or "-d" in flags:
        return []
    found = keys
    if "-l" in flags:
        found = [key for key in found if key["label"] == flags["-l"]]
    if "-a" in flags:
        found = [key for key in found if key["hash"] == flags["-a"].upper().removeprefix("0X")]
    return found


def find_key(mac: Machine, argv: list[str]) -> int:
    """Dump the keys that match."""
    options, operands = main.options(argv, "ht:l:a:D:sd")
    shown = 0
    for path, keychain in certificates.readable(mac, operands, "find-key", every=True):
        for key in _matching(keychain.keys, dict(options)):
            sys.stdout.write(dump.key(path, key))
            shown += 1
    if not shown:
        raise status.Failure("SecItemCopyMatching", status.ITEM_NOT_FOUND, exit_one=True)
    return 0


def set_key_partition_list(mac: Machine, argv: list[str]) -> int:
    """Set which kinds of program may use the matching keys, with the keychain's password as proof."""
    options, operands = main.options(argv, "hS:k:st:l:D:a:d")
    flags = dict(options)
    if "-S" not in flags or len(operands) > 1:
        raise status.Usage
    name = operands[0] if operands else None
    path = store.resolve(mac, name) if name is not None else store.default(mac)
    if path is None:
        raise status.Failure("SecKeychainUnlock", status.NO_DEFAULT_KEYCHAIN, exit_one=True)
    password = flags["-k"] if "-k" in flags else tty.getpass(f"password to unlock {name or 'default'}: ")
    try:
        keychain = store.load(mac, path, "set-key-partition-list", write=True)
    except status.Failure as failure:
        raise status.Failure("SecKeychainUnlock", failure.status, exit_one=True) from None
    if not store.unlock(mac, path, keychain, password):
        raise status.Failure("SecKeychainUnlock", status.AUTH_FAILED, exit_one=True)
    found = _matching(keychain.keys, flags)
    if not found:
        raise status.Failure("SecItemCopyMatching", status.ITEM_NOT_FOUND, exit_one=True)
    # The password is proved once more for each key, so that a wrong one shows even when the keychain was unlocked.
    honest = keychain.master(password) is not None
    for key in found:
        sys.stdout.write(dump.key(path, key))
        if not honest:
            raise status.Failure("SecKeychainItemSetAccessWithPassword", status.AUTH_FAILED, exit_one=True)
        key["partitions"] = flags["-S"].split(",")
    try:
        store.save(mac, path, keychain)
    except status.Failure as failure:
        raise status.Failure("SecKeychainItemSetAccessWithPassword", failure.status, exit_one=True) from None
    return 0


def dump_keychain(mac: Machine, argv: list[str]) -> int:
    """Dump every item; ``-a`` with its access control list, ``-d`` never without a dialog."""
    options, operands = main.options(argv, "hadiro:")
    flags = dict(options)
    for path, keychain in certificates.readable(mac, operands, "dump-keychain", every=True):
        if ("-a" in flags or "-d" in flags) and keychain.keys:
            if store.master(mac, path) is None:
                raise status.Failure("SecKeychainItemCopyAccess", status.INTERACTION_NOT_ALLOWED)
            if "-d" in flags or mac.mode("acl_dialog"):
                if not mac.in_gui:
                    # The dialog has no screen of this session to appear on, and nobody answers it.
                    from .. import run

                    run.hang()
                dialogs.ask(mac, "security wants to use your confidential information")
        none = "no access control for this item\n" if "-a" in flags else ""
        text = "".join(dump.certificate(path, item) + none for item in keychain.certificates)
        for key in keychain.keys:
            text += dump.key(path, key)
            if "-a" in flags:
                text += dump.access(key)
        if "-o" in flags:
            with open(flags["-o"], "a", encoding="utf-8") as file:
                file.write(text)
        else:
            sys.stdout.write(text)
    return 0


__all__ = ["dump_keychain", "find_key", "set_key_partition_list"]
