# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keychains as the commands see them: found by name, opened, unlocked for this session or not."""

from __future__ import annotations

import errno
import hashlib
import os

from .. import search_list
from ..keychain_file import DamagedKeychain, Keychain
from ..machine_context import Machine
from ..sessions import alive
from . import status

SYSTEM = search_list.SYSTEM
ROOTS = "/System/Library/Keychains/SystemRootCertificates.keychain"


def resolve(mac: Machine, name: str) -> str:
    """Return the path that a keychain's name on the command line means."""
    folder = f"{mac.home}/Library/Keychains"
    path = name if name.startswith("/") else f"{folder}/{name}"
    if os.path.dirname(path) == folder and path.endswith(".keychain") and (os.path.exists(path + "-db") or not os.path.exists(path)):
        return path + "-db"
    return path


def default(mac: Machine) -> str | None:
    """Return the path of the default keychain, or ``None``."""
    return search_list.read(mac.home)[1]


def search_paths(mac: Machine, names: list[str]) -> list[str]:
    """Return the keychains to search: those named, or the user's list and the System keychain."""
    if names:
        return [resolve(mac, name) for name in names]
    listed, _default = search_list.read(mac.home)
    return [*(path for path in listed if path != SYSTEM), SYSTEM]


def is_live_login(path: str) -> bool:
    """Return whether ``path`` is a login keychain where it lives."""
    real = os.path.realpath(path)
    return real.startswith("/Users/") and "/Library/Keychains/login.keychain" in real


def load(mac: Machine, path: str, command: str, *, write: bool = False) -> Keychain:
    """Open the keychain at ``path``. Raises ``Failure`` without a ``what``, which the command adds."""
    if is_live_login(path):
        with mac.state() as data:
            data["opens"].append({"path": path, "command": command, "write": write, "session": mac.session})
    try:
        return Keychain.load(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        raise status.Failure(None, status.NO_SUCH_KEYCHAIN) from None
    except DamagedKeychain:
        raise status.Failure(None, status.INVALID_KEYCHAIN) from None


def save(mac: Machine, path: str, keychain: Keychain) -> None:
    """Write the keychain back. Raises ``Failure`` without a ``what``."""
    if not os.access(path, os.W_OK):
        own = mac.uid == 0 or os.stat(path).st_uid == mac.uid
        raise status.Failure(None, status.READ_ONLY if own else status.WRITE_PERMISSION)
    with mac.state() as data:
        if os.path.realpath(path) in data.get("read_only_keychains", []):
            raise status.Failure(None, status.READ_ONLY)
    try:
        keychain.save(path)
    except OSError as error:
        raise status.Failure(None, 100000 + (error.errno or errno.EIO)) from None


def master(mac: Machine, path: str) -> str | None:
    """Return the key to the keychain's secrets if it is unlocked in this session."""
    real = os.path.realpath(path)
    if real == SYSTEM and mac.uid == 0:
        # securityd opens the System keychain for root with the key in /var/db/SystemKey.
        return Keychain.load(path).master(hashlib.sha256(b"system" + mac.spec["name"].encode()).hexdigest())
    with mac.state() as data:
        key: str | None = data["unlocked"].get(mac.session, {}).get(real)
    return key


def unlock(mac: Machine, path: str, keychain: Keychain, password: str) -> bool:
    """Unlock for this session; true when it is unlocked now. An unlocked keychain takes any password."""
    if master(mac, path) is not None:
        return True
    key = keychain.master(password)
    if key is None:
        return False
    remember(mac, path, key)
    return True


def remember(mac: Machine, path: str, key: str) -> None:
    """Note that the keychain is unlocked in this session, and forget sessions that ended."""
    with mac.state() as data:
        for session in list(data["unlocked"]):
            kind, _colon, process = session.partition(":")
            if kind != "gui" and not alive(process):
                del data["unlocked"][session]
        data["unlocked"].setdefault(mac.session, {})[os.path.realpath(path)] = key


def lock(mac: Machine, paths: list[str] | None) -> None:
    """Lock ``paths`` (all, with ``None``) in this session."""
    with mac.state() as data:
        held = data["unlocked"].get(mac.session, {})
        for path in list(held) if paths is None else [os.path.realpath(path) for path in paths]:
            held.pop(path, None)


def need_master(mac: Machine, path: str, keychain: Keychain) -> str:
    """Return the key, if need be by asking at the screen. Over SSH nobody can be asked: ``Failure``."""
    key = master(mac, path)
    if key is not None:
        return key
    if mac.in_gui:
        from .. import dialogs

        dialogs.ask(mac, f'security wants to use the "{os.path.basename(path).partition(".")[0]}" keychain.')
        for user in mac.spec["users"]:
            secret = user["keychain_password"] if user["keychain_password"] is not None else user["login_password"]
            key = keychain.master(secret)
            if key is not None:
                remember(mac, path, key)
                return key
    raise status.Failure(None, status.INTERACTION_NOT_ALLOWED)
