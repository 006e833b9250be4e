# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keychain as a file: certificates in the clear, private keys sealed with the keychain's password.

The layout is the simulator's own (Apple's is not needed: nothing but ``security`` reads it), with the real
one's properties: the file can be copied, certificates can be read from a copy, keys cannot be used without the password.
The seal is a toy (SHA-256 in counter mode); it keeps key material out of the file's plain bytes, no more.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import typing as t

MAGIC = b"kych\x00\x01\x00\x00"
_ROUNDS = 2000


class DamagedKeychain(Exception):
    """The file is not a keychain."""


def seal(master: str, data: bytes) -> bytes:
    """Encrypt or decrypt ``data`` with the keychain's master key."""
    stream = b"".join(hashlib.sha256(bytes.fromhex(master) + number.to_bytes(8, "big")).digest() for number in range(len(data) // 32 + 1))
    return bytes(left ^ right for left, right in zip(data, stream, strict=False))


@dataclasses.dataclass
class Keychain:
    """The content of one keychain file. Items are plain dictionaries, as they are stored."""

    salt: str
    wrapped: str
    check: str
    settings: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    certificates: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    keys: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)

    @classmethod
    def create(cls, password: str) -> Keychain:
        """Return an empty keychain that ``password`` opens."""
        keychain = cls(salt=os.urandom(16).hex(), wrapped="", check="")
        keychain._wrap(os.urandom(32).hex(), password)
        return keychain

    def _derive(self, password: str) -> str:
        return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogateescape"), bytes.fromhex(self.salt), _ROUNDS).hex()

    def _wrap(self, master: str, password: str) -> None:
        self.wrapped = seal(self._derive(password), bytes.fromhex(master)).hex()
        self.check = hashlib.sha256(bytes.fromhex(master)).hexdigest()

    def master(self, password: str) -> str | None:
        """Return the master key, or ``None`` when the password is wrong."""
        master = seal(self._derive(password), bytes.fromhex(self.wrapped)).hex()
        return master if hmac.compare_digest(hashlib.sha256(bytes.fromhex(master)).hexdigest(), self.check) else None

    def change_password(self, master: str, password: str) -> None:
        """Let ``password`` open the keychain from now on."""
        self._wrap(master, password)

    def seal_key(self, master: str, pkcs8: bytes) -> str:
        """Return a private key as it is stored."""
        return base64.b64encode(seal(master, pkcs8)).decode()

    def dump(self) -> bytes:
        """Return the file's bytes."""
        return MAGIC + json.dumps(dataclasses.asdict(self)).encode()

    def save(self, path: str, mode: int | None = None) -> None:
        """Write the file as securityd does: a new file, moved over the old one, that keeps owner and mode."""
        try:
            old: os.stat_result | None = os.stat(path)
        except FileNotFoundError:
            old = None
        new = f"{path}.sb-{os.urandom(4).hex()}"
        with open(new, "wb") as file:
            file.write(self.dump())
        os.chmod(new, mode if mode is not None else (old.st_mode & 0o7777 if old else 0o644))
        if old and os.geteuid() == 0:
            os.chown(new, old.st_uid, old.st_gid)
        os.replace(new, path)

    @classmethod
    def load(cls, path: str) -> Keychain:
        """Read the file at ``path``. Raises ``OSError`` and ``DamagedKeychain``."""
        with open(path, "rb") as file:
            data = file.read()
        if not data.startswith(MAGIC):
            raise DamagedKeychain(path)
        try:
            return cls(**json.loads(data[len(MAGIC) :]))
        except (ValueError, TypeError) as error:
            raise DamagedKeychain(path) from error
