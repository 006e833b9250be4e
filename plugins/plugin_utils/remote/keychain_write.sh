# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Change a keychain. A step that fails keeps the later ones from running. Unlocking holds for this connection's security
# session only, so unlock, work and lock are one script.
#
# Reads: session, unlock (a line for `security -i`, or empty), certificates (base64 of DER, a line each), pkcs12 (base64),
#   import_options (for `security -i`), applications, default_applications (paths, a line each), partition (a line for
#   `security -i`, or empty), prove_sha256, prove_sha1 (upper-case hex), remove_certificates, remove_identities (SHA-256, a line each).

open_keychain() {
    [ "$me" = "$owner" ] || [ "$me_uid" = 0 ] || failed=owner
    [ -f "$keychain_path" ] || failed=keychain
    [ -z "$failed" ] || return 0
    [ -n "$unlock" ] || return 0
    if [ "$session" = ssh ]; then
        # Not in the session at the screen: there a locked keychain would raise a dialog.
        owner_run 20 /usr/bin/security show-keychain-info "$keychain_path"
        [ "$status" = 0 ] || at_exit=close_keychain
    fi
    # One try only: the password is not asked for again, so no account gets locked.
    feed=$unlock
    owner_run 20 /usr/bin/security -q -i
    feed=
    must unlock
}

# Lock again what was found locked. Runs at the end of the script, also after a failure.
close_keychain() {
    at_exit=
    owner_run 20 /usr/bin/security lock-keychain "$keychain_path"
}

decoded() {
    printf '%s' "$1" | /usr/bin/base64 -D
}

add_certificates() {
    [ -z "$failed" ] && [ -n "$certificates" ] || return 0
    number=0
    set --
    while IFS= read -r line; do
        number=$((number + 1))
        decoded "$line" >"$work/$number.cer" && owner_file "$work/$number.cer" || failed=files
        set -- "$@" "$handed"
    done <<EOF
$certificates
EOF
    [ -z "$failed" ] || return 0
    owner_run 60 /usr/bin/security add-certificates -k "$keychain_path" "$@"
    must add_certificates
}

import_identity() {
    [ -z "$failed" ] && [ -n "$pkcs12" ] || return 0
    trusted=
    while IFS= read -r path; do
        [ -n "$path" ] || continue
        if [ ! -e "$path" ]; then
            say application 1 "$path"
            failed=application
            return 0
        fi
        trusted="$trusted -T \"$path\""
    done <<EOF
$applications
EOF
    # The system's own users of the key differ by release: name those that are there.
    while IFS= read -r path; do
        [ -z "$path" ] || [ ! -e "$path" ] || trusted="$trusted -T \"$path\""
    done <<EOF
$default_applications
EOF
    decoded "$pkcs12" >"$work/identity.p12" && owner_file "$work/identity.p12" || failed=files
    [ -z "$failed" ] || return 0
    feed="import \"$handed\" $import_options$trusted"
    owner_run 60 /usr/bin/security -q -i
    feed=
    /bin/rm -f "$handed"
    # Not fatal here: an import of what is already there may fail or succeed; what counts is the proof.
    section import
}

set_partition_list() {
    [ -z "$failed" ] && [ -n "$partition" ] || return 0
    feed=$partition
    owner_run 60 /usr/bin/security -q -i
    feed=
    : >"$work/out"
    section partition
}

# Remove nothing before the identity that replaces it is seen in the keychain, with its key.
prove_identity() {
    [ -z "$failed" ] && [ -n "$prove_sha256" ] || return 0
    /bin/cp "$keychain_path" "$work/proof.keychain-db" || failed=proof
    limited 60 /usr/bin/security find-certificate -a -Z "$work/proof.keychain-db"
    /usr/bin/grep -q "^SHA-256 hash: $prove_sha256\$" "$work/out" || failed=proof
    limited 60 /usr/bin/security find-identity "$work/proof.keychain-db"
    /usr/bin/grep -q "^ *[0-9]*) $prove_sha1 " "$work/out" || failed=proof
    /bin/rm -f "$work/proof.keychain-db"
}

remove_items() {
    remove_each delete-identity "$remove_identities"
    remove_each delete-certificate "$remove_certificates"
}

remove_each() {
    [ -z "$failed" ] && [ -n "$2" ] || return 0
    while IFS= read -r line; do
        owner_run 30 /usr/bin/security "$1" -Z "$line" "$keychain_path"
        must "$1"
        [ -z "$failed" ] || return 0
    done <<EOF
$2
EOF
}
