# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read the state of an IKEv2 connection. macOS's own scutil --nc and networksetup never show one, so: interfaces, a route, and
# vpnutil (Timac/VPNStatus) where somebody has installed it.
#
# Reads: connection (the VPN's name), probe (an address behind the gateway, or empty). Sets: session, vpnutil.
# Prints: interfaces (ifconfig), route (only with probe), profiles_user, profiles_system (XML), vpnutil (status 0: there; its path and
#   the session it is used in), vpnutil_status (only where it is there).

find_vpnutil() {
    session=ssh
    if [ "$me_uid" = 0 ] && [ "$console" = "$owner" ]; then session=gui; fi
    vpnutil=
    # Where Homebrew puts it, on Apple silicon and on Intel.
    for path in /opt/homebrew/bin/vpnutil /usr/local/bin/vpnutil; do
        if [ -z "$vpnutil" ] && [ -x "$path" ]; then vpnutil=$path; fi
    done
    if [ -n "$vpnutil" ]; then
        say vpnutil 0 "$vpnutil" "$session"
    else
        say vpnutil 1 "" "$session"
    fi
}

read_tunnel() {
    limited 20 /sbin/ifconfig
    section interfaces
    if [ -n "$probe" ]; then
        limited 20 /sbin/route -n get "$probe"
        section route
    fi
    [ -n "$vpnutil" ] || return 0
    # As the user whose VPN it is, never as root: the folder it lies in may be the user's.
    owner_run 30 "$vpnutil" status "$connection"
    section vpnutil_status
}

# Which installed profile has the VPN, and whether that starts it on demand.
read_vpn_profiles() {
    list_profiles user
    section profiles_user
    [ "$me_uid" = 0 ] || return 0
    list_profiles system
    section profiles_system
}
