# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The person in front of the Mac, and whatever else happens there without a command line tool.

Runs outside the Mac with root's rights over its file tree (``root`` is that tree's path); the stand-ins can only
ask for it (``request``), as they run with the rights of their user.
"""

from __future__ import annotations

import json
import os
import signal
import time
import typing as t

from . import profile_store
from .keychain_file import DamagedKeychain, Keychain
from .state import FOLDER, State, wake


def request(action: str, **arguments: t.Any) -> None:
    """Ask, from inside the Mac, for ``action`` outside."""
    with State() as data:
        data.setdefault("requests", []).append({"action": action, **arguments})
    wake()


def _spec(folder: str) -> dict[str, t.Any]:
    with open(os.path.join(folder, "spec.json"), encoding="utf-8") as file:
        spec: dict[str, t.Any] = json.load(file)
    return spec


def log_in_at_boot(folder: str, spec: dict[str, t.Any]) -> None:
    """Put the console user's unlocked keychain into the state of a Mac that has not started yet."""
    with State(folder) as data:
        data["log_in_password"] = next((user["login_password"] for user in spec["users"] if user["name"] == spec["console_user"]), None)
    if spec["console_user"] is not None:
        wake(folder)


def act(root: str, folder: str) -> float | None:
    """Do all that is due; return the time (seconds since 1970) of the next thing, or ``None``."""
    with State(folder) as data:
        spec = _spec(folder)
        password = data.pop("log_in_password", None)
        if password is not None and data["console_user"]:
            _unlock_at_login(root, spec, data, data["console_user"], password)
        for wanted in data.pop("requests", []):
            _do(wanted.pop("action"), root, spec, data, wanted)
        return profile_store.settle(root, spec, data, time.time())


def do(action: str, root: str, folder: str, arguments: dict[str, t.Any]) -> t.Any:
    """Do ``action`` now."""
    with State(folder) as data:
        return _do(action, root, _spec(folder), data, arguments)


def _do(action: str, root: str, spec: dict[str, t.Any], data: dict[str, t.Any], arguments: dict[str, t.Any]) -> t.Any:
    handler: t.Callable[..., t.Any] = globals()[f"_do_{action}"]
    return handler(root, spec, data, **arguments)


def _login_keychain(user: str) -> str:
    return f"/Users/{user}/Library/Keychains/login.keychain-db"


def _uid(spec: dict[str, t.Any], name: str) -> int:
    return next(int(user["uid"]) for user in spec["users"] if user["name"] == name)


def _unlock_at_login(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], user: str, password: str) -> None:
    path = _login_keychain(user)
    try:
        master = Keychain.load(root + path).master(password)
    except (OSError, DamagedKeychain):
        return
    if master is not None:
        data["unlocked"].setdefault(f"gui:{_uid(spec, user)}", {})[path] = master


def _do_log_in(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], user: str, password: str) -> None:
    _do_log_out(root, spec, data)
    data["console_user"] = user
    os.chown(f"{root}/dev/console", _uid(spec, user), 0)
    _unlock_at_login(root, spec, data, user, password)


def _do_log_out(root: str, spec: dict[str, t.Any], data: dict[str, t.Any]) -> None:
    data["console_user"] = None
    os.chown(f"{root}/dev/console", 0, 0)
    data["unlocked"] = {session: keys for session, keys in data["unlocked"].items() if not session.startswith("gui:")}
    data["adopted"] = {}
    data["pending"] = None


def _do_lock_keychain(root: str, spec: dict[str, t.Any], data: dict[str, t.Any]) -> None:
    data["unlocked"] = {session: keys for session, keys in data["unlocked"].items() if not session.startswith("gui:")}


def _do_approve(root: str, spec: dict[str, t.Any], data: dict[str, t.Any]) -> None:
    profile_store.settle(root, spec, data, time.time())
    if data["pending"] is None:
        raise ValueError("no profile waits for approval")
    profile_store.approve(root, spec, data, time.time())


def _do_decline(root: str, spec: dict[str, t.Any], data: dict[str, t.Any]) -> None:
    data["pending"] = None


def _do_install(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], content: str, scope: str, user: str | None, source: str) -> None:
    import base64

    profile_store.install(root, spec, data, base64.b64decode(content), scope=scope, user=user, source=source, now=time.time())


def _do_answer(root: str, spec: dict[str, t.Any], data: dict[str, t.Any]) -> None:
    for dialog in data["dialogs"]:
        dialog.setdefault("answered", time.time())


def _do_pass_time(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], seconds: float) -> None:
    data["clock"] += seconds
    if data["pending"] is not None:
        data["pending"]["since"] -= seconds
    for service in data["vpn"]:
        service["since"] = service.get("since", 0) - seconds
        service["connected"] = service.get("connected", 0) - seconds


def _do_cut(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], sshd: list[int]) -> None:
    """End the SSH connection that the Mac's processes ``sshd`` serve, as a lost network does."""
    mac = os.stat(os.path.dirname(root) + "/ns/pid").st_ino
    # The process ids count in the Mac; outside, the same processes have other numbers.
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/status", encoding="utf-8", errors="replace") as file:
                inner = next(line for line in file if line.startswith("NSpid:")).split()[-1]
            if int(inner) in sshd and os.stat(f"/proc/{entry}/ns/pid").st_ino == mac:
                os.kill(int(entry), signal.SIGKILL)
        except (OSError, StopIteration):
            continue


__all__ = ["FOLDER", "act", "do", "log_in_at_boot", "request"]
