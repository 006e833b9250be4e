# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""profiles(1), system_profiler(8), open(1), launchctl(1) on a Mac without profiles."""

from __future__ import annotations

from .case import VERSIONS, Case

_EMPTY = (
    "profiles: listing configuration profiles\n"
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
    '<plist version="1.0">\n<dict/>\n</plist>\nprofiles: done\n'
)
_REFUSED = "profiles tool no longer supports installs.  Use System {} Profiles to add configuration profiles.\n"
_OPEN_REFUSED = "LSOpenURLsWithRole() failed with error -610 for the file.\n"

CASES = [
    Case(
        "6-install-refused-from-11",
        "profiles install -type=configuration -path=$F/x.mobileconfig",
        1,
        _REFUSED.format("Preferences"),
        on=("11.7",),
    ),
    Case(
        "6-install-refused-from-13",
        "profiles install -type=configuration -path=$F/x.mobileconfig",
        1,
        _REFUSED.format("Settings"),
        on=VERSIONS[2:],
    ),
    Case("6-install-refused-to-root-too", "sudo profiles -I -F /tmp/x", 1, _REFUSED.format("Settings")),
    Case(
        "6-install-10.15-missing-file",
        "profiles -I -F /tmp/x",
        1,
        r"re:profiles install for file:'/tmp/x' and user:'alice' returned .*",
        on=("10.15.7",),
    ),
    Case("6-list-none-user", "profiles list", 0, "There are no configuration profiles installed for user 'alice'\n"),
    Case(
        "6-list-none-device",
        "sudo profiles show -type configuration",
        0,
        "There are no configuration profiles installed in the system domain\n",
    ),
    Case("6-list-none-all", "sudo profiles list -all", 0, "There are no configuration profiles installed\n", on=("26.1",)),
    Case(
        "6-list-none-all-older",
        "sudo profiles list -all",
        0,
        "There are no configuration profiles installed on this system\n",
        on=("13.7",),
    ),
    Case("6-xml-none", "profiles show -type configuration -output stdout-xml", 0, _EMPTY, on=VERSIONS),
    Case("6-xml-none-old-options", "sudo profiles -P -o stdout-xml", 0, _EMPTY),
    Case("6-xml-other-user-as-root", "sudo profiles show -type configuration -user bob -output stdout-xml", 0, _EMPTY),
    Case("13-device-profiles-without-root", "profiles -C -o stdout-xml", 1, r"re:[^<]+\n"),
    Case("6-other-users-profiles-without-root", "profiles list -user bob", 1, r"re:[^<]+\n"),
    Case(
        "6-device-profiles-10.15-without-root",
        "profiles -C",
        0,
        "There are no configuration profiles installed in the system domain\n",
        on=("10.15.7",),
    ),
    Case("6-not-enrolled", "profiles status -type enrollment", 0, "Enrolled via DEP: No\nMDM enrollment: No\n"),
    Case(
        "13-remove-without-forced-waits-on-the-terminal",
        "sudo profiles remove -identifier none </dev/null; profiles remove -identifier none </dev/null",
        1,
        "",
        "Are you sure you want to remove this profile? [y/n] " * 2,
    ),
    Case("13-remove-missing", "profiles remove -identifier none -forced", 1, None, None),
    Case("6-unknown-option", "profiles list -nonsense", 1, "", None),
    Case(
        "6-system-profiler-none",
        "system_profiler SPConfigurationProfileDataType -json",
        0,
        '{\n  "SPConfigurationProfileDataType": []\n}\n',
    ),
    Case("7-open-outside-the-gui-session", "touch /tmp/p.mobileconfig; open /tmp/p.mobileconfig", 1, "", _OPEN_REFUSED),
    Case("7-open-missing-file", "open /tmp/none.mobileconfig", 1, "", "The file /tmp/none.mobileconfig does not exist.\n"),
    Case(
        "7-open-pane-outside-the-gui-session", "open x-apple.systempreferences:com.apple.Profiles-Settings.extension", 1, "", _OPEN_REFUSED
    ),
    Case("13-asuser-own-uid-changes-nothing", "launchctl asuser 501 open x-apple.systempreferences:x", 1, "", _OPEN_REFUSED),
    Case(
        "13-asuser-other-uid-without-root",
        "launchctl asuser 502 /usr/bin/true",
        1,
        "",
        "Could not switch to audit session: 1: Operation not permitted\n",
    ),
    Case("13-asuser-own-uid-without-root-runs-the-command", "launchctl asuser 501 /usr/bin/true", 0),
    Case("3-asuser-as-root-enters-the-gui-session", "sudo launchctl asuser 501 sudo -u alice -H launchctl managername", 0, "Aqua\n"),
    Case(
        "3-asuser-finds-login-unlocked",
        "sudo launchctl asuser 501 sudo -u alice -H security show-keychain-info $L",
        0,
        "",
        'Keychain "/Users/alice/Library/Keychains/login.keychain-db" no-timeout\n',
    ),
    Case("3-root-without-asuser-does-not", "sudo -u alice -H security show-keychain-info $L", 36, "", None),
    Case(
        "13-asuser-of-who-is-not-logged-in", "sudo launchctl asuser 502 touch /tmp/not-done; r=$?; ls /tmp/not-done; exit $r", 1, "", None
    ),
    Case(
        "1.5-sudo-without-H-finds-the-callers-keychains",
        "sudo security default-keychain",
        0,
        '    "/Users/alice/Library/Keychains/login.keychain-db"\n',
    ),
    Case("1.5-sudo-with-H-does-not", "sudo -H security default-keychain", 1, "", None),
    Case(
        "13-network-extension-store-is-protected-from-root-too",
        "sudo cat /Library/Preferences/com.apple.networkextension.plist",
        1,
        "",
        "cat: /Library/Preferences/com.apple.networkextension.plist: Operation not permitted\n",
    ),
    Case("13-reading-the-network-extension-store", "sudo defaults read /Library/Preferences/com.apple.networkextension", 1, "", None),
]
