# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of security(1): quoting of what it reads, exact parsing of what it prints."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import hashlib
import re

from .errors import IdentityError, MacError
from .mac import encodable
from .pki import Certificate

# `security -i` reads lines into a buffer of 4096 bytes; what is longer runs as a second command.
# (Apple, Security source, SecurityTool/macOS/readline.c)
LINE_LIMIT = 4094

# Exit status = OSStatus & 0xff, where a command returns it. The texts are localised, the numbers are not.
# (Apple, Security source, SecBase.h)
WRONG_PASSWORD = 51  # errSecAuthFailed -25293
LOCKED = 36  # errSecInteractionNotAllowed -25308
NO_SUCH_KEYCHAIN = 50  # errSecNoSuchKeychain -25294
INVALID_KEYCHAIN = 49  # errSecInvalidKeychain -25295
READ_ONLY = 52  # errSecReadOnly -25292

_HASH = re.compile(rb"SHA-(?:256|1) hash: ([0-9A-F]{40}|[0-9A-F]{64})\Z")
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"
_IDENTITY = re.compile(rb" *\d+\) ([0-9A-F]{40}) [\"<]")
_COUNT = re.compile(rb" *(\d+) identities found\Z")


@dataclasses.dataclass(frozen=True)
class FoundCertificate:
    """A certificate of somebody's keychain: any bytes, not necessarily a certificate that can be parsed."""

    der: bytes

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 over the DER, lower-case hex."""
        return hashlib.sha256(self.der).hexdigest()

    @functools.cached_property
    def sha1(self) -> str:
        """SHA-1 over the DER, lower-case hex."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest()

    @functools.cached_property
    def certificate(self) -> Certificate | None:
        """The parsed certificate, or ``None`` for one that is not well-formed."""
        try:
            return Certificate(self.der)
        except IdentityError:
            return None


def parse_certificates(out: bytes) -> tuple[FoundCertificate, ...]:
    """Return the certificates in the output of ``find-certificate -a -Z -p``. Raises ``MacError`` for anything else."""
    found = []
    body: list[bytes] | None = None
    for line in out.splitlines():
        if body is not None:
            if line == _END:
                found.append(FoundCertificate(_decoded(b"".join(body))))
                body = None
            else:
                body.append(line)
        elif line == _BEGIN:
            body = []
        elif not _HASH.match(line):
            raise _not_understood("find-certificate")
    if body is not None:
        raise _not_understood("find-certificate")
    return tuple(found)


def parse_identities(out: bytes) -> frozenset[str]:
    """Return the SHA-1 (lower-case hex) of the certificates with a private key, from the output of ``find-identity``.

    Only the list "Matching identities" counts: an identity of a private CA is never under "Valid identities only".
    Raises ``MacError`` for output of another form.
    """
    head, _title, rest = out.partition(b"\n  Matching identities\n")
    # The last one: a label can hold any text, and is printed in both lists.
    matching, title, _valid = rest.rpartition(b"\n\n  Valid identities only\n")
    if not title or not head.lstrip().startswith(b"Policy: "):
        raise _not_understood("find-identity")
    *lines, last = matching.split(b"\n")
    found: list[str] = []
    for line in lines:
        entry = _IDENTITY.match(line)
        # A label can hold line breaks as well: what is no entry goes on with the one before.
        if entry:
            found.append(entry[1].decode().lower())
        elif not found:
            raise _not_understood("find-identity")
    count = _COUNT.match(last)
    # What looks like an entry may be a part of a label: the count tells.
    if not count or int(count[1]) != len(found):
        raise _not_understood("find-identity")
    return frozenset(found)


def argument(value: str, option: str) -> str:
    """Return ``value`` as one argument of a ``security -i`` line. Raises ``MacError`` for what such a line cannot hold."""
    if any(char in value for char in "\n\r\0"):
        raise MacError(
            "the value holds a line break or a NUL character, which security(1) cannot read", "use a value without them", option=option
        )
    if not encodable(value):
        raise MacError("the value is not valid Unicode text", "give it as UTF-8", option=option)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command(*words: str) -> str:
    """Return one ``security -i`` command line from words that are safe or went through ``argument``.

    Raises ``MacError`` when it is too long.
    """
    line = " ".join(words)
    if len(line.encode("utf-8", "surrogateescape")) > LINE_LIMIT:
        raise MacError(f"a command for security(1) is longer than {LINE_LIMIT} bytes", "use shorter names, paths or passphrases")
    if len(words) > 31:
        raise MacError("a command for security(1) has more than 32 arguments", "name fewer applications", option="allowed_applications")
    return line


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        raise _not_understood("find-certificate") from None


def _not_understood(subcommand: str) -> MacError:
    return MacError(
        f"the output of `security {subcommand}` is not understood, so the keychain's content is unknown",
        "nothing was changed; run the play again, and report the output of -vvv if it stays",
    )
