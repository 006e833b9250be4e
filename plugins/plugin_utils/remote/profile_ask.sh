# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ask the person at the Mac to approve the staged profile, and see what becomes of it.
#
# Reads: session, scope, uuid, pane (URL of the settings pane that lists profiles), timeout (seconds to wait for the person's approval),
#   lasts (seconds until macOS forgets a request), remaining (those left of the one that is shown already), forgotten (empty: when
#   that will have been is not known yet), message (an AppleScript).

# Since macOS 11 opening a profile only asks the person at the Mac; the exit status of open tells nothing about the answer.
# Noted first: were the connection lost in between, a request that is on the screen must not be shown again.
open_profile() {
    [ -z "$failed" ] || return 0
    opened=$(/bin/date +%s)
    note_opened "$opened"
    must note_opened
    [ -z "$failed" ] || return 0
    owner_run 30 /usr/bin/open "$staged"
    must open_profile
    if [ -n "$failed" ]; then
        note_opened -
        return 0
    fi
    [ -z "$pane" ] || owner_run 30 /usr/bin/open "$pane"
    forgotten=$((opened + lasts))
    # Both outlive this script and cannot hold up its connection. With exec: of what is redirected otherwise, dash keeps a copy open.
    (exec </dev/null >/dev/null 2>&1; show_message) &
    (exec </dev/null >/dev/null 2>&1; watch_staged) &
}

# note_opened SECONDS|-: when the request was shown.
note_opened() {
    # shellcheck disable=SC2016 # the inner shell expands these
    owner_do 10 /bin/sh -c 'umask 077; printf "%s\n" "$2" "$3" >"$1"' sh "$note" "$uuid" "$1"
}

# The words come on standard input: no argument list shows them, and none of them is taken for a command. The script sets the dialog a
# time limit.
show_message() {
    [ -z "$message" ] || printf '%s\n' "$message" |
        /bin/launchctl asuser "$owner_uid" /usr/bin/sudo -n -u "$owner" -H /usr/bin/osascript -
}

# Remove the staged profile, which carries the key, as soon as it is installed, or else when the request is over, though nobody may
# run the play again for days. It keeps no file of its own. The minute more is for a run that waits and shows the request again.
watch_staged() {
    until=$((opened + lasts + 60))
    pause=2
    while [ "$(/bin/date +%s)" -lt "$until" ] && [ -e "$staged" ]; do
        /bin/sleep "$pause"
        [ "$pause" -ge 16 ] || pause=$((pause * 2))
        if show_profiles "$scope" </dev/null | names_profile; then
            drop_staged installed
            return 0
        fi
    done
    drop_staged over
}

# drop_staged installed|over: remove the copy that was opened. What was staged or shown since then is another run's to watch. When the
# request is over the note stays, which holds nothing secret, to tell of it.
drop_staged() {
    # shellcheck disable=SC2016 # the inner shell expands these
    /usr/bin/sudo -n -u "$owner" -H /bin/sh -c '
        { read -r shown && read -r since; } <"$3" && [ "$shown" = "$4" ] || exit 0
        if [ "$6" = installed ]; then
            /bin/rm -f "$2" "$3" && /bin/rmdir "$1"
        elif [ "$since" = "$5" ]; then
            /bin/rm -f "$2"
        fi' sh "$folder" "$staged" "$note" "$uuid" "$opened" "$1"
}

# Wait for the approval, and show a request again whenever it was forgotten meanwhile. The empty lines keep the connection alive; when
# they no longer arrive anywhere, nobody waits.
wait_for_approval() {
    [ -z "$failed" ] && [ "$timeout" -gt 0 ] || return 0
    now=$(/bin/date +%s)
    deadline=$((now + timeout))
    [ -n "$forgotten" ] || forgotten=$((now + remaining))
    while ! is_listed && now=$(/bin/date +%s) && [ "$now" -lt "$deadline" ] && [ -z "$failed" ]; do
        if [ "$now" -ge "$forgotten" ]; then
            open_profile
        fi
        /bin/sleep 2
        echo 2>/dev/null || return 0
    done
    ! is_listed || remove_staged
}

is_listed() {
    list_profiles "$scope"
    names_profile <"$out"
}

names_profile() {
    /usr/bin/grep -qi "<string>$uuid</string>"
}
