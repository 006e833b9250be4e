# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every remote script has: a private work folder, sections, and a time limit on each tool.
#
# A section is one line, "NONCE NAME STATUS BASE64(stdout) BASE64(stderr)", "-" for nothing: no name on the Mac can forge one.
# Reads: nonce. Prints: system, macos, finished.

# Standard input has brought the script and is at its end: a tool reads the line in $feed, or nothing.
begin() {
    umask 077
    unset CDPATH ENV feed
    # Ranges and bytes, not letters of some language; the texts of macOS's tools do not depend on it.
    LC_ALL=C
    export LC_ALL
    cd / || exit 1
    feed=
    failed=
    full=
    at_exit=
    hand=
    work=
    trap 'leave' EXIT
    trap 'exit 1' INT TERM
    # When the connection is lost, what was begun is brought to its end and cleaned up; nobody reads the answer.
    trap '' HUP PIPE
    system=$(/usr/bin/uname -s 2>/dev/null)
    say system 0 "$system"
    # Another system may lack what follows.
    [ "$system" = Darwin ] || exit 0
    work=$(/usr/bin/mktemp -d /tmp/p2s.XXXXXXXX) || exit 1
    eval "$timed"
    limited 20 /usr/bin/sw_vers -productVersion
    section macos
}

leave() {
    [ -z "$at_exit" ] || $at_exit
    [ -z "$hand" ] || /bin/rm -rf "$hand"
    [ -z "$work" ] || /bin/rm -rf "$work"
}

finish() {
    [ -z "$full" ] || failed=room
    say finished 0 "${failed:-nothing failed}"
}

# must NAME: report the last tool, and let no later step run when it failed.
must() {
    section "$1"
    [ "$status" = 0 ] || failed=$1
}

# report NAME: report the last tool. Whether it failed is for the last look at the Mac to say; but one that did not answer
# would not answer the next step either.
report() {
    section "$1"
    [ "$status" != 124 ] || failed=$1
}

# say NAME STATUS TEXT...: report a finding of the script itself, a line each.
say() {
    name=$1
    status=$2
    shift 2
    printf '%s %s %s %s -\n' "$nonce" "$name" "$status" "$(printf '%s\n' "$@" | as_word)"
}

# section NAME: report $status and what the last tool printed.
section() {
    printf '%s %s %s %s %s\n' "$nonce" "$1" "$status" "$(encoded out)" "$(encoded err)"
}

encoded() {
    if [ -s "$work/$1" ]; then
        as_word <"$work/$1"
    else
        printf '%s' -
    fi
}

# as_word: standard input in base64, without the line breaks that some base64 make: the shell takes them out, which costs no tool.
as_word() {
    # shellcheck disable=SC2046 # a word for each line; base64 has no character that the shell would expand
    printf '%s' $(/usr/bin/base64)
}

# each FUNCTION LINES: call FUNCTION with each line. Not with a here-document: shells keep those in files.
each() {
    call=$1
    blanks=$IFS
    IFS='
'
    set -f
    # shellcheck disable=SC2086 # a word for each line
    set -- $2
    set +f
    IFS=$blanks
    for line do
        "$call" "$line"
    done
}

# limited SECONDS TOOL ARGUMENT...: run a tool, its output into $work/out and $work/err, its exit status into $status;
# 124 when it had to be stopped, 127 when it is missing. macOS has no timeout(1).
limited() {
    if [ -n "$feed" ]; then
        # printf is built in: what it is given is in no argument list.
        printf '%s\n' "$feed" | timed "$@"
    else
        timed "$@" </dev/null
    fi >"$work/out" 2>"$work/err"
    status=$?
    # What a tool printed onto a full disk is cut short, and may not look so.
    { echo room >"$work/room" && read -r room <"$work/room"; } 2>/dev/null || full=yes
    # Not a bare colon: where that cannot be redirected, sh ends.
    { :; } 2>/dev/null >"$work/room"
}

# As text, because it is needed in a second shell as well: see as_owner. The clock ticks in seconds and is stopped with KILL:
# a shell that was just forked can lose any other signal, and would hold up the script for the whole limit. When time is up it
# has ended, with 9, before the tool does: otherwise it could be stopped before it can say so.
# shellcheck disable=SC2016 # expanded when it runs
timed='
timed() {
    limit=$1
    shift
    { "$@" <&3 3<&- & } 3<&0
    tool=$!
    (
        while [ "$limit" -gt 0 ]; do
            /bin/sleep 1
            limit=$((limit - 1))
        done
        { /bin/sleep 1; kill -TERM "$tool"; /bin/sleep 2; kill -KILL "$tool"; } &
        exit 9
    ) </dev/null >/dev/null 2>&1 &
    watch=$!
    wait "$tool"
    status=$?
    kill -KILL "$watch" 2>/dev/null
    wait "$watch" 2>/dev/null
    [ $? != 9 ] || status=124
    return "$status"
}'
