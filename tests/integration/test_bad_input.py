# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input by a real rollout: one sentence that names the option, a failed task, nothing changed on the Mac, no traceback.

All cases are hosts of one inventory and one run. Those whose Mac is sound share one simulated Mac.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
import re
import typing as t

import pytest
from support import azure_package, demo_pki
from support.controller import Controller, Run
from support.malformed_package import MALFORMED

from simulated_mac import Fleet, MacSpec, SimulatedMac, User
from simulated_mac.spec import ALICE

PASSPHRASE = "correct horse"
WRONG = "battery staple"
SOUND = "sound"
CUT = "connection-lost-in-the-middle"


@dataclasses.dataclass(frozen=True)
class Case:
    """What is wrong: with the host's variables, or with its Mac. ``says`` is a pattern that the error has to match as a whole."""

    says: str
    variables: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    spec: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    breaks: t.Callable[[t.Any], None] | None = None

    @property
    def own_mac(self) -> bool:
        """Whether the case needs a Mac of its own."""
        return bool(self.spec or self.breaks)


def _package(name: str, says: str) -> Case:
    return Case(says, {"vpn_client_package": f"packages/{name}.zip"})


def _identity(name: str, says: str) -> Case:
    return Case(says, {"vpn_client_identity_pkcs12": f"identities/{name}.p12"})


CASES = {
    "package-that-is-missing": _package("nowhere", r"path: there is no file packages/nowhere\.zip on the controller; give a path .*\."),
    "package-that-is-no-zip": _package("not-a-zip", r"path: .*is not a zip.*; .*\."),
    "package-cut-short": _package("cut-in-a-file", r"path: .*cut short.*; .*\."),
    "package-encrypted": _package("encrypted", r"path: .*encrypted.*; .*\."),
    "package-that-is-a-bomb": _package("bomb-declared-as-2-kib", r"path: .*far too big.*; .*\."),
    "package-of-an-openvpn-gateway": _package("openvpn", r"path: .*OpenVPN.*IKEv2.*\."),
    "package-with-radius-passwords": _package("radius", r"path: .*EAP-?MSCHAP[Vv]2.*\."),
    "pkcs12-with-the-wrong-passphrase": Case(
        r"passphrase: the passphrase of the PKCS#12 is wrong; .*\.", {"vpn_client_identity_passphrase": WRONG}
    ),
    "pkcs12-that-is-missing": _identity("nowhere", r"pkcs12_path: there is no file identities/nowhere\.p12 on the controller; .*\."),
    "pkcs12-without-a-key": _identity("no-key", r"pkcs12_path: the PKCS#12 holds no private key; .*\."),
    "pkcs12-expired": _identity("expired", r"pkcs12_path: .*expired.*\."),
    "pkcs12-not-yet-valid": _identity("future", r"pkcs12_path: .*valid.*\."),
    "pkcs12-without-client-auth": _identity("server", r"pkcs12_path: .*client.*\."),
    "pkcs12-with-a-short-rsa-key": _identity("short", r"pkcs12_path: the certificate's RSA key has 1024 bits; .*\."),
    "pkcs12-of-a-certificate-authority": _identity("ca", r"pkcs12_path: .*certificate authority.*; .*\."),
    "proposal-that-no-mac-knows": Case(r"ike\.diffie_hellman_group: .*24.*\.", {"vpn_client_ike": {"diffie_hellman_group": 24}}),
    "package-not-named-at-all": Case(r"vpn_client_package and vpn_client_identity_pkcs12 .* set them for this host\.", {"unset": True}),
    "linux-host-in-the-inventory": Case(
        r"the host runs Linux, not macOS; take it out of the group of Macs\.", {"ansible_connection": "local", "ansible_become": False}
    ),
    "user-that-macos-does-not-have": Case(r"user: there is no user mallory on the Mac; .*\.", {"vpn_client_user": "mallory"}),
    "user-whose-name-is-an-attack": Case(r"user: .*not a user name that macOS can have; .*\.", {"vpn_client_user": "$(touch /tmp/owned)"}),
    "nobody-at-the-screen": Case(r"user: nobody is logged in at the Mac's screen.*\.", spec={"console_user": None}),
    "user-without-a-home": Case(
        r"user: user carol has no home folder.*\.",
        {"vpn_client_user": "carol"},
        {"users": (ALICE, User("carol", "Carol Example", 503, home=False))},
    ),
    "user-without-a-keychain": Case(
        r".*no keychain .*login\.keychain-db.*\.", spec={"users": (dataclasses.replace(ALICE, keychain=False),)}
    ),
    "wrong-keychain-password": Case(
        r"keychain_password: the password does not unlock the keychain .*; it was tried once; .*\.",
        {"vpn_client_keychain_password": WRONG, "ansible_become": False},
        spec={"macos": "15.6.1"},
    ),
    "tool-of-macos-missing": Case(r".*/usr/bin/security.* missing.*\.", breaks=lambda mac: mac.fault("security", "fail", status=127)),
    "output-that-nobody-knows": Case(
        r".*not understood.*unknown.*\.", breaks=lambda mac: mac.fault("security find-certificate", "garbage", stdout="Bonjour\n", status=0)
    ),
    "profiles-by-command-on-a-mac-that-installs-none": Case(
        r"delivery: macOS 15\.6\.1 installs no profile by command: .*; use delivery auto or approval, or file and your MDM\.",
        {"vpn_client_delivery": "profiles"},
    ),
    "profile-of-the-device-without-root": Case(
        r".*only root is told of the profiles of the device; add become .*\.",
        {"vpn_client_scope": "system", "ansible_become": False, "vpn_client_keychain_password": WRONG},
    ),
    "group-that-this-macos-has-lost": Case(
        r"ike\.diffie_hellman_group: .*macOS 26.*\.", {"vpn_client_ike": {"diffie_hellman_group": 2}}, {"macos": "26.1"}
    ),
    "signer-that-is-missing": Case(
        r"sign_certificate_path: there is no file nowhere\.pem on the controller; .*\.",
        {"vpn_client_sign_certificate": "nowhere.pem", "vpn_client_sign_private_key": "nowhere.pem"},
    ),
    "message-without-text": Case(r"message_title: there is no message_text, .*; give it\.", {"vpn_client_message_title": "VPN"}),
    "wait-that-is-too-long": Case(r"approval_timeout: 7200 is not a number of seconds .*\.", {"vpn_client_approval_timeout": 7200}),
    "list-of-profiles-unreadable": Case(
        r".*profiles.*unknown.*\.", breaks=lambda mac: mac.fault("profiles", "garbage", stdout="<plist>?", status=0)
    ),
    CUT: Case(r"", breaks=lambda mac: mac.fault("security", "cut")),
}
UNTOUCHED = [name for name in CASES if name != "linux-host-in-the-inventory"]


