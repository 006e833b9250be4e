# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollout on each macOS by each way to reach a Mac, by real ansible-playbook runs over real OpenSSH: a simulated Mac for each cell.

All cells are hosts of one inventory, of one first and one second run. What they come to stands in support/rollout_matrix.py.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

import pytest
from support import azure_package, demo_pki, rollout_matrix
from support.controller import Controller, Run
from support.rollout_matrix import CELLS, STAGED, Cell
from support.secrets_search import secret_bearing, stands_in
from support.verdicts import disagreements

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki
from simulated_mac import Fleet, SimulatedMac
from simulated_mac.inside import keychain_file

PASSPHRASE = "the passphrase of all the files"
KEYCHAIN = "/Users/alice/Library/Keychains/login.keychain-db"
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "matrix.md"
TASKS = {
    "look": "Refuse what this Mac cannot take",
    "roots": "Put the gateway's roots into the login keychain",
    "identity": "Put the client identity into the login keychain, beside an older one",
    "profile": "Bring the profile to the Mac",
}
Results = dict[str, dict[str, dict[str, t.Any]]]
all_cells = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)


@dataclasses.dataclass
class Stage:
    """One run: each task's results by host, SSH commands for each Mac, and afterwards the file trees.

    ``audit`` has the row of each Mac in an audit before it, ``check`` is the run in check mode that came after that; ``looked``: the
    file trees then.
    """

    audit: dict[str, dict[str, t.Any]]
    check: Run
    looked: dict[str, dict[str, str]]
    run: Run
    tasks: Results
    summary: list[str]
    execs: dict[str, int]
    trees: dict[str, dict[str, str]]


@dataclasses.dataclass
class Matrix:
    """Everything that the tests look at."""

    controller: Controller
    fleet: Fleet
    root: pki.Certificate
    identities: dict[str, identity.Identity]
    before: dict[str, dict[str, str]]
    first: Stage
    second: Stage

    def mac(self, cell: Cell) -> SimulatedMac:
        return self.fleet[cell.name]


def _by_task(run: Run) -> Results:
    """Return the results of each task of ``TASKS`` by host."""
    sections = dict(re.findall(r"^TASK \[azure_p2s\.macos\.vpn_client : (.*?)\] \**\n(.*?)(?=^(?:TASK|PLAY) )", run.output, re.M | re.S))
    return {short: dict(Run(run.rc, sections[name]).results()) for short, name in TASKS.items()}


def _stage(controller: Controller, fleet: Fleet) -> Stage:
    arguments = ("-i", str(fleet.inventory), "-v", "--forks", "8")
    audited = controller.run("audit.yml", *arguments)
    assert audited.rc == 0, audited.output
    report = json.loads((controller.folder / "audit" / "audit.json").read_text())
    check = controller.run("rollout.yml", *arguments, "--check")
    looked = {mac.name: mac.tree() for mac in fleet}
    before = {mac.name: mac.ssh_execs() for mac in fleet}
    run = controller.run("rollout.yml", *arguments)
    (summary,) = [result["msg"] for _host, result in run.results() if isinstance(result.get("msg"), list)]
    execs = {mac.name: mac.ssh_execs() - before[mac.name] for mac in fleet}
    trees = {mac.name: mac.tree() for mac in fleet}
    return Stage({row["host"]: row for row in report["hosts"]}, check, looked, run, _by_task(run), summary, execs, trees)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Matrix]:
    """Roll out to all cells, twice."""
    folder = tmp_path_factory.mktemp("rollout-matrix")
    controller = Controller(folder / "controller")
    # Each look at all processes costs much here: there are hundreds.
    controller.watch_every = 0.5
    demo_pki.write_demo(controller.folder / "identities", [cell.name for cell in CELLS], passphrase=PASSPHRASE)
    gateway = azure_package.make_root()
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(gateway,))))
    for name in ("audit", "rollout"):
        (controller.folder / f"{name}.yml").write_text(f"- import_playbook: azure_p2s.macos.{name}\n")
    controller.inventory(
        {cell.name: cell.way.variables for cell in CELLS},
        vpn_client_package="azure.zip",
        vpn_client_identity_pkcs12="identities/{{ inventory_hostname }}.p12",
        vpn_client_identity_passphrase=PASSPHRASE,
        vpn_client_approval_timeout=30,
    )
    identities = {
        cell.name: identity.read((controller.folder / "identities" / f"{cell.name}.p12").read_bytes(), PASSPHRASE, now=pki.utc_now())
        for cell in CELLS
    }
    with Fleet(folder / "fleet", [cell.mac() for cell in CELLS]) as fleet:
        before = {mac.name: mac.tree() for mac in fleet}
        first, second = _stage(controller, fleet), _stage(controller, fleet)
        yield Matrix(controller, fleet, pki.Certificate(gateway), identities, before, first, second)


