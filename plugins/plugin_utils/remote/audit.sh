# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What an audit reads besides keychain, profiles and tunnels. It changes nothing and asks for nothing.
#
# Reads: roots (base64 of DER, a line each).
# Prints: machine (ioreg), trust_1, trust_2 … (one for each root; status 0: macOS trusts it), keychain_owner (as owner).

read_machine() {
    limited 20 /usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice
    section machine
}

# As the owner, whose trust settings count.
verify_roots() {
    [ -n "$home" ] || return 0
    [ "$me" = "$owner" ] || [ "$me_uid" = 0 ] || return 0
    number=0
    each verify_root "$roots"
}

# -L: no network. -k: without it the live login keychain would be opened.
verify_root() {
    number=$((number + 1))
    printf '%s' "$1" | /usr/bin/base64 -D >"$work/root_$number.cer" && owner_file "$work/root_$number.cer" || return 0
    owner_do 30 /usr/bin/security verify-cert -c "$handed" -p basic -L -k /System/Library/Keychains/SystemRootCertificates.keychain
    section "trust_$number"
}

# A profile of the device is root's when nobody is at the screen, the login keychain never is: both in one script.
find_root_as_owner() {
    say keychain_owner 0 "$me" "$me_uid" "$console" "$owner" "$owner_uid" "$home"
    as_root=otherwise
    find_owner
}
