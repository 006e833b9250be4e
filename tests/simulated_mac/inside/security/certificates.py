# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""find-certificate, add-certificates, delete-certificate."""

from __future__ import annotations

import base64
import sys
import typing as t

from ..keychain_file import Keychain
from ..machine_context import Machine
from . import dump, main, status, store


def readable(mac: Machine, operands: list[str], command: str, *, every: bool, lenient: bool = False) -> list[tuple[str, Keychain]]:
    """Open the keychains to search. A missing one counts as empty; a damaged one is an error with ``every``, else it never ends.

    ``lenient``: a damaged one counts as empty too.
    """
    found = []
    for path in store.search_paths(mac, operands):
        try:
            found.append((path, store.load(mac, path, command)))
        except status.Failure as failure:
            if lenient or failure.status != status.INVALID_KEYCHAIN:
                continue
            if not every:
                from .. import run

                run.hang()
            raise
    return found


def find_certificate(mac: Machine, argv: list[str]) -> int:
    """Show certificates; ``-c`` matches any part of the common name, in any case."""
    options, operands = main.options(argv, "hac:e:mpZ")
    flags = dict(options)
    every = "-a" in flags
    what = "SecCertificateFindByEmail" if "-e" in flags else "SecKeychainSearchCopyNext"
    try:
        keychains = readable(mac, operands, "find-certificate", every=every)
    except status.Failure as failure:
        raise status.Failure(what, failure.status) from None
    shown = 0
    for path, keychain in keychains:
        for item in keychain.certificates:
            if "-c" in flags and (not item["cn"] or flags["-c"].lower() not in item["cn"].lower()):
                continue
            if "-e" in flags and flags["-e"].lower() not in [email.lower() for email in item["emails"]]:
                continue
            _show(mac, path, item, flags)
            shown += 1
            if not every:
                return 0
    if not shown and not every:
        raise status.Failure(what, status.ITEM_NOT_FOUND)
    return 0


def _show(mac: Machine, path: str, item: dict[str, t.Any], flags: dict[str, str]) -> None:
    if "-Z" in flags:
        if mac.version >= (10, 15):
            print(f"SHA-256 hash: {item['sha256']}")
        print(f"SHA-1 hash: {item['sha1']}")
    if "-m" in flags:
        print("email addresses: " + ", ".join(item["emails"]))
    if "-p" in flags:
        text = item["der"]
        print("-----BEGIN CERTIFICATE-----")
        for start in range(0, len(text), 64):
            print(text[start : start + 64])
        print("-----END CERTIFICATE-----")
    else:
        sys.stdout.write(dump.certificate(path, item))


def add_certificates(mac: Machine, argv: list[str]) -> int:
    """Add certificates without trusting them. Goes on after a bad file; any failure makes it 1."""
    options, operands = main.options(argv, "hk:")
    if not operands:
        raise status.Usage
    name = dict(options).get("-k")
    result = 0
    for file in operands:
        result |= _add_one(mac, file, name)
    return result


def _add_one(mac: Machine, file: str, name: str | None) -> int:
    from .. import crypto

    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except OSError:
        print(f"***Error reading file {file}")
        return 1
    try:
        der = crypto.certificates(data)[0]
        item = crypto.certificate(der)
    except crypto.Unreadable:
        if b"-----BEGIN" in data:
            sys.stderr.write(f"Error decoding cert file {file}\n")
        else:
            code = status.INTERNAL if mac.version >= (26, 0) else status.UNKNOWN_FORMAT
            status.complain(mac, "SecCertificateCreateFromData", code, prefix=False)
        return 1
    path = store.resolve(mac, name) if name is not None else store.default(mac)
    what = "SecCertificateAddToKeychain"
    if path is None:
        status.complain(mac, what, status.NO_DEFAULT_KEYCHAIN)
        return 1
    try:
        keychain = store.load(mac, path, "add-certificates", write=True)
        if any(entry["sha256"] == item["sha256"] for entry in keychain.certificates):
            sys.stderr.write(f"security: {file}: already in {name or 'default keychain'}\n")
            return 1
        if not mac.mode("locked_add_certificate"):
            store.need_master(mac, path, keychain)
        keychain.certificates.append(item)
        store.save(mac, path, keychain)
    except status.Failure as failure:
        status.complain(mac, what, failure.status)
        return 1
    return 0


def select(keychains: list[tuple[str, Keychain]], flags: dict[str, str]) -> tuple[str, Keychain, dict[str, t.Any]] | None:
    """Return the one certificate that ``-Z`` or ``-c`` means (an exact name beats a part of one), or ``None``."""
    everything = [(path, keychain, item) for path, keychain in keychains for item in keychain.certificates]
    if "-Z" in flags:
        wanted = flags["-Z"].upper()
        return next((entry for entry in everything if wanted in (entry[2]["sha1"], entry[2]["sha256"])), None)
    name = flags["-c"]
    exact = [entry for entry in everything if entry[2]["cn"] == name]
    found = exact or [entry for entry in everything if entry[2]["cn"] and name.lower() in entry[2]["cn"].lower()]
    if len(found) > 1:
        sys.stderr.write(f'security: "{name}" is ambiguous, matches more than one certificate\n')
        return None
    return found[0] if found else None


def delete_certificate(mac: Machine, argv: list[str], *, with_key: bool = False) -> int:
    """Delete one certificate (and, for delete-identity, its key first)."""
    command = "delete-identity" if with_key else "delete-certificate"
    options, operands = main.options(argv, "hc:Z:t")
    flags = dict(options)
    if "-c" not in flags and "-Z" not in flags:
        raise status.Usage
    if "-Z" in flags and len(flags["-Z"]) not in (40, 64):
        raise status.Usage
    found = select(readable(mac, operands, command, every=True), flags)
    if found is None:
        sys.stderr.write(f'Unable to delete certificate matching "{flags.get("-Z", flags.get("-c"))}"')
        return 1
    path, keychain, item = found
    try:
        store.need_master(mac, path, keychain)
        with mac.state() as data:
            for entry in data["opens"][-1:]:
                entry["write"] = True
        if with_key:
            keychain.keys = [key for key in keychain.keys if key["hash"] != item["key"]]
        keychain.certificates = [entry for entry in keychain.certificates if entry["sha256"] != item["sha256"]]
        store.save(mac, path, keychain)
    except status.Failure as failure:
        raise status.Failure("SecKeychainItemDelete", failure.status) from None
    if "-t" in flags:
        from . import trust

        return trust.forget(mac, base64.b64decode(item["der"]))
    return 0


__all__ = ["add_certificates", "delete_certificate", "find_certificate", "readable", "select"]
