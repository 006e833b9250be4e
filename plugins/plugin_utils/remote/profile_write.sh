# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stage, open, install and remove a configuration profile.
#
# Reads: session, scope, identifier, uuid, profile (base64: it carries the key, so it travels on standard input only),
#   pane (URL of the settings pane that lists profiles), timeout (seconds to wait for the person's approval).

# Put the profile where only the owner can read it. Written by the owner, under another name first: a half file is never opened.
stage_profile() {
    [ -z "$failed" ] || return 0
    feed=$profile
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 30 /bin/sh -c '
        umask 077
        /bin/mkdir -p "$1" && /bin/chmod 700 "$1" && /usr/bin/base64 -D >"$2.new" && /bin/mv -f "$2.new" "$2" &&
            printf "%s\n" "$4" - >"$3"' sh "$folder" "$staged" "$note" "$uuid"
    feed=
    must stage_profile
}

# Since macOS 11 opening a profile only asks the person at the Mac; the exit status of open tells nothing about the answer.
open_profile() {
    [ -z "$failed" ] || return 0
    owner_run 30 /usr/bin/open "$staged"
    must open_profile
    [ -z "$failed" ] || return 0
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 10 /bin/sh -c 'umask 077; printf "%s\n" "$2" "$(/bin/date +%s)" >"$1"' sh "$note" "$uuid"
    must note_opened
    [ -z "$pane" ] || owner_run 30 /usr/bin/open "$pane"
}

wait_for_approval() {
    [ -z "$failed" ] && [ "$timeout" -gt 0 ] || return 0
    deadline=$(($(/bin/date +%s) + timeout))
    while ! is_listed && [ "$(/bin/date +%s)" -lt "$deadline" ]; do
        /bin/sleep 2
    done
    ! is_listed || remove_staged
}

is_listed() {
    list_profiles "$scope"
    /usr/bin/grep -qi "<string>$uuid</string>" "$work/out"
}

# The staged file carries the key: it goes as soon as it is not needed.
remove_staged() {
    [ -z "$failed" ] || return 0
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 10 /bin/sh -c '/bin/rm -f "$2" "$2.new" "$3" && { /bin/rmdir "$1" 2>/dev/null || :; }' sh "$folder" "$staged" "$note"
    must remove_staged
}

# macOS 10.15 and older only: later ones refuse.
install_profile() {
    [ -z "$failed" ] || return 0
    printf '%s' "$profile" | /usr/bin/base64 -D >"$work/profile.mobileconfig" || failed=files
    if [ "$scope" = system ]; then
        limited 120 /usr/bin/profiles install -type=configuration -path="$work/profile.mobileconfig"
    else
        limited 120 /usr/bin/profiles install -type=configuration -path="$work/profile.mobileconfig" -user="$owner"
    fi
    /bin/rm -f "$work/profile.mobileconfig"
    must install_profile
}

remove_profile() {
    [ -z "$failed" ] || return 0
    if [ "$scope" = system ]; then
        limited 60 /usr/bin/profiles remove -identifier "$identifier"
    elif [ "$me" = "$owner" ]; then
        limited 60 /usr/bin/profiles remove -identifier "$identifier" -forced
    else
        limited 60 /usr/bin/profiles remove -user "$owner" -identifier "$identifier" -forced
    fi
    must remove_profile
}
