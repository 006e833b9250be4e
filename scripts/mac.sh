#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A shell in a simulated Mac, over SSH, as its user alice.   mac.sh [MACOS-VERSION]
# The Mac is stopped and removed when the shell ends.
. "$(dirname "$0")/common.sh"

macs=$root/.cache/macs/shell

simulated_mac() { as_root env "PYTHONPATH=$root/tests" "$venv/bin/python" -m simulated_mac "$@"; }

trap 'simulated_mac down --dir "$macs" >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM HUP
simulated_mac up --count 1 --dir "$macs" ${1:+--macos "$1"}
say "this is a simulation of macOS: sw_vers, security, profiles, scutil … behave as documented; leave it with exit"
simulated_mac shell mac01 --dir "$macs"
