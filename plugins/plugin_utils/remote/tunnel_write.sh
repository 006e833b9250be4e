# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Start and stop an IKEv2 connection with vpnutil, which exits with 0 whatever happens and does not wait: what counts is what is seen.
#
# Reads: connection, vpnutil, session, timeout (seconds).
# Prints: start, stop (vpnutil's words), waited (seconds), reason (lines of macOS's log since the start; only when it did not come up).

# tunnels: a line for each IPsec interface with an IPv4 address.
tunnels() {
    timed 10 /sbin/ifconfig | /usr/bin/awk '/^[a-z]/ { name = $1 } name ~ /^ipsec/ && $1 == "inet" { print name, $2 }'
}

start_connection() {
    [ -z "$failed" ] || return 0
    began=$(/bin/date '+%Y-%m-%d %H:%M:%S')
    tries=5
    while :; do
        before=$(tunnels </dev/null)
        owner_run 30 "$vpnutil" start "$connection"
        # Still on its way down from an earlier use: it starts only once it is there, and may get the same address again.
        /usr/bin/grep -q "state 'Disconnecting'" "$work/out" "$work/err" && [ "$tries" -gt 0 ] || break
        tries=$((tries - 1))
        /bin/sleep 2
    done
    report start
}

# On-demand rules start it by themselves: only wait.
expect_connection() {
    began=
    before=$(tunnels </dev/null)
}

wait_until_up() {
    [ -z "$failed" ] || return 0
    waited=0
    came_up=
    while :; do
        now=$(tunnels </dev/null)
        if [ -n "$now" ] && [ "$now" != "$before" ]; then
            came_up=yes
            break
        fi
        [ "$waited" -lt "$timeout" ] || break
        # A connection that was refused is Disconnected again long before the time is over.
        if [ -n "$began" ] && [ "$waited" -gt 1 ] && is_down; then break; fi
        /bin/sleep 1
        waited=$((waited + 1))
    done
    say waited 0 "$waited"
    if [ -n "$came_up" ]; then
        until_it_says_so
        return 0
    fi
    [ -n "$began" ] || return 0
    # macOS would go on trying for ever, and gives its reason when it is stopped.
    stop_connection
    /bin/sleep 4
    limited 60 /usr/bin/log show --style compact --start "$began" --predicate 'subsystem == "com.apple.networkextension"'
    /usr/bin/grep -E 'disconnected with reason|last stop reason|Last disconnect error|Certificate evaluation error' "$work/out" |
        /usr/bin/tail -n 20 >"$work/lines"
    /bin/mv "$work/lines" "$work/out"
    section reason
}

# vpnutil lags behind the interface, and without address pools its word is all that tells whose interface it is.
until_it_says_so() {
    [ -n "$vpnutil" ] || return 0
    tries=10
    while [ "$tries" -gt 0 ]; do
        owner_run 30 "$vpnutil" status "$connection"
        /usr/bin/grep -q ' Connecting$' "$work/out" || break
        tries=$((tries - 1))
        /bin/sleep 1
    done
}

is_down() {
    owner_run 30 "$vpnutil" status "$connection"
    /usr/bin/grep -q ' Disconnected$' "$work/out"
}

stop_connection() {
    [ -z "$failed" ] || return 0
    owner_run 30 "$vpnutil" stop "$connection"
    report stop
}

wait_until_down() {
    [ -z "$failed" ] || return 0
    waited=0
    while ! is_down && [ "$waited" -lt "$timeout" ]; do
        /bin/sleep 1
        waited=$((waited + 1))
    done
    say waited 0 "$waited"
}
