# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Mac says of itself: version, system, serial number, developer tools."""

from __future__ import annotations

import sys

from . import bsd_getopt
from .machine_context import Machine

_BUILDS = {10: "19H2026", 11: "20G1427", 12: "21H1320", 13: "22H730", 14: "23J21", 15: "24G90", 26: "25B78"}
_NO_TOOLS_OLD = (
    "xcode-select: error: no developer tools were found at '/Applications/Xcode.app', and no install could be requested "
    "(perhaps no UI is present), please install manually from 'developer.apple.com'.\n"
)
_NO_TOOLS = (
    "xcode-select: Failed to locate 'python3', and no install could be requested (perhaps no UI is present). "
    "Please install manually from 'developer.apple.com'.\n"
)
_NO_TOOLS_GUI = (
    "xcode-select: note: no developer tools were found at '/Applications/Xcode.app', requesting install. "
    "Choose an option in the dialog to download the command line developer tools.\n"
)


def sw_vers(mac: Machine, argv: list[str]) -> int:
    """Version and build; the double dash came with macOS 13."""
    version = mac.spec["macos"]
    facts = {
        "productName": "Mac OS X" if mac.version[0] == 10 else "macOS",
        "productVersion": version,
        "buildVersion": _BUILDS.get(mac.version[0], "25A1"),
    }
    if not argv:
        for name, value in facts.items():
            # 11 to 12 align with two tabs; readers have to take any white space.
            print(f"{name[0].upper()}{name[1:]}:{chr(9) * (2 if (11, 0) <= mac.version < (13, 0) else 1)}{value}")
        return 0
    word = argv[0][2:] if argv[0].startswith("--") and mac.version >= (13, 0) else argv[0][1:] if argv[0].startswith("-") else ""
    if word not in facts:
        sys.stderr.write(
            f"sw_vers: unrecognized option `{argv[0]}'\n"
            f"Usage: sw_vers [--productName|--productVersion|--productVersionExtra|--buildVersion]\n"
        )
        return 1
    print(facts[word])
    return 0


def darwin(mac: Machine) -> str:
    """Return the kernel's version: 19 is 10.15, 20 is 11, 24 is 15, 25 is 26."""
    major, minor = mac.version
    kernel = {10: 4 + minor, 26: 25}.get(major, major + 9)
    return f"{kernel}.{0 if major == 10 else minor}.0"


def uname(mac: Machine, argv: list[str]) -> int:
    """The system's name as POSIX has it."""
    import os

    release = darwin(mac)
    facts = {
        "s": "Darwin",
        "n": os.uname().nodename,
        "r": release,
        "v": f"Darwin Kernel Version {release}: simulated; root:xnu/RELEASE_ARM64_T6000",
        "m": "arm64",
    }
    letters = "".join(argument[1:] for argument in argv if argument.startswith("-")) or "s"
    if not set(letters) <= set("amnoprsv") or any(argument.startswith("--") or not argument.startswith("-") for argument in argv):
        wrong = next((letter for letter in letters if letter not in "amnoprsv"), "-")
        sys.stderr.write(f"uname: illegal option -- {wrong}\nusage: uname [-amnoprsv]\n")
        return 1
    facts["p"] = "arm"
    facts["o"] = "Darwin"
    print(" ".join(facts[letter] for letter in ("snrvm" if "a" in letters else "snrvmpo") if letter in letters or "a" in letters))
    return 0


def ioreg(mac: Machine, argv: list[str]) -> int:
    """The platform expert; whether the serial number can be read so is not known, so by default it is not there."""
    try:
        options, operands = bsd_getopt.parse(argv, "abc:d:fik:ln:p:rtw:x")
    except bsd_getopt.OptionError as error:
        sys.stderr.write(f"ioreg: {error}\nusage: ioreg [-abfilrtx] [-c class] [-d depth] [-k key] [-n name] [-p plane] [-w width]\n")
        return 1
    if operands or ("-c", "IOPlatformExpertDevice") not in options:
        return 0
    print("+-o J316sAP  <class IOPlatformExpertDevice, id 0x100000229, registered, matched, active, busy 0>\n    {")
    print('      "IOPlatformUUID" = "00000000-0000-1000-8000-000000000001"')
    if mac.mode("serial"):
        print(f'      "IOPlatformSerialNumber" = "{mac.mode("serial")}"')
    print("    }")
    return 0


def csrutil(mac: Machine, argv: list[str]) -> int:
    """System Integrity Protection."""
    if argv != ["status"]:
        sys.stderr.write("usage: csrutil <command>\n")
        return 1
    print(f"System Integrity Protection status: {'enabled' if mac.mode('sip') else 'disabled'}.")
    return 0


def xcode_select(mac: Machine, argv: list[str]) -> int:
    """Where the developer tools are: nowhere, on a stock Mac."""
    if argv[:1] not in (["-p"], ["--print-path"]):
        sys.stderr.write("xcode-select: error: unknown command\n")
        return 64
    if mac.mode("developer_tools"):
        print("/Library/Developer/CommandLineTools")
        return 0
    sys.stderr.write(
        "xcode-select: error: unable to get active developer directory, "
        "use `sudo xcode-select --switch path/to/Xcode.app` to set one (or see `man xcode-select`)\n"
    )
    return 2


def python3(mac: Machine, argv: list[str]) -> int:
    """Apple's stub: without developer tools it runs nothing, and asks for them in a dialog when there is a screen."""
    if mac.mode("developer_tools"):
        if argv in (["-V"], ["--version"]):
            print("Python 3.9.6")
            return 0
        sys.stderr.write("simulated Mac: python3 of the developer tools is not simulated\n")
        return 99
    if mac.in_gui:
        sys.stderr.write(_NO_TOOLS_GUI)
        with mac.state() as data:
            data["dialogs"].append(
                {"name": "python3", "text": "The \u201cpython3\u201d command requires the command line developer tools."}
            )
        return 1
    sys.stderr.write(_NO_TOOLS if mac.version >= (14, 0) else _NO_TOOLS_OLD)
    return 1
