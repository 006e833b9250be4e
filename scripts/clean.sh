#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops the simulated Macs that make mac and make demo started here, and removes what the other targets made.
. "$(dirname "$0")/common.sh"

for macs in .cache/macs/*/; do
    [ -d "$macs" ] && [ -x "$venv/bin/python" ] || continue
    as_root env "PYTHONPATH=$root/tests" "$venv/bin/python" -m simulated_mac down --dir "$root/${macs%/}" \
        || die "the simulated Macs in $macs could not be stopped"
done

# What ran as root belongs to root. Nothing below is followed into another file system: a Mac that was left may be mounted.
remove() {
    rm -rf --one-file-system "$@" 2>/dev/null || as_root rm -rf --one-file-system "$@"
}
remove .build .cache .venv docs/_build tests/output .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache
# A gateway that was killed leaves its folder; one that still runs has it in its processes' command lines.
running=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n')
for left in "${TMPDIR:-/tmp}"/p2s-gw-* "${TMPDIR:-/tmp}"/p2s-nx-*; do
    case $running in
        *"$left/"*) ;;
        *) remove "$left" ;;
    esac
done
find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
say "clean"
