# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile as a file on the controller, ready for an MDM: one file per Mac, 0600, because it carries the Mac's key."""

from __future__ import annotations

import errno
import hashlib
import os
import pathlib
import re
import typing as t
from collections.abc import Sequence

from . import mobileconfig
from .changes import Change
from .errors import ProfileError
from .identity import Identity
from .profile_settings import ProfileSettings
from .profile_signing import Signer

SUFFIX = ".mobileconfig"
_AS_WANTED = "as wanted"


def destination(dest: str, host: str, *, folder: bool = False) -> pathlib.Path:
    """Return the file that ``dest`` means: itself, or in the folder ``dest`` one named after the host, as all may share an identifier.

    ``folder``: it is meant as a folder, although there may be none yet.
    """
    path = pathlib.Path(dest)
    return path / f"{_file_name(host)}{SUFFIX}" if folder or path.is_dir() else path


def _file_name(host: str) -> str:
    """Return ``host`` as it can be part of a file's name, another one for each host."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", host).lstrip(".")
    return plain if plain == host else f"{plain}-{hashlib.sha256(host.encode()).hexdigest()[:8]}"


def plan(path: pathlib.Path, settings: ProfileSettings, identity: Identity, signer: Signer | None) -> list[Change]:
    """Return what has to change so that ``path`` is the wanted profile and nobody else can read it. Raises ``ProfileError``."""
    after = {"mode": "0600", "settings": mobileconfig.describe(settings)}
    try:
        mode, content = path.stat().st_mode & 0o777, path.read_bytes()
    except FileNotFoundError:
        return [Change(str(path), "absent", after)]
    except OSError as error:
        raise _unusable(path, error) from error
    same = mobileconfig.same_profile(content, settings, identity, signer=signer)
    if same and mode == 0o600:
        return []
    return [Change(str(path), {"mode": f"{mode:04o}", "content": _AS_WANTED if same else "another profile"}, after)]


def plan_absent(path: pathlib.Path) -> list[Change]:
    """Return the removal of ``path``, if it is there. Raises ``ProfileError``."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unusable(path, error) from error
    return [Change(str(path), "present", "absent")]


def only_too_open(changes: Sequence[Change]) -> bool:
    """Return whether ``plan`` found the wanted profile, readable for others."""
    return bool(changes) and isinstance(changes[0].before, dict) and changes[0].before.get("content") == _AS_WANTED


def close(path: pathlib.Path) -> None:
    """Let nobody but the owner read ``path``; its content, which the MDM may have already, stays. Raises ``ProfileError``."""
    try:
        path.chmod(0o600)
    except OSError as error:
        raise _unusable(path, error) from error


def write(path: pathlib.Path, content: bytes) -> None:
    """Write ``content`` to ``path`` whole or not at all, mode 0600. Raises ``ProfileError``."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = _staged(path)
        staged.unlink(missing_ok=True)
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(staged, path)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unusable(path, error) from error


def remove(path: pathlib.Path) -> None:
    """Remove ``path``, and what a killed run may have left of it. Raises ``ProfileError``."""
    try:
        path.unlink(missing_ok=True)
        _staged(path).unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error


def _staged(path: pathlib.Path) -> pathlib.Path:
    """Return where the content stands before it takes its place.

    Always there, so that what a killed run left, which holds the key, is used up by the next; and with the file's own suffix, by
    which such files are kept out of repositories.
    """
    return path.with_name(f".new.{path.name}")


def result(path: pathlib.Path, settings: ProfileSettings, warnings: tuple[str, ...] = ()) -> dict[str, t.Any]:
    """Return what the module shows, with ``warnings`` besides the settings': the Mac was not asked, so the status there is unknown."""
    channel = "device" if settings.scope == "system" else "user"
    return {
        "identifier": settings.identifier,
        "uuid": settings.profile_uuid,
        "status": "unknown",
        "delivery": "file",
        "path": str(path),
        "remedy": f"Upload {path} to your MDM for this one Mac, on its {channel} channel; the file holds the Mac's private key.",
        "warnings": [*settings.warnings, *warnings],
    }


def absent(path: pathlib.Path, identifier: str) -> dict[str, t.Any]:
    """Return what the module shows once the file is gone."""
    return {
        "identifier": identifier,
        "uuid": None,
        "status": "unknown",
        "delivery": "file",
        "path": str(path),
        "remedy": "If the profile was uploaded to an MDM, remove it there.",
        "warnings": [],
    }


def _unusable(path: pathlib.Path, error: OSError) -> ProfileError:
    return ProfileError(
        f"{path} cannot be read or written: {error.strerror}", "choose a path that the user running Ansible may write", option="dest"
    )
