# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One audit of more than fifty simulated Macs with mixed faults, by real ansible-playbook over real OpenSSH.

Then the rollout in check mode and for real: the three must say the same of every Mac.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import json
import pathlib
import re
import time
import typing as t
import xml.etree.ElementTree as ET

import pytest
from support import azure_package, demo_pki
from support.controller import Controller, Run
from support.verdicts import disagreements

from simulated_mac import Fleet, Gateway, MacSpec, Person, SimulatedMac

pytestmark = pytest.mark.slow
PASSPHRASE = "Looking-glass 1871"
STAGED = "/Users/alice/Library/Application Support/azure_p2s.macos/io.github.azure-p2s.macos.vpn-client"
KEYCHAIN = "/Users/alice/Library/Keychains/login.keychain-db"
APPROVES = Person(approves_after=0.3)
# What is rolled out before; the others are blank.
ROLLED_OUT = (
    *("fine", "awaiting", "outdated", "renewed", "rootless", "device", "unkeyed", "starts", "clicks", "unasked", "expired", "keyless"),
    *("leftover", "forgotten"),
)
BY_MDM = ("managed", "waitsformdm")
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
    # by an MDM, one of them with the profile
    "managed": 1,
    "waitsformdm": 1,
    # a profile of the device; no identity in the keychain
    "device": 1,
    "unkeyed": 1,
    # shall be connected: vpnutil can, a person has to, and the profile is not approved yet
    "starts": 1,
    "clicks": 1,
    "unasked": 1,
    # since the rollout the certificate has expired, the key has gone, a staged copy has come back, a request was not answered
    "expired": 1,
    "keyless": 1,
    "leftover": 1,
    "forgotten": 1,
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
    "cut": ("unreachable", {}),
    "halted": ("unreachable", {}),
    "linux": ("failed", {}),
    "managed": ("warning", {"profile.installed": "ok", "profile.current": "ok", "root.present": "not_applicable"}),
    "waitsformdm": ("pending", {"profile.installed": "pending", "identity.present": "not_applicable"}),
    "device": ("warning", {"profile.installed": "ok", "profile.current": "ok"}),
    "unkeyed": ("warning", {"profile.current": "ok", "identity.present": "not_applicable", "root.present": "ok"}),
    "starts": ("drift", {"profile.current": "ok", "connection.state": "drift"}),
    "clicks": ("pending", {"profile.current": "ok", "connection.state": "pending"}),
    "unasked": ("pending", {"profile.installed": "pending", "connection.state": "not_applicable"}),
    "expired": ("drift", {"identity.validity": "drift", "root.present": "ok"}),
    "keyless": ("drift", {"identity.present": "drift", "profile.current": "ok"}),
    "leftover": ("drift", {"profile.installed": "ok", "profile.current": "drift"}),
    "forgotten": ("drift", {"profile.installed": "drift", "identity.present": "ok"}),
}
# Variables of a kind's hosts, from the begin and from the audit on.
ALWAYS: dict[str, dict[str, t.Any]] = {
    "plain": {"ansible_become": False},
    "device": {"vpn_client_scope": "system"},
    "unkeyed": {"vpn_client_identity_in_keychain": False},
    **{kind: {"vpn_client_delivery": "file", "vpn_client_profile_dest": "profiles/"} for kind in BY_MDM},
}
LATER: dict[str, dict[str, t.Any]] = {
    "outdated": {"vpn_client_pfs": True},
    **{kind: {"vpn_client_connect": True} for kind in ("starts", "clicks", "unasked")},
}


@dataclasses.dataclass
class Start:
    """The Macs before the audit: some rolled out, some broken since."""

    fleet: Fleet
    controller: Controller

    def run(self, playbook: str, *arguments: str) -> Run:
        """Run one of the collection's playbooks on all hosts."""
        return self.controller.run(f"{playbook}.yml", "-i", str(self.fleet.inventory), "--forks", "8", *arguments)

    def watch(self) -> dict[str, tuple[str, int, int]]:
        """Return of each Mac that runs: its file tree, how often a live keychain was opened, how many SSH commands came."""
        alive = [mac for mac in self.fleet if _kind(mac.name) != "halted"]
        return {mac.name: (mac.tree_hash(), len(mac.live_keychain_opens()), mac.ssh_execs()) for mac in alive}


@dataclasses.dataclass
class Audit:
    """What the audit's run printed, its report, and the Macs before and after it."""

    run: Run
    report: dict[str, t.Any]
    before: dict[str, tuple[str, int, int]]
    after: dict[str, tuple[str, int, int]]

    def hosts(self, kind: str) -> list[dict[str, t.Any]]:
        """Return the report's rows of the Macs of one kind."""
        return [host for host in self.report["hosts"] if _kind(host["host"]) == kind]


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
        person=Person() if kind in ("awaiting", "unasked", "forgotten") else APPROVES,
        vpnutil=kind in ("starts", "unasked"),
        gateway=Gateway(authentication="certificate"),
        mdm=kind in BY_MDM,
        modes={"full_disk_access": False} if kind == "unreadable" else {"serial": f"C02{number:07}"},
    )


