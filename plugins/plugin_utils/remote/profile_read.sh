# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read which configuration profiles macOS lists, whether an MDM manages the Mac, and what this collection has staged.
#
# Reads: scope (user or system), identifier. Sets: folder, staged (the profile that waits for approval), note (what is known of it).
# Prints: profiles_user, profiles_system (XML; each only where it may be asked for), enrollment, sources (XML; unless no MDM manages
#   the Mac), staged (lines: the profile's UUID, when it was opened in seconds since 1970 or -, the Mac's time now; fewer for what an
#   interrupted run left; status 1: nothing is staged), language (as defaults prints it; only when asked for).

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
    if ! /usr/bin/grep -q '^MDM enrollment: No' "$work/out"; then
        # The only tool that says who installed a profile. As the owner: root is not told of the profiles of users.
        owner_do 60 /usr/sbin/system_profiler SPConfigurationProfileDataType -xml
        section sources
    fi
    status=1
    : >"$work/out"
    : >"$work/err"
    if [ -e "$staged" ] || [ -L "$staged" ] || [ -e "$staged.new" ] || [ -L "$staged.new" ]; then
        # As the owner: root must not follow a link that was planted in the owner's folder.
        # shellcheck disable=SC2016 # the inner shell expands these
        owner_do 10 /bin/sh -c 'if [ -f "$1" ] && [ ! -L "$1" ]; then /bin/cat "$2" && /bin/date +%s; fi' sh "$staged" "$note"
        status=0
    fi
    section staged
}

# The languages that the owner prefers, the first one first.
read_language() {
    owner_do 10 /usr/bin/defaults read -g AppleLanguages
    section language
}

# list_profiles user|system: root sees those of the device, and another user's when asked for; a user sees the own ones.
list_profiles() {
    told=limited
    profiles_of "$1"
}

# show_profiles user|system: the same, to standard output.
show_profiles() {
    told=timed
    profiles_of "$1"
}

profiles_of() {
    if [ "$1" = user ] && [ "$me" != "$owner" ]; then
        "$told" 30 /usr/bin/profiles show -type configuration -user "$owner" -output stdout-xml
    else
        "$told" 30 /usr/bin/profiles show -type configuration -output stdout-xml
    fi
}
