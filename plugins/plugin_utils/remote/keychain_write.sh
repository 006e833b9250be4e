# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Change a keychain. Unlocking holds for this connection's security session only, so unlock, work and lock are one script.
# A step that does not get what it asked for is reported, and the last look at the keychain says what came of it; only where
# going on would harm, the later steps do nothing.
#
# Reads: session (gui or ssh), unlock (a line for `security -i`, or empty), certificates (base64 of DER, a line each), pkcs12
#   (base64), import_options (for `security -i`), applications, default_applications (paths, a line each), partition (a line
#   for `security -i`, or empty), prove_sha256, prove_sha1 (upper-case hex), undo, remove_identities, remove_certificates
#   (SHA-256, a line each; undo: what to take back when the proof fails).
# Prints: lock, unlock, import, trusted, add_certificates, proof, unread, partition, remove; each only where the step did
#   something.

open_keychain() {
    if [ "$session" = gui ] && [ "$console" != "$owner" ]; then
        failed=console
        say console 1 "$console"
    elif [ ! -f "$keychain_path" ]; then
        failed=vanished
        say vanished 1 "$keychain_path"
    fi
    # Not in the session at the screen: there a locked keychain would raise a dialog.
    [ -z "$failed" ] && [ "$session" = ssh ] || return 0
    owner_run 20 /usr/bin/security show-keychain-info "$keychain_path"
    report lock
    [ "$status" != 0 ] && [ -z "$failed" ] || return 0
    if [ -z "$unlock" ]; then
        # Some versions take a lone certificate into a locked keychain; nothing else.
        [ -z "$pkcs12$remove_identities$remove_certificates" ] || failed=lock
        return 0
    fi
    at_exit=close_keychain
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

# decoded NAME BASE64 UMASK: write a file into $shared.
decoded() {
    { share && (umask "$3" && printf '%s' "$2" | /usr/bin/base64 -D >"$shared/$1"); } || not_written "$1"
}

not_written() {
    failed=files
    say files 1 "$1"
}

import_identity() {
    [ -z "$failed" ] && [ -n "$pkcs12" ] || return 0
    trusted=
    each trust_wanted "$applications"
    # The system's own users of the key differ by release: name those that are there.
    each trust_present "$default_applications"
    [ -z "$failed" ] || return 0
    say trusted 0 "$trusted"
    decoded identity.p12 "$pkcs12" 077
    [ -z "$failed" ] || return 0
    if ! owner_file "$shared/identity.p12"; then
        not_written identity.p12
        return 0
    fi
    feed="import \"$shared/identity.p12\" $import_options$trusted"
    owner_run 60 /usr/bin/security -q -i
    feed=
    /bin/rm -f "$shared/identity.p12"
    report import
}

trust_wanted() {
    [ -e "$1" ] || [ -n "$failed" ] || say application 1 "$1"
    [ -e "$1" ] || failed=application
    trust_present "$1"
}

trust_present() {
    [ ! -e "$1" ] || trusted="$trusted -T \"$1\""
}

# Also after an import: one that fails because the key is there already brings no certificate, and one that succeeds may
# leave some of the chain out. What is there already does not come twice.
add_certificates() {
    [ -z "$failed" ] && [ -n "$certificates" ] || return 0
    number=0
    files=
    each add_file "$certificates"
    [ -z "$failed" ] || return 0
    # shellcheck disable=SC2086 # a word for each file; mktemp puts no blank into their names
    owner_run 60 /usr/bin/security add-certificates -k "$keychain_path" $files
    report add_certificates
}

add_file() {
    number=$((number + 1))
    # It is public.
    decoded "$number.cer" "$1" 022
    files="$files $shared/$number.cer"
}

# Remove nothing before the identity that replaces it is seen in the keychain, with its key. A keychain that could not be read
# proves neither that it is there nor that it is not: then nothing at all is removed.
prove_identity() {
    [ -z "$failed" ] && [ -n "$prove_sha256" ] || return 0
    look_for_proof
    case "$status" in
        0 | 124) ;;
        *) # Or macOS was writing it just then, and a second copy is whole.
            /bin/sleep 1
            look_for_proof
            ;;
    esac
    # What a full disk has cut short is not read either.
    if [ "$status" != 0 ] || [ -n "$full" ]; then
        failed=unread
        section unread
        return 0
    fi
    [ -z "$proven" ] || return 0
    failed=proof
    say proof 1 "$prove_sha256"
    # A certificate without its key is of no use, and was not there before.
    each undo_certificate "$undo"
}

# Stops at the first tool that fails, with its $status.
look_for_proof() {
    proven=
    limited 20 /bin/cp "$keychain_path" "$work/copy.keychain-db"
    [ "$status" = 0 ] || return 0
    limited 60 /usr/bin/security find-certificate -a -Z "$work/copy.keychain-db"
    [ "$status" = 0 ] || return 0
    /usr/bin/grep -q "^SHA-256 hash: $prove_sha256\$" "$out" || return 0
    limited 60 /usr/bin/security find-identity "$work/copy.keychain-db"
    [ "$status" = 0 ] || return 0
    /usr/bin/grep -q "^ *[0-9]*) $prove_sha1 " "$out" || return 0
    proven=yes
}

undo_certificate() {
    owner_run 30 /usr/bin/security delete-certificate -Z "$1" "$keychain_path"
}

set_partition_list() {
    [ -z "$failed" ] && [ -n "$partition" ] || return 0
    feed=$partition
    owner_run 60 /usr/bin/security -q -i
    feed=
    # It prints what the key is like.
    { :; } >"$out"
    section partition
}

remove_items() {
    each remove_identity "$remove_identities"
    each remove_certificate "$remove_certificates"
}

remove_identity() {
    remove_item delete-identity "$1"
}

remove_certificate() {
    remove_item delete-certificate "$1"
}

remove_item() {
    [ -z "$failed" ] || return 0
    owner_run 30 /usr/bin/security "$1" -Z "$2" "$keychain_path"
    [ "$status" = 0 ] || report remove
}
