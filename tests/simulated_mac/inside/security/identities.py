# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""find-identity and delete-identity."""

from __future__ import annotations

import base64
import sys
import typing as t

from ..machine_context import Machine
from . import certificates, main

# In the order in which they are printed.
POLICIES = {
    "ssl-client": "SSL (client)",
    "ssl-server": "SSL (server)",
    "smime": "S/MIME",
    "eap": "EAP",
    "ipsec": "IPsec",
    "ichat": "iChat",
    "codesigning": "Code Signing",
    "basic": "X.509 Basic",
    "sys-default": "System Default",
    "sys-kerberos-kdc": "Kerberos KDC",
    "appleID": "AppleID Sharing",
    "macappstore": "Mac App Store Receipt",
}


def find_identity(mac: Machine, argv: list[str]) -> int:
    """List identities: a certificate and its private key, both in the keychains searched."""
    options, operands = main.options(argv, "hp:s:v")
    flags = dict(options)
    wanted = {value for flag, value in options if flag == "-p"} or {"basic"}
    if not wanted <= POLICIES.keys():
        sys.stderr.write(f"security: unknown policy: {sorted(wanted - POLICIES.keys())[0]}\n")
        return 2
    keychains = certificates.readable(mac, operands, "find-identity", every=True, lenient=True)
    keys = {key["hash"] for _path, keychain in keychains for key in keychain.keys}
    found = [item for _path, keychain in keychains for item in keychain.certificates if item["key"] in keys]
    if "-s" in flags:
        print(f'Looking for identities matching "{flags["-s"]}"')
        found = [item for item in found if flags["-s"].lower() in item["label"].lower()]
    codes = {item["sha256"]: trust_code(mac, item) for item in found}
    valid = [item for item in found if not codes[item["sha256"]]]
    for policy, heading in POLICIES.items():
        if policy not in wanted:
            continue
        if "-v" not in flags:
            print(f"\nPolicy: {heading}\n  Matching identities")
            _list(found, codes)
            print(f"     {len(found)} identities found\n\n  Valid identities only")
        _list(valid, codes)
        print(f"     {len(valid)} valid identities found")
    return 0


def _list(items: list[dict[str, t.Any]], codes: dict[str, str]) -> None:
    for number, item in enumerate(items, 1):
        code = codes[item["sha256"]]
        print(f'{number:3d}) {item["sha1"]} "{item["label"] or "<unknown>"}"' + (f" ({code})" if code else ""))


def trust_code(mac: Machine, item: dict[str, t.Any]) -> str:
    """Return what is wrong with a certificate's trust, or an empty text. A private CA is not trusted unless someone said so."""
    from . import verify

    return verify.judge(mac, base64.b64decode(item["der"]), policy="basic")


def delete_identity(mac: Machine, argv: list[str]) -> int:
    """Delete a private key, then its certificate."""
    return certificates.delete_certificate(mac, argv, with_key=True)