def _keychain(mac: SimulatedMac) -> dict[str, t.Any]:
    """Return the login keychain as it is stored."""
    stored: dict[str, t.Any] = json.loads(mac.files()[KEYCHAIN][len(keychain_file.MAGIC) :])
    return stored


def _installed(mac: SimulatedMac) -> list[tuple[str, str]]:
    """Return user or device, and UUID, of each profile that macOS lists."""
    return [(domain, entry["uuid"]) for domain, entries in mac.state()["profiles"].items() for entry in entries]


@all_cells
def test_each_task_of_the_first_run_ends_as_written(matrix: Matrix, cell: Cell) -> None:
    outcome, tasks = cell.outcome, matrix.first.tasks
    recap = matrix.first.run.recap(cell.name)
    assert (recap["changed"], recap["failed"], recap["unreachable"]) == (outcome.changed, int(outcome.status is None), 0)
    if outcome.status is None:
        refused = tasks["look"][cell.name]
        assert (refused["changed"], refused["msg"]) == (False, cell.says)
        assert cell.name not in tasks["roots"]
        assert cell.name not in tasks["identity"]
        assert cell.name not in tasks["profile"]
        return
    for task in ("roots", "identity"):
        result = tasks[task][cell.name]
        assert (result["changed"], result["session"], result["user"]) == (True, outcome.keychain, "alice")
    assert tasks["identity"][cell.name]["identity"]["warnings"] == list(outcome.warnings)
    result = tasks["profile"][cell.name]
    assert result["changed"] is True
    expected: dict[str, t.Any] = {
        "status": outcome.status,
        "delivery": outcome.delivery,
        "remedy": cell.says,
        "path": STAGED if outcome.status == "staged" else None,
        "warnings": [],
        "user": "alice",
    }
    assert {name: result["profile"][name] for name in expected} == expected


@all_cells
def test_the_mac_holds_what_the_results_say_and_no_more(matrix: Matrix, cell: Cell) -> None:
    outcome, mac, tree = cell.outcome, matrix.mac(cell), matrix.first.trees[cell.name]
    if outcome.status is None:
        assert tree == matrix.before[cell.name]
        return
    keychain, own = _keychain(mac), matrix.identities[cell.name]
    wanted = {certificate.sha256 for certificate in (matrix.root, own.certificate, *own.chain)}
    assert {item["sha256"].lower() for item in keychain["certificates"]} == wanted
    (key,) = keychain["keys"]
    assert key["partitions"] == list(outcome.partitions)
    assert any("NEIKEv2Provider" in path or path == "/usr/libexec/neagent" for path in key["applications"])
    uuid = matrix.first.tasks["profile"][cell.name]["profile"]["uuid"]
    assert _installed(mac) == ([("alice", uuid)] if outcome.status == "installed" else [])
    staged = {path for path in tree if path.startswith(STAGED.rpartition("/")[0] + "/")}
    if outcome.status == "staged":
        assert STAGED in staged
        assert {tree[path].split()[:2] == ["-rw-------", "501:20"] for path in staged} == {True}
    else:
        assert staged == set()
    changed = {path for path in tree.keys() | matrix.before[cell.name].keys() if tree.get(path) != matrix.before[cell.name].get(path)}
    stores = {"(profiles)", "(vpn)"} if outcome.status == "installed" else {STAGED.rpartition("/")[0]}
    assert changed == {KEYCHAIN} | stores | staged


@all_cells
def test_the_second_run_changes_nothing_and_says_the_same(matrix: Matrix, cell: Cell) -> None:
    outcome, first, second = cell.outcome, matrix.first, matrix.second
    recap = second.run.recap(cell.name)
    assert (recap["changed"], recap["failed"], recap["unreachable"]) == (0, int(outcome.status is None), 0)
    assert second.trees[cell.name] == first.trees[cell.name]
    assert second.execs[cell.name] == outcome.execs
    if outcome.status is None:
        assert second.tasks["look"][cell.name]["msg"] == cell.says
        return
    assert second.tasks["look"][cell.name]["profile"] == first.tasks["profile"][cell.name]["profile"]
    for task in ("roots", "identity"):
        assert second.tasks[task][cell.name]["session"] is None
    assert second.tasks["identity"][cell.name]["identity"]["warnings"] == []


