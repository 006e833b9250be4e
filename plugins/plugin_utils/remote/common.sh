# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every remote script has: a private work folder, sections, and a time limit on each tool. To start a tool is what costs time on a
# Mac, so what the shell can do itself it does.
#
# A section is a line "NONCE NAME STATUS", what the tool printed, and, if it printed any errors, a line "NONCE -" and these. The nonce is
# random: nothing on the Mac can forge such a line. The answer is all sections in base64, between "NONCE answer" and "NONCE end"; of a host
# that is no Mac it is a line "NONCE system NAME".
# Reads: nonce. Prints: macos, finished.

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
    at_exit=
    work=
    watchdog=
    previous=
    tool=
    trap 'leave' EXIT
    trap 'exit 1' INT TERM
    # When the connection is lost, what was begun is brought to its end and cleaned up; nobody reads the answer.
    trap '' HUP PIPE
    # Another system may lack what follows.
    [ -x /usr/bin/sw_vers ] || refuse_others
    work=$(/usr/bin/mktemp -d /tmp/p2s.XXXXXXXX) || exit 1
    prepare
    limited 20 /usr/bin/sw_vers -productVersion
    section macos
    version=
    IFS= read -r version <"$out"
    case "$version" in [1-9][0-9].*) ;; *) refuse_others ;; esac
}

refuse_others() {
    system=$(/usr/bin/uname -s 2>/dev/null)
    [ "$system" = Darwin ] && return 0
    printf '%s system %s\n' "$nonce" "$system"
    exit 0
}

# prepare: make $work ready for sections and time limits.
prepare() {
    eval "$timed"
    # See share. Nobody can guess its name, and it does not tell the nonce: 8 of its 32 random digits.
    shared=$work.${nonce#"${nonce%????????}"}
    is_shared=
    full=
    count=1
    pieces=
    turn=0
    { printf '%s -\n' "$nonce"; } 2>/dev/null >"$work/between"
    { :; } 2>/dev/null >"$work/running"
    (
        # With exec: of what is redirected otherwise, dash keeps a copy open, and the caller would wait for the last sleep.
        exec </dev/null >/dev/null 2>&1
        keep_time
    ) &
    watchdog=$!
}

leave() {
    # Told once is enough: what follows is brought to its end.
    trap : INT TERM
    # Told to end while a tool runs, or has just begun and is not in $tool yet: nobody would stop it later.
    [ -z "$previous" ] || [ "$!" = "$previous" ] || tool=$!
    if [ -n "$tool" ]; then
        kill -TERM "$tool" 2>/dev/null
        # A shell that was just forked and has not become the tool yet can lose that: the watchdog repeats it, and ends with KILL.
        turn=$((turn + 1))
        tell_watchdog 1 && wait "$tool" 2>/dev/null
    fi
    [ -z "$at_exit" ] || $at_exit
    if [ -n "$watchdog" ]; then
        kill -KILL "$watchdog" 2>/dev/null
        wait "$watchdog" 2>/dev/null
    fi
    [ -z "$work" ] || /bin/rm -rf "$work" "$shared"
}

# On a full disk the answer says that and nothing else: the rest may be cut short, and may not look so.
finish() {
    find_room
    label finished 0 "${failed:-nothing failed}"
    printf '%s answer\n' "$nonce"
    if [ -n "$full" ]; then
        printf '%s finished 0\nroom\n' "$nonce" | /usr/bin/base64
    else
        # shellcheck disable=SC2086 # a word for each file; mktemp puts no blank into their names
        /bin/cat $pieces | /usr/bin/base64
    fi
    printf '%s end\n' "$nonce"
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
    status=$2
    label "$@"
}

# section NAME: report $status and what the last tool printed. Its files are part of the answer now: the next tool gets others.
section() {
    label "$1" "$status"
    [ ! -s "$out" ] || pieces="$pieces $out"
    [ ! -s "$err" ] || pieces="$pieces $work/between $err"
}

# label NAME STATUS LINE...: begin a section.
label() {
    file=$work/$count.section
    count=$((count + 1))
    pieces="$pieces $file"
    {
        printf '%s %s %s\n' "$nonce" "$1" "$2"
        shift 2
        [ $# = 0 ] || printf '%s\n' "$@"
    } 2>/dev/null >"$file"
    begun=
    { IFS= read -r begun <"$file"; } 2>/dev/null
    case "$begun" in "$nonce "*) ;; *) full=yes ;; esac
}

