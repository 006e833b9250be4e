# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cms: sign a file with an identity of a keychain, as an admin signs a profile, and read what a signed one holds."""

from __future__ import annotations

import base64
import os
import sys
import typing as t

from .. import crypto, dialogs
from ..keychain_file import seal
from ..machine_context import Machine
from . import certificates, main, status, store

_TOOL = "/usr/bin/security"


def cms(mac: Machine, argv: list[str]) -> int:
    """``-S -N identity -i in -o out``: DER with the content in it. ``-D -i in``: that content; the signature is not looked at."""
    options, _operands = main.options(argv, "hSDN:i:o:")
    flags = dict(options)
    if ("-S" in flags) == ("-D" in flags) or ("-S" in flags and not flags.get("-N")):
        raise status.Usage
    try:
        data = _read(flags.get("-i"))
    except OSError as error:
        sys.stderr.write(f'security: unable to open "{flags["-i"]}" for reading: {os.strerror(error.errno or 0)}\n')
        return 1
    content = _signed(mac, flags["-N"], data) if "-S" in flags else _content(data)
    if "-o" in flags:
        with open(flags["-o"], "wb") as file:
            file.write(content)
    else:
        sys.stdout.buffer.write(content)
    return 0


def _read(path: str | None) -> bytes:
    if path is None:
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def _signed(mac: Machine, name: str, data: bytes) -> bytes:
    for path, found in certificates.readable(mac, [], "cms", every=True, lenient=True):
        for item in found.certificates:
            key = next((one for one in found.keys if one["hash"] == item["key"]), None)
            if key is None or name.lower() not in item["label"].lower():
                continue
            try:
                master = store.need_master(mac, path, found)
            except status.Failure as failure:
                raise status.Failure("CMSEncoderCopyEncodedContent", failure.status) from None
            _ask_for_use(mac, key)
            return crypto.signed_data(data, base64.b64decode(item["der"]), seal(master, base64.b64decode(key["sealed"])))
    raise status.Failure("SecIdentitySearchCopyNext", status.ITEM_NOT_FOUND)


def _ask_for_use(mac: Machine, key: dict[str, t.Any]) -> None:
    """Both gates have to be open for the tool itself, or a dialog waits."""
    if not ((key["any"] or _TOOL in key["applications"]) and "apple-tool:" in key["partitions"]):
        dialogs.ask(mac, f'security wants to sign using key "{key["label"]}" in your keychain.')


def _content(data: bytes) -> bytes:
    """Return what a SignedData in DER holds (RFC 5652, 5.1 and 5.2). Raises ``Failure``."""
    try:
        _type, content = _parts(_parts(data)[0])[:2]
        _version, _digests, inner = _parts(_parts(content)[0])[:3]
        return _parts(_parts(inner)[1])[0]
    except (IndexError, ValueError):
        raise status.Failure("CMSDecoderUpdateMessage", status.DECODE) from None


def _parts(der: bytes) -> list[bytes]:
    """Return the content of each element in ``der``, which has definite lengths."""
    found = []
    while der:
        size, start = der[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[2:start], "big")
        if (start == 2 and der[1] == 0x80) or len(der) < start + size:
            raise ValueError("no DER")
        found.append(der[start : start + size])
        der = der[start + size :]
    return found
