# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPN services that scutil shows, vpnutil, interfaces; lists of profiles on a Mac that has some; developer tools."""

from __future__ import annotations

from .case import Case
from .sample import IDENTIFIER

_HEADER = "Available network connection services in the current set (*=enabled):\n"
_UUID = "[0-9A-F-]{36}"
_GUI = "sudo launchctl asuser 501 sudo -u alice -H /opt/homebrew/bin/vpnutil "
_STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} vpnutil\[\d+:\d+\] "
_IPSEC = (
    "ipsec0: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1280\n"
    "\toptions=6463<RXCSUM,TXCSUM,TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>\n{}"
    "\tinet6 fe80::1%ipsec0 prefixlen 64 scopeid 0x10 \n\tnd6 options=201<PERFORMNUD,DAD>\n"
)
_ROWS = (
    rf'\* \(Disconnected\)   {_UUID} PPP --> L2TP       "My VPN"                         \[PPP:L2TP\]\n'
    rf'\* \(Disconnected\)   {_UUID} VPN \(io\.example\.macsys\) "Other"                          \[VPN:io\.example\.macsys\]\n'
    rf'\* \(Disconnected\)   {_UUID} IPSec              "{"n" * 31} \[IPSec\]\n'
    rf'  \(Invalid\)        {_UUID} IPSec              "{"m" * 31} \[IPSec\]\n'
    rf'(\* \(Disconnected\)   {_UUID} IPSec              "twice"                          \[IPSec\]\n){{2}}'
)
_CONNECTED = (
    "Connected\nExtended Status <dictionary> {\n  IPv4 : <dictionary> {\n    Addresses : <array> {\n      0 : 192.0.2.35\n    }\n"
    "    InterfaceName : ppp0\n  }\n  Status : 2\n}\n"
)
_ON = ("managed",)

