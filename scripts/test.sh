#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the tests. Every part runs even when an earlier one failed; the last line counts all of them.
#   test.sh [unit] [floor] [integration] [molecule]     (default: all four)
#     unit          pytest, newest ansible-core
#     floor         those of the plugins again, with the oldest ansible-core, cryptography and lxml that the collection promises
#     integration   ansible-playbook over OpenSSH against simulated Macs, with both
#     molecule      the scenarios under extensions/molecule, on simulated Macs
#     gateway       of the integration tests those against a real IKEv2 gateway, and no others; two files at a time
#   P2S_GATEWAY_SECONDS   how long the part gateway may take on a machine that does nothing else (default: 120)
. "$(dirname "$0")/common.sh"

results=$root/tests/output/junit
mkdir -p "$results"
failed=''

# What a test starts by name comes from the main environment.
PATH=$venv/bin:$PATH:/usr/sbin:/sbin
export PATH

part() {
    name=$1
    shift
    rm -f "$results/$name".xml "$results/$name"-*.xml
    say "$name"
    if ! "$@" </dev/null; then
        failed="$failed $name"
    fi
}

# limited SECONDS COMMAND...: what hangs is interrupted, so that it ends what it started, and killed a minute later. In the foreground:
# in a process group of its own it would not hear Ctrl-C.
limited() {
    timeout --foreground --signal=INT --kill-after=60 "$@"
}

# pytest_with FOLDER NAME PATH [OPTION...]: the junit file is named for the part. What hangs for forty minutes counts as failed.
pytest_with() {
    environment=$1 name=$2 path=$3
    shift 3
    limited 2400 "$environment/bin/python" -m pytest "$path" "$@" --junitxml="$results/$name.xml" -o junit_family=xunit2
}

# Much of what these do is waiting: two files of tests at a time.
two_at_a_time='--numprocesses 2 --dist loadfile'

# Simulated Macs need root, and so do those who read their SSH key.
root_part() {
    if [ "$(id -u)" -eq 0 ]; then
        part "$@"
    else
        part "$1" as_root env "PATH=$PATH" sh scripts/test.sh "$1"
    fi
}

# shellcheck disable=SC2086  # a list of words
unit_tests() { pytest_with "$venv" unit tests/unit $two_at_a_time; }
# shellcheck disable=SC2086  # a list of words
floor_tests() { pytest_with "$floor" floor tests/unit/plugins $two_at_a_time; }

integration() {
    # shellcheck disable=SC2086  # a list of words
    P2S_FLOOR_PLAYBOOK=$floor/bin/ansible-playbook pytest_with "$venv" integration tests/integration $two_at_a_time
}

# Whether the processors are busy now, when none of the tests runs.
others_work() {
    { head -n 1 /proc/stat; sleep 1; head -n 1 /proc/stat; } \
        | awk '{ idle = $5 + $6 - idle; all = $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 - all } END { exit idle >= 0.7 * all }'
}

# Much of their time is waiting for the far end, which two at a time share. One that got slow shows here, not in everybody's patience.
gateway_tests() {
    shared=no
    ! others_work || shared=yes
    began=$(date +%s)
    limited 1200 "$venv/bin/python" -m pytest tests/integration -m gateway --numprocesses 2 --dist loadfile \
        --junitxml="$results/gateway.xml" -o junit_family=xunit2 || return 1
    took=$(($(date +%s) - began))
    may=${P2S_GATEWAY_SECONDS:-120}
    say "took $took of at most $may seconds"
    [ "$took" -gt "$may" ] || return 0
    ! others_work || shared=yes
    if [ "$shared" = yes ]; then
        say "that is not judged, as the machine does other work besides"
        return 0
    fi
    say "that is too long"
    return 1
}

molecule_scenarios() {
    status=0
    for scenario in extensions/molecule/*/molecule.yml; do
        scenario=$(basename "$(dirname "$scenario")")
        started=$(date +%s)
        outcome=passed
        NO_COLOR=1 COLUMNS=160 molecule test --scenario-name "$scenario" || outcome=failed status=1
        "$venv/bin/python" "$root/scripts/junit.py" write "$results/molecule-$scenario.xml" "molecule.$scenario" "$outcome" "$(($(date +%s) - started))"
    done
    return "$status"
}

[ $# -gt 0 ] || set -- unit floor integration molecule
for wanted in "$@"; do
    case $wanted in
        unit) part unit unit_tests ;;
        floor) part floor floor_tests ;;
        integration) root_part integration integration ;;
        molecule) root_part molecule molecule_scenarios ;;
        gateway) root_part gateway gateway_tests ;;
        *) die "test.sh knows unit, floor, integration, molecule and gateway, not $wanted" ;;
    esac
done

[ -z "$failed" ] || say "failed:$failed"
# counts what the parts wrote; a part that wrote nothing counts as one failure
"$venv/bin/python" scripts/junit.py count "$results" "$@" || failed="$failed count"
[ -z "$failed" ]
