#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How long it takes to issue the identities of a whole inventory, and to find out that all are valid; and the ratio to the
# same work done task by task with community.crypto.
#   bench_identities.sh [HOSTS [HOSTS_TASK_BY_TASK]]      (default: 1000 and 40)
# Task by task is so slow that it is measured on fewer hosts; the ratio is that of the times for one host.
# It writes .build/bench/identities.txt, too, and fails when the limits are missed: for 1000 hosts on two cores four
# minutes and twenty seconds.
. "$(dirname "$0")/common.sh"

hosts=${1:-1000}
few=${2:-40}
PATH=$venv/bin:$PATH
export PATH

# Its collections are those of the PyPI package ansible; only this one is unpacked.
other=$root/.cache/community.crypto
if [ ! -d "$other/ansible_collections/community/crypto" ]; then
    say "downloading the PyPI package ansible (about 50 MB) for community.crypto"
    download=$root/.cache/ansible-wheel
    rm -rf "$download" "$other"
    python -m pip download --quiet --no-deps --only-binary=:all: --dest "$download" ansible </dev/null
    python - "$download" "$other.part" <<'END'
import pathlib, sys, zipfile
wheel, = pathlib.Path(sys.argv[1]).glob("ansible-*.whl")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith("ansible_collections/community/crypto/")])
END
    mv "$other.part" "$other"
    rm -rf "$download"
fi
ANSIBLE_COLLECTIONS_PATH=$collections:$other
ANSIBLE_FORKS=$(getconf _NPROCESSORS_ONLN)
export ANSIBLE_COLLECTIONS_PATH ANSIBLE_FORKS

work=$root/.build/bench/identities
rm -rf "$work"
mkdir -p "$work"
log=$work/ansible.log

# inventory FILE COUNT
inventory() {
    {
        printf '[macs]\n'
        seq -f 'mac%04.0f.example.com' "$2"
        cat <<'END'
[macs:vars]
vpn_client_identity_pkcs12={{ inventory_dir }}/identities/{{ inventory_hostname }}.p12
vpn_client_identity_passphrase={{ ('one secret for all' ~ inventory_hostname) | hash('sha256') }}
p2s_root_certificate={{ inventory_dir }}/pki/root.pem
p2s_root_private_key={{ inventory_dir }}/pki/root.key
p2s_root_passphrase=a passphrase for a benchmark
END
    } >"$1"
}

# seconds COMMAND...: how long it takes
seconds() {
    python - "$log" "$@" <<'END'
import subprocess, sys, time
with open(sys.argv[1], "ab") as log:
    begin = time.monotonic()
    code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode
    print(f"{time.monotonic() - begin:.1f}")
sys.exit(code)
END
}

# measure INVENTORY PLAYBOOK
measure() { seconds ansible-playbook -i "$work/$1" "$2" || die "$2 failed; see $log"; }

inventory "$work/hosts.ini" "$hosts"
inventory "$work/few.ini" "$few"
measure hosts.ini benchmarks/identities/root.yml >/dev/null
say "issuing $hosts identities in one run, then again with nothing to do"
issue=$(measure hosts.ini azure_p2s.macos.issue_identities)
valid=$(measure hosts.ini azure_p2s.macos.issue_identities)
[ "$(find "$work/identities" -name '*.p12' | wc -l)" -eq "$hosts" ] || die "not all identities were issued; see $log"
say "the same task by task with community.crypto, for $few"
other_issue=$(measure few.ini benchmarks/identities/community_crypto.yml)
other_valid=$(measure few.ini benchmarks/identities/community_crypto.yml)
[ "$(find "$work/task-by-task" -name '*.p12' | wc -l)" -eq "$few" ] || die "not all identities were issued task by task; see $log"

version=$(sed -n 's/.*"version": "\(.*\)",/\1/p' "$other/ansible_collections/community/crypto/MANIFEST.json" | head -n 1)
awk -v hosts="$hosts" -v few="$few" -v issue="$issue" -v valid="$valid" -v other_issue="$other_issue" -v other_valid="$other_valid" \
    -v version="$version" -v cores="$ANSIBLE_FORKS" '
    function row(what, ours, theirs) {
        printf "%-22s %12.1f %16.1f %21.1f %9.0fx\n", what, ours, 1000 * ours / hosts, 1000 * theirs / few, (theirs / few) / (ours / hosts)
    }
    BEGIN {
        printf "%d identities (RSA 2048) in one run, %d cores; community.crypto %s with %d hosts\n", hosts, cores, version, few
        printf "%-22s %12s %16s %21s %10s\n", "", "seconds", "ms per host", "community.crypto, ms", "ratio"
        row("all are issued", issue, other_issue)
        row("all are valid", valid, other_valid)
    }' | tee "$root/.build/bench/identities.txt"

# for other numbers of hosts the limits are in proportion, but there is a start to pay for
awk -v hosts="$hosts" -v issue="$issue" -v valid="$valid" 'BEGIN {
    share = hosts > 1000 ? hosts / 1000 : 1
    exit !(issue <= 240 * share && valid <= 20 * share)
}' || die "too slow: the limits for 1000 identities are 240 and 20 seconds"
