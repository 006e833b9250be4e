# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change behind the back of whoever is looking: what another admin, or the user, does between observe and apply."""

from __future__ import annotations

import base64
import typing as t

from .keychain_file import Keychain


def change(details: dict[str, t.Any]) -> None:
    """Add a certificate (``add``: base64 of DER) to, or remove all of a common name (``remove``) from, ``keychain``."""
    from . import crypto

    keychain = Keychain.load(details["keychain"])
    if "add" in details:
        keychain.certificates.append(crypto.certificate(base64.b64decode(details["add"])))
    if "remove" in details:
        gone = {item["key"] for item in keychain.certificates if item["cn"] == details["remove"]}
        keychain.certificates = [item for item in keychain.certificates if item["cn"] != details["remove"]]
        keychain.keys = [key for key in keychain.keys if key["hash"] not in gone]
    keychain.save(details["keychain"])
