# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from Mac to Mac in the file tree: accounts, homes, keychains, sudo, the version files."""

from __future__ import annotations

import hashlib
import os
import pathlib
import plistlib

from .inside import keychain_file, search_list
from .spec import MacSpec, User

STAFF = 20
ADMIN = 80
_SYSTEM_ACCOUNTS = """\
nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false
root:*:0:0:System Administrator:/var/root:/bin/sh
daemon:*:1:1:System Services:/var/root:/usr/bin/false
sshd:*:75:75:sshd Privilege separation:/var/empty:/usr/bin/false
_mbsetupuser:*:248:248:Setup User:/var/setup:/bin/bash
"""
_SYSTEM_GROUPS = "nobody:*:-2:\nwheel:*:0:root\ndaemon:*:1:root\nsshd:*:75:\nstaff:*:20:{users}\nadmin:*:80:root,{admins}\n"
_PAM = (
    "auth required /.simulator/pam/pam_unix.so\naccount required /.simulator/pam/pam_permit.so\n"
    "session required /.simulator/pam/pam_permit.so\n"
)


def furnish(root: pathlib.Path, spec: MacSpec, public_key: str) -> None:
    """Write into the new Mac's ``root`` what ``spec`` asks for; ``public_key`` may log in as any user."""
    _accounts(root, spec)
    _sudo(root, spec)
    _version(root, spec)
    for user in spec.users:
        _home(root, user, public_key)
    system = root / "Library/Keychains/System.keychain"
    keychain_file.Keychain.create(hashlib.sha256(b"system" + spec.name.encode()).hexdigest()).save(str(system), mode=0o644)
    (root / "System/Library/Keychains/SystemRootCertificates.keychain").write_bytes(keychain_file.Keychain.create("").dump())
    # The setup assistant of a new Mac runs as a user of its own.
    console = 248 if spec.console_user == "_mbsetupuser" else next((user.uid for user in spec.users if user.name == spec.console_user), 0)
    os.chown(root / "dev/console", console, 0)


def _accounts(root: pathlib.Path, spec: MacSpec) -> None:
    etc = root / "private/etc"
    lines = _SYSTEM_ACCOUNTS.replace(":-2:-2:", ":65534:65534:")
    lines += "".join(f"{user.name}:x:{user.uid}:{STAFF}:{user.full_name}:/Users/{user.name}:/bin/zsh\n" for user in spec.users)
    (etc / "passwd").write_text(lines)
    groups = _SYSTEM_GROUPS.replace(":-2:", ":65534:").format(
        users=",".join(user.name for user in spec.users), admins=",".join(user.name for user in spec.users if user.admin)
    )
    (etc / "group").write_text(groups)
    shadow = "root:*:19000:0:99999:7:::\n"
    shadow += "".join(f"{user.name}:{_crypt(user.login_password)}:19000:0:99999:7:::\n" for user in spec.users)
    (etc / "shadow").write_text(shadow)
    (etc / "shadow").chmod(0o600)


def _crypt(password: str) -> str:
    """Return the SHA-512 crypt(3) form of ``password`` with few rounds; Python 3.13 has no crypt module."""
    import ctypes
    import ctypes.util

    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    result: bytes = library.crypt(password.encode(), b"$6$rounds=1000$simulated$")
    return result.decode()


def _sudo(root: pathlib.Path, spec: MacSpec) -> None:
    etc = root / "private/etc"
    rule = "ALL" if spec.sudo_password else "NOPASSWD: ALL"
    # macOS's own sudoers keeps HOME, which is why `sudo security` without -H finds the caller's keychains.
    (etc / "sudoers").write_text(
        'Defaults env_reset\nDefaults env_keep += "HOME MAIL"\nDefaults !syslog\nDefaults lecture=never\nDefaults !admin_flag\n'
        f"root ALL=(ALL) ALL\n%admin ALL=(ALL) {rule}\n"
    )
    (etc / "sudoers").chmod(0o440)
    for service in ("sudo", "sudo-i", "other"):
        (etc / "pam.d" / service).write_text(_PAM)


def _version(root: pathlib.Path, spec: MacSpec) -> None:
    facts = {"ProductName": "macOS", "ProductVersion": spec.macos, "ProductUserVisibleVersion": spec.macos}
    if spec.macos.startswith("10."):
        facts["ProductName"] = "Mac OS X"
    (root / "System/Library/CoreServices/SystemVersion.plist").write_bytes(plistlib.dumps(facts))
    store = root / "private/var/db/ConfigurationProfiles"
    store.chmod(0o700)


def _home(root: pathlib.Path, user: User, public_key: str) -> None:
    temporary = root / f"private/var/folders/zz/{user.uid}/T"
    temporary.mkdir(parents=True)
    os.chown(temporary, user.uid, STAFF)
    temporary.chmod(0o700)
    if not user.home:
        return
    home = root / "Users" / user.name
    for folder in (".ssh", "Library/Keychains", "Library/Preferences", "Library/Application Support", "Downloads", "Desktop"):
        (home / folder).mkdir(parents=True)
    (home / ".ssh/authorized_keys").write_text(public_key)
    if user.keychain:
        keychain_file.Keychain.create(user.secret).save(str(home / "Library/Keychains/login.keychain-db"), mode=0o600)
        login = f"/Users/{user.name}/Library/Keychains/login.keychain-db"
        search_list.write(str(home), [login], default=login)
    for folder, folders, files in os.walk(home):
        for name in [folder, *(os.path.join(folder, entry) for entry in folders + files)]:
            os.chown(name, user.uid, STAFF)
    home.chmod(0o750)
    (home / ".ssh").chmod(0o700)
    (home / "Library").chmod(0o700)
    (home / "Library/Keychains").chmod(0o755)
    (home / ".ssh/authorized_keys").chmod(0o600)
