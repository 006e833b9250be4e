# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read which configuration profiles macOS lists, whether an MDM manages the Mac, and what this collection has staged.
#
# Reads: scope (user or system), identifier. Sets: folder, staged (the profile that waits for approval), note (what is known of it).
# Prints: profiles_user, profiles_system (XML; each only where it may be asked for), enrollment, staged (lines: the profile's UUID,
#   when it was opened in seconds since 1970 or -, the Mac's time now; status 1: nothing is staged).

find_staged() {
    folder="$home/Library/Application Support/azure_p2s.macos"
    staged=$folder/$identifier.mobileconfig
    note=$folder/$identifier.staged
}

read_profiles() {
    find_staged
    list_profiles user
    section profiles_user
    if [ "$me_uid" = 0 ]; then
        list_profiles system
        section profiles_system
    fi
    limited 30 /usr/bin/profiles status -type enrollment
    section enrollment
    status=1
    : >"$work/out"
    if [ -f "$staged" ]; then
        # As the owner: root must not follow a link that was planted in the owner's folder.
        owner_do 10 /bin/cat "$note"
        /bin/date +%s >>"$work/out"
        status=0
    fi
    section staged
}

# list_profiles user|system: root sees those of the device, and another user's when asked for; a user sees the own ones.
list_profiles() {
    if [ "$1" = user ] && [ "$me" != "$owner" ]; then
        limited 30 /usr/bin/profiles show -type configuration -user "$owner" -output stdout-xml
    else
        limited 30 /usr/bin/profiles show -type configuration -output stdout-xml
    fi
}
