# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One audit of more than fifty simulated Macs with mixed faults, by real ansible-playbook over real OpenSSH.

Then the rollout in check mode and for real: the three must say the same of every Mac.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import pathlib
import typing as t
import xml.etree.ElementTree as ET

import pytest
from support import azure_package, demo_pki
from support.controller import Controller, Run

from simulated_mac import Fleet, MacSpec, Person, SimulatedMac

pytestmark = pytest.mark.slow
PASSPHRASE = "Looking-glass 1871"
KEYCHAIN = "/Users/alice/Library/Keychains/login.keychain-db"
APPROVES = Person(approves_after=0.3)
ROLLED_OUT = ("fine", "awaiting", "outdated", "renewed", "rootless")
KINDS = {
    "fine": 16,
    "blank": 8,
    "awaiting": 3,
    "outdated": 4,
    "renewed": 3,
    "rootless": 2,
    "nobody": 3,
    "unreadable": 3,
    "damaged": 2,
    "mute": 2,
    "garbled": 1,
    "plain": 3,
    "cut": 1,
    "halted": 2,
}
VERSIONS = ("13.7", "14.7.2", "15.6.1", "26.1")
# What the worst finding must be, and on which of them.
EXPECTED = {
    "fine": ("warning", {"root.trusted": "warning", "profile.current": "ok", "identity.present": "ok"}),
    "blank": ("drift", {"root.present": "drift", "identity.present": "drift", "profile.installed": "drift"}),
    "awaiting": ("pending", {"profile.installed": "pending", "identity.present": "ok"}),
    "outdated": ("drift", {"profile.installed": "ok", "profile.current": "drift", "identity.present": "ok"}),
    "renewed": ("drift", {"identity.present": "drift", "profile.current": "drift", "identity.superseded": "pending"}),
    "rootless": ("drift", {"root.present": "drift", "profile.current": "ok"}),
    "nobody": ("unknown", {"user.resolved": "unknown", "keychain.readable": "unknown", "profile.installed": "unknown"}),
    "unreadable": ("drift", {"keychain.readable": "unknown", "root.present": "unknown", "profile.installed": "drift"}),
    "damaged": ("drift", {"keychain.readable": "unknown", "identity.present": "unknown"}),
    "mute": ("drift", {"profile.installed": "unknown", "profile.current": "unknown", "root.present": "drift"}),
    "garbled": ("drift", {"keychain.readable": "unknown", "root.present": "unknown"}),
    "plain": ("drift", {"user.resolved": "ok", "root.present": "drift", "profile.installed": "drift"}),
    "cut": ("failed", {}),
    "halted": ("unreachable", {}),
    "linux": ("failed", {}),
}


@dataclasses.dataclass
class Audit:
    """What is looked at: the audit's run and report, and what came before and after it."""

    fleet: Fleet
    controller: Controller
    run: Run
    report: dict[str, t.Any]
    trees: tuple[dict[str, str], dict[str, str]]
    execs: dict[str, int]
    opens: tuple[dict[str, int], dict[str, int]]
    check: Run
    real: Run

    def hosts(self, kind: str) -> list[dict[str, t.Any]]:
        """Return the report's rows of the Macs of one kind."""
        return [host for host in self.report["hosts"] if host["host"].rstrip("0123456789") == kind]


def _names() -> list[str]:
    return [f"{kind}{number:02}" for kind, count in KINDS.items() for number in range(1, count + 1)]


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


def _spec(number: int, name: str) -> MacSpec:
    kind = _kind(name)
    return MacSpec(
        name,
        macos=VERSIONS[number % len(VERSIONS)],
        console_user=None if kind == "nobody" else "alice",
        person=Person() if kind == "awaiting" else APPROVES,
        modes={"full_disk_access": False} if kind == "unreadable" else {"serial": f"C02{number:07}"},
    )


def _playbooks(controller: Controller) -> None:
    for name in ("audit", "rollout"):
        (controller.folder / f"{name}.yml").write_text(f"- import_playbook: azure_p2s.macos.{name}\n")


def _inventory(controller: Controller, names: t.Iterable[str], *, later: bool) -> None:
    """Write the inventory; ``later``: with what has changed since the rollout."""
    hosts: dict[str, dict[str, t.Any]] = {name: {} for name in names}
    for name, variables in hosts.items():
        if _kind(name) == "outdated" and later:
            variables["vpn_client_pfs"] = True
        if _kind(name) == "plain":
            variables["ansible_become"] = False
    if later:
        hosts["linux"] = {"ansible_connection": "local", "ansible_become": False}
    controller.inventory(
        hosts,
        vpn_client_package="azure.zip",
        vpn_client_identity_pkcs12="identities/{{ inventory_hostname }}.p12",
        vpn_client_identity_passphrase=PASSPHRASE,
        ansible_become=True,
        vpn_client_approval_timeout=0,
    )


