# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cell of the profile's state table on a simulated Mac of its own, by real ansible-playbook runs over real OpenSSH.

The cells take turns with the releases of macOS; those that a release could make another are proven on each, and 10.15 has its own.
Three runs serve all Macs: one brings each into the state of its cell, one is the event of those cells whose event is a run, and one
in check mode tells the status afterwards.
"""

from __future__ import annotations

import base64
import dataclasses
import itertools
import pathlib
import time
import typing as t
import zlib

import pytest
from support import demo_pki, profile_cases
from support.controller import Controller
from support.profile_schema import violations, vpn_violations
from support.profile_states import (
    APPROVED,
    CATALINA,
    CELLS,
    DECLINED,
    EXPIRED,
    MDM,
    OLD_MDM,
    ON_EACH,
    OTHER,
    REMOVAL,
    RUN_ALONE,
    WAITING,
    Cell,
)

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, mobileconfig, pki
from simulated_mac import Fleet, MacSpec, Person, SimulatedMac

IDENTIFIER = "com.example.vpn"
PASSPHRASE = "Looking-glass 1871"
VERSIONS = ("11.7", "12.6", "13.7", "14.7", "15.6.1", "26.1")
FOLDER = "/Users/alice/Library/Application Support/azure_p2s.macos"
STAGED = f"{FOLDER}/{IDENTIFIER}.mobileconfig"
NOTE = f"{FOLDER}/{IDENTIFIER}.staged"
RUNS = tuple(event for event in dict.fromkeys(cell.event for cell in CELLS) if event.startswith(("the playbook", "…")))


def _on_releases() -> list[tuple[Cell, str]]:
    """Return each cell with its release."""
    turns = list(zip(CELLS, itertools.cycle(VERSIONS), strict=False))
    each = [(cell, macos) for cell in ON_EACH for macos in VERSIONS if (cell, macos) not in turns]
    return [*turns, *each, *((cell, "10.15.7") for cell in CATALINA)]


RELEASES = _on_releases()
CASES = {f"mac{number:02}": cell for number, (cell, _macos) in enumerate(RELEASES)}
MACOS = {f"mac{number:02}": macos for number, (_cell, macos) in enumerate(RELEASES)}
IDS = [f"{cell.name}-on-{MACOS[name]}" for name, cell in CASES.items()]


@dataclasses.dataclass
class Outcome:
    """What one Mac's runs gave: results of the module, file trees, and how often a profile was opened."""

    prepared: dict[str, t.Any]
    event: dict[str, t.Any] | None
    after: dict[str, t.Any]
    opened: tuple[int, int]
    staged_mode: str | None
    note: bytes | None
    left: list[str]
    untouched_by_check: bool
    pending: bytes | None
    installed: list[dict[str, t.Any]]


def _options(cell: Cell, moment: str) -> dict[str, t.Any]:
    """Return the host's variables for one of the runs: prepare, event, after."""
    variables: dict[str, t.Any] = {"wanted_state": "present", "wanted_proposal": "default", "wait": 0}
    if moment == "prepare":
        if cell.before in ("installed", "outdated"):
            variables["wait"] = 30
        if cell.before == "outdated":
            variables["wanted_proposal"] = "strong"
        variables["skipped"] = cell.before in ("absent", MDM, OLD_MDM, "unknown")
    else:
        variables["skipped"] = moment == "event" and cell.event not in RUNS
        if cell.event == REMOVAL:
            variables["wanted_state"] = "present" if moment == "after" else "absent"
        if cell.event == OTHER:
            variables["wanted_proposal"] = "compatible"
    return variables


TASK = {
    "azure_p2s.macos.vpn_profile": {
        "identifier": IDENTIFIER,
        "server": demo_pki.VPN_SERVER,
        "server_roots": ["{{ root }}"],
        "pkcs12_path": "{{ inventory_dir }}/identities/client.p12",
        "passphrase": PASSPHRASE,
        "proposal": "{{ wanted_proposal }}",
        "state": "{{ wanted_state }}",
        "approval_timeout": "{{ wait }}",
        "user": "alice",
    },
    "when": "not skipped",
    "become": True,
}


def _spec(name: str, cell: Cell, macos: str) -> MacSpec:
    """Return the Mac for ``cell``: where the cell begins with a staged profile, nobody is logged in."""
    approves = 0.2 if cell.before in ("installed", "outdated") else None
    return MacSpec(
        name,
        macos=macos,
        console_user=None if cell.before == "staged" else "alice",
        person=Person(approves_after=approves),
        mdm=cell.before in (MDM, OLD_MDM),
    )


