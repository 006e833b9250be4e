# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security import: PKCS#12 and certificates into a keychain, with macOS's order of checks and its many ways to fail."""

from __future__ import annotations

import dataclasses
import os
import sys
import typing as t

from .. import bsd_getopt, tty
from ..keychain_file import Keychain
from ..machine_context import Machine
from . import status, store

_FORMATS = ("openssl", "openssh1", "openssh2", "bsafe", "raw", "pkcs7", "pkcs8", "pkcs12", "netscape", "x509", "pemseq")
_TYPES = ("pub", "priv", "session", "cert", "agg")


@dataclasses.dataclass
class Request:
    """The options of one import."""

    file: str
    keychain: str | None = None
    form: str | None = None
    passphrase: str | None = None
    any_application: bool = False
    applications: list[str] | None = None
    extractable: bool = True


def _request(mac: Machine, argv: list[str]) -> Request:
    if not argv or argv[0] in ("-h", "--help"):
        raise status.Usage
    request = Request(argv[0])
    for flag, value in _options(argv[1:]):
        if flag == "-h":
            raise status.Usage
        if flag == "-t" and value not in _TYPES:
            raise status.Usage
        if flag == "-f":
            if value not in _FORMATS:
                raise status.Usage
            request.form = value
        elif flag == "-k":
            request.keychain = value
        elif flag == "-P":
            request.passphrase = value
        elif flag == "-x":
            request.extractable = False
        elif flag == "-A":
            request.any_application = True
        elif flag == "-T":
            request.applications = request.applications or []
            if value and not value.startswith("group://") and not os.path.exists(value):
                raise status.Failure(f"SecTrustedApplicationCreateFromPath {value}", 100000 + 2, exit_one=True)
            if value:
                request.applications.append(value)
    return request


def _options(argv: list[str]) -> list[tuple[str, str]]:
    """Return the options; the first operand ends them, and what follows it is ignored. Raises ``Usage``."""
    options: list[tuple[str, str]] = []
    rest = argv
    while True:
        try:
            found, rest = bsd_getopt.parse(rest, "hk:t:f:wxP:a:AT:")
        except bsd_getopt.OptionError as error:
            sys.stderr.write(f"security: {error}\n")
            raise status.Usage from None
        options += found
        if not found or found[-1][0] != "-a":
            return options
        # -a takes two words: a name, which getopt knows of, and a value, which it takes for an operand.
        if not rest:
            raise status.Usage
        rest = rest[1:]