# fresh: name the files for what the next tool prints, $out and $err; they are the last ones unless a section has them.
fresh() {
    out=$work/$count.out
    err=$work/$count.err
}

# printed FILE PATTERN: whether a line of FILE, what a tool printed, is like PATTERN.
printed() {
    while IFS= read -r row || [ -n "$row" ]; do
        # shellcheck disable=SC2254 # it is a pattern
        case "$row" in $2) return 0 ;; esac
    done <"$1"
    return 1
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

# limited SECONDS TOOL ARGUMENT...: run a tool or a function, its output into $out and $err, its exit status into $status;
# 124 when it had to be stopped, 127 when it is missing. macOS has no timeout(1).
limited() {
    limit=$1
    shift
    fresh
    turn=$((turn + 1))
    if [ -n "$feed" ]; then
        # printf is built in: what it is given is in no argument list.
        printf '%s\n' "$feed" | watched "$@"
    else
        watched "$@" </dev/null
    fi >"$out" 2>"$err"
    status=$?
    if [ -e "$work/late" ]; then
        read -r late <"$work/late"
        [ "$late" != "$turn" ] || status=124
    fi
    find_room
}

# What a tool printed onto a full disk is cut short, and may not look so. Looked for at once: the next step can make room.
find_room() {
    { echo room >"$work/room" && read -r room <"$work/room"; } 2>/dev/null || full=yes
    # Not a bare colon: where that cannot be redirected, sh ends.
    { :; } 2>/dev/null >"$work/room"
}

# Have the watchdog see to the tool. It is not told on a full disk: then the tool gets a clock of its own.
watched() {
    previous=$!
    { "$@" <&3 3<&- & } 3<&0
    tool=$!
    previous=
    if tell_watchdog "$limit"; then
        wait "$tool"
        status=$?
        { :; } 2>/dev/null >"$work/running"
    else
        attend
    fi
    tool=
    return "$status"
}

# tell_watchdog SECONDS: of the tool that runs, and for how long it may. Fails where that cannot be written.
tell_watchdog() {
    noted=
    {
        echo "$turn $tool $1" >"$work/running"
        read -r noted rest <"$work/running"
    } 2>/dev/null
    [ "$noted" = "$turn" ]
}

# The watchdog: a tick each second, for whatever tool runs. A tool has had a second for each tick after the one that first saw it. That
# it is late is said before it can end for it. When this script was killed, nobody else stops its tool and removes its files.
keep_time() {
    seen=
    while :; do
        /bin/sleep 1
        now=
        IFS=' ' read -r now tool limit <"$work/running" || now=
        kill -0 "$$" || break
        [ -n "$now" ] || continue
        if [ "$now" != "$seen" ]; then
            seen=$now
            ticks=0
            continue
        fi
        ticks=$((ticks + 1))
        case $((ticks - limit)) in
            0)
                echo "$now" >"$work/late"
                kill -TERM "$tool"
                ;;
            2) kill -KILL "$tool" ;;
        esac
    done
    [ -z "$now" ] || kill -TERM "$tool"
    /bin/rm -rf "$work" "$shared"
}

# timed SECONDS TOOL ARGUMENT...: run a tool with a clock of its own, where the watchdog is not: in the shell of another user, see
# owner_shell, and after the end of the script. The clock ticks in seconds and is stopped with KILL: a shell that was just forked can lose
# any other signal, and would hold up the script for the whole limit. When time is up it has ended, with 9, before the tool does: otherwise
# it could be stopped before it can say so.
# shellcheck disable=SC2016 # expanded when it runs
timed='
timed() {
    limit=$1
    shift
    { "$@" <&3 3<&- & } 3<&0
    tool=$!
    attend
}

attend() {
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