def _play(controller: Controller, fleet: Fleet, moment: str, *, check: bool = False) -> dict[str, t.Any]:
    """Run the task on all Macs and return the results by host."""
    controller.inventory({name: _options(cell, moment) for name, cell in CASES.items()}, root=profile_cases.gateway_root().pem)
    return dict(controller.play(TASK, check=check, arguments=["-i", str(fleet.inventory)]).results())


def _happen(mac: SimulatedMac, cell: Cell) -> None:
    """Let the event of ``cell`` happen on the Mac, as far as it is not a run. From now on nobody approves by themselves."""
    mac.set(person=Person())
    if cell.event == RUN_ALONE:
        mac.log_out()
    elif cell.event in RUNS and cell.before == "staged":
        mac.log_in("alice")
    elif cell.event == APPROVED:
        if cell.before == "staged":
            mac.log_in("alice")
            mac.sh(f"/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H /usr/bin/open '{STAGED}'\n")
        mac.approve_profile()
    elif cell.event == DECLINED:
        mac.decline_profile()
    elif cell.event == EXPIRED:
        mac.pass_time(600)
    elif cell.before in (MDM, OLD_MDM) and cell.fails:
        # A copy of ours that lies there is of no use to anybody once the MDM has the identifier.
        mac.sh(f"umask 077; /bin/mkdir -p '{FOLDER}'; echo key >'{STAGED}'; printf '%s\\n' AAAA - >'{NOTE}'\n")
    if cell.before == "unknown":
        mac.fault("profiles", "garbage", stdout="no list here\n", status=0)


def _opened(mac: SimulatedMac) -> int:
    return len([path for path in mac.state().get("opened", []) if path == STAGED])


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, Outcome]]:
    """Bring every cell about."""
    folder: pathlib.Path = tmp_path_factory.mktemp("states")
    controller = Controller(folder / "controller")
    demo_pki.write_demo(controller.folder / "identities", ["client"], passphrase=PASSPHRASE)
    specs = [_spec(name, cell, MACOS[name]) for name, cell in CASES.items()]
    with Fleet(folder / "fleet", specs) as fleet:
        for name, cell in CASES.items():
            if cell.before in (MDM, OLD_MDM):
                content = _profile(controller, "strong" if cell.before == OLD_MDM else "default")
                # An MDM has two channels; a profile of either is its own.
                scope = "system" if int(name[3:]) % 2 else "user"
                fleet[name].install_profile(content, scope=scope, user="alice" if scope == "user" else None)
        prepared = _play(controller, fleet, "prepare")
        opened = {name: _opened(fleet[name]) for name in CASES}
        for name, cell in CASES.items():
            _happen(fleet[name], cell)
        events = _play(controller, fleet, "event")
        _let_the_watches_end(fleet)
        states = {name: fleet[name].state() for name in CASES}
        trees = {name: fleet[name].tree() for name in CASES}
        # The status afterwards is for eyes only.
        after = _play(controller, fleet, "after", check=True)
        time.sleep(0.1)
        yield {
            name: Outcome(
                prepared.get(name, {}),
                events.get(name),
                after[name],
                (opened[name], _opened(fleet[name])),
                trees[name].get(STAGED),
                fleet[name].files().get(NOTE),
                [path for path in fleet[name].tree() if path.startswith(FOLDER)],
                _without_removed(fleet[name].tree(), trees[name]),
                zlib.decompress(base64.b64decode(states[name]["pending"]["content"])) if states[name]["pending"] else None,
                [entry for entries in states[name]["profiles"].values() for entry in entries],
            )
            for name in CASES
        }


def _let_the_watches_end(fleet: Fleet) -> None:
    """Wait until what looks for an answer on the Macs has seen that the time is over; it looks every 16 seconds at least."""
    until = time.monotonic() + 60
    over = [fleet[name] for name, cell in CASES.items() if (cell.before, cell.event) == (WAITING, EXPIRED)]
    while any(STAGED in mac.tree() for mac in over) and time.monotonic() < until:
        time.sleep(1)


def _without_removed(now: dict[str, str], before: dict[str, str]) -> bool:
    """Return whether nothing came or changed; the staged profile may go at any time once it is installed."""
    return all(before.get(path) == entry for path, entry in now.items()) and all(
        path.startswith(FOLDER) for path in before.keys() - now.keys()
    )


def _profile(controller: Controller, proposal: str) -> bytes:
    """Return the profile as it was written for the MDM."""
    data = (controller.folder / "identities" / "client.p12").read_bytes()
    who = identity.read(data, PASSPHRASE, now=pki.utc_now())
    options = profile_cases.options(identifier=IDENTIFIER, proposal=proposal)
    settings = mobileconfig.settings_from_options(options, who)
    return mobileconfig.render(settings, who, identity.new_passphrase())