def _playbooks(controller: Controller) -> None:
    for name in ("audit", "rollout"):
        (controller.folder / f"{name}.yml").write_text(f"- import_playbook: azure_p2s.macos.{name}\n")


def _inventory(controller: Controller, names: t.Iterable[str], *, later: bool) -> None:
    """Write the inventory; ``later``: with what has changed since the rollout."""
    hosts: dict[str, dict[str, t.Any]] = {
        name: {**ALWAYS.get(_kind(name), {}), **(LATER.get(_kind(name), {}) if later else {})} for name in names
    }
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
        mac.fault("ifconfig", "cut")
    elif kind == "halted":
        mac.halt()
    elif kind == "keyless":
        _lose_key(mac)
    elif kind == "leftover":
        done = mac.sh(
            f"umask 077; mkdir -p '{STAGED.rpartition('/')[0]}' && echo half >'{STAGED}.mobileconfig' && echo half >'{STAGED}.staged'"
        )
        assert done.returncode == 0, done.stderr
    elif kind == "forgotten":
        mac.pass_time(900)
        # the copy with the key goes by itself, with the request
        until = time.monotonic() + 60
        while f"{STAGED}.mobileconfig" in mac.files() and time.monotonic() < until:
            time.sleep(0.5)


def _lose_key(mac: SimulatedMac) -> None:
    """Delete the private key from the login keychain and leave its certificate."""
    listed = mac.sh(f"/usr/bin/security find-certificate -a -c {mac.name} -p {KEYCHAIN}").stdout
    mac.write("/tmp/own.pem", listed.encode())
    done = mac.sh(
        f"/usr/bin/security unlock-keychain -p 'Wonderland-7!' {KEYCHAIN} && "
        f"/usr/bin/security delete-identity -c {mac.name} {KEYCHAIN} && "
        f"/usr/bin/security add-certificates -k {KEYCHAIN} /tmp/own.pem"
    )
    assert done.returncode == 0, done.stderr
    mac.remove("/tmp/own.pem")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Start]:
    """Roll out to some Macs, and break some."""
    folder = tmp_path_factory.mktemp("audit")
    controller = Controller(folder / "controller")
    controller.watch_every = 0.5
    names = _names()
    identities = controller.folder / "identities"
    authority = demo_pki.write_demo(identities, [*names, "linux"], passphrase=PASSPHRASE)
    gateway = azure_package.make_root()
    (controller.folder / "azure.zip").write_bytes(azure_package.package(azure_package.Spec(roots=(gateway,))))
    _playbooks(controller)
    with Fleet(folder / "fleet", [_spec(number, name) for number, name in enumerate(names)]) as fleet:
        begun = Start(fleet, controller)
        _inventory(controller, names, later=False)
        first = [name for name in names if _kind(name) in ROLLED_OUT]
        run = begun.run("rollout", "--limit", ",".join(first), "-e", "vpn_client_approval_timeout=3")
        assert all(run.recap(name)["failed"] == 0 for name in first), run.output
        # What an MDM has installed: the file that a rollout writes for it.
        controller.run("rollout.yml", "-i", str(fleet.inventory), "--limit", "managed01")
        (written,) = (controller.folder / "profiles").glob("*managed01*")
        fleet["managed01"].install_profile(written.read_bytes(), scope="user", user="alice")
        for name in names:
            if _kind(name) == "renewed":
                (identities / f"{name}.p12").write_bytes(demo_pki.pkcs12(demo_pki.issue(authority, name), PASSPHRASE))
            if _kind(name) == "expired":
                old = demo_pki.issue(authority, name, starts=dt.timedelta(days=-30), days=20)
                (identities / f"{name}.p12").write_bytes(demo_pki.pkcs12(old, PASSPHRASE))
            _break(fleet[name], _kind(name), hashlib.sha256(gateway).hexdigest())
        _inventory(controller, names, later=True)
        yield begun


@pytest.fixture(scope="module")
def audit(start: Start) -> Audit:
    """Audit all of them."""
    before = start.watch()
    run = start.run("audit", "-e", "vpn_client_audit_history=history", "-vvv")
    # the Mac whose connection was cut cleans up when its tool has had its time
    until = time.monotonic() + 90
    while (after := start.watch())["cut01"][0] != before["cut01"][0] and time.monotonic() < until:
        time.sleep(2)
    return Audit(run, json.loads((start.controller.folder / "audit" / "audit.json").read_text()), before, after)


@pytest.fixture(scope="module")
def check(start: Start, audit: Audit) -> Run:
    """Ask the rollout what it would do. Nobody approves anything meanwhile, which would be one change more."""
    assert audit
    for mac in start.fleet:
        # at the first connection macOS asks whether the key may be used
        mac.set(person=Person(answers_dialogs_after=0.3 if _kind(mac.name) == "starts" else None))
    return start.run("rollout", "--check", "-v")


@pytest.fixture(scope="module")
def real(start: Start, check: Run) -> Run:
    """Roll out to all."""
    assert check
    return start.run("rollout", "-v")