CASES = [
    Case(
        "3-setup-assistant-at-the-console",
        "stat -f %Su /dev/console; echo 'show State:/Users/ConsoleUser' | scutil | grep Name",
        0,
        "_mbsetupuser\n  Name : _mbsetupuser\n",
        on=("setup",),
    ),
    # -- 9.1 -------------------------------------------------------------------------------------------------------
    Case(
        "9.1-nc-list-pads-and-cuts",
        "scutil --nc list",
        0,
        "re:" + _HEADER.replace("(", r"\(").replace(")", r"\)").replace("*", r"\*") + _ROWS,
        on=("services",),
    ),
    Case(
        "9.1-nc-status",
        "scutil --nc status 'My VPN'",
        0,
        "Disconnected\nExtended Status <dictionary> {\n  Status : 0\n}\n",
        on=("services",),
    ),
    Case("9.1-nc-start-is-silent", "scutil --nc start 'My VPN'; scutil --nc status 'My VPN'", 0, _CONNECTED, on=("services",)),
    Case(
        "9.1-nc-stop-is-silent", "scutil --nc stop 'My VPN'; scutil --nc status 'My VPN' | head -n 1", 0, "Disconnected\n", on=("services",)
    ),
    Case("9.1-nc-show", "scutil --nc show Other", 0, rf"re:\* \(Disconnected\)   {_UUID} VPN .*\n", on=("services",)),
    Case("9.1-nc-statistics", "scutil --nc statistics Other", 0, "No statistics available\n", on=("services",)),
    Case("9.1-nc-two-of-a-name", "scutil --nc start twice", 1, "", "Multiple services match\nNo service\n", on=("services",)),
    # -- 9.2 -------------------------------------------------------------------------------------------------------
    Case("9.2-usage", "/opt/homebrew/bin/vpnutil; /opt/homebrew/bin/vpnutil status", 1, "", None, on=_ON),
    Case(
        "9.2-list-in-a-bare-session-is-empty",
        "/opt/homebrew/bin/vpnutil list",
        0,
        "{\n\n}\n",
        rf"re:{_STAMP}Could not find any VPN\n",
        on=_ON,
    ),
    Case(
        "9.2-list",
        _GUI + "list",
        0,
        '{\n  "VPNs" : [\n    {\n      "name" : "AzureVNet",\n      "status" : "Disconnected"\n    },\n'
        '    {\n      "name" : "Device",\n      "status" : "Disconnected"\n    }\n  ]\n}\n',
        on=_ON,
    ),
    Case("9.2-status-of-what-is-not-there", _GUI + "status Nothing", 0, "", rf"re:{_STAMP}Could not find Nothing\n", on=_ON),
    Case(
        "9.2-stop-of-what-is-not-up",
        _GUI + "stop AzureVNet",
        0,
        "",
        rf"re:{_STAMP}AzureVNet was not stopped because it was in the state 'Disconnected'\n",
        on=_ON,
    ),
    Case("9.2-start", _GUI + "start AzureVNet", 0, "", rf"re:{_STAMP}AzureVNet has been started\n", on=_ON),
    Case("9.2-status", _GUI + "status AzureVNet", 0, "AzureVNet Connected\n", on=_ON),
    Case(
        "9.2-start-of-what-is-up",
        _GUI + "start AzureVNet",
        0,
        "",
        rf"re:{_STAMP}AzureVNet was not started because it was in the state 'Connected'\n",
        on=_ON,
    ),
    # -- 9.3 -------------------------------------------------------------------------------------------------------
    Case("9.3-tunnel", "ifconfig ipsec0", 0, _IPSEC.format("\tinet 172.16.201.2 --> 172.16.201.2 netmask 0xffffff00 \n"), on=_ON),
    Case("9.3-route", "route -n get 10.0.0.4 | grep interface", 0, "  interface: ipsec0\n", on=_ON),
    Case("9.3-nc-list-with-a-tunnel", "scutil --nc list", 0, _HEADER, on=_ON),
    Case(
        "9.3-dynamic-store-may-have-it",
        "echo 'list State:/Network/Service/[^/]+/IPv4' | scutil",
        0,
        rf"re:  subKey \[0\] = State:/Network/Service/{_UUID}/IPv4\n",
        on=_ON,
    ),
    Case("9.2-stop", _GUI + "stop AzureVNet", 0, "", rf"re:{_STAMP}AzureVNet has been stopped\n", on=_ON),
    Case("9.3-no-address-while-connecting", _GUI + "start AzureVNet 2>/dev/null; ifconfig ipsec0", 0, _IPSEC.format(""), on=("trying",)),
    Case(
        "13-ipsec0-of-another-vpn",
        "ifconfig ipsec0 | grep 'inet '",
        0,
        "\tinet 100.64.0.1 --> 100.64.0.1 netmask 0xffff0000 \n",
        on=("kind",),
    ),
    Case(
        "9.3-log",
        "log show --last 2m --predicate 'subsystem == \"com.apple.networkextension\"'",
        0,
        "Timestamp               Ty Process[PID:TID]\n",
    ),
    Case("9.3-log-wants-a-predicate", "log show --last 2m --predicate nonsense", 64, "", None),
    Case("9.3-log-wants-its-own-options", "log show --since yesterday", 64, "", None),
    Case("9.3-log-is-for-administrators", "sudo -u bob log show --last 2m", 77, "", None),
    # -- 6 ---------------------------------------------------------------------------------------------------------
    Case(
        "6-list-user",
        "profiles list",
        0,
        f"alice[1] attribute: profileIdentifier: {IDENTIFIER}\nThere are 1 user configuration profiles installed for 'alice'\n",
        on=_ON,
    ),
    Case(
        "6-list-device",
        "sudo profiles -C",
        0,
        "_computerlevel[1] attribute: profileIdentifier: com.example.device\nThere are 1 system configuration profiles installed\n",
        on=_ON,
    ),
    Case("6-list-all", "sudo profiles list -all | grep -c attribute", 0, "2\n", on=_ON),
    Case(
        "6-enrolled",
        "profiles status -type enrollment",
        0,
        "Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\nMDM server: https://mdm.example.com/mdm/ServerURL\n",
        on=_ON,
    ),
    Case("13-remove-of-an-mdms-profile", "sudo profiles remove -identifier com.example.device -forced", 1, None, None, on=_ON),
    Case(
        "13-refusal-may-be-on-stderr",
        "profiles install -type=configuration -path=/x",
        1,
        "",
        "profiles tool no longer supports installs.  Use System Settings Profiles to add configuration profiles.\n",
        on=("kind",),
    ),
    *(
        Case(f"6-profiles-refuses-{name}", f"profiles {arguments}", 1, "", None)
        for name, arguments in (
            ("abbreviations", "list -out stdout-xml"),
            ("two-dashes", "show --type configuration"),
            ("unknown-output", "show -output stdout-json"),
            ("operands", "list x"),
        )
    ),
    # -- 10 --------------------------------------------------------------------------------------------------------
    Case("10-xcode-select-with-tools", "xcode-select -p", 0, "/Library/Developer/CommandLineTools\n", on=("kind",)),
    Case("10-python-of-the-tools", "/usr/bin/python3 -V", 0, "Python 3.9.6\n", on=("kind",)),
    Case("13-serial-number-may-be-there", "ioreg -rd1 -c IOPlatformExpertDevice | grep -c C02EXAMPLE", 0, "1\n", on=("kind",)),
    Case("10-csrutil", "csrutil status", 0, "System Integrity Protection status: disabled.\n", on=("kind",)),
    Case("10-ioreg-refuses-unknown-flags", "ioreg --list", 1, "", None),
    Case("10-route-refuses-unknown-flags", "route -Z get 10.0.0.4", 64, "", None),
    *(
        Case(f"10-{name}-refuses-gnus-{label}", command, status, "", error)
        for name, label, command, status, error in (
            ("sleep", "suffix", "sleep 0.1s", 1, "usage: sleep seconds\n"),
            ("find", "printf", "find /tmp/files -printf x", 1, "find: -printf: unknown primary or operator\n"),
            ("head", "negative-count", "head -n -1 /etc/passwd", 1, "head: illegal line count -- -1\n"),
            ("head", "unit", "head -c 1K /etc/passwd", 1, "head: illegal byte count -- 1K\n"),
            ("expr", "length", "expr length abc", 2, "expr: syntax error\n"),
            ("dd", "status", "dd if=/dev/null status=none", 1, "dd: unknown operand status\n"),
            ("touch", "words", "touch -d yesterday /tmp/x", 1, r"re:touch: out of range or illegal time specification: .*"),
            ("od", "z", "od -tx1z /etc/passwd", 1, "od: unrecognised format character: z\n"),
            ("sed", "posix", "sed --posix p /etc/passwd", 1, r"re:sed: illegal option -- -\n.*"),
        )
    ),
    Case(
        "10-forms-that-both-have",
        "sleep 0.1; head -n 1 /etc/hosts | head -c 3; expr 1 + 1; touch -d 2026-01-01T00:00:00 /tmp/x; rm /tmp/x",
        0,
        "1272\n",
    ),
]
