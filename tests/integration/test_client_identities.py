# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client identities by real ansible-playbook runs on the controller: issued, renewed, revoked, and no secret seen anywhere."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import subprocess
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from support import demo_pki
from support.controller import Controller, Run

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki

ROOT_PASSPHRASE = "the root's own passphrase"
PASSPHRASE = "a long passphrase of identities"
MODULE, ROOT_MODULE = "azure_p2s.macos.client_identity", "azure_p2s.macos.client_root"
PLAYBOOK = "azure_p2s.macos.issue_identities"


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> Controller:
    """A controller with a root and three Macs, none of which is there."""
    made = Controller(tmp_path)
    _inventory(made, ["mac01", "mac02", "mac03"])
    assert _root(made).rc == 0
    return made


def _inventory(controller: Controller, hosts: t.Any, **variables: t.Any) -> None:
    controller.inventory(
        hosts,
        ansible_host="192.0.2.1",
        **{
            "vpn_client_identity_pkcs12": "{{ inventory_dir }}/identities/{{ inventory_hostname }}.p12",
            "vpn_client_identity_passphrase": PASSPHRASE,
            "p2s_root_certificate": "{{ inventory_dir }}/pki/root.pem",
            "p2s_root_private_key": "{{ inventory_dir }}/pki/root.key",
            "p2s_root_passphrase": ROOT_PASSPHRASE,
            **variables,
        },
    )


def _root(controller: Controller, *, check: bool = False, run_once: bool = True, arguments: t.Sequence[str] = (), **options: t.Any) -> Run:
    options = {
        "certificate_path": "{{ p2s_root_certificate }}",
        "private_key_path": "{{ p2s_root_private_key }}",
        "private_key_passphrase": "{{ p2s_root_passphrase }}",
        "key_type": "rsa2048",
        **options,
    }
    return controller.play({ROOT_MODULE: options, "run_once": run_once}, check=check, arguments=arguments)


def _issue(controller: Controller, *, check: bool = False, arguments: t.Sequence[str] = (), **options: t.Any) -> Run:
    """Issue with one task for each host."""
    given = {
        "name": "{{ inventory_hostname }}",
        "path": "{{ vpn_client_identity_pkcs12 }}",
        "passphrase": "{{ vpn_client_identity_passphrase }}",
        "ca_certificate_path": "{{ p2s_root_certificate }}",
        "ca_private_key_path": "{{ p2s_root_private_key }}",
        "ca_private_key_passphrase": "{{ p2s_root_passphrase }}",
        **options,
    }
    return controller.play({MODULE: {name: value for name, value in given.items() if value is not None}}, check=check, arguments=arguments)


def _read(controller: Controller, host: str, passphrase: str = PASSPHRASE) -> identity.Identity:
    return identity.read((controller.folder / "identities" / f"{host}.p12").read_bytes(), passphrase, now=pki.utc_now())


def _ledger(controller: Controller) -> list[dict[str, t.Any]]:
    return t.cast(list[dict[str, t.Any]], json.loads((controller.folder / "identities" / "identities.json").read_text())["identities"])