def _status(result: dict[str, t.Any]) -> str:
    """Return the status that a result tells, also that of a failed run."""
    if "error" not in result:
        return str(result["profile"]["status"])
    return "unknown" if "unknown" in result["msg"] else "outdated" if "another profile" in result["msg"] else "installed"


@pytest.mark.parametrize("name", CASES, ids=IDS)
def test_each_cell_of_the_table(outcomes: dict[str, Outcome], name: str) -> None:
    cell, outcome = CASES[name], outcomes[name]
    if cell.before in ("staged", WAITING, "installed", "outdated"):
        assert outcome.prepared["profile"]["status"] == ("installed" if cell.before == "outdated" else cell.before)
    assert (outcome.event is not None and not outcome.event.get("skipped")) == (cell.event in RUNS)
    if cell.event in RUNS:
        assert outcome.event is not None
        assert ("error" in outcome.event) == cell.fails, outcome.event.get("msg")
        assert outcome.event["changed"] == cell.changed
        if not cell.fails:
            assert _status(outcome.event) == cell.after
    if cell.event == REMOVAL and not cell.fails:
        assert _status(outcome.after) == "absent"
    else:
        assert _status(outcome.after) == cell.after
    assert outcome.untouched_by_check


@pytest.mark.parametrize("name", CASES, ids=IDS)
def test_a_request_is_shown_when_the_cell_says_so_and_never_twice(outcomes: dict[str, Outcome], name: str) -> None:
    cell, (before, after) = CASES[name], outcomes[name].opened
    asked = (cell.changed and cell.after == WAITING) or (cell.before, cell.event) == ("staged", APPROVED)
    assert after - before == int(asked)


@pytest.mark.parametrize("name", CASES, ids=IDS)
def test_the_key_lies_on_the_disk_while_a_person_is_asked_and_for_its_owner_alone(outcomes: dict[str, Outcome], name: str) -> None:
    cell, outcome = CASES[name], outcomes[name]
    if (cell.before, cell.event) == (WAITING, EXPIRED):
        assert (outcome.staged_mode, outcome.left) == (None, [FOLDER, NOTE]), "the key goes with the request, by itself"
        assert len((outcome.note or b"").split()) == 2, "UUID and time, and nothing secret"
    elif (cell.before, cell.event) in (("staged", EXPIRED), ("staged", APPROVED)):
        # What nobody was shown is watched by nothing; the docs say that it stays until the next run.
        assert (outcome.staged_mode or "").startswith("-rw------- 501:")
    elif cell.after in ("staged", WAITING):
        assert (outcome.staged_mode or "").startswith("-rw------- 501:")
    elif cell.event == OTHER and cell.before in ("staged", WAITING):
        # Seen by a run in check mode only, which changes nothing.
        assert (outcome.staged_mode or "").startswith("-rw------- 501:")
    else:
        assert outcome.left == []


@pytest.mark.parametrize("name", CASES, ids=IDS)
def test_what_macos_was_given_passes_the_schema(outcomes: dict[str, Outcome], name: str) -> None:
    version = tuple(int(part) for part in MACOS[name].split(".")[:2])
    pending, installed = outcomes[name].pending, outcomes[name].installed
    assert pending is None or violations(pending, version) == []
    for entry in installed:
        (vpn,) = [item for item in entry["items"] if item["PayloadType"] == "com.apple.vpn.managed"]
        assert vpn_violations(vpn, version) == []
    # macOS tells nobody that a person has declined, so that the status is the same with a request on the screen and without.
    assert pending is not None or CASES[name].after != WAITING or CASES[name].event == DECLINED


@pytest.mark.parametrize("name", [name for name, cell in CASES.items() if (cell.before, cell.event) == (WAITING, EXPIRED)])
def test_that_nobody_approved_in_time_is_told_although_the_copy_is_gone(outcomes: dict[str, Outcome], name: str) -> None:
    profile = outcomes[name].after["profile"]
    assert "alice did not approve the request in time, or declined it" in profile["remedy"]
    assert profile["path"] is None
    assert outcomes[name].after["changed"], "the next run stages it anew, and asks again"


def test_a_waiting_person_is_told_where_to_click_on_each_macos(outcomes: dict[str, Outcome]) -> None:
    panes = {
        "11": "System Preferences > Profiles",
        "12": "System Preferences > Profiles",
        "13": "System Settings > Privacy & Security > Profiles",
        "14": "System Settings > Privacy & Security > Profiles",
        "15": "System Settings > General > Device Management",
        "26": "System Settings > General > Device Management",
    }
    seen = set()
    for name, cell in CASES.items():
        macos = MACOS[name]
        profile = outcomes[name].after.get("profile") or {}
        if profile.get("status") in ("staged", WAITING) and cell.event != EXPIRED:
            assert panes[macos.split(".")[0]] in profile["remedy"]
            seen.add(macos)
    assert len(seen) >= 4
