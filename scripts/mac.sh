#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A shell in a simulated Mac, over SSH, as its user alice.   mac.sh [MACOS-VERSION]
# The Mac is stopped and removed when the shell ends. Needs root only where the machine lets nobody else start one.
. "$(dirname "$0")/common.sh"

# A folder for each shell: two at once do not meet.
macs=$root/.cache/macs/shell.$$

rights=
simulated_mac() { $rights env "PYTHONPATH=$root/tests" "$venv/bin/python" -m simulated_mac "$@"; }

if [ "$(id -u)" -ne 0 ]; then
    reason=$(PYTHONPATH=$root/tests "$venv/bin/python" -c 'from simulated_mac import unprivileged; print(unprivileged.lacking())')
    if [ -n "$reason" ]; then
        say "with sudo, because $reason"
        rights=as_root
    fi
fi

trap 'simulated_mac down --dir "$macs" >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM HUP
simulated_mac up --count 1 --dir "$macs" ${1:+--macos "$1"}
say "this is a simulation of macOS: sw_vers, security, profiles, scutil … behave as documented; leave it with exit"
simulated_mac shell mac01 --dir "$macs"
