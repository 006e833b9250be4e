# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Start and stop an IKEv2 connection with vpnutil, which exits with 0 whatever happens and does not wait: what counts is what is seen.
#
# Reads: connection, vpnutil, session, timeout (seconds), before (the tunnels that were seen before, a line each: interface and address),
#   asks (yes: vpnutil knows the connection), has_pools (yes: the address alone tells whose tunnel it is).
# Prints: start, stop (vpnutil's words), waited (seconds), came_up (the tunnels that were not there before, a line each), reason (lines of
#   macOS's log since the start; only when it did not come up).

clock() {
    /bin/date +%s
}

# The first step. By the clock: a call of vpnutil takes up to ten seconds.
mark_time() {
    began=$(/bin/date '+%Y-%m-%d %H:%M:%S')
    first=$(clock)
    deadline=$((first + timeout))
    started=
}

# look_at_tunnels: write a line for each IPsec interface with an IPv4 address into $work/tunnels.
look_at_tunnels() {
    limited 10 /sbin/ifconfig
    /usr/bin/awk '/^[^ \t]/ { name = $1; sub(/:$/, "", name) } name ~ /^ipsec/ && $1 == "inet" { print name, $2 }' "$out" >"$work/tunnels"
}

# new_tunnels: those of them that were not there before.
new_tunnels() {
    while IFS= read -r line; do
        case "
$before
" in
            *"
$line
"*) ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$work/tunnels"
}

start_connection() {
    [ -z "$failed" ] || return 0
    started=yes
    owner_run 30 "$vpnutil" start "$connection"
    # It may still be on its way down from an earlier use; then the tunnel that is there now is not the one that is waited for.
    while /usr/bin/grep -q "state 'Disconnecting'" "$out" "$err" && [ "$(clock)" -lt "$deadline" ]; do
        /bin/sleep 1
        look_at_tunnels
        before=$(/bin/cat "$work/tunnels")
        owner_run 30 "$vpnutil" start "$connection"
    done
    report start
}

# told STATE: whether vpnutil's last word, in $out, is that one.
told() {
    /usr/bin/grep -q " $1\$" "$out"
}

ask_vpnutil() {
    owner_run 15 "$vpnutil" status "$connection"
}

wait_until_up() {
    [ -z "$failed" ] || return 0
    up=
    ended=
    moved=
    while :; do
        look_at_tunnels
        came_up=$(new_tunnels)
        if [ -z "$came_up" ] && [ "$asks" = yes ]; then ask_vpnutil; fi
        now=$(clock)
        if [ -n "$came_up" ]; then
            up=yes
            break
        fi
        if [ "$asks" = yes ]; then
            # With the address that it had before it looks as if nothing were new.
            if told Connected && [ -s "$work/tunnels" ]; then
                up=yes
                break
            fi
            # A connection that was refused is Disconnected again long before the time is over; one that was just started may be so still.
            if told Disconnected; then
                if [ -n "$moved" ] || [ "$now" -ge $((first + 3)) ]; then
                    ended=yes
                    break
                fi
            elif [ "$status" = 0 ]; then
                moved=yes
            fi
        fi
        [ "$now" -lt "$deadline" ] || break
        /bin/sleep 1
    done
    say waited 0 "$((now - first))"
    say came_up 0 "$came_up"
    if [ -n "$up" ]; then
        [ "$has_pools" = yes ] || until_it_says_so
        return 0
    fi
    patience=0
    if [ -n "$started" ]; then
        patience=8
        # macOS would go on trying for ever, and gives its reason when it is stopped.
        [ -n "$ended" ] || stop_connection
    fi
    read_reason
}

# vpnutil lags behind the interface; without address pools the next look would call the connection down until then.
until_it_says_so() {
    give_up=$(($(clock) + 10))
    while [ "$asks" = yes ] && [ "$(clock)" -lt "$give_up" ]; do
        ask_vpnutil
        told Connecting || break
        /bin/sleep 1
    done
}

# What macOS's log says, as soon as it says it: lines reach it a moment late.
read_reason() {
    give_up=$(($(clock) + patience))
    while :; do
        log_since --start "$began"
        if says_why || [ "$(clock)" -ge "$give_up" ]; then break; fi
        /bin/sleep 1
    done
    # That the provider ended it says little. The error beside it is logged only when it is another one than the last time.
    if stopped_by_provider && ! error_named; then
        /bin/mv "$work/lines" "$work/kept"
        log_since --last 2h
        /usr/bin/grep 'Last disconnect error' "$work/lines" | /usr/bin/tail -n 1 >>"$work/kept"
        /bin/mv "$work/kept" "$work/lines"
    fi
    /bin/mv "$work/lines" "$out"
    section reason
}

# log_since OPTION TIME: what the log says of this connection's ends, into $work/lines. A verdict on a certificate names no connection.
log_since() {
    limited 60 /usr/bin/log show --style compact "$1" "$2" --predicate 'subsystem == "com.apple.networkextension"'
    /usr/bin/grep -E 'disconnected with reason|last stop reason|Last disconnect error|Certificate evaluation error' "$out" |
        /usr/bin/grep -F -e ":$connection:" -e " $connection changed from " -e 'Certificate evaluation error' |
        /usr/bin/tail -n 20 >"$work/lines"
}

says_why() {
    error_named || { /usr/bin/grep -q 'last stop reason' "$work/lines" && ! stopped_by_provider; }
}

error_named() {
    /usr/bin/grep -q 'Last disconnect error' "$work/lines"
}

stopped_by_provider() {
    /usr/bin/grep -q 'last stop reason Plugin initiated' "$work/lines"
}

stop_connection() {
    [ -z "$failed" ] || return 0
    owner_run 30 "$vpnutil" stop "$connection"
    report stop
}

wait_until_down() {
    [ -z "$failed" ] || return 0
    while :; do
        ask_vpnutil
        now=$(clock)
        if told Disconnected || [ "$now" -ge "$deadline" ]; then break; fi
        /bin/sleep 1
    done
    say waited 0 "$((now - first))"
}