@dataclasses.dataclass
class Outcome:
    """The one run."""

    run: Run
    controller: Controller
    before: dict[str, dict[str, str]]
    after: dict[str, dict[str, str]]


def _write_identities(folder: pathlib.Path) -> None:
    folder.mkdir()
    root = demo_pki.root()
    now = dt.datetime.now(dt.UTC)
    good = demo_pki.issue(root, "mac")
    holders = {
        "good": good,
        "expired": demo_pki.issue(root, "mac", starts=dt.timedelta(days=-30), days=29),
        "future": demo_pki.issue(root, "mac", now=now, starts=dt.timedelta(days=2)),
        "server": demo_pki.issue(root, "mac", usages=demo_pki.SERVER_AUTH),
        "short": demo_pki.issue(root, "mac", key=demo_pki.new_key("rsa1024")),
        "ca": root,
    }
    for name, holder in holders.items():
        (folder / f"{name}.p12").write_bytes(demo_pki.pkcs12(holder, PASSPHRASE))
    (folder / "no-key.p12").write_bytes(demo_pki.pkcs12(good, PASSPHRASE, with_key=False))


def _write_packages(folder: pathlib.Path) -> None:
    folder.mkdir()
    spec = azure_package.Spec(roots=(azure_package.make_root(),))
    (folder / "good.zip").write_bytes(azure_package.package(spec))
    (folder / "openvpn.zip").write_bytes(azure_package.package(dataclasses.replace(spec, vpn_type="OpenVPN")))
    (folder / "radius.zip").write_bytes(azure_package.package(dataclasses.replace(spec, auth="EAPMSCHAPV2")))
    for name in ("not-a-zip", "cut-in-a-file", "encrypted", "bomb-declared-as-2-kib"):
        (folder / f"{name}.zip").write_bytes(MALFORMED[name](spec))


