# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a rollout takes that has nothing to do: ``python -m benchmarks.rollout [MACS] [RUNS]``, as root, on simulated Macs.

The measure is the ratio to `ansible.builtin.raw` with a no-op over the same Macs with the same forks, the two in turn: seconds
depend on the machine, the ratio hardly does.
"""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from support import azure_package, demo_pki

from simulated_mac import Fleet, MacSpec, Person

PASSPHRASE = "benchmark passphrase"


def timed(*command: str) -> float:
    """Return the wall seconds of a command, which has to succeed."""
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return time.monotonic() - began


def main() -> None:
    """Measure and print."""
    count, runs = (int(argument) for argument in [*sys.argv[1:], *("10", "5")[len(sys.argv) - 1 :]])
    playbook = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    names = [f"mac{number:02}" for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory(prefix="p2s-bench-") as temporary:
        folder = pathlib.Path(temporary)
        demo_pki.write_demo(folder / "identities", names, passphrase=PASSPHRASE)
        (folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(azure_package.make_root(),))))
        variables = {
            "vpn_client_package": str(folder / "azure.zip"),
            "vpn_client_identity_pkcs12": f"{folder}/identities/{{{{ inventory_hostname }}}}.p12",
            "vpn_client_identity_passphrase": PASSPHRASE,
            "vpn_client_approval_timeout": 60,
        }
        (folder / "variables.json").write_text(json.dumps(variables))
        noop = [
            {
                "hosts": "macs",
                "gather_facts": False,
                "become": True,
                "tasks": [{"ansible.builtin.raw": "/bin/sh -c :", "changed_when": False}],
            }
        ]
        (folder / "noop.yml").write_text(json.dumps(noop))
        os.environ["ANSIBLE_FORKS"] = "10"
        with Fleet(folder / "fleet", [MacSpec(name, person=Person(approves_after=0.2)) for name in names]) as fleet:
            rollout = (playbook, "-i", str(fleet.inventory), "azure_p2s.macos.rollout", "-e", f"@{folder}/variables.json", "--become")
            raw = (playbook, "-i", str(fleet.inventory), str(folder / "noop.yml"))
            first = timed(*rollout)
            timed(*rollout)
            pairs = [(timed(*rollout), timed(*raw)) for _run in range(runs)]
    converged, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    print(f"{count} simulated Macs, {os.cpu_count()} cores, 10 forks, medians of {runs} runs in turn")
    print(f"first rollout, everything changes    {first:6.1f} s")
    print(f"converged rollout, three modules     {converged:6.1f} s")
    print(f"one bare raw no-op                   {bare:6.1f} s")
    print(f"converged rollout / raw no-op        {ratio:6.1f}")


if __name__ == "__main__":
    main()