def _disagreements(audit: Audit, run: Run) -> list[str]:
    """Return where audit and rollout differ; that does not call the tool which cut the audit's connection."""
    rows = [row for row in audit.report["hosts"] if _kind(row["host"]) != "cut"]
    return [text for row in rows for text in disagreements(row, run, by_mdm=_kind(row["host"]) in BY_MDM)]


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
    for number in (0, 1):
        assert {name: seen[number] for name, seen in audit.before.items()} == {name: seen[number] for name, seen in audit.after.items()}


def test_it_costs_one_ssh_command_for_each_mac(audit: Audit) -> None:
    assert {name: seen[2] - audit.before[name][2] for name, seen in audit.after.items()} == dict.fromkeys(audit.after, 1)


def test_the_rollout_in_check_mode_says_the_same_of_every_mac(audit: Audit, check: Run) -> None:
    assert _disagreements(audit, check) == []


def test_the_check_run_ends_with_a_table(check: Run) -> None:
    (summary,) = [result["msg"] for _host, result in check.results() if isinstance(result.get("msg"), list)]
    head, *rows = [re.split("  +", line) for line in summary[1:] if not line.startswith("Warning")]
    assert head == ["host", "would change", "pending", "unreachable", "note"]
    table = {host: row for host, *row in rows}
    assert table["blank01"] == ["certificates, identity, profile", "a person", "-"]
    assert table["awaiting01"][:3] == ["-", "a person", "-"]
    assert table["halted01"][:3] == ["-", "-", "yes"]
    assert "fine01" not in table


def test_the_rollout_does_to_every_mac_what_was_said(audit: Audit, check: Run, real: Run) -> None:
    assert _disagreements(audit, real) == [], real.output
    for row in audit.report["hosts"]:
        assert check.recap(row["host"])["changed"] == real.recap(row["host"])["changed"], (row["host"], real.output)


def test_the_run_ends_with_a_short_account(audit: Audit) -> None:
    assert "halted01: unreachable: " in audit.run.output
    assert "linux: failed: the host runs Linux, not macOS" in audit.run.output


def test_all_formats_hold_all_hosts(start: Start, audit: Audit) -> None:
    folder = start.controller.folder / "audit"
    assert sorted(path.name for path in folder.iterdir()) == ["audit.csv", "audit.html", "audit.json", "audit.xml"]
    names = {*_names(), "linux"}
    with open(folder / "audit.csv", encoding="utf-8-sig", newline="") as file:
        assert {row["host"] for row in csv.DictReader(file)} == names
    assert {suite.get("name") for suite in ET.parse(folder / "audit.xml").getroot()} == names
    page = (folder / "audit.html").read_text()
    assert all(name in page for name in names)


def test_no_secret_is_seen_anywhere(start: Start, audit: Audit) -> None:
    folder = start.controller.folder
    keep: list[pathlib.Path] = [*folder.glob("identities/*.p12")]
    start.controller.assert_unseen({"the passphrase": PASSPHRASE}, audit.run.output, keep=keep)


def test_a_mac_that_goes_away_keeps_its_last_known_state(start: Start, audit: Audit) -> None:
    """Audited again with a Mac less; and fail_on decides how the run ends."""
    assert audit
    start.fleet["fine01"].halt()
    run = start.controller.run(
        *("audit.yml", "-i", str(start.fleet.inventory), "--limit", "fine01,fine02"),
        *("-e", "vpn_client_audit_history=history", "-e", '{"vpn_client_audit_fail_on": ["unreachable"]}'),
    )
    assert run.rc == 2, run.output
    assert "fail_on: unreachable on 1 Mac (fine01)" in run.output
    report = json.loads((start.controller.folder / "audit" / "audit.json").read_text())
    gone, here = report["hosts"]
    assert (gone["host"], gone["state"], gone["before"], gone["last_known"]["state"]) == ("fine01", "unreachable", "warning", "warning")
    assert (here["host"], here["state"], here["last_known"]) == ("fine02", "warning", None)
    assert report["changes"] == [{"host": "fine01", "before": "warning", "after": "unreachable"}]
    assert (report["limited"], report["gone"]) == (True, [])
    assert len(list((start.controller.folder / "history").glob("*.json"))) == 2


@pytest.mark.parametrize("strategy", ["free", "linear"])
def test_batches_strategies_and_a_host_without_variables_give_one_report(start: Start, audit: Audit, strategy: str) -> None:
    assert audit
    run = start.controller.run(
        *("audit.yml", "-i", str(start.fleet.inventory), "--limit", "fine03,fine04,blank01,halted01,linux"),
        *("-e", "vpn_client_audit_serial=2", "-e", f"vpn_client_audit_strategy={strategy}", "-e", "vpn_client_audit_dest=other"),
    )
    assert run.rc == 0, run.output
    report = json.loads((start.controller.folder / "other" / "audit.json").read_text())
    assert {host["host"]: host["state"] for host in report["hosts"]} | {"blank01": ""} == {
        "fine03": "warning", "fine04": "warning", "blank01": "", "halted01": "unreachable", "linux": "failed"
    }  # fmt: skip