def _secrets(controller: Controller) -> dict[str, str]:
    """Return what may not be seen: passphrases, and lines of the root's and the identities' keys as they stand in PEM."""
    found = {"the root's passphrase": ROOT_PASSPHRASE, "the identities' passphrase": PASSPHRASE}
    key = serialization.load_pem_private_key((controller.folder / "pki" / "root.key").read_bytes(), ROOT_PASSPHRASE.encode())
    keys = {
        "the root's key": key,
        **{f"the key of {one['name']}": _read(controller, one["host"]).private_key for one in _ledger(controller)},
    }
    for name, private_key in keys.items():
        lines = demo_pki.Holder(t.cast(t.Any, None), private_key).key_pem.decode().splitlines()
        found[name] = lines[len(lines) // 2]
    return found


def test_a_whole_inventory_in_one_task_then_nothing_to_do(controller: Controller) -> None:
    """No Mac is contacted: there is none at this address."""
    first = controller.run(PLAYBOOK, "-v")
    assert first.rc == 0, first.output
    assert first.result()["summary"] == {"total": 3, "issued": 3}
    for entry in _ledger(controller):
        assert _read(controller, entry["host"]).certificate.sha1 == entry["thumbprint"]
    second = controller.run(PLAYBOOK, "-v")
    assert second.recap("mac01")["changed"] == 0
    assert second.result()["summary"] == {"total": 3, "valid": 3}
    assert second.result()["identities"] == []


def test_a_task_for_each_host_in_parallel_on_one_ledger(tmp_path: pathlib.Path) -> None:
    controller = Controller(tmp_path)
    hosts = [f"mac{number:02}" for number in range(20)]
    _inventory(controller, hosts)
    assert _root(controller).rc == 0
    first = _issue(controller, arguments=["--forks", "8"])
    assert first.rc == 0, first.output
    assert [entry["name"] for entry in _ledger(controller)] == hosts
    shown = {host: result["identity"] for host, result in first.results()}
    assert {host: one["sha1"] for host, one in shown.items()} == {one["name"]: one["thumbprint"] for one in _ledger(controller)}
    assert all(_issue(controller, arguments=["--forks", "8"]).recap(host)["changed"] == 0 for host in hosts[:1])


def test_openssl_opens_and_verifies_what_was_issued(controller: Controller) -> None:
    assert controller.run(PLAYBOOK).rc == 0
    bundle, leaf = str(controller.folder / "identities" / "mac02.p12"), controller.folder / "leaf.pem"
    command = ["openssl", "pkcs12", "-in", bundle, "-nokeys", "-passin", "stdin", "-out", str(leaf)]
    subprocess.run(command, input=PASSPHRASE, text=True, check=True, capture_output=True)
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        "sslclient",
        "-CAfile",
        str(controller.folder / "pki" / "root.pem"),
        str(leaf),
    ]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.endswith("OK\n")


def test_no_secret_is_seen(controller: Controller) -> None:
    """Not at the highest verbosity, with diff, when it fails, in the log, on a command line or in a file that is left."""
    outputs = [
        controller.run(PLAYBOOK, "-vvvvv", "--diff").output,
        _issue(controller, force=True, arguments=["-vvvvv", "--diff"]).output,
        _issue(controller, passphrase="other than before", arguments=["-vvvvv", "--diff"]).output,
        _issue(controller, ca_private_key_passphrase="wrong", force=True, arguments=["-vvvvv"]).output,
        _root(controller, common_name="Other").output,
    ]
    key = (controller.folder / "pki" / "root.key").read_text()
    outputs.append(_issue(controller, ca_private_key_path=None, ca_private_key_content=key, force=True, arguments=["-vvvvv"]).output)
    assert "issued" in outputs[0]
    secrets = {**_secrets(controller), "a wrong passphrase": "other than before", "the encrypted key of the root": key.splitlines()[5]}
    identities = list((controller.folder / "identities").iterdir())
    controller.assert_unseen(secrets, *outputs, keep=[controller.folder / "pki" / "root.key", *identities])


def test_the_root_key_from_a_lookup_alone(controller: Controller) -> None:
    """The key lies in ansible-vault's care, decrypted in memory, or comes from the environment: no file of it is needed."""
    key_file = controller.folder / "pki" / "root.key"
    os.environ["P2S_TEST_ROOT_KEY"] = key_file.read_text()
    try:
        key_file.rename(controller.folder / "elsewhere")
        _inventory(
            controller,
            ["mac01"],
            p2s_root_private_key="{{ omit }}",
            p2s_root_private_key_content="{{ lookup('ansible.builtin.env', 'P2S_TEST_ROOT_KEY') }}",
        )
        run = controller.run(PLAYBOOK, "-v")
    finally:
        del os.environ["P2S_TEST_ROOT_KEY"]
    assert run.rc == 0, run.output
    assert _read(controller, "mac01").local_identifier == "mac01"


