#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The main job, start to end, on three simulated Macs, with the collection built and installed as its users get it.
. "$(dirname "$0")/common.sh"

folder=$root/.cache/demo
as_root rm -rf --one-file-system "$folder"
mkdir -p "$folder"
say "building and installing the collection"
sh scripts/collection.sh install "$folder/collections"
as_root env "PYTHONPATH=$root/tests:$folder/collections" ANSIBLE_FORCE_COLOR="${ANSIBLE_FORCE_COLOR-}" \
    "$venv/bin/python" -m demo "$folder" "$folder/collections"