def _break(mac: SimulatedMac, kind: str, root_sha256: str) -> None:
    """Do to a Mac what happens to Macs."""
    if kind == "rootless":
        done = mac.sh(
            f"/usr/bin/security unlock-keychain -p 'Wonderland-7!' {KEYCHAIN} && "
            f"/usr/bin/security delete-certificate -Z {root_sha256.upper()} {KEYCHAIN}"
        )
        assert done.returncode == 0, done.stderr
    elif kind == "damaged":
        mac.write(KEYCHAIN, b"not a keychain", owner=501, mode=0o600)
    elif kind == "mute":
        mac.fault("profiles", "fail")
    elif kind == "garbled":
        mac.fault("security", "garbage")
    elif kind == "cut":
        mac.fault("profiles", "cut")
    elif kind == "halted":
        mac.halt()


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Audit]:
    """Roll out to some, break some, audit all; then check and roll out to all."""
    folder = tmp_path_factory.mktemp("audit")
    controller = Controller(folder / "controller")
    controller.watch_every = 0.5
    names = _names()
    identities = controller.folder / "identities"
    authority = demo_pki.write_demo(identities, [*names, "linux"], passphrase=PASSPHRASE)
    gateway = azure_package.make_root()
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(gateway,))))
    _playbooks(controller)
    root_sha256 = hashlib.sha256(gateway).hexdigest()
    with Fleet(folder / "fleet", [_spec(number, name) for number, name in enumerate(names)]) as fleet:
        inventory = ("-i", str(fleet.inventory), "--forks", "8")
        _inventory(controller, names, later=False)
        first = [name for name in names if _kind(name) in ROLLED_OUT]
        begun = controller.run("rollout.yml", *inventory, "--limit", ",".join(first), "-e", "vpn_client_approval_timeout=3")
        assert all(begun.recap(name)["failed"] == 0 for name in first), begun.output
        for name in names:
            if _kind(name) == "renewed":
                (identities / f"{name}.p12").write_bytes(demo_pki.pkcs12(demo_pki.issue(authority, name), PASSPHRASE))
            _break(fleet[name], _kind(name), root_sha256)
        _inventory(controller, names, later=True)
        alive = [name for name in names if _kind(name) != "halted"]
        before = {name: fleet[name].tree_hash() for name in alive}
        opens = {name: len(fleet[name].live_keychain_opens()) for name in alive}
        execs = {name: fleet[name].ssh_execs() for name in alive}
        run = controller.run("audit.yml", *inventory, "-e", "vpn_client_audit_history=history", "-vvv")
        after = {name: fleet[name].tree_hash() for name in alive}
        opened = {name: len(fleet[name].live_keychain_opens()) for name in alive}
        execs = {name: fleet[name].ssh_execs() - execs[name] for name in alive}
        report = json.loads((controller.folder / "audit" / "audit.json").read_text())
        check = controller.run("rollout.yml", *inventory, "--check")
        real = controller.run("rollout.yml", *inventory)
        yield Audit(fleet, controller, run, report, (before, after), execs, (opens, opened), check, real)


def test_every_host_is_a_row_and_the_run_succeeds(audit: Audit) -> None:
    assert audit.run.rc == 0, audit.run.output
    assert sorted(host["host"] for host in audit.report["hosts"]) == sorted([*_names(), "linux"])
    assert sum(1 for host in audit.report["hosts"] if host["state"] not in ("unreachable", "failed")) >= 50


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_fault_is_found(audit: Audit, kind: str) -> None:
    state, expected = EXPECTED[kind]
    rows = audit.hosts(kind)
    assert len(rows) == KINDS.get(kind, 1)
    for row in rows:
        found = {finding["id"]: finding["status"] for finding in row["findings"]}
        assert row["state"] == state, row
        assert {name: found.get(name) for name in expected} == expected


def test_what_cannot_be_read_is_never_ok_and_never_missing(audit: Audit) -> None:
    for kind in ("unreadable", "damaged", "garbled", "nobody"):
        for row in audit.hosts(kind):
            found = {finding["id"]: finding["status"] for finding in row["findings"]}
            for name in ("root.present", "identity.present", "identity.superseded"):
                assert found[name] == "unknown", (row["host"], name)


def test_nothing_on_any_mac_changed_and_no_live_keychain_was_opened(audit: Audit) -> None:
    before, after = audit.trees
    assert before == after
    assert audit.opens[0] == audit.opens[1]


