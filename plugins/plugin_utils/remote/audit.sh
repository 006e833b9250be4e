# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What an audit reads besides keychain, profiles and tunnels. It changes nothing and asks for nothing.
#
# Reads: roots (PEM).
# Prints: machine (ioreg), trust (a line for each root: whether macOS trusts it, yes, no or unknown), keychain_owner (as owner).

read_machine() {
    limited 20 /usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice
    section machine
}

# As the owner, whose trust settings count.
verify_roots() {
    [ -n "$home" ] || return 0
    [ "$me" = "$owner" ] || [ "$me_uid" = 0 ] || return 0
    [ -n "$roots" ] && share || return 0
    number=0
    files=
    pem=
    # They are public.
    umask 022
    each add_to_root "$roots"
    umask 077
    if [ "$me" = "$owner" ]; then
        answers=
        for root in $files; do verify_root; done
        # shellcheck disable=SC2086 # a line for each
        say trust 0 $answers
    else
        # All in one sudo.
        in_session=
        # shellcheck disable=SC2086 # a word for each file; mktemp puts no blank into their names
        owner_shell $((number * 35)) "$verify" $files
        section trust
    fi
}

verify_root() {
    limited 30 /usr/bin/security verify-cert -c "$root" -p basic -L -k /System/Library/Keychains/SystemRootCertificates.keychain
    if [ "$status" = 0 ]; then
        answers="$answers yes"
    elif printed "$err" '*Cert Verify Result:*' || printed "$err" '*SecTrustEvaluate result:*'; then
        answers="$answers no"
    else
        answers="$answers unknown"
    fi
}

# Each is written at its end: a file opened for each line takes longer.
add_to_root() {
    pem="$pem$1
"
    case "$1" in
        -----END*)
            number=$((number + 1))
            files="$files $shared/$number.cer"
            printf %s "$pem" >"$shared/$number.cer"
            pem=
            ;;
    esac
}

# The same for another user. -L: no network. -k: without it the live login keychain would be opened. Other complaints of the tool end
# with status 1 as well.
# shellcheck disable=SC2016 # expanded when it runs
verify='
for root do
    said=$(timed 30 /usr/bin/security verify-cert -c "$root" -p basic -L \
        -k /System/Library/Keychains/SystemRootCertificates.keychain 2>&1 </dev/null)
    case "$?:$said" in
        0:*) echo yes ;;
        *"Cert Verify Result:"* | *"SecTrustEvaluate result:"*) echo no ;;
        *) echo unknown ;;
    esac
done'

# A profile of the device is root's when nobody is at the screen, the login keychain never is: both in one script.
find_root_as_owner() {
    say keychain_owner 0 "$me" "$me_uid" "$console" "$owner" "$owner_uid" "$home"
    as_root=otherwise
    choose_owner
    say owner "$status" "$me" "$me_uid" "$console" "$owner" "$owner_uid" "$home"
}