def _tree(mac: SimulatedMac) -> dict[str, str]:
    """Return the Mac's files. A script whose connection was cut ends in its own time, and its work folder is there until then."""
    return {path: what for path, what in mac.tree().items() if mac.name != CUT or "/tmp/p2s." not in path}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Outcome]:
    """Roll out to all cases at once."""
    folder = tmp_path_factory.mktemp("bad")
    controller = Controller(folder / "controller")
    _write_identities(controller.folder / "identities")
    _write_packages(controller.folder / "packages")
    specs = [MacSpec(SOUND)] + [MacSpec(name, **case.spec) for name, case in CASES.items() if case.own_mac]
    with Fleet(folder / "fleet", specs) as fleet:
        for name, case in CASES.items():
            if case.breaks:
                case.breaks(fleet[name])
        hosts = {}
        for name, case in CASES.items():
            mac = fleet[name if case.own_mac else SOUND]
            variables = {
                "vpn_client_package": "packages/good.zip",
                "vpn_client_identity_pkcs12": "identities/good.p12",
                "vpn_client_identity_passphrase": PASSPHRASE,
                "ansible_become": True,
                "ansible_host": mac.address,
                **case.variables,
            }
            if variables.pop("unset", False):
                del variables["vpn_client_package"]
            hosts[name] = variables
        controller.inventory(
            hosts,
            ansible_port=fleet[SOUND].port,
            ansible_user="alice",
            ansible_ssh_private_key_file=str(fleet.folder / "keys" / "id_ed25519"),
            ansible_ssh_common_args=f"-o UserKnownHostsFile={fleet.folder}/known_hosts -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
        )
        playbook = controller.folder / "rollout.yml"
        playbook.write_text("- import_playbook: azure_p2s.macos.rollout\n")
        before = {mac.name: _tree(mac) for mac in fleet}
        run = controller.run(str(playbook), "-vvvvv")
        after = {mac.name: _tree(mac) for mac in fleet}
        yield Outcome(run, controller, before, after)


def _message(outcome: Outcome, host: str) -> str:
    (shown,) = re.findall(rf"^fatal: \[{host}\]: FAILED! => (\{{.*\}})$", outcome.run.output, re.MULTILINE)
    return str(json.loads(shown)["msg"])


@pytest.mark.parametrize("case", [name for name in CASES if name != CUT])
def test_bad_input_is_refused_in_one_sentence_that_says_what_to_do(outcome: Outcome, case: str) -> None:
    recap = outcome.run.recap(case)
    assert (recap["failed"], recap["changed"]) == (1, 0), outcome.run.output[-3000:]
    message = _message(outcome, case)
    assert re.fullmatch(CASES[case].says, message), message
    assert "\n" not in message


def test_a_mac_that_is_lost_in_the_middle_is_unreachable_and_not_failed(outcome: Outcome) -> None:
    recap = outcome.run.recap(CUT)
    assert (recap["unreachable"], recap["changed"]) == (1, 0)


@pytest.mark.parametrize("case", UNTOUCHED)
def test_nothing_is_changed_on_the_mac(outcome: Outcome, case: str) -> None:
    mac = case if CASES[case].own_mac else SOUND
    assert outcome.before[mac] == outcome.after[mac]


def test_no_verbosity_shows_a_traceback(outcome: Outcome) -> None:
    assert "Traceback" not in outcome.run.output


def test_no_passphrase_is_seen_also_when_all_goes_wrong(outcome: Outcome) -> None:
    kept = list((outcome.controller.folder / "identities").iterdir())
    outcome.controller.assert_unseen({"the passphrase": PASSPHRASE, "the wrong password": WRONG}, outcome.run.output, keep=kept)
