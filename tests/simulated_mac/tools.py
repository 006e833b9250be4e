# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command line tools a simulated Mac has, at macOS's own paths, and what each accepts.

A path that is not listed here does not exist in the Mac: no GNU tool that macOS lacks is reachable.
"""

from __future__ import annotations

# Tools that are the running machine's own, behind launchers/tool.c, which records the call, refuses options
# that macOS's (BSD's) tool does not know, and lets no option follow an operand. It does sleep and the plain forms of cat, cp and
# rm itself.
# path: options in getopts form, from the synopses of the macOS manual pages; "*" leaves them to the tool.
PLAIN: dict[str, str] = {
    "/bin/cat": "belnstuv",
    "/bin/chmod": "fhvRHLPEiCN",
    "/bin/cp": "HLPRXacfinprv",
    "/bin/dd": "*",
    "/bin/df": "abgHhIiklmnPtT:Y",
    "/bin/echo": "*",
    "/bin/expr": "*",
    "/bin/hostname": "f",
    "/bin/kill": "*",
    "/bin/ln": "FfhiLnPsvw",
    "/bin/ls": "@1ABCFGHILOPRSTUWXabcdefghiklmnopqrstuvwxy%,",
    "/bin/mkdir": "m:pv",
    "/bin/mv": "finvh",
    "/bin/pwd": "LP",
    "/bin/rm": "dfiPRrvWx",
    "/bin/rmdir": "pv",
    "/bin/sleep": "*",
    "/bin/sync": "",
    "/bin/test": "*",
    "/usr/bin/awk": "F:f:v:",
    "/usr/bin/basename": "as:",
    "/usr/bin/chgrp": "fhnvxRHLP",
    "/usr/bin/cmp": "bhilsxz",
    "/usr/bin/comm": "123i",
    "/usr/bin/cut": "b:c:d:f:nsw",
    "/usr/bin/diff": "*",
    "/usr/bin/dirname": "",
    "/usr/bin/du": "AHLPaB:cd:ghI:kmnrst:x",
    "/usr/bin/env": "0iu:vP:S:",
    "/usr/bin/false": "*",
    "/usr/bin/find": "HLPEXdf:sx",
    "/usr/bin/fold": "bsw:",
    "/usr/bin/grep": "0123456789A:B:C:D:EFGHILOSRUVabcd:e:f:hilm:nopqrsvwxyz",
    "/usr/bin/head": "0123456789n:c:",
    "/usr/bin/id": "AFGMPagnpru",
    "/usr/bin/logname": "",
    "/usr/bin/nohup": "",
    "/usr/bin/od": "A:aBbcDdeFfHhIij:LlN:Oost:vXx",
    "/usr/bin/paste": "d:s",
    "/usr/bin/printf": "*",
    "/usr/bin/sort": "bCcdfgHhik:Mmno:RrS:st:T:uVz",
    "/usr/bin/tail": "0123456789b:c:Ffn:qr",
    "/usr/bin/tee": "ai",
    "/usr/bin/touch": "A:acfhmr:t:d:",
    "/usr/bin/tr": "CcdsuU",
    "/usr/bin/true": "*",
    "/usr/bin/tty": "s",
    "/usr/bin/uniq": "cdDf:is:u",
    "/usr/bin/whoami": "",
    "/usr/bin/xargs": "0E:I:J:L:n:oP:pR:rS:s:tx",
    "/usr/sbin/chown": "fhnvxRHLP",
}

# Tools written anew in Python, under inside/: path -> module and function.
STAND_INS: dict[str, str] = {
    "/usr/bin/security": "security.main:main",
    "/usr/bin/profiles": "profiles:main",
    "/usr/sbin/system_profiler": "system_profiler:main",
    "/usr/bin/open": "opener:main",
    "/bin/launchctl": "launchctl:main",
    "/usr/sbin/scutil": "scutil:main",
    "/sbin/ifconfig": "network:ifconfig",
    "/sbin/route": "network:route",
    "/usr/sbin/networksetup": "network:networksetup",
    "/usr/sbin/ipconfig": "network:ipconfig",
    "/usr/sbin/ioreg": "machine:ioreg",
    "/usr/bin/sw_vers": "machine:sw_vers",
    "/usr/bin/uname": "machine:uname",
    "/usr/bin/csrutil": "machine:csrutil",
    "/usr/bin/xcode-select": "machine:xcode_select",
    "/usr/bin/python3": "machine:python3",
    "/usr/bin/dscl": "dscl:main",
    "/usr/bin/plutil": "plists:plutil",
    "/usr/bin/defaults": "plists:defaults",
    "/usr/libexec/PlistBuddy": "plists:plistbuddy",
    "/usr/bin/stat": "bsd:stat",
    "/usr/bin/mktemp": "bsd:mktemp",
    "/usr/bin/readlink": "bsd:readlink",
    "/usr/bin/shasum": "bsd:shasum",
    "/usr/bin/uuidgen": "bsd:uuidgen",
    "/usr/bin/wc": "bsd:wc",
    "/usr/bin/sed": "bsd:sed",
    "/bin/date": "bsd:date",
    "/usr/bin/osascript": "gui:osascript",
    "/usr/bin/log": "gui:log",
}
# Written anew in sh, under launchers/, because scripts call them often: path -> script.
SCRIPTS: dict[str, str] = {"/usr/bin/base64": "base64.sh"}
# Not on every Mac.
PING = "/sbin/ping"
VPNUTIL = ("/opt/homebrew/bin/vpnutil", "vpnutil:main")

# Programs copied as they are: path in the Mac -> path on the running machine (first that exists).
COPIED: dict[str, tuple[str, ...]] = {
    "/usr/sbin/sshd": ("/usr/sbin/sshd",),
    "/usr/libexec/sftp-server": ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server"),
    "/usr/lib/openssh/sshd-session": ("/usr/lib/openssh/sshd-session",),
    "/usr/lib/openssh/sshd-auth": ("/usr/lib/openssh/sshd-auth",),
    "/usr/libexec/sudo/sudoers.so": ("/usr/libexec/sudo/sudoers.so", "/usr/lib/sudo/sudoers.so"),
    "/.simulator/bin/sudo": ("/usr/bin/sudo",),
    "/.simulator/bin/sh": ("/usr/bin/dash", "/bin/dash"),
    "/.simulator/bin/bash": ("/usr/bin/bash", "/bin/bash"),
}
OPTIONAL = {"/usr/lib/openssh/sshd-session", "/usr/lib/openssh/sshd-auth"}
# The real programs behind stand-ins.
HIDDEN = ("sed", "base64")
