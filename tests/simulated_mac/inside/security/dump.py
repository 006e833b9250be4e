# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How items look when ``security`` dumps them."""

from __future__ import annotations

import typing as t

# The C-string escapes of the attributes that a key record has, by their number.
_ZERO = "<uint32>=0x00000000 "


def blob(data: bytes) -> str:
    """Return bytes as an attribute's value: text, hexadecimal, or both."""
    if not data:
        return "<NULL>"
    plain = [0x20 <= byte <= 0x7E and byte != 0x5C for byte in data]
    result = ""
    if not all(plain):
        result = f"0x{data.hex().upper()} " + (" " if any(plain) else "")
    if any(plain):
        result += '"' + "".join(chr(byte) if ok else f"\\{byte:03o}" for byte, ok in zip(data, plain, strict=True)) + '"'
    return result


def uint32(value: int) -> str:
    """Return a number as an attribute's value: its big-endian bytes by the same rule."""
    return blob(value.to_bytes(4, "big"))


def certificate(path: str, item: dict[str, t.Any]) -> str:
    """Return the dump of a certificate item."""
    label = item["label"].encode()
    attributes = [
        ("alis", "blob", blob(",".join(item["emails"]).encode() or label)),
        ("cenc", "uint32", uint32(3)),
        ("ctyp", "uint32", uint32(1)),
        ("hpky", "blob", blob(bytes.fromhex(item["key"]))),
        ("issu", "blob", blob(bytes.fromhex(item["issuer"]))),
        ("labl", "blob", blob(label)),
        ("skid", "blob", blob(bytes.fromhex(item["skid"]))),
        ("snbr", "blob", blob(bytes.fromhex(item["serial"]))),
        ("subj", "blob", blob(bytes.fromhex(item["subject"]))),
    ]
    lines = [f'keychain: "{path}"', "version: 512", "class: 0x80001000 ", "attributes:"]
    return "\n".join(lines + [f'    "{name}"<{kind}>={value}' for name, kind, value in attributes]) + "\n"


def key(path: str, item: dict[str, t.Any]) -> str:
    """Return the dump of a private key item."""
    values = {
        0: "<uint32>=0x00000010 ",
        1: "<blob>=" + blob(item["label"].encode()),
        2: "<blob>=<NULL>",
        3: "<uint32>=0x00000001 ",
        4: _ZERO,
        5: _ZERO,
        6: "<blob>=" + blob(bytes.fromhex(item["hash"])),
        7: "<blob>=<NULL>",
        8: "<blob>=" + blob(b"{87191ca0-0fc9-11d4-849a-000502b52122}"),
        9: '<uint32>=0x0000002A  "\\000\\000\\000*"',
        10: f"<uint32>=0x{item['bits']:08X}  " + blob(item["bits"].to_bytes(4, "big")).partition("  ")[2],
        11: f"<uint32>=0x{item['bits']:08X}  " + blob(item["bits"].to_bytes(4, "big")).partition("  ")[2],
    }
    lines = [f'keychain: "{path}"', "version: 512", "class: 0x00000010 ", "attributes:"]
    return "\n".join(lines + [f"    0x{number:08X} {value}" for number, value in values.items()]) + "\n"


def access(item: dict[str, t.Any]) -> str:
    """Return the access control list of a private key, as ``dump-keychain -a`` shows it."""
    partitions = item.get("partitions")
    entries = 2 if partitions is None else 3
    lines = [
        f"access: {entries} entries",
        "    entry 0:",
        "        authorizations (1): encrypt",
        "        don't-require-password",
        f"        description: {item['label']}",
        "        applications: <null>",
    ]
    lines += [
        "    entry 1:",
        "        authorizations (6): decrypt derive export_clear export_wrapped mac sign",
        "        don't-require-password",
        f"        description: {item['label']}",
    ]
    if item["any"]:
        lines.append("        applications: <null>")
    else:
        lines.append(f"        applications ({len(item['applications'])}):")
        for number, path in enumerate(item["applications"]):
            lines += [
                f"            {number}: {path} (OK)",
                f'                requirement: identifier "{path.rpartition("/")[2]}" and anchor apple',
            ]
    if partitions is not None:
        lines += [
            "    entry 2:",
            "        authorizations (1): partition_id",
            "        don't-require-password",
            f"        description: {', '.join(partitions)}",
            "        applications: <null>",
        ]
    return "\n".join(lines) + "\n"