def test_it_costs_one_ssh_command_for_each_mac(audit: Audit) -> None:
    assert audit.execs == dict.fromkeys(audit.execs, 1)


@pytest.mark.parametrize("mode", ["check", "real"])
def test_the_rollout_says_the_same_of_every_mac(audit: Audit, mode: str) -> None:
    """No drift and nothing unknown: nothing changes. Drift: something changes, or is refused. Unknown alone: refused."""
    run: Run = getattr(audit, mode)
    for row in audit.report["hosts"]:
        recap = run.recap(row["host"])
        if row["state"] in ("ok", "warning", "pending"):
            assert (recap["changed"], recap["failed"], recap["unreachable"]) == (0, 0, 0), (row["host"], run.output)
        elif row["state"] == "drift":
            assert recap["changed"] + recap["failed"] > 0, row["host"]
        elif row["state"] == "unreachable":
            assert recap["unreachable"] == 1, row["host"]
        else:
            assert recap["failed"] + recap["unreachable"] == 1, row["host"]


def test_check_and_real_run_change_the_same(audit: Audit) -> None:
    for name in _names():
        # Cut connections end a run early.
        if _kind(name) != "cut":
            foretold, done = audit.check.recap(name), audit.real.recap(name)
            assert foretold["changed"] == done["changed"], name


def test_the_run_ends_with_a_short_account(audit: Audit) -> None:
    assert "halted01: unreachable: " in audit.run.output
    assert "linux: failed: the host runs Linux, not macOS" in audit.run.output


def test_the_check_run_ends_with_a_table(audit: Audit) -> None:
    for line in ("blank01: would change: certificates, identity, profile", "awaiting01: waiting for a person", "halted01: unreachable"):
        assert line in audit.check.output


def test_all_formats_hold_all_hosts(audit: Audit) -> None:
    folder = audit.controller.folder / "audit"
    assert sorted(path.name for path in folder.iterdir()) == ["audit.csv", "audit.html", "audit.json", "audit.xml"]
    names = {*_names(), "linux"}
    with open(folder / "audit.csv", encoding="utf-8-sig", newline="") as file:
        assert {row["host"] for row in csv.DictReader(file)} == names
    assert {suite.get("name") for suite in ET.parse(folder / "audit.xml").getroot()} == names
    page = (folder / "audit.html").read_text()
    assert all(name in page for name in names)


def test_no_secret_is_seen_anywhere(audit: Audit) -> None:
    folder = audit.controller.folder
    keep: list[pathlib.Path] = [*folder.glob("identities/*.p12")]
    audit.controller.assert_unseen({"the passphrase": PASSPHRASE}, audit.run.output, keep=keep)


def test_a_mac_that_goes_away_keeps_its_last_known_state(audit: Audit) -> None:
    """Audited again with a Mac less; and fail_on decides how the run ends."""
    audit.fleet["fine01"].halt()
    run = audit.controller.run(
        *("audit.yml", "-i", str(audit.fleet.inventory), "--limit", "fine01,fine02"),
        *("-e", "vpn_client_audit_history=history", "-e", '{"vpn_client_audit_fail_on": ["unreachable"]}'),
    )
    assert run.rc == 2, run.output
    assert "fail_on: 1 Macs have unreachable (fine01)" in run.output
    report = json.loads((audit.controller.folder / "audit" / "audit.json").read_text())
    gone, here = report["hosts"]
    assert (gone["host"], gone["state"], gone["before"], gone["last_known"]["state"]) == ("fine01", "unreachable", "warning", "warning")
    assert (here["host"], here["state"], here["last_known"]) == ("fine02", "warning", None)
    assert report["changes"] == [{"host": "fine01", "before": "warning", "after": "unreachable"}]
    assert "blank01" in report["gone"]
    assert len(list((audit.controller.folder / "history").glob("*.json"))) == 2


@pytest.mark.parametrize("strategy", ["free", "linear"])
def test_batches_strategies_and_a_host_without_variables_give_one_report(audit: Audit, strategy: str) -> None:
    run = audit.controller.run(
        *("audit.yml", "-i", str(audit.fleet.inventory), "--limit", "fine03,fine04,blank01,halted01,linux"),
        *("-e", "vpn_client_audit_serial=2", "-e", f"vpn_client_audit_strategy={strategy}", "-e", "vpn_client_audit_dest=other"),
    )
    assert run.rc == 0, run.output
    report = json.loads((audit.controller.folder / "other" / "audit.json").read_text())
    assert {host["host"]: host["state"] for host in report["hosts"]} | {"blank01": ""} == {
        "fine03": "warning", "fine04": "warning", "blank01": "", "halted01": "unreachable", "linux": "failed"
    }  # fmt: skip
