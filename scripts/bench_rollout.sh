#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench_rollout.sh [MACS] [RUNS]: the converged rollout against a raw no-op, in turn.
. "$(dirname "$0")/common.sh"

as_root env "PYTHONPATH=$root:$root/tests:$collections" "$venv/bin/python" -m benchmarks.rollout "$@"
