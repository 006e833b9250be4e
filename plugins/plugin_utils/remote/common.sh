# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every remote script has: a private work folder, sections, and a time limit on each tool.
#
# A section is one line, "NONCE NAME STATUS BASE64(stdout) BASE64(stderr)", "-" for nothing: no name on the Mac can forge one.
# Reads: nonce. Prints: system, macos, finished.

# The script itself is standard input, so no tool may read from it: a tool reads the line in $feed, or nothing.
begin() {
    umask 077
    unset CDPATH ENV
    feed=
    failed=
    at_exit=
    hand=
    work=
    trap 'leave' EXIT
    trap 'exit 1' HUP INT PIPE TERM
    system=$(/usr/bin/uname -s 2>/dev/null)
    work=$(/usr/bin/mktemp -d /tmp/p2s.XXXXXXXX) || exit 1
    say system 0 "$system"
    [ "$system" = Darwin ] || exit 0
    limited 20 /usr/bin/sw_vers -productVersion
    section macos
}

leave() {
    [ -z "$at_exit" ] || $at_exit
    [ -z "$hand" ] || /bin/rm -rf "$hand"
    [ -z "$work" ] || /bin/rm -rf "$work"
}

finish() {
    say finished 0 "${failed:-nothing failed}"
}

# must NAME: report the last tool, and let no later step run when it failed.
must() {
    section "$1"
    [ "$status" = 0 ] || failed=$1
}

# say NAME STATUS TEXT...: report a finding of the script itself, a line each.
say() {
    name=$1
    status=$2
    shift 2
    printf '%s\n' "$@" >"$work/out"
    : >"$work/err"
    section "$name"
}

# section NAME: report $status and what the last tool printed.
section() {
    printf '%s %s %s %s %s\n' "$nonce" "$1" "$status" "$(encoded out)" "$(encoded err)"
}

encoded() {
    if [ -s "$work/$1" ]; then
        /usr/bin/base64 <"$work/$1" | /usr/bin/tr -d '\n'
    else
        printf '%s' -
    fi
}

# limited SECONDS TOOL ARGUMENT...: run a tool, its output into $work/out and $work/err, its exit status into $status;
# 124 when it had to be stopped, 127 when it is missing. macOS has no timeout(1).
limited() {
    limit=$1
    shift
    /bin/rm -f "$work/late"
    if [ -n "$feed" ]; then
        # printf is built in: what it is given is in no argument list. $! is the last process, the tool itself.
        printf '%s\n' "$feed" | "$@" >"$work/out" 2>"$work/err" &
    else
        "$@" </dev/null >"$work/out" 2>"$work/err" &
    fi
    tool=$!
    (
        trap 'kill "$nap" 2>/dev/null; exit 0' TERM
        /bin/sleep "$limit" &
        nap=$!
        wait "$nap"
        : >"$work/late"
        kill -TERM "$tool"
        /bin/sleep 2
        kill -KILL "$tool"
    ) </dev/null >/dev/null 2>&1 &
    watch=$!
    wait "$tool"
    status=$?
    kill -TERM "$watch" 2>/dev/null
    wait "$watch" 2>/dev/null
    [ ! -e "$work/late" ] || status=124
}
