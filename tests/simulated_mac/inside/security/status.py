# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OSStatus values, their texts, and how ``security`` turns them into an exit status."""

from __future__ import annotations

import sys

from ..machine_context import Machine

ITEM_NOT_FOUND = -25300
DUPLICATE_ITEM = -25299
AUTH_FAILED = -25293
INTERACTION_NOT_ALLOWED = -25308
NO_SUCH_KEYCHAIN = -25294
INVALID_KEYCHAIN = -25295
DUPLICATE_KEYCHAIN = -25296
READ_ONLY = -25292
NO_DEFAULT_KEYCHAIN = -25307
WRITE_PERMISSION = -61
PKCS12_VERIFY = -25264
PASSPHRASE_REQUIRED = -25260
UNKNOWN_FORMAT = -25257
DECODE = -26275
NO_TRUST_SETTINGS = -25263
PARAM = -50
INTERNAL_COMPONENT = -2070
INTERNAL = -26276
AUTHORIZATION_CANCELED = -60006
AUTHORIZATION_NO_INTERACTION = -60007

TEXTS = {
    ITEM_NOT_FOUND: "The specified item could not be found in the keychain.",
    DUPLICATE_ITEM: "The specified item already exists in the keychain.",
    AUTH_FAILED: "The user name or passphrase you entered is not correct.",
    INTERACTION_NOT_ALLOWED: "User interaction is not allowed.",
    NO_SUCH_KEYCHAIN: "The specified keychain could not be found.",
    INVALID_KEYCHAIN: "The specified keychain is not a valid keychain file.",
    DUPLICATE_KEYCHAIN: "A keychain with the same name already exists.",
    READ_ONLY: "This keychain cannot be modified.",
    -25291: "No keychain is available. You may need to restart your computer.",
    NO_DEFAULT_KEYCHAIN: "A default keychain could not be found.",
    -25315: "User interaction is required, but is currently not allowed.",
    -128: "User canceled the operation.",
    WRITE_PERMISSION: "Write permissions error.",
    PKCS12_VERIFY: "MAC verification failed during PKCS12 import (wrong password?)",
    PASSPHRASE_REQUIRED: "Passphrase is required for import/export.",
    UNKNOWN_FORMAT: "Unknown format in import.",
    DECODE: "Unable to decode the provided data.",
    NO_TRUST_SETTINGS: "No Trust Settings were found.",
    PARAM: "One or more parameters passed to a function were not valid.",
    INTERNAL_COMPONENT: "errSecInternalComponent",
    # Apple's own spelling.
    INTERNAL: "An internal error occured in the Security framework.",
    -60005: "The authorization was denied.",
    AUTHORIZATION_CANCELED: "The authorization was canceled by the user.",
    AUTHORIZATION_NO_INTERACTION: "The authorization was denied since no user interaction was possible.",
}
# The texts come from a strings file in the language of the Mac; two of Apple's German ones stand for all languages.
_GERMAN = {
    ITEM_NOT_FOUND: "Das angegebene Objekt konnte nicht im Schlüsselbund gefunden werden.",
    AUTH_FAILED: "Der eingegebene Benutzername oder das Passwort ist nicht korrekt.",
}


class Failure(Exception):
    """A command cannot go on: ``what`` it was doing, and the OSStatus. ``exit_one``: the command returns 1, not the status."""

    def __init__(self, what: str | None, status: int, *, exit_one: bool = False, prefix: bool = True) -> None:
        super().__init__(what, status)
        self.what = what
        self.status = status
        self.result = 1 if exit_one else status
        self.prefix = prefix


class Usage(Exception):
    """The command was called wrongly (or with -h)."""


def text(mac: Machine, status: int) -> str:
    """Return the text that macOS finds for ``status``."""
    if mac.mode("language") != "en" and status in TEXTS:
        return _GERMAN.get(status, f"Der Vorgang konnte nicht abgeschlossen werden. ({status})")
    if status in TEXTS:
        return TEXTS[status]
    if 100000 <= status < 100200:
        import os

        return f"UNIX[{os.strerror(status - 100000)}]"
    return f"unknown error {status}={status & 0xFFFFFFFF:x}"


def complain(mac: Machine, what: str, status: int, *, prefix: bool = True) -> None:
    """Print one error line as the tool does."""
    sys.stderr.write(f"{'security: ' if prefix else ''}{what}: {text(mac, status)}\n")
