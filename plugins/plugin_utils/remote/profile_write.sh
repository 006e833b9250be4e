# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stage, install and remove a configuration profile.
#
# Reads: session, scope, identifier, uuid, profile (base64: it carries the key, so it travels on standard input only), elsewhere (the
#   other users in whose space a copy is left, a line each).

# Put the profile where only the owner can read it. Written by the owner, under another name first: a half file is never opened,
# and the note says nothing of a file that is not there yet. -C and rm: nothing that lies there is written through or keeps its mode.
stage_profile() {
    [ -z "$failed" ] || return 0
    feed=$profile
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 30 /bin/sh -c '
        umask 077
        set -C
        if [ -L "$1" ] || [ -d "$2" ]; then echo "a link or folder is in the way: $1" >&2; exit 1; fi
        /bin/mkdir -p "$1" && /bin/chmod 700 "$1" && /bin/rm -f "$2.new" "$3" && /usr/bin/base64 -D >"$2.new" &&
            /bin/mv -f "$2.new" "$2" && printf "%s\n" "$4" - >"$3"' sh "$folder" "$staged" "$note" "$uuid"
    feed=
    profile=
    must stage_profile
}

# The staged file carries the key: it goes as soon as it is not needed.
remove_staged() {
    [ -z "$failed" ] || return 0
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 10 /bin/sh -c '/bin/rm -f "$2" "$2.new" "$3" && { /bin/rmdir "$1" 2>/dev/null || :; }' sh "$folder" "$staged" "$note"
    must remove_staged
}

# The same in the space of others, as each of them.
remove_elsewhere() {
    [ -z "$failed" ] || return 0
    mine=$owner
    status=0
    each remove_from "$elsewhere"
    owner=$mine
    must remove_elsewhere
}

remove_from() {
    [ "$status" = 0 ] || return 0
    owner=$1
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 10 /bin/sh -c '/bin/rm -f "$1/$2.mobileconfig" "$1/$2.mobileconfig.new" "$1/$2.staged" && { /bin/rmdir "$1" 2>/dev/null || :; }' \
        sh "/Users/$1/Library/Application Support/azure_p2s.macos" "$identifier"
}

# macOS 10.15 and older only: later ones refuse.
install_profile() {
    [ -z "$failed" ] || return 0
    fresh
    { :; } >"$out"
    printf '%s' "$profile" | /usr/bin/base64 -D 2>"$err" >"$work/profile.mobileconfig"
    status=$?
    profile=
    if [ "$status" != 0 ]; then
        /bin/rm -f "$work/profile.mobileconfig"
        must write_profile
        return 0
    fi
    if [ "$scope" = system ]; then
        limited 120 /usr/bin/profiles install -type=configuration -path="$work/profile.mobileconfig"
    else
        limited 120 /usr/bin/profiles install -type=configuration -path="$work/profile.mobileconfig" -user="$owner"
    fi
    /bin/rm -f "$work/profile.mobileconfig"
    must install_profile
}

# -forced: without it the tool may ask on the terminal, where nobody answers.
remove_profile() {
    [ -z "$failed" ] || return 0
    if [ "$scope" = system ] || [ "$me" = "$owner" ]; then
        limited 60 /usr/bin/profiles remove -identifier "$identifier" -forced
    else
        limited 60 /usr/bin/profiles remove -user "$owner" -identifier "$identifier" -forced
    fi
    must remove_profile
}