@all_cells
def test_audit_check_mode_and_the_run_say_the_same_of_each_task(matrix: Matrix, cell: Cell) -> None:
    """Before the first run, when much is to be done, and before the second, when nothing is."""
    for stage in (matrix.first, matrix.second):
        row = stage.audit[cell.name]
        assert disagreements(row, stage.check) == disagreements(row, stage.run) == []
        assert stage.check.recap(cell.name)["changed"] == stage.run.recap(cell.name)["changed"]
    assert matrix.first.looked[cell.name] == matrix.before[cell.name]
    assert matrix.second.looked[cell.name] == matrix.first.trees[cell.name]


@all_cells
def test_the_summary_names_the_mac_as_written(matrix: Matrix, cell: Cell) -> None:
    outcome = cell.outcome
    for stage in (matrix.first, matrix.second):
        about = [line for line in stage.summary if line.startswith(f"{cell.name}: ")]
        assert about == ([] if outcome.summary == "done" else [f"{cell.name}: {outcome.summary}: {cell.says}"])


def test_the_summary_counts_the_macs_and_warns_once(matrix: Matrix) -> None:
    counts = {state: sum(cell.outcome.summary == state for cell in CELLS) for state in ("done", "waiting for a person", "failed")}
    line = ", ".join(f"{count} {state}" for state, count in counts.items())
    assert matrix.first.summary[0] == matrix.second.summary[0] == line
    warned = sorted(cell.name for cell in CELLS if cell.outcome.warnings)
    assert [entry for entry in matrix.first.summary if entry.startswith("Warning")] == [
        f"Warning ({warned[0]} and {len(warned) - 1} others): {rollout_matrix.PARTITION_NOTE}"
    ]
    assert not any(entry.startswith("Warning") for entry in matrix.second.summary)


@all_cells
def test_nothing_is_left_open_or_lying_about(matrix: Matrix, cell: Cell) -> None:
    mac = matrix.mac(cell)
    state = mac.state()
    open_sessions = {session for session, keychains in state["unlocked"].items() if keychains}
    assert open_sessions == ({"gui:501"} if cell.way.at_screen else set())
    assert state["pending"] is None
    assert state["dialogs"] == []
    assert state.get("refusals", []) == []
    kept = {STAGED} if cell.outcome.status == "staged" else set()
    files = mac.files()
    assert {path for path in files if "/p2s." in path or path.endswith((".p12", ".cer", ".mobileconfig", ".new"))} == kept
    for path, content in files.items():
        assert PASSPHRASE.encode() not in content, path


def test_no_secret_is_seen_anywhere(matrix: Matrix) -> None:
    secrets: dict[str, t.Any] = {"the passphrase": PASSPHRASE, "the keychain password": rollout_matrix.PASSWORD}
    secrets |= {f"the key of {name}": own.private_key for name, own in matrix.identities.items()}
    kept = list((matrix.controller.folder / "identities").iterdir())
    outputs = [run.output for stage in (matrix.first, matrix.second) for run in (stage.check, stage.run)]
    matrix.controller.assert_unseen(secrets, *outputs, keep=kept)
    for mac in matrix.fleet:
        seen = "\n".join(" ".join(call.argv) + call.environment for call in mac.calls()).encode()
        assert b"/usr/bin/stat" in seen
        for what, secret in secrets.items():
            assert not stands_in(secret, seen), f"{what} stands in a command line on {mac.name}"
        assert not [call.argv for call in mac.calls() if secret_bearing(call.argv)]


def test_the_docs_say_what_the_table_says() -> None:
    text = DOCS.read_text("utf-8")
    begin, end = text.index(rollout_matrix.BEGIN), text.index(rollout_matrix.END) + len(rollout_matrix.END)
    assert text[begin:end] == rollout_matrix.table(), "run: python -m support.rollout_matrix docs/matrix.md"


def test_every_outcome_occurs_and_every_macos_has_words_for_the_person() -> None:
    assert {cell.outcome.title for cell in CELLS} == {outcome.title for outcome in rollout_matrix.OUTCOMES}
    assert rollout_matrix.INSTALL.keys() == rollout_matrix.GRID.keys()