def import_(mac: Machine, argv: list[str]) -> int:
    """Import the file's items."""
    request = _request(mac, argv)
    path = store.resolve(mac, request.keychain) if request.keychain is not None else store.default(mac)
    if path is None:
        return 1
    what = "SecKeychainItemImport"
    try:
        with open(request.file, "rb") as file:
            data = file.read()
    except IsADirectoryError:
        sys.stderr.write(f"readFile: short read\nsecurity: Error reading infile {request.file}: Is a directory\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"security: Error reading infile {request.file}: {error.strerror}\n")
        return 1
    try:
        if not data:
            raise status.Failure(None, status.PARAM)
        keychain = store.load(mac, path, "import", write=True)
        counts = _import(mac, request, path, keychain, data)
        store.save(mac, path, keychain)
    except status.Failure as failure:
        raise status.Failure(what, failure.status, exit_one=True) from None
    if counts is None:
        sys.stderr.write("security: No keychain items found\n")
        return 1
    if mac.mode("import_text") and not (request.form == "pkcs12" and mac.version >= (15, 0)):
        for count, (one, many) in zip(counts, (("identity", "identities"), ("key", "keys"), ("certificate", "certificates")), strict=True):
            if count:
                print(f"{count} {one if count == 1 else many} imported.")
    return 0


def _kind(request: Request, data: bytes) -> str:
    from .. import crypto

    if request.form is not None:
        return {"pkcs12": "pkcs12", "x509": "certificate", "pemseq": "pem", "openssl": "pem"}.get(request.form, "unknown")
    suffix = request.file.rpartition(".")[2]
    if suffix in ("p12", "pfx"):
        return "pkcs12"
    if suffix in ("cer", "crt"):
        return "certificate"
    if b"-----BEGIN" in data:
        return "pem"
    if crypto.looks_like_pkcs12(data):
        return "pkcs12"
    # A certificate is not recognised by its content alone: Azure's VpnServerRoot.cer_0 has to be renamed.
    return "unknown"


def _import(mac: Machine, request: Request, path: str, keychain: Keychain, data: bytes) -> tuple[int, int, int] | None:
    from .. import crypto

    kind = _kind(request, data)
    if kind == "pkcs12" or (request.form == "openssl" and crypto.looks_like_pkcs12(data)):
        return _import_pkcs12(mac, request, path, keychain, data)
    if kind == "unknown":
        raise status.Failure(None, status.UNKNOWN_FORMAT)
    try:
        if kind == "pem" and not any(mark in data for mark in (b"PRIVATE KEY-----", b"-----BEGIN CERTIFICATE-----")):
            return None
        keys = 0
        if b"PRIVATE KEY-----" in data:
            key, pkcs8 = crypto.private_key(data)
            _add_key(mac, request, path, keychain, key, pkcs8)
            keys = 1
            if b"-----BEGIN CERTIFICATE-----" not in data:
                return 0, keys, 0
        found = crypto.certificates(data)
    except crypto.Unreadable:
        raise status.Failure(None, status.UNKNOWN_FORMAT) from None
    if not mac.mode("locked_add_certificate"):
        store.need_master(mac, path, keychain)
    added = sum(_add_certificate(keychain, der) for der in found)
    if not added and not keys:
        raise status.Failure(None, status.DUPLICATE_ITEM)
    return 0, keys, added


def _import_pkcs12(mac: Machine, request: Request, path: str, keychain: Keychain, data: bytes) -> tuple[int, int, int] | None:
    from .. import crypto

    explicit = request.form == "pkcs12" and mac.version >= (15, 0)
    passphrase = request.passphrase
    if passphrase is not None and not passphrase.isascii():
        if not explicit:
            raise status.Failure(None, status.PASSPHRASE_REQUIRED)
        passphrase = None
    if passphrase is None:
        if explicit:
            passphrase = tty.getpass(f"password to unlock {os.path.basename(request.file)}: ")
        elif not mac.in_gui:
            raise status.Failure(None, status.INTERACTION_NOT_ALLOWED)
        else:
            from .. import dialogs

            dialogs.ask(mac, f"Enter the password for \u201c{os.path.basename(request.file)}\u201d")
            raise status.Failure(None, -128)
    if passphrase == "":
        raise status.Failure(None, status.DECODE if explicit else status.PKCS12_VERIFY)
    if crypto.is_modern(data) and not explicit:
        raise status.Failure(None, status.PKCS12_VERIFY)
    try:
        key, pkcs8, chain = crypto.open_pkcs12(data, passphrase)
    except crypto.WrongPassword:
        raise status.Failure(None, status.AUTH_FAILED if explicit else status.PKCS12_VERIFY) from None
    except crypto.Unreadable:
        raise status.Failure(None, status.UNKNOWN_FORMAT if not explicit else status.DECODE) from None
    if key is None and not chain:
        return None
    try:
        master = store.need_master(mac, path, keychain)
    except status.Failure:
        if explicit and mac.version >= (26, 0):
            raise status.Failure(None, status.INTERNAL) from None
        raise
    present = key is not None and any(entry["hash"] == key["hash"] for entry in keychain.keys)
    if present:
        if explicit and mac.version < (15, 2):
            raise status.Failure(None, status.DUPLICATE_ITEM)
        if not explicit and mac.mode("reimport") == "fail":
            raise status.Failure(None, status.DUPLICATE_ITEM)
    elif key is not None:
        _add_key(mac, request, path, keychain, key, pkcs8, master=master, explicit=explicit)
    added = [_add_certificate(keychain, der) for der in chain]
    if key is None:
        return 0, 0, sum(added)
    return 1, 0, sum(added[1:])


def _add_key(
    mac: Machine,
    request: Request,
    path: str,
    keychain: Keychain,
    key: dict[str, t.Any],
    pkcs8: bytes,
    *,
    master: str | None = None,
    explicit: bool = False,
) -> None:
    if any(entry["hash"] == key["hash"] for entry in keychain.keys):
        raise status.Failure(None, status.DUPLICATE_ITEM)
    master = master or store.need_master(mac, path, keychain)
    applications = ["/usr/bin/security"] if request.applications is None else request.applications
    keychain.keys.append(
        {
            **key,
            "sealed": keychain.seal_key(master, pkcs8),
            "any": request.any_application,
            "applications": applications,
            # An imported key may be used by Apple's command line tools only, until its partition list says more.
            "partitions": ["apple-tool:"],
            "extractable": request.extractable or explicit,
        }
    )


def _add_certificate(keychain: Keychain, der: bytes) -> int:
    from .. import crypto

    item = crypto.certificate(der)
    if any(entry["sha256"] == item["sha256"] for entry in keychain.certificates):
        return 0
    keychain.certificates.append(item)
    return 1
