# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit says of a Mac against what the rollout's tasks do there, or would do: finding by finding."""

from __future__ import annotations

import re
import typing as t

from .controller import Run

# The role's tasks that look at a Mac, in their order, and the finding that tells what each will do. The first only looks.
LOOK = "Refuse what this Mac cannot take"
TASKS = {
    LOOK: None,
    "Put the gateway's roots into the login keychain": "root.present",
    "Put the client identity into the login keychain, beside an older one": "identity.present",
    "Bring the profile to the Mac": "profile.current",
    "Remove the older identities from the login keychain": "identity.superseded",
    "Have the VPN connected": "connection.state",
}
# What may follow in the same run once the profile is installed: what the audit says of it holds until then.
_FOLLOWING = ("identity.superseded", "connection.state")
Outcome = t.Literal["nothing", "changed", "failed"]


def outcomes(run: Run, host: str) -> dict[str, Outcome]:
    """Return how each of ``TASKS`` ended that was run for ``host``; one that was skipped did nothing. The run has to show results (-v)."""
    found: dict[str, Outcome] = {}
    for name, text in re.findall(r"^TASK \[azure_p2s\.macos\.vpn_client : (.*?)\] \**\n(.*?)(?=^(?:TASK|PLAY) )", run.output, re.M | re.S):
        line = re.search(rf"^(ok|changed|skipping|fatal|failed): \[{re.escape(host)}\]", text, re.M)
        if name in TASKS and line:
            outcome: Outcome = "changed" if line[1] == "changed" else "failed" if line[1] in ("fatal", "failed") else "nothing"
            found[name] = outcome
    return found


def disagreements(row: t.Mapping[str, t.Any], run: Run, *, by_mdm: bool = False) -> list[str]:
    """Return where the audit's row of a Mac and a rollout, real or in check mode, do not say the same.

    ``by_mdm``: the rollout only writes a file on the controller, which is not the Mac's.
    """
    recap = run.recap(row["host"])
    said = {finding["id"]: finding["status"] for finding in row["findings"]}
    if row["state"] in ("unreachable", "failed"):
        met = recap["unreachable"] == 1 if row["state"] == "unreachable" else recap["failed"] == 1
        return [] if met else [f"{row['host']}: {row['state']}, and the rollout: {recap}"]
    did = outcomes(run, row["host"])
    wrong = []
    if recap["failed"] and row["state"] not in ("drift", "unknown"):
        wrong.append(f"{row['state']}, and the rollout fails")
    if row["state"] == "drift" and not recap["changed"] + recap["failed"]:
        wrong.append("drift, and the rollout does nothing")
    if row["state"] == "unknown" and not recap["failed"]:
        wrong.append("unknown, and the rollout is not refused")
    # The content counts where a profile is installed, and that one is otherwise.
    profile = "profile.installed" if said["profile.current"] == "not_applicable" else "profile.current"
    for task, finding in TASKS.items():
        if task not in did or finding is None:
            continue
        status = said[profile if finding == "profile.current" else finding]
        if finding == "profile.current" and by_mdm:
            continue
        if finding in _FOLLOWING and said[profile] == "drift":
            continue
        fits = {"drift": did[task] != "nothing", "unknown": did[task] == "failed"}.get(status, did[task] == "nothing")
        if not fits:
            wrong.append(f"{finding} is {status}, and the rollout: {task}: {did[task]}")
    # A task that would do what drift says must have been reached, unless an earlier one failed.
    missing = [] if recap["failed"] else [finding for task, finding in TASKS.items() if finding and task not in did]
    wrong += [f"{finding} is drift, and the rollout has no such task" for finding in missing if said.get(finding) == "drift"]
    return [f"{row['host']}: {text}" for text in wrong]
