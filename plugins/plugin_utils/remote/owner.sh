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
    find_users
    choose_owner
    say owner "$status" "$me" "$me_uid" "$console" "$owner" "$owner_uid" "$home"
}

# Who is connected owns the folder that this script has made. Names can come from a directory service that does not answer.
find_users() {
    limited 20 /usr/bin/stat -f '%Su %u' "$work" /dev/console
    me=
    console=
    { IFS= read -r me && IFS= read -r console; } <"$out"
    me_uid=${me##* }
    me=${me% *}
    console_uid=${console##* }
    console=${console% *}
    if [ "$status" = 0 ]; then
        case "${me_uid:-none}${console_uid:-none}" in *[!0-9]*) status=1 ;; esac
        # What stat prints for a number that has no name.
        case "$me $console" in *'???'*) status=1 ;; esac
    fi
    [ "$status" = 0 ] || section users
    # These own the console when nobody is logged in, or during the setup assistant.
    case "$console" in root | loginwindow | _mbsetupuser) console= ;; esac
}

choose_owner() {
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
        case "$owner" in
            "$me") owner_uid=$me_uid ;;
            "$console") owner_uid=$console_uid ;;
            *)
                limited 20 /usr/bin/id -u "$owner"
                IFS= read -r owner_uid <"$out" || owner_uid=
                ;;
        esac
        if [ -n "$owner_uid" ]; then
            limited 20 print_home
            IFS= read -r home <"$out" || home=
            case "$home" in /*) ;; *) home= ;; esac
            [ -d "$home" ] || home=
        fi
    fi
}

# limited runs it in a shell of its own, which can be stopped. Nothing but a plain name is expanded.
print_home() {
    eval "printf '%s\n' ~$owner"
}

# share: make the folder $shared for files that the owner shall read. It is not $work: whoever can reach a file can keep a link to it. It
# stays this script's own: were it the owner's, a link planted in it could make root write elsewhere.
share() {
    [ -z "$is_shared" ] || return 0
    if [ "$me" = "$owner" ]; then
        shared=$work
    else
        /bin/mkdir -m 711 "$shared" || return 1
    fi
    is_shared=yes
}

# owner_file PATH: hand a file that this script wrote to the owner, who alone can read it.
owner_file() {
    [ "$me" != "$owner" ] || return 0
    limited 20 /usr/sbin/chown "$owner" "$1"
    [ "$status" = 0 ]
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
    owner_shell $(($1 + 5)) '
        timed "$@"' "$@"
}

# owner_shell SECONDS TEXT ARGUMENT...: run a script as the owner, which stops its tools itself, with timed: sudo does not pass on signals
# from its own process group, and a tool that waits for a dialog must not go on with the work when somebody answers it hours later.
owner_shell() {
    seconds=$1
    text=$timed$2
    shift 2
    set -- /bin/sh -c "$text" sh "$@"
    if [ "$me" != "$owner" ]; then
        set -- /usr/bin/sudo -n -u "$owner" -H "$@"
        [ "$in_session" != gui ] || set -- /bin/launchctl asuser "$owner_uid" "$@"
    fi
    limited "$seconds" "$@"
}
