# shellcheck shell=sh disable=SC2154,SC2034 # a part: mac.py puts the parts of one script together, with the variables named below
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whose login keychain and profiles are meant, and who sits at the Mac.
#
# Reads: user (a short name, or empty), as_root (yes: without a name root itself is meant, not the console user;
#   otherwise: the console user, or root when there is none). Sets: me, me_uid, console, owner, owner_uid, home.
# Prints: owner, six lines: connected user, its uid, console user, owner, its uid, its home. An unknown one is an empty line.
#   users, only when it could not be found out who is connected, or who is at the screen.

find_owner() {
    me=
    me_uid=
    console=
    ask /usr/bin/id -un && me=$answer && ask /usr/bin/id -u && me_uid=$answer && ask /usr/bin/stat -f %Su /dev/console && console=$answer
    # These own the console when nobody is logged in, or during the setup assistant.
    case "$console" in root | loginwindow | _mbsetupuser) console= ;; esac
    owner=$user
    if [ -z "$owner" ]; then
        if [ "$me_uid" = 0 ] && [ "$as_root" != yes ]; then owner=$console; else owner=$me; fi
        [ -n "$owner" ] || [ "$as_root" != otherwise ] || owner=$me
    fi
    # Short names on macOS are made of these; anything else must not reach a shell.
    case "$owner" in *[!A-Za-z0-9._-]* | -*) owner= ;; esac
    owner_uid=
    home=
    status=0
    if [ -n "$owner" ]; then
        limited 20 /usr/bin/id -u "$owner"
        IFS= read -r owner_uid <"$work/out" || owner_uid=
        if [ -n "$owner_uid" ]; then
            # In a shell of its own, which can be stopped; there too, nothing but a plain name is expanded.
            limited 20 /bin/sh -c "printf '%s\n' ~$owner"
            IFS= read -r home <"$work/out" || home=
            case "$home" in /*) ;; *) home= ;; esac
            [ -d "$home" ] || home=
        fi
    fi
    say owner "$status" "$me" "$me_uid" "$console" "$owner" "$owner_uid" "$home"
}

# ask TOOL ARGUMENT...: set $answer to the line that a tool prints. Names can come from a directory service that does not answer.
ask() {
    limited 20 "$@"
    IFS= read -r answer <"$work/out" || answer=
    [ "$status" = 0 ] && return 0
    section users
    return 1
}

# owner_file PATH: move a file that this script wrote where only the owner can read it; sets $handed. The folder stays this
# script's own: were it the owner's, a link planted in it could make root write elsewhere.
owner_file() {
    if [ "$me" = "$owner" ]; then
        handed=$1
        return 0
    fi
    [ -n "$hand" ] || hand=$(/usr/bin/mktemp -d /tmp/p2s.XXXXXXXX) || return 1
    handed=$hand/${1##*/}
    /bin/mv "$1" "$handed" || return 1
    limited 20 /usr/sbin/chown "$owner" "$handed"
    [ "$status" = 0 ] && /bin/chmod 711 "$hand"
}

# owner_do SECONDS TOOL ARGUMENT...: run a tool as the owner, in this connection's own security session.
owner_do() {
    in_session=
    as_owner "$@"
}

# owner_run SECONDS TOOL ARGUMENT...: run a tool as the owner, in the security session that $session names:
# gui = the session at the Mac's screen (needs root), ssh = this connection's own.
owner_run() {
    in_session=$session
    as_owner "$@"
}

as_owner() {
    if [ "$me" = "$owner" ]; then
        limited "$@"
        return 0
    fi
    seconds=$1
    # sudo does not pass on signals from its own process group, so a tool that it started is stopped from within: one that
    # waits for a dialog must not go on with the work when somebody answers it hours later.
    set -- /usr/bin/sudo -n -u "$owner" -H /bin/sh -c "$timed"'
        timed "$@"' sh "$@"
    [ "$in_session" != gui ] || set -- /bin/launchctl asuser "$owner_uid" "$@"
    limited $((seconds + 5)) "$@"
}
