# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other tools: versions, BSD's options, what is not there, the network, Python's stub."""

from __future__ import annotations

from .case import LATEST, VERSIONS, Case

_NO_TOOL = "re:.*not found\\n"
_ILLEGAL = r"re:.*illegal option -- .*"

CASES = [
    Case("3-console-user-by-stat", "stat -f %Su /dev/console", 0, "alice\n"),
    Case("3-console-user-by-scutil", "scutil <<X\nshow State:/Users/ConsoleUser\nX", 0, r"re:<dictionary> \{\n.*  Name : alice\n.*\}\n"),
    *(Case(f"10-product-version-{version}", "sw_vers -productVersion", 0, f"{version}\n", on=(version,)) for version in VERSIONS),
    *(
        Case(f"10-darwin-{darwin}-is-{version}", "uname -r", 0, rf"re:{darwin}\..*", on=(version,))
        for version, darwin in zip(VERSIONS, (19, 20, 22, 23, 24, 24, 25), strict=True)
    ),
    Case("10-uname", "uname -s; uname -m", 0, "Darwin\narm64\n"),
    Case("10-sw-vers-table", "sw_vers", 0, f"re:ProductName:\\t+macOS\\nProductVersion:\\t+{LATEST}\\nBuildVersion:\\t+24G90\\n"),
    Case(
        "10-python-stub",
        "/usr/bin/python3 -V",
        1,
        "",
        (
            "xcode-select: Failed to locate 'python3', "
            "and no install could be requested (perhaps no UI is present). Please install manually from 'developer.apple.com'.\n"
        ),
    ),
    Case(
        "10-python-stub-older",
        "/usr/bin/python3 -V",
        1,
        "",
        (
            "xcode-select: error: no developer tools were found at '/Applications/Xcode.app', "
            "and no install could be requested (perhaps no UI is present), "
            "please install manually from 'developer.apple.com'.\n"
        ),
        on=("13.7",),
    ),
    Case(
        "10-python-stub-in-the-gui",
        "sudo launchctl asuser 501 sudo -u alice /usr/bin/python3 -V",
        1,
        "",
        r"re:xcode-select: note: no developer tools were found .*",
    ),
    Case("10-python-is-nowhere-else", "command -v python3 python python3.12 python3.9", 0, "/usr/bin/python3\n"),
    Case("10-xcode-select", "xcode-select -p", 2, "", r"re:xcode-select: error: unable to get active developer directory.*"),
    *(
        Case(f"10-no-{name}", f"{name} --version", 127, "", _NO_TOOL)
        for name in (
            "gsed",
            "timeout",
            "realpath",
            "sha256sum",
            "md5sum",
            "nproc",
            "getent",
            "ip",
            "systemctl",
            "useradd",
            "busybox",
            "perl5",
            "jq",
            "apt-get",
            "tac",
            "numfmt",
            "shuf",
        )
    ),
    Case("10-no-proc", "ls /proc", 1, "", None),
    Case("10-no-home", "ls /home /root", 1, "", None),
    Case("10-cat-is-in-bin-only", "ls /usr/bin/cat /usr/bin/ls /bin/stat /bin/sed", 1, "", None),
    Case("10-etc-tmp-var-are-links", "readlink /etc /tmp /var", 0, "private/etc\nprivate/tmp\nprivate/var\n"),
    # -- BSD's form --------------------------------------------------------------------------------------------------
    *(
        Case(
            f"10-{name}-refuses-gnu-{label}",
            command,
            1 if name in ("stat", "mktemp", "readlink", "date", "sed", "wc") else 2 if name == "grep" else 64,
            "",
            _ILLEGAL,
        )
        for name, label, command in (
            ("stat", "format", "stat -c %U /tmp"),
            ("stat", "long-options", "stat --format=%U /tmp"),
            ("mktemp", "long-options", "mktemp --directory"),
            ("mktemp", "suffix", "mktemp --suffix=.x /tmp/a.XXXXXX"),
            ("date", "d", "date -d now"),
            ("date", "long-options", "date --iso-8601"),
            ("sed", "long-options", "sed --expression=p /etc/passwd"),
            ("sed", "s", "sed -s p /etc/passwd"),
            ("grep", "perl", "grep -P x /etc/passwd"),
            ("ls", "long-options", "ls --color /"),
            ("cp", "target", "cp -t /tmp /etc/passwd"),
            ("rm", "long-options", "rm --force /tmp/x"),
            ("mkdir", "long-options", "mkdir --parents /tmp/x"),
            ("chmod", "reference", "chmod --reference=/tmp /tmp/x"),
            ("tr", "long-options", "tr --delete x"),
            ("head", "q", "head -z /etc/passwd"),
            ("cut", "complement", "cut --complement -c1 /etc/passwd"),
            ("id", "z", "id -z"),
            ("cat", "A", "cat -A /etc/passwd"),
            ("readlink", "e", "readlink -e /tmp"),
            ("xargs", "d", "xargs -d x echo"),
            ("touch", "long-options", "touch --date=now /tmp/x"),
            ("base64", "w", "base64 -w 0"),
            ("sort", "long-options", "sort --unique /etc/passwd"),
            ("chown", "long-options", "chown --recursive alice /tmp/x"),
            ("wc", "long-options", "wc --lines"),
        )
    ),
    Case("10-no-option-after-an-operand", "mkdir /tmp/po; ls /tmp/po -l; r=$?; rmdir /tmp/po; exit $r", 1, "/tmp/po:\n", r"re:ls: .*-l.*"),
    Case("10-cat", "cd /tmp; echo a > c; echo b | cat c - c; echo c | cat; cat -n c; rm c", 0, "a\nb\na\nc\n     1\ta\n"),
    Case("10-cat-missing", "echo a | cat /none -", 1, "a\n", "cat: /none: No such file or directory\n"),
    Case("10-cat-folder", "cat /tmp/", 1, "", "cat: /tmp/: Is a directory\n"),
    Case("10-cat-after-two-hyphens", "cd /tmp; echo a > -c; cat -- -c; rm -- -c", 0, "a\n"),
    Case("10-cp", "umask 027; cd /tmp; echo a > c; chmod 646 c; cp c d; cat d; stat -f %Lp d; rm c d", 0, "a\n640\n"),
    Case("10-cp-keeps-a-mode", "cd /tmp; echo a > c; echo bb > d; chmod 600 d; cp c d; cat d; stat -f %Lp d; rm c d", 0, "a\n600\n"),
    Case("10-cp-into-a-folder", "cd /tmp; echo a > c; mkdir cd; cp c cd; cat cd/c; rm -rf c cd; ls cd", 1, "a\n", None),
    Case("10-cp-missing", "cp /none /tmp/c", 1, "", r"re:cp: .*No such file or directory\n"),
    Case("10-cp-to-itself", "echo a > /tmp/c; cp /tmp/c /tmp/c; r=$?; cat /tmp/c; rm /tmp/c; exit $r", 1, "a\n", r"re:cp: .*"),
    Case(
        "10-rm-rf",
        "cd /tmp; mkdir -p r/s r2; : > r/s/f; echo a > kept; ln -s ../kept r/l; rm -rf /tmp/r /tmp/none /tmp/r2 && cat kept; rm kept; ls r",
        1,
        "a\n",
        None,
    ),
    Case("10-rm-rf-what-is-not-ours", "rm -rf /Users/bob/Library", 1, "", r"re:rm: .*Permission denied\n"),
    Case("10-sleep-takes-a-fraction", "b=$(date +%s); sleep 0.5; sleep 1.5; [ $(($(date +%s) - b)) -ge 2 ]"),
    Case("10-sleep-takes-no-unit", "sleep 1s", 1, "", "usage: sleep seconds\n"),
    Case(
        "10-stat-formats",
        "umask 077; : > /tmp/st; stat -f '%Lp %p %Su %u %z %N' /tmp/st; rm /tmp/st",
        0,
        "600 100600 alice 501 0 /tmp/st\n",
    ),
    Case("10-stat-missing", "stat -f %z /none", 1, "", "stat: /none: stat: No such file or directory\n"),
    Case("10-base64-is-one-line", "head -c 100 /dev/zero | base64 | wc -l", 0, "       1\n"),
    Case("10-base64-D-decodes-everywhere", "echo YWJj | base64 -D", 0, "abc", on=VERSIONS),
    Case("10-base64-d-from-13", "echo YWJj | base64 -d", 0, "abc", on=VERSIONS[2:]),
    Case("10-base64-d-not-before-13", "echo YWJj | base64 -d", 64, "", _ILLEGAL, on=VERSIONS[:2]),
    Case("10-base64-takes-no-operand", "base64 /etc/passwd", 64, "", r"re:base64: invalid argument .*"),
    Case("10-base64-i-o", "base64 -i $F/bad.cer -o /tmp/b; base64 -D -i /tmp/b", 0, "nothing"),
    Case("10-base64-garbage", "echo '%%%' | base64 -D", 65, "", r"re:base64: .*error decoding.*"),
    Case("10-mktemp-t-is-a-prefix", "mktemp -t p2s", 0, r"re:/var/folders/zz/501/T/p2s\.[A-Za-z0-9]{10}\n"),
    Case("10-mktemp-template", "mktemp -d /tmp/p2s.XXXXXXXX", 0, r"re:/tmp/p2s\.[A-Za-z0-9]{8}\n"),
    Case("10-mktemp-d-is-private", "stat -f %Lp $(mktemp -d /tmp/p2s.XXXXXXXX)", 0, "700\n"),
    Case("10-readlink-f-from-12.3", "readlink -f /tmp", 0, "/private/tmp\n"),
    Case("10-readlink-f-not-before", "readlink -f /tmp", 1, "", _ILLEGAL, on=("11.7",)),
    Case("10-date-epoch", "[ $(date +%s) -gt 1700000000 ]"),
    Case("10-date-from-seconds", "date -u -r 0 +%Y-%m-%dT%H:%M:%SZ", 0, "1970-01-01T00:00:00Z\n"),
    Case("10-date-parse", "date -j -u -f '%Y-%m-%d %H:%M:%S' '2026-01-02 03:04:05' +%s", 0, "1767323045\n"),
    Case("10-date-has-no-nanoseconds", "date -u -r 0 +%s%N", 0, "0N\n"),
    Case("10-sed-i-wants-a-suffix", "echo a > /tmp/s; sed -i '' s/a/b/ /tmp/s; cat /tmp/s; rm /tmp/s", 0, "b\n"),
    Case("10-sed-has-no-gnu-plus", r"echo 'aa+' | sed 's/a\+/x/'", 0, "ax\n"),
    Case("10-wc-pads", "printf 'a\\nb\\n' | wc -l", 0, "       2\n"),
    Case("10-shasum", "printf abc | shasum -a 256", 0, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n"),
    Case("10-uuidgen-upper-case", "uuidgen", 0, r"re:[0-9A-F]{8}-[0-9A-F-]{27}\n"),
    Case("10-id", "id -un; id -u; id -u bob; id -gn", 0, "alice\n501\n502\nstaff\n"),
    Case("10-id-unknown", "id -u nobody-here", 1, "", None),
    Case("10-dscl-home", "dscl . -read /Users/alice NFSHomeDirectory", 0, "NFSHomeDirectory: /Users/alice\n"),
    Case("10-dscl-real-name", "dscl . -read /Users/alice RealName", 0, "RealName:\n Alice Example\n"),
    Case("10-dscl-missing", "dscl . -read /Users/nobody-here UniqueID", 56, "", "<dscl_cmd> DS Error: -14136 (eDSRecordNotFound)\n"),
    Case("10-plutil-lint", "plutil -lint /System/Library/CoreServices/SystemVersion.plist", 0, r"re:.*: OK\n"),
    Case("10-plutil-extract", "plutil -extract ProductVersion raw -o - /System/Library/CoreServices/SystemVersion.plist", 0, f"{LATEST}\n"),
    Case(
        "10-plutil-raw-not-before-12",
        "plutil -extract ProductVersion raw -o - /System/Library/CoreServices/SystemVersion.plist",
        1,
        "",
        None,
        on=("11.7",),
    ),
    Case("10-plistbuddy", "/usr/libexec/PlistBuddy -c 'Print :ProductName' /System/Library/CoreServices/SystemVersion.plist", 0, "macOS\n"),
    Case("10-defaults", "defaults read /System/Library/CoreServices/SystemVersion ProductVersion", 0, f"{LATEST}\n"),
    Case("13-serial-number-is-not-there", "ioreg -rd1 -c IOPlatformExpertDevice | grep -c IOPlatformSerialNumber", 1, "0\n"),
    # -- 9 -----------------------------------------------------------------------------------------------------------
    Case(
        "9.1-nc-list-without-ikev2",
        "scutil --nc list",
        0,
        "Available network connection services in the current set (*=enabled):\n",
        on=VERSIONS,
    ),
    Case("9.1-nc-unknown", "scutil --nc status Azure", 1, "", "No service\n"),
    Case("9.1-nc-start-unknown", "scutil --nc start Azure", 1, "", "No service\n"),
    Case(
        "9.1-networksetup",
        "networksetup -listallnetworkservices",
        0,
        "An asterisk (*) denotes that a network service is disabled.\nAX88179A\nThunderbolt Bridge\nWi-Fi\n",
    ),
    Case("9.2-no-vpnutil-on-a-stock-mac", "/opt/homebrew/bin/vpnutil list", 127, "", None),
    Case("9.3-no-tunnel", "ifconfig ipsec0", 1, "", "ifconfig: interface ipsec0 does not exist\n"),
    Case("9.3-ipconfig-knows-no-tunnel", "ipconfig getifaddr ipsec0", 1),
    Case("9.3-route-without-tunnel", "route -n get 10.0.0.4 | grep interface", 0, "  interface: en0\n"),
    Case("3-bob-cannot-read-alices-keychain", "sudo -u bob cat $L", 1, "", None),
]
