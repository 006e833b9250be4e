# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure matrix of the keychain modules, by real ansible-playbook runs over real OpenSSH: a simulated Mac for each case.

All cases are one run; those that changed something are run once more. Each test then looks at one Mac.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from support import keychain_world as world
from support.controller import Controller, Run
from support.keychain_case import Case
from support.keychain_matrix import CASES

from simulated_mac import Fleet, SimulatedMac

HOSTS = {case.name: f"mac{number:02}" for number, case in enumerate(CASES, 1)}
Items = dict[str, dict[str, str]]


@dataclasses.dataclass
class Seen:
    """What a case left: results of both runs, items before and after, and what its Mac recorded."""

    result: dict[str, t.Any]
    again: dict[str, t.Any] | None
    before: Items
    after: Items
    execs: int
    sums: tuple[str, str]
    lists: tuple[dict[str, bytes], dict[str, bytes]]


@dataclasses.dataclass
class Matrix:
    """Everything that the tests look at."""

    controller: Controller
    fleet: Fleet
    runs: list[Run]
    seen: dict[str, Seen]

    def mac(self, case: Case) -> SimulatedMac:
        return self.fleet[HOSTS[case.name]]


def _furnish(case: Case, mac: SimulatedMac) -> None:
    alice = mac.spec.user("alice")
    if alice.keychain:
        world.furnish(mac, world.LOGIN, alice.secret, case.holds)
    if case.path == world.OTHER:
        world.furnish(mac, world.OTHER, world.OTHER_PASSWORD, ())
    for action in case.before:
        action(mac)


def _sum(case: Case, fleet: Fleet) -> str:
    """Return the digest of the Mac's whole file tree, for cases that may not change it."""
    return fleet[HOSTS[case.name]].tree_hash() if case.outcome in ("unchanged", "would change") else ""


def _run(controller: Controller, fleet: Fleet, cases: t.Sequence[Case], *arguments: str) -> tuple[Run, dict[str, dict[str, t.Any]]]:
    for case in cases:
        (controller.folder / f"{HOSTS[case.name]}.yml").write_text(json.dumps([case.task()]))
    # Hosts that wait for a time limit do not hold up the others.
    tasks = [{"ansible.builtin.include_tasks": "{{ inventory_hostname }}.yml"}]
    play = [{"hosts": [HOSTS[case.name] for case in cases], "gather_facts": False, "strategy": "free", "tasks": tasks}]
    (controller.folder / "matrix.yml").write_text(json.dumps(play))
    run = controller.run("matrix.yml", "-i", str(fleet.inventory), "--forks", "16", *arguments)
    results = dict(run.results())
    assert results.keys() == {HOSTS[case.name] for case in cases}, run.output[-4000:]
    return run, results


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Matrix]:
    """Run all cases, and again those that changed something."""
    folder = tmp_path_factory.mktemp("matrix")
    controller = Controller(folder / "controller")
    controller.inventory([])
    controller.watch_every = 0.2
    # Those that wait for a limit first.
    cases = sorted(CASES, key=lambda case: "did not answer" not in case.says and "waits for" not in case.says)
    with Fleet(folder / "fleet", [case.mac(HOSTS[case.name]) for case in CASES]) as fleet:
        before, sums, lists = {}, {}, {}
        for case in cases:
            _furnish(case, fleet[HOSTS[case.name]])
            before[case.name] = world.items(fleet[HOSTS[case.name]])
            sums[case.name] = _sum(case, fleet)
            lists[case.name] = world.search_lists(fleet[HOSTS[case.name]])
        execs = {mac.name: mac.ssh_execs() for mac in fleet}
        first, results = _run(controller, fleet, cases, "-vvv")
        seen = {}
        for case in cases:
            mac = fleet[HOSTS[case.name]]
            seen[case.name] = Seen(
                results[mac.name],
                None,
                before[case.name],
                world.items(mac),
                mac.ssh_execs() - execs[mac.name],
                (sums[case.name], _sum(case, fleet)),
                (lists[case.name], world.search_lists(mac)),
            )
        changed = [case for case in cases if case.outcome == "changed"]
        second, again = _run(controller, fleet, changed, "-v")
        for case in changed:
            seen[case.name].again = again[HOSTS[case.name]]
        yield Matrix(controller, fleet, [first, second], seen)


