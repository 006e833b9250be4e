# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read a keychain without opening it: a private copy is read, because opening a live login keychain again and again
# has been seen to damage it (osquery issues 7780 and 8830).
#
# Reads: keychain (login, System or an absolute path), read_identities (yes or empty), applications (paths, a line each).
# Sets: keychain_path.
# Prints: keychain (status 0 there, 1 missing; the path), copy, certificates (hashes and PEM), identities (on demand),
#   applications (those of them that are not there, a line each; only if there are any).

find_keychain() {
    case "$keychain" in
        login) keychain_path=${home:+$home/Library/Keychains/login.keychain-db} ;;
        System) keychain_path=/Library/Keychains/System.keychain ;;
        *) keychain_path=$keychain ;;
    esac
    # In a user's folder of keychains macOS takes X.keychain for X.keychain-db where that exists.
    case "$keychain_path" in
        "$home"/Library/Keychains/*.keychain) [ ! -f "$keychain_path-db" ] || keychain_path=$keychain_path-db ;;
    esac
    if [ -f "$keychain_path" ]; then
        say keychain 0 "$keychain_path"
    else
        say keychain 1 "$keychain_path"
    fi
}

read_keychain() {
    find_keychain
    [ "$status" = 0 ] || return 0
    copy=$work/copy.keychain-db
    list_copy
    # 49: damaged. Or macOS was writing it just then, and a second copy is whole.
    if [ "$status" = 49 ]; then
        /bin/sleep 1
        list_copy
    fi
    [ "$status" = 0 ] && [ -n "$read_identities" ] || return 0
    limited 60 /usr/bin/security find-identity "$copy"
    section identities
}

list_copy() {
    limited 20 /bin/cp "$keychain_path" "$copy"
    section copy
    [ "$status" = 0 ] || return 0
    # Always -a: without it a damaged keychain may never answer.
    limited 60 /usr/bin/security find-certificate -a -Z -p "$copy"
    section certificates
}

# What an import would ask for and macOS would refuse, so that a run in check mode refuses it as well.
find_applications() {
    missing=
    each find_application "$applications"
    [ -z "$missing" ] || say applications 1 "$missing"
}

find_application() {
    [ -e "$1" ] || missing="$missing${missing:+
}$1"
}
