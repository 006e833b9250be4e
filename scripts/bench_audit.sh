#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How long an audit of many Macs takes, report included, and the ratio to one SSH command for each that does nothing, with the same
# inventory and forks.
#   bench_audit.sh [MACS [FORKS]]      (default: 50, and 5 as Ansible has by itself)
# Of ten Macs one is blank, one has lost the gateway's root since the rollout, and eight are rolled out.
#   ratio_to_raw             as the Macs' users, and no SSH connection is open, as a scheduled audit finds them
#   ratio_to_raw_become      the same with become, for the no-op as well
#   ratio_to_raw_connected   as the first, within a minute of another run, whose connections are used
# The Macs are simulated and share this machine's processors with the controller: a Mac's part in the ratio is not that of a real one.
# Writes benchmarks/audit.json. A benchmark, not a gate: it fails only when something does not run.
. "$(dirname "$0")/common.sh"

macs=${1:-50}
forks=${2:-5}
PATH=$venv/bin:$PATH:/usr/sbin:/sbin
export PATH

work=$root/.build/bench/audit
fleet=$root/.cache/macs/bench-audit
rm -rf "$work"
mkdir -p "$work"
log=$work/ansible.log

simulated_mac() { as_root env "PYTHONPATH=$root/tests" "$venv/bin/python" -m simulated_mac "$@"; }
# A short name: a socket's has 108 bytes at most.
sockets=$(mktemp -d)
trap 'simulated_mac down --dir "$fleet" >/dev/null 2>&1 || true; rm -rf "$sockets"' EXIT
trap 'exit 130' INT TERM HUP

width=$(printf %s "$macs" | wc -c)
[ "$width" -ge 2 ] || width=2
say "starting $macs simulated Macs"
# shellcheck disable=SC2046  # a word for each name
(cd "$work" && python "$root/tests/support/demo_files.py" files $(seq -f "mac%0${width}g" "$macs"))
simulated_mac up --count "$macs" --dir "$fleet" --approves-after 0.5 >/dev/null
cat >"$work/variables.yml" <<END
vpn_client_package: $work/files/azure.zip
vpn_client_identity_pkcs12: $work/files/{{ inventory_hostname }}.p12
vpn_client_identity_passphrase: Looking-glass 1871
vpn_client_audit_dest: $work/report
END

# run CONNECTIONS PLAYBOOK ARGUMENT...: the seconds it takes; those who use the same CONNECTIONS share them
run() {
    folder=$sockets/$1
    shift
    mkdir -p "$folder"
    ANSIBLE_SSH_CONTROL_PATH_DIR=$folder python - "$log" ansible-playbook -i "$fleet/inventory.yml" -f "$forks" \
        -e "@$work/variables.yml" "$@" <<'END'
import subprocess, sys, time
with open(sys.argv[1], "ab") as log:
    begin = time.monotonic()
    code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode
    print(f"{time.monotonic() - begin:.2f}")
sys.exit(code)
END
}

say "rolling out to all but every tenth"
others=$(seq -f "mac%0${width}g" "$macs" | grep -v '5$' | paste -sd, -)
run r azure_p2s.macos.rollout -e ansible_become=true -e vpn_client_approval_timeout=20 --limit "$others" >/dev/null || die "the rollout failed; see $log"
root_sha256=$(python - "$work/files/azure.zip" <<'END'
import sys
sys.path.insert(0, ".cache/collections")
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import package
print(package.read(sys.argv[1]).server_roots[0].sha256.upper())
END
)
keychain=/Users/alice/Library/Keychains/login.keychain-db
for name in $(seq -f "mac%0${width}g" "$macs" | grep '0$'); do
    # shellcheck disable=SC2016 # alice's password is no variable
    simulated_mac shell "$name" --dir "$fleet" "security unlock-keychain -p 'Wonderland-7!' $keychain &&
        security delete-certificate -Z $root_sha256 $keychain" >>"$log" 2>&1 || die "$name keeps its root; see $log"
done

# both HOW CONNECTIONS ARGUMENT...: the two, one after the other
both() {
    how=$1 connections=$2
    shift 2
    run "$connections-raw" benchmarks/audit/raw.yml "$@" >>"$work/raw_$how" || die "the run that does nothing failed; see $log"
    run "$connections-audit" azure_p2s.macos.audit "$@" >>"$work/audit_$how" || die "the audit failed; see $log"
}

say "each is measured three times, in turn"
for round in 1 2 3; do
    both cold "$round"
    both connected "$round"
    both become "b$round" -e ansible_become=true
done

python - "$work" "$macs" "$forks" benchmarks/audit.json <<'END'
import json, os, pathlib, statistics, sys
work, macs, forks, target = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
report = json.loads((work / "report" / "audit.json").read_text())
away = report["summary"]["states"]["unreachable"] + report["summary"]["states"]["failed"]
if report["summary"]["hosts"] != macs or away:
    sys.exit(f"{away} of {report['summary']['hosts']} Macs were not audited")


def median(name):
    return statistics.median(float(line) for line in (work / name).read_text().split())


def ratio(how):
    runs = [[float(line) for line in (work / f"{name}_{how}").read_text().split()] for name in ("audit", "raw")]
    return round(statistics.median(audit / raw for audit, raw in zip(*runs)), 2)


found = {
    "macs": macs,
    "forks": forks,
    "cores": os.cpu_count(),
    "states": {state: count for state, count in report["summary"]["states"].items() if count},
    "simulated": True,
    "raw_seconds": median("raw_cold"),
    "audit_seconds": median("audit_cold"),
    "milliseconds_per_mac": round(1000 * median("audit_cold") / macs),
    "ratio_to_raw": ratio("cold"),
    "ratio_to_raw_become": ratio("become"),
    "ratio_to_raw_connected": ratio("connected"),
}
target.write_text(json.dumps(found, indent=2) + "\n")
for name, value in found.items():
    print(f"{name:22} {value}")
END
say "written: benchmarks/audit.json"