def _ids(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_result_and_message_are_what_the_docs_say(matrix: Matrix, case: Case) -> None:
    result = matrix.seen[case.name].result
    refused = case.outcome in ("refused", "stopped")
    assert ("error" in result) == refused, result
    assert result["changed"] == (case.outcome in ("changed", "would change")), result
    warnings = (result.get("identity") or {}).get("warnings", [])
    said = result["msg"] if refused else "\n".join(warnings)
    assert case.says in said
    if not case.says and case.name != "name-beyond-ascii":
        assert said == ""
    if not refused:
        assert result["session"] == case.way


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_nothing_else_in_any_keychain_changed(matrix: Matrix, case: Case) -> None:
    seen = matrix.seen[case.name]
    expected = {path: dict(items) for path, items in seen.before.items()}
    found = {path: dict(items) for path, items in seen.after.items()}
    for name in case.adds:
        assert found[case.path].pop(name, None), f"{name} is not there"
        assert name not in expected[case.path] or f"{name} (as it was)" in case.removes
    for name in case.removes:
        assert expected[case.path].pop(name.removesuffix(" (as it was)"), None)
    assert found == expected


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_looking_changes_no_byte_and_opens_no_live_keychain(matrix: Matrix, case: Case) -> None:
    seen = matrix.seen[case.name]
    opens = {opened["command"] for opened in matrix.mac(case).live_keychain_opens()}
    assert not {command for command in opens if command.startswith(("find-", "dump-", "export"))}
    if case.outcome in ("unchanged", "would change"):
        assert seen.sums[0] == seen.sums[1]
        assert opens == set()


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_search_list_and_default_keychain_stay_as_they_are(matrix: Matrix, case: Case) -> None:
    before, after = matrix.seen[case.name].lists
    assert before == after
    assert bool(before) == any(user.keychain for user in matrix.mac(case).spec.users)


@pytest.mark.parametrize("case", [case for case in CASES if case.outcome == "changed"], ids=_ids)
def test_a_change_costs_two_commands_and_the_next_run_does_nothing(matrix: Matrix, case: Case) -> None:
    seen = matrix.seen[case.name]
    assert seen.again is not None
    assert seen.again["changed"] is False
    assert seen.again.get("session", "?") is None
    assert seen.execs == 2


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_what_was_locked_is_locked_again_and_nothing_waits_on_the_mac(matrix: Matrix, case: Case) -> None:
    state = matrix.mac(case).state()
    assert {session for session, unlocked in state["unlocked"].items() if unlocked and not session.startswith("gui:")} == set()
    if case.name == "locked-at-the-screen-with-password":
        assert state["unlocked"].get("gui:501", {}) == {}


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_no_temporary_file_stays(matrix: Matrix, case: Case) -> None:
    assert [path for path in matrix.mac(case).files() if "/p2s." in path or path.endswith((".p12", ".cer"))] == []


def test_a_wrong_password_is_tried_once(matrix: Matrix) -> None:
    for name in ("wrong-password-over-ssh", "wrong-password-in-german", "login-password-after-a-reset"):
        opens = [opened["command"] for opened in matrix.fleet[HOSTS[name]].live_keychain_opens()]
        assert opens.count("unlock-keychain") == 1


def test_an_answer_that_comes_after_the_run_imports_nothing(matrix: Matrix) -> None:
    mac = matrix.fleet[HOSTS["locked-at-the-screen"]]
    before = world.items(mac)
    mac.answer_dialogs()
    assert world.items(mac) == before


def test_the_key_may_be_used_by_the_vpn_and_nobody_else(matrix: Matrix) -> None:
    for case in CASES:
        if case.outcome != "changed" or "key of new" not in case.adds or "key of new (as it was)" in case.removes:
            continue
        mac = matrix.mac(case)
        own = [key for key in world.keys(mac, case.path) if key["partitions"] != world.PARTITIONS]
        assert len(own) == 1, case.name
        assert all("NEIKEv2Provider" in path or path == "/usr/libexec/neagent" for path in own[0]["applications"]), case.name
        set_list = "keychain_password" in case.options and case.name != "partition-list-refused"
        assert own[0]["partitions"] == (["apple-tool:", "apple:"] if set_list else ["apple-tool:"]), case.name


# What carries a secret goes to `security -q -i` on standard input; the rest may be seen by everybody on the Mac.
OPEN_WORDS = {
    "show-keychain-info",
    "lock-keychain",
    "find-certificate",
    "find-identity",
    "add-certificates",
    "delete-certificate",
    "delete-identity",
}
SECRET_WORDS = {"import", "unlock-keychain", "set-key-partition-list"}


def test_what_carries_a_secret_is_in_no_command_line(matrix: Matrix) -> None:
    """Searching for the secrets alone would not do: the passphrase of what is imported is made for one run and known to nobody."""
    fed = 0
    for mac in matrix.fleet:
        for call in mac.calls():
            assert not SECRET_WORDS & {word for argument in call.argv for word in argument.split()}, call.argv
            if call.argv[0] == "/usr/bin/security":
                assert call.argv[1:] == ("-q", "-i") or call.argv[1] in OPEN_WORDS, call.argv
                fed += call.argv[1:] == ("-q", "-i")
    assert fed


def test_no_secret_is_seen_anywhere(matrix: Matrix) -> None:
    secrets = {f"the passphrase {given.passphrase}": given.passphrase for given in world.INPUTS.values() if given.passphrase}
    for case in CASES:
        password = case.options.get("keychain_password")
        if password:
            secrets[f"the password of {case.name}"] = password.splitlines()[-1]
    secrets["another passphrase"] = "some other passphrase"
    secrets |= {f"the key of {name}": world.key_text(name) for name in ("new", "old", "expired")}
    tasks = [matrix.controller.folder / name for name in (*(f"{host}.yml" for host in HOSTS.values()), "matrix.yml")]
    matrix.controller.assert_unseen(secrets, *(run.output for run in matrix.runs), keep=tasks)
    for mac in matrix.fleet:
        seen = "\n".join(" ".join(call.argv) + call.environment for call in mac.calls())
        content = b"".join(mac.files().values())
        for what, secret in secrets.items():
            assert secret not in seen, f"{what} stands in a command line on {mac.name}"
            assert secret.encode() not in content, f"{what} stands in a file on {mac.name}"
