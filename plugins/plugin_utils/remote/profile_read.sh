# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read which configuration profiles macOS lists, whether an MDM manages the Mac, and what this collection has staged.
#
# Reads: scope (user or system), identifier. Sets: folder, staged (the profile that waits for approval), note (what is known of it).
# Prints: staged (lines: the profile's UUID, when it was opened in seconds since 1970 or -, the Mac's time now, file or, when only the
#   note of a request is left, gone; fewer for what an interrupted run left; status 1: nothing is staged), elsewhere (the other users in
#   whose space a profile for the device is staged; root only), profiles_user, profiles_system (XML; each only where it may be asked
#   for), enrollment, sources (XML; unless no MDM manages the Mac), language (as defaults prints it; only when asked for).

find_staged() {
    folder="$home/Library/Application Support/azure_p2s.macos"
    staged=$folder/$identifier.mobileconfig
    note=$folder/$identifier.staged
}

# What is staged comes before the lists: a copy that is approved and removed in between was then seen waiting, and is listed. The other
# way round it would be seen nowhere, and its user asked again.
read_profiles() {
    find_staged
    read_staged
    read_elsewhere
    list_profiles user
    section profiles_user
    if [ "$me_uid" = 0 ]; then
        list_profiles system
        section profiles_system
    fi
    limited 30 /usr/bin/profiles status -type enrollment
    section enrollment
    if ! printed "$out" 'MDM enrollment: No*'; then
        # The only tool that says who installed a profile. As the owner: root is not told of the profiles of users.
        owner_do 60 /usr/sbin/system_profiler SPConfigurationProfileDataType -xml
        section sources
    fi
}

read_staged() {
    status=1
    fresh
    { :; } >"$out"
    { :; } >"$err"
    if is_there "$staged" || is_there "$staged.new" || is_there "$note"; then
        # As the owner: root must not follow a link that was planted in the owner's folder.
        # shellcheck disable=SC2016 # the inner shell expands these
        owner_do 10 /bin/sh -c '
            if [ -f "$1" ] && [ ! -L "$1" ]; then held=file
            elif [ -e "$1" ] || [ -L "$1" ] || [ -e "$1.new" ] || [ -L "$1.new" ]; then exit 0
            else held=gone; fi
            /bin/cat "$2" && /bin/date +%s && echo "$held"' sh "$staged" "$note"
        status=0
    fi
    section staged
}

is_there() {
    [ -e "$1" ] || [ -L "$1" ]
}

# A profile for the device is staged for whoever sits at the Mac. When somebody else does, a copy with the key may be left.
read_elsewhere() {
    [ "$scope" = system ] && [ "$me_uid" = 0 ] || return 0
    others=
    for other in /Users/*; do
        [ "$other" != "$home" ] || continue
        left="$other/Library/Application Support/azure_p2s.macos/$identifier"
        is_there "$left.mobileconfig" || is_there "$left.mobileconfig.new" || is_there "$left.staged" || continue
        who=${other##*/}
        # Removed as its owner, so one that belongs to nobody of that name is not ours to judge.
        case "$who" in *[!A-Za-z0-9._-]* | -*) continue ;; esac
        limited 20 /usr/bin/stat -f %Su "$other"
        ! printed "$out" "$who" || others="$others $who"
    done
    # shellcheck disable=SC2086 # a line for each
    say elsewhere 0 $others
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
