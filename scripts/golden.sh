#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Writes anew what tests compare with a file that people review: rendered profiles, tables in the docs. Look at `git diff` afterwards.
. "$(dirname "$0")/common.sh"

files=$(git_here grep -l UPDATE_GOLDEN -- tests/unit ':!*.md') || die "no test has a file to write"
# shellcheck disable=SC2086  # names of tests, one a word
UPDATE_GOLDEN=1 "$venv/bin/python" -m pytest -q $files
git_here diff --stat -- docs tests