def test_a_root_key_that_ansible_vault_protects(controller: Controller) -> None:
    secret = controller.folder / "vault-password"
    secret.write_text("vault password\n")
    vault = pathlib.Path(os.environ.get("P2S_PLAYBOOK", os.sys.executable)).with_name("ansible-vault")  # type: ignore[attr-defined]
    key_file = controller.folder / "pki" / "root.key"
    subprocess.run([vault, "encrypt", "--vault-password-file", secret, key_file], check=True, capture_output=True)
    assert key_file.read_text().startswith("$ANSIBLE_VAULT")
    run = controller.run(PLAYBOOK, "-v", "--vault-password-file", str(secret))
    assert run.rc == 0, run.output
    again = controller.play(
        {ROOT_MODULE: {"certificate_path": "pki/root.pem", "private_key_path": "pki/root.key", "private_key_passphrase": ROOT_PASSPHRASE}},
        arguments=["--vault-password-file", str(secret), "--limit", "mac01"],
    )
    assert again.recap("mac01")["changed"] == 0


def test_the_root_is_made_once_and_shown_as_azure_takes_it(controller: Controller) -> None:
    key = (controller.folder / "pki" / "root.key").read_bytes()
    again = _root(controller)
    assert again.recap("mac01")["changed"] == 0
    shown = again.result()["root"]
    certificate = pki.Certificate.from_pem_or_der((controller.folder / "pki" / "root.pem").read_bytes())
    assert base64.b64decode(shown["public_cert_data"], validate=True) == certificate.der
    assert (controller.folder / "pki" / "root.key").read_bytes() == key
    assert (controller.folder / "pki" / "root.key").stat().st_mode & 0o777 == 0o600
    predicted = _root(controller, check=True, certificate_path="{{ inventory_dir }}/b.pem", private_key_path="{{ inventory_dir }}/b.key")
    assert (predicted.result()["changed"], predicted.result()["root"]) == (True, None)
    assert not (controller.folder / "b.pem").exists()
    half = _root(controller, private_key_path="{{ inventory_dir }}/b.key")
    assert "is there but" in half.result()["msg"]


def test_a_root_is_made_once_by_hosts_that_come_at_the_same_time(tmp_path: pathlib.Path) -> None:
    """Without run_once every host is at it: the key that stays has to be that of the certificate that stays."""
    controller = Controller(tmp_path)
    hosts = [f"mac{number:02}" for number in range(8)]
    _inventory(controller, hosts)
    run = _root(controller, run_once=False, arguments=["--forks", "8"])
    assert run.rc == 0, run.output
    assert sorted(run.recap(host)["changed"] for host in hosts) == [0] * 7 + [1]
    shown = {result["root"]["sha256"] for _host, result in run.results()}
    certificate = pki.Certificate.from_pem_or_der((controller.folder / "pki" / "root.pem").read_bytes())
    assert shown == {certificate.sha256}
    key = serialization.load_pem_private_key((controller.folder / "pki" / "root.key").read_bytes(), ROOT_PASSPHRASE.encode())
    assert key.public_key() == certificate.x509.public_key()
    assert {path.name for path in (controller.folder / "pki").iterdir()} == {"root.pem", "root.key", ".root.pem.lock"}


