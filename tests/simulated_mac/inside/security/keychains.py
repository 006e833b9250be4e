# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on whole keychains: create, delete, lock, unlock, settings, password."""

from __future__ import annotations

import os

from .. import search_list, tty
from ..keychain_file import Keychain
from ..machine_context import Machine
from . import main, status, store


def _target(mac: Machine, operands: list[str], what: str) -> tuple[str, str]:
    """Return (name as it is shown, path) of the keychain named, or of the default one."""
    if len(operands) > 1:
        raise status.Usage
    if operands:
        return operands[0], store.resolve(mac, operands[0])
    path = store.default(mac)
    if path is None:
        raise status.Failure(f"{what} <NULL>", status.NO_DEFAULT_KEYCHAIN)
    return "<NULL>", path


def _load(mac: Machine, path: str, command: str, what: str, *, write: bool = False) -> Keychain:
    try:
        return store.load(mac, path, command, write=write)
    except status.Failure as failure:
        raise status.Failure(what, failure.status) from None


def unlock_keychain(mac: Machine, argv: list[str]) -> int:
    """Silent; the password may come from the terminal."""
    options, operands = main.options(argv, "hup:")
    name, path = _target(mac, operands, "SecKeychainUnlock")
    flags = dict(options)
    what = f"SecKeychainUnlock {name}"
    keychain = _load(mac, path, "unlock-keychain", what)
    if "-u" in flags:
        if store.master(mac, path) is None:
            try:
                store.need_master(mac, path, keychain)
            except status.Failure as failure:
                raise status.Failure(what, failure.status) from None
        return 0
    password = flags["-p"] if "-p" in flags else tty.getpass(f"password to unlock {operands[0] if operands else 'default'}: ")
    if not store.unlock(mac, path, keychain, password):
        raise status.Failure(what, status.AUTH_FAILED)
    return 0


def lock_keychain(mac: Machine, argv: list[str]) -> int:
    """Lock one keychain, or all, in this session."""
    options, operands = main.options(argv, "ha")
    if ("-a", "") in options:
        if operands:
            raise status.Usage
        store.lock(mac, None)
        return 0
    name, path = _target(mac, operands, "SecKeychainLock")
    _load(mac, path, "lock-keychain", f"SecKeychainLock {name}")
    store.lock(mac, [path])
    return 0


def show_keychain_info(mac: Machine, argv: list[str]) -> int:
    """The settings, on stderr even when all is well; 36 over SSH when the keychain is locked."""
    import sys

    _options, operands = main.options(argv, "hs")
    name, path = _target(mac, operands, "SecKeychainCopySettings")
    what = f"SecKeychainCopySettings {name}"
    keychain = _load(mac, path, "show-keychain-info", what)
    try:
        store.need_master(mac, path, keychain)
    except status.Failure as failure:
        raise status.Failure(what, failure.status) from None
    settings = keychain.settings
    words = [word for word in ("lock-on-sleep", "use-lock-interval") if settings.get(word)]
    words.append(f"timeout={settings['timeout']}s" if "timeout" in settings else "no-timeout")
    sys.stderr.write(f'Keychain "{name}" {" ".join(words)}\n')
    return 0


def set_keychain_settings(mac: Machine, argv: list[str]) -> int:
    """``-t`` gives a timeout and implies ``-u``; without it there is none."""
    options, operands = main.options(argv, "hlut:")
    name, path = _target(mac, operands, "SecKeychainSetSettings")
    what = f"SecKeychainSetSettings {name}"
    keychain = _load(mac, path, "set-keychain-settings", what, write=True)
    flags = dict(options)
    try:
        store.need_master(mac, path, keychain)
        keychain.settings = {}
        if "-l" in flags:
            keychain.settings["lock-on-sleep"] = True
        if "-u" in flags or "-t" in flags:
            keychain.settings["use-lock-interval"] = True
        if "-t" in flags:
            keychain.settings["timeout"] = int(flags["-t"])
        store.save(mac, path, keychain)
    except status.Failure as failure:
        raise status.Failure(what, failure.status) from None
    return 0


def set_keychain_password(mac: Machine, argv: list[str]) -> int:
    """Change a keychain's password."""
    options, operands = main.options(argv, "ho:p:")
    name, path = _target(mac, operands, "SecKeychainChangePassword")
    what = f"SecKeychainChangePassword {name}"
    keychain = _load(mac, path, "set-keychain-password", what, write=True)
    flags = dict(options)
    old = flags["-o"] if "-o" in flags else tty.getpass("Old Password: ")
    key = keychain.master(old)
    if key is None:
        raise status.Failure(what, status.AUTH_FAILED)
    keychain.change_password(key, flags["-p"] if "-p" in flags else tty.getpass("New Password: "))
    try:
        store.save(mac, path, keychain)
    except status.Failure as failure:
        raise status.Failure(what, failure.status) from None
    return 0


def create_keychain(mac: Machine, argv: list[str]) -> int:
    """New keychains are unlocked and join the search list."""
    import sys

    options, operands = main.options(argv, "hPp:")
    flags = dict(options)
    if not operands:
        raise status.Usage
    result = 0
    for name in operands:
        path = store.resolve(mac, name)
        password = flags.get("-p")
        if password is None:
            for _try in range(3):
                password = tty.getpass("password for new keychain: ")
                if password == tty.getpass("retype password for new keychain: "):
                    break
                sys.stderr.write("passwords don't match\n")
            else:
                return 1
        if os.path.exists(path):
            status.complain(mac, f"SecKeychainCreate {name}", status.DUPLICATE_KEYCHAIN)
            result = status.DUPLICATE_KEYCHAIN
            continue
        keychain = Keychain.create(password or "")
        try:
            keychain.save(path, mode=0o600)
        except OSError as error:
            status.complain(mac, f"SecKeychainCreate {name}", 100000 + (error.errno or 5))
            return 100000 + (error.errno or 5)
        key = keychain.master(password or "")
        assert key is not None
        store.remember(mac, path, key)
        listed, default = search_list.read(mac.home)
        search_list.write(mac.home, [*listed, path], default)
    return result


def delete_keychain(mac: Machine, argv: list[str]) -> int:
    """Remove keychains from the search list and from disk."""
    _options, operands = main.options(argv, "h")
    if not operands:
        raise status.Usage
    result = 0
    for name in operands:
        path = store.resolve(mac, name)
        try:
            os.unlink(path)
        except OSError:
            status.complain(mac, "SecKeychainDelete", status.NO_SUCH_KEYCHAIN)
            result = status.NO_SUCH_KEYCHAIN
            continue
        store.lock(mac, [path])
        listed, default = search_list.read(mac.home)
        search_list.write(mac.home, [entry for entry in listed if entry != path], None if default == path else default)
    return result
