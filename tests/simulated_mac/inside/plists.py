# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plutil, defaults, PlistBuddy: reading property lists."""

from __future__ import annotations

import json
import os
import plistlib
import sys
import typing as t

from .machine_context import Machine


def _load(path: str) -> t.Any:
    if path == "-":
        return plistlib.loads(sys.stdin.buffer.read())
    with open(path, "rb") as file:
        return plistlib.load(file)


def plutil(mac: Machine, argv: list[str]) -> int:
    """``-lint``, ``-p``, ``-convert xml1|json [-o out]``, ``-extract KEYPATH xml1|json|raw`` (raw since macOS 12)."""
    words = list(argv)
    verb = words.pop(0) if words else "-help"
    target = None
    keypath = ""
    if verb == "-convert":
        form = words.pop(0)
    elif verb == "-extract":
        keypath, form = words.pop(0), words.pop(0)
        if form == "raw" and mac.version < (12, 0):
            sys.stderr.write("raw: Unknown format specifier\n")
            return 1
    elif verb in ("-lint", "-p"):
        form = "lint" if verb == "-lint" else "show"
    else:
        sys.stderr.write("plutil: [command_option] [other_options] file...\n")
        return 1
    if words[:1] == ["-o"]:
        target = words[1]
        words = words[2:]
    if words[:1] == ["--"]:
        words.pop(0)
    result = 0
    for path in words:
        try:
            data = _load(path)
        except OSError:
            sys.stderr.write(f"{path}: file does not exist or is not readable or is not a regular file\n")
            result = 1
            continue
        except Exception as error:
            sys.stderr.write(f"{path}: Property List error: {error}\n")
            result = 1
            continue
        if form == "lint":
            print(f"{path}: OK")
            continue
        if verb == "-extract":
            try:
                for part in keypath.split("."):
                    data = data[int(part)] if isinstance(data, list) else data[part]
            except (KeyError, IndexError, ValueError, TypeError):
                print(f"{path}: Could not extract value, error: No value at that key path or invalid key path: {keypath}")
                result = 1
                continue
        text = _text(data, form)
        where = target or ("-" if path == "-" or form in ("show", "raw") else path)
        if where == "-":
            sys.stdout.write(text)
        else:
            with open(where, "w", encoding="utf-8") as file:
                file.write(text)
    return result


def _text(data: t.Any, form: str) -> str:
    if form == "json":
        return json.dumps(data)
    if form == "raw":
        if isinstance(data, (dict, list)):
            return "\n".join(data) + "\n" if isinstance(data, dict) else f"{len(data)}\n"
        return ("true" if data else "false") + "\n" if isinstance(data, bool) else f"{data}\n"
    if form == "show":
        return json.dumps(data, indent=2, default=repr).replace('": ', '" => ') + "\n"
    return plistlib.dumps(data).decode()


def defaults(mac: Machine, argv: list[str]) -> int:
    """``defaults read DOMAIN|-g [KEY]``."""
    if argv[:1] != ["read"] or len(argv) not in (2, 3):
        sys.stderr.write("Command line interface to a user's defaults.\n")
        return 255
    domain = ".GlobalPreferences" if argv[1] in ("-g", "-globalDomain", "NSGlobalDomain") else argv[1]
    path = domain if domain.startswith("/") else f"{mac.home}/Library/Preferences/{domain}"
    if path.startswith("/Library/Preferences/com.apple.networkextension"):
        sys.stderr.write(f"Could not read {domain}: Operation not permitted\n")
        return 1
    try:
        data = _load(path if os.path.exists(path) else path + ".plist")
    except Exception:
        sys.stderr.write(f"{time_stamp()} defaults[{os.getpid()}:{os.getpid()}] \nDomain {domain} does not exist\n")
        return 1
    if len(argv) == 3:
        if argv[2] not in data:
            sys.stderr.write(
                f"{time_stamp()} defaults[{os.getpid()}:{os.getpid()}] \nThe domain/default pair of ({domain}, {argv[2]}) does not exist\n"
            )
            return 1
        data = data[argv[2]]
    print(data if isinstance(data, (str, int)) else _list(data) if isinstance(data, list) else json.dumps(data, default=repr))
    return 0


def _list(values: list[t.Any]) -> str:
    """Return a list in the old property list form, where words alone go without quotation marks."""
    entries = [value if isinstance(value, str) and value.isalnum() else json.dumps(value, default=repr) for value in values]
    return "(\n" + ",\n".join(f"    {entry}" for entry in entries) + "\n)"


def time_stamp() -> str:
    """Return the time as NSLog prints it."""
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S.000")


def plistbuddy(mac: Machine, argv: list[str]) -> int:
    """``PlistBuddy -c "Print :Key:Key" FILE``."""
    if argv[:1] != ["-c"] or len(argv) != 3 or not argv[1].startswith("Print"):
        sys.stderr.write("Usage: PlistBuddy [-cxh] <file.plist>\n")
        return 1
    try:
        data = _load(argv[2])
        for part in argv[1][5:].strip().strip(":").split(":"):
            if part:
                data = data[int(part)] if isinstance(data, list) else data[part]
    except Exception:
        sys.stderr.write(f'Print: Entry, "{argv[1][5:].strip()}", Does Not Exist\n')
        return 1
    print(data if not isinstance(data, bool) else str(data).lower())
    return 0