def test_the_making_of_a_root_shows_no_secret(tmp_path: pathlib.Path) -> None:
    controller = Controller(tmp_path)
    _inventory(controller, ["mac01"])
    outputs = [_root(controller, check=check, arguments=["-vvvvv", "--diff"]).output for check in (True, False)]
    assert "public_cert_data" in outputs[1]
    file = controller.folder / "pki" / "root.key"
    lines = file.read_text().splitlines()
    key = serialization.load_pem_private_key(file.read_bytes(), ROOT_PASSPHRASE.encode())
    plain = demo_pki.Holder(t.cast(t.Any, None), key).key_pem.decode().splitlines()
    secrets = {"the root's passphrase": ROOT_PASSPHRASE, "its key": plain[len(plain) // 2], "its encrypted key": lines[len(lines) // 2]}
    controller.assert_unseen(secrets, *outputs, keep=[file])


def test_a_root_key_that_others_can_read_is_made_private(controller: Controller) -> None:
    key = controller.folder / "pki" / "root.key"
    key.chmod(0o644)
    assert _root(controller, check=True).result()["changed"]
    assert key.stat().st_mode & 0o777 == 0o644
    run = _root(controller, arguments=["--diff"])
    assert (run.rc, run.result()["changed"], key.stat().st_mode & 0o777) == (0, True, 0o600), run.output
    assert not _root(controller).result()["changed"]


def test_a_root_that_was_cut_off_as_it_was_made_is_explained(controller: Controller) -> None:
    (controller.folder / "pki" / "root.pem").unlink()
    for check in (True, False):
        message = _root(controller, check=check).result()["msg"]
        assert "root.key is there but" in message
        assert "if a run was just now interrupted as it made this root, nothing was issued with the key yet" in message


ROOT_REFUSED: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "name-too-long-for-the-disk": ({"private_key_path": "{{ inventory_dir }}/" + "x" * 300}, "File name too long", "private_key_path"),
    "folder-that-cannot-be": ({"certificate_path": "/dev/null/root.pem"}, "is no folder", "certificate_path"),
    "one-file-for-both": ({"private_key_path": "{{ p2s_root_certificate }}"}, "would be the same file", "private_key_path"),
    "nul": ({"certificate_path": "/tmp/a\0b"}, "NUL", "certificate_path"),
    "short-passphrase": (
        {
            "certificate_path": "{{ inventory_dir }}/new/a",
            "private_key_path": "{{ inventory_dir }}/new/b",
            "private_key_passphrase": "9 letters",
        },
        "shorter than 16 characters",
        "private_key_passphrase",
    ),
}


@pytest.mark.parametrize("case", ROOT_REFUSED)
def test_a_root_that_cannot_be_made_is_refused_by_option(controller: Controller, case: str) -> None:
    options, finding, option = ROOT_REFUSED[case]
    run = _root(controller, **options)
    assert run.rc == 2
    assert finding in run.result()["msg"]
    assert run.result()["msg"].startswith(f"{option}: ")
    assert not (controller.folder / "new").exists()


def test_check_mode_and_diff_tell_what_the_run_does(controller: Controller) -> None:
    predicted = controller.run(PLAYBOOK, "--check", "--diff")
    assert predicted.recap("mac01")["changed"] == 1
    assert not (controller.folder / "identities").exists()
    done = controller.run(PLAYBOOK, "--diff")

    def diff(run: Run) -> list[str]:
        return [line for line in run.output.splitlines() if line.startswith(("+", "-"))]

    assert diff(predicted) == diff(done)
    assert any("identities/mac03.p12" in line for line in diff(done))


def test_limit_issues_for_these_hosts_alone(controller: Controller) -> None:
    assert controller.run(PLAYBOOK, "--limit", "mac02").rc == 0
    assert [entry["name"] for entry in _ledger(controller)] == ["mac02"]


def test_hosts_that_bring_their_own_are_left_out(controller: Controller) -> None:
    """From an enterprise PKI by path, or from a secrets manager as content."""
    own = {"vpn_client_identity_content": "{{ lookup('file', 'nothing') }}"}
    _inventory(controller, {"mac01": own, "mac02": {"vpn_client_identity_issue": False}, "mac03": {}})
    assert controller.run(PLAYBOOK).rc == 0
    assert [entry["name"] for entry in _ledger(controller)] == ["mac03"]


def test_a_host_is_left_out_when_the_command_line_says_so_in_text(controller: Controller) -> None:
    assert controller.run(PLAYBOOK, "-e", "vpn_client_identity_issue=false").rc == 0
    assert not (controller.folder / "identities").exists()


REFUSED: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "wrong-root-passphrase": ({"ca_private_key_passphrase": "wrong"}, "does not open with this passphrase", "ca_private_key_passphrase"),
    "key-instead-of-certificate": ({"ca_certificate_path": "{{ p2s_root_private_key }}"}, "X.509 certificate", "ca_certificate_path"),
    "ecdsa": ({"key_type": "ecdsa256"}, "Microsoft documents RSA only", "key_type"),
    "name-too-long": ({"name": "x" * 65}, "65 characters", "name"),
    "mail-address-as-name": ({"name": "a@b"}, "mail address", "name"),
    "no-passphrase": ({"passphrase": None}, "printable ASCII", "passphrase"),
    "no-such-root": ({"ca_certificate_path": "/nonexistent/root.pem"}, "there is no file", "ca_certificate_path"),
    "folder-that-cannot-be": ({"path": "/proc/identities/x.p12"}, "/proc", "path"),
    "neither-name-nor-list": ({"name": None}, "one of the following is required: name, identities", ""),
    "request-with-passphrase": ({"csr_content": "x"}, "mutually exclusive", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_the_option(controller: Controller, case: str) -> None:
    options, finding, option = REFUSED[case]
    run = _issue(controller, arguments=["--limit", "mac01"], **options)
    assert run.rc == 2
    message = run.result()["msg"]
    assert finding in message
    assert message.startswith(f"{option}: " if option else "")
    assert not (controller.folder / "identities").exists()


def test_a_relative_path_is_refused_before_it_lands_in_the_installed_collection(controller: Controller) -> None:
    _inventory(controller, {"mac01": {"vpn_client_identity_pkcs12": "mac01.p12"}})
    run = controller.run(PLAYBOOK)
    assert run.rc != 0
    assert "give it as absolute path" in run.output.replace("\n", " ")


def test_a_relative_ledger_counts_from_the_current_folder(controller: Controller) -> None:
    """The playbook's own folder is inside the installed collection, which the next update replaces."""
    _inventory(controller, ["mac01"], p2s_identity_ledger="ledgers/p2s.json")
    run = controller.run(PLAYBOOK, "-v")
    assert run.rc == 0, run.output
    document = json.loads((controller.folder / "ledgers" / "p2s.json").read_text())
    assert [entry["path"] for entry in document["identities"]] == ["../identities/mac01.p12"]
    assert not (pathlib.Path(__file__).resolve().parents[2] / "playbooks" / "ledgers").exists()
    assert controller.run(PLAYBOOK, "-v").result()["summary"] == {"total": 1, "valid": 1}


def test_another_root_of_the_same_name_renews_all(controller: Controller) -> None:
    """What client_root makes is called Azure P2S Root, time and again."""
    controller.run(PLAYBOOK)
    old = (controller.folder / "pki" / "root.pem").rename(controller.folder / "old.pem")
    (controller.folder / "pki" / "root.key").unlink()
    assert _root(controller).rc == 0
    assert controller.run(PLAYBOOK, "-v").result()["summary"] == {"total": 3, "renewed": 3}
    assert old.read_bytes() != (controller.folder / "pki" / "root.pem").read_bytes()
    root = pki.Certificate.from_pem_or_der((controller.folder / "pki" / "root.pem").read_bytes())
    for host in ("mac01", "mac02", "mac03"):
        _read(controller, host).certificate.x509.verify_directly_issued_by(root.x509)
    assert controller.run(PLAYBOOK, "-v").result()["summary"] == {"total": 3, "valid": 3}


def test_a_path_that_cannot_be_written_does_not_stop_the_others(controller: Controller) -> None:
    ledger = "{{ inventory_dir }}/identities/identities.json"
    _inventory(
        controller,
        {
            "mac01": {},
            "mac02": {"vpn_client_identity_pkcs12": "/proc/identities/mac02.p12"},
            "mac03": {"vpn_client_identity_pkcs12": "{{ inventory_dir }}/identities/" + "x" * 252},
            "mac04": {},
        },
        p2s_identity_ledger=ledger,
    )
    run = controller.run(PLAYBOOK, "-v")
    assert run.rc == 2
    shown = run.result()
    assert shown["summary"] == {"total": 4, "issued": 2, "failed": 2}
    assert "/proc/identities" in shown["errors"]["mac02"]
    assert "File name too long" in shown["errors"]["mac03"]
    assert [entry["name"] for entry in _ledger(controller)] == ["mac01", "mac04"]


def test_a_damaged_ledger_stops_its_own_hosts_alone(controller: Controller) -> None:
    path = "{{ inventory_dir }}/identities/" + "{{ {'mac03': 'b/'}[inventory_hostname] | default('') }}{{ inventory_hostname }}.p12"
    _inventory(controller, ["mac01", "mac02", "mac03"], vpn_client_identity_pkcs12=path)
    damaged = controller.folder / "identities" / "b" / "identities.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{}")
    run = controller.run(PLAYBOOK, "-v")
    assert run.rc == 2
    shown = run.result()
    assert (shown["changed"], shown["summary"]) == (True, {"total": 3, "issued": 2, "failed": 1})
    assert list(shown["errors"]) == ["mac03"]
    assert "restore it from a backup" in shown["errors"]["mac03"]
    assert [one["name"] for one in shown["identities"] if "sha256" in one] == ["mac01", "mac02"]
    # and nothing is ended in one ledger before the other one is read
    identities = "{{ hostvars | azure_p2s.macos.client_identities(ansible_play_hosts_all) }}"
    for state in ("revoked", "absent", "delivered"):
        ended = controller.play({MODULE: {"identities": identities, "state": state}, "run_once": True})
        assert ended.rc == 2
        assert "restore it from a backup" in ended.result()["msg"]
    assert [entry["state"] for entry in _ledger(controller)] == ["current", "current"]
    assert (controller.folder / "identities" / "mac01.p12").exists()


def test_what_is_wrong_with_one_host_does_not_stop_the_others(controller: Controller) -> None:
    _inventory(controller, {"mac01": {}, "mac02": {"vpn_client_identity_name": "*.example.com"}, "mac03": {}})
    run = controller.run(PLAYBOOK, "-v")
    assert run.rc == 2
    assert "1 of 3 identities could not be had. mac02: name: the name '*.example.com' is a wildcard" in run.result()["msg"]
    assert [entry["name"] for entry in _ledger(controller)] == ["mac01", "mac03"]


@pytest.mark.parametrize("together", [True, False], ids=["one-task", "a-task-for-each-host"])
def test_duplicate_names_in_the_inventory_are_refused(controller: Controller, together: bool) -> None:
    _inventory(controller, {"mac01": {"vpn_client_identity_name": "same"}, "mac02": {"vpn_client_identity_name": "SAME"}})
    run = controller.run(PLAYBOOK) if together else _issue(controller, name="{{ vpn_client_identity_name }}", arguments=["--forks", "2"])
    assert run.rc == 2
    assert "name: " in run.output
    entries = _ledger(controller) if (controller.folder / "identities").exists() else []
    assert len(entries) == (0 if together else 1)
    assert len(list((controller.folder / "identities").glob("*.p12"))) == len(entries)


def test_a_lost_mac_is_revoked_by_name_and_gets_nothing_new(controller: Controller) -> None:
    controller.run(PLAYBOOK)
    thumbprint = _read(controller, "mac02").certificate.sha1
    revoke = {"name": "mac02", "ledger": "{{ inventory_dir }}/identities/identities.json", "state": "revoked"}
    predicted = controller.play({MODULE: revoke, "run_once": True}, check=True)
    assert predicted.result()["changed"]
    done = controller.play({MODULE: revoke, "run_once": True}).result()
    assert [entry["thumbprint"] for entry in done["revoked"]] == [thumbprint]
    again = controller.play({MODULE: revoke, "run_once": True}).result()
    assert (again["changed"], again["revoked"]) == (False, done["revoked"])
    run = controller.run(PLAYBOOK, "-v")
    assert run.rc == 2
    assert "the identity of 'mac02' was revoked on" in run.result()["msg"]
    assert run.result()["summary"] == {"total": 3, "valid": 2, "failed": 1}


@pytest.mark.parametrize("state", ["present", "delivered", "revoked", "absent"])
def test_a_play_without_identities_of_ours_has_nothing_to_do(controller: Controller, state: str) -> None:
    options: dict[str, t.Any] = {"identities": [], "state": state}
    if state == "present":
        options |= {"ca_certificate_path": "{{ p2s_root_certificate }}", "ca_private_key_path": "{{ p2s_root_private_key }}"}
    run = controller.play({MODULE: options, "run_once": True})
    assert run.rc == 0, run.output
    assert not run.result()["changed"]


def test_a_request_in_and_a_certificate_out(controller: Controller) -> None:
    key = controller.folder / "mac01.key"
    command = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-subj", "/CN=mac01"]
    request = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    options = {"csr_content": request, "passphrase": None, "path": "{{ inventory_dir }}/identities/mac01.pem"}
    first = _issue(controller, arguments=["--limit", "mac01"], **options).result()
    assert first["changed"]
    assert first["certificate"] == pki.Certificate.from_pem_or_der((controller.folder / "identities" / "mac01.pem").read_bytes()).pem
    assert first["chain"] == [pki.Certificate.from_pem_or_der((controller.folder / "pki" / "root.pem").read_bytes()).pem]
    second = _issue(controller, arguments=["--limit", "mac01"], **options).result()
    assert (second["changed"], second["certificate"]) == (False, first["certificate"])


def test_a_renewal_keeps_the_older_file_until_the_mac_has_the_new_one(controller: Controller) -> None:
    controller.run(PLAYBOOK)
    old = (controller.folder / "identities" / "mac01.p12").read_bytes()
    due = _issue(controller, valid_for=400, renew_before=370, arguments=["--limit", "mac01"]).result()
    assert due["identity"]["status"] == "renewed"
    assert [pathlib.Path(path).read_bytes() for path in due["previous"]] == [old]
    delivered = {"name": "mac01", "path": "{{ vpn_client_identity_pkcs12 }}", "state": "delivered"}
    for check, changed, left in ((True, True, 1), (False, True, 1), (False, False, 0)):
        assert len(list((controller.folder / "identities").glob("*.previous"))) == left
        assert controller.play({MODULE: delivered}, check=check, arguments=["--limit", "mac01"]).result()["changed"] is changed


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_disk_that_is_full_in_the_middle(tmp_path: pathlib.Path) -> None:
    """A real one, of 480 KiB: what was issued is whole and in the ledger, the rest is not there, and the next run goes on."""
    controller = Controller(tmp_path)
    hosts = [f"mac{number:03}" for number in range(160)]
    _inventory(controller, hosts)
    assert _root(controller).rc == 0
    disk = tmp_path / "identities"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=480k", "tmpfs", str(disk)], check=True)
    try:
        run = controller.run(PLAYBOOK, "-v")
        assert run.rc == 2
        assert "no room on the disk" in run.result()["msg"]
        files = {path.name for path in disk.iterdir()} - {"identities.json", ".identities.json.lock"}
        entries = _ledger(controller)
        assert 0 < len(entries) < 160
        assert files == {f"{entry['name']}.p12" for entry in entries}
        assert all(_read(controller, entry["host"]).certificate.sha256 == entry["sha256"] for entry in entries)
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        again = controller.run(PLAYBOOK, "-v").result()
        assert again["summary"] == {"total": 160, "valid": len(entries), "issued": 160 - len(entries)}
    finally:
        subprocess.run(["umount", str(disk)], check=True)
