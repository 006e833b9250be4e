# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What all the scripts here share. Read it with:  . "$(dirname "$0")/common.sh"
# It goes to the root of the repository, whatever the folder is called, and sets:
#   root          that folder
#   venv, floor   the two environments: newest and oldest ansible-core
#   collections   where a link makes the repository look like an installed collection
# shellcheck shell=sh
# shellcheck disable=SC2034  # the variables are for the scripts that read this file

set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"

venv=$root/.venv
floor=$root/.cache/venv-floor
collections=$root/.cache/collections

# The answers of the tools must not depend on where they run, nor on the user's own Ansible settings.
LC_ALL=C.UTF-8
PYTHONDONTWRITEBYTECODE=1
PIP_DISABLE_PIP_VERSION_CHECK=1
ANSIBLE_CONFIG=$root/tests/ansible.cfg
ANSIBLE_HOME=$root/.cache/ansible
ANSIBLE_COLLECTIONS_PATH=$collections
# Ansible's own default; below a long folder name its sockets would not fit into the 108 bytes that Linux gives a name.
ANSIBLE_SSH_CONTROL_PATH_DIR=$HOME/.ansible/cp
export ANSIBLE_SSH_CONTROL_PATH_DIR
export LC_ALL PYTHONDONTWRITEBYTECODE PIP_DISABLE_PIP_VERSION_CHECK ANSIBLE_CONFIG ANSIBLE_HOME ANSIBLE_COLLECTIONS_PATH

say() { printf '== %s\n' "$*"; }
die() { printf '%s\n' "error: $*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        die "root is needed for: $*; run as root, or install sudo"
    fi
}

# git refuses a repository that belongs to somebody else (root in a user's checkout); listing its files is harmless.
git_here() { git -c safe.directory="$root" "$@"; }

# The files that belong to the project, NUL-separated: committed or new, not ignored, still there.
# shellcheck disable=SC2120  # it takes git's path patterns, or nothing for all
project_files() {
    git_here rev-parse --is-inside-work-tree >/dev/null 2>&1 || die "this is no git checkout; clone the repository with git"
    # shellcheck disable=SC2016  # the inner shell expands them
    git_here ls-files -z --cached --others --exclude-standard -- "$@" \
        | xargs -0 sh -c 'for file do [ ! -f "$file" ] || printf "%s\0" "$file"; done' sh
}

# copy_project FOLDER: the project's files alone, as a fresh clone would have them.
copy_project() {
    rm -rf "$1"
    mkdir -p "$1"
    # shellcheck disable=SC2119
    project_files | tar --create --null --files-from=- --file=- | tar --extract --file=- --directory="$1"
}
