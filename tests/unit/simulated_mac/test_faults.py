# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on a Mac on demand, and what tests can see of it from outside."""

from __future__ import annotations

import base64
import subprocess
import time
import typing as t

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from simulated_mac import SimulatedMac
from simulated_mac.conformance import case

Boot = t.Callable[..., SimulatedMac]
LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"


@pytest.mark.parametrize("tool", ["security", "profiles", "cp"])
def test_tool_hangs(boot: Boot, tool: str) -> None:
    mac = boot()
    mac.fault(tool, "hang")
    with pytest.raises(subprocess.TimeoutExpired):
        mac.sh(f"/bin/{tool} x y" if tool == "cp" else f"/usr/bin/{tool} help", timeout=1.5)
    mac.fault(tool, None)
    assert mac.sh("/usr/bin/security list-keychains").returncode == 0


def test_one_subcommand_fails_after_some_calls(boot: Boot) -> None:
    mac = boot()
    mac.fault("security list-keychains", "fail", after=1, status=7, stderr="security: no\n")
    done = mac.sh(
        "/usr/bin/security list-keychains; echo $?; /usr/bin/security list-keychains; echo $?; /usr/bin/security error 1; echo $?"
    )
    assert [line for line in done.stdout.splitlines() if line.isdigit()] == ["0", "7", "1"]
    assert done.stderr == "security: no\n"


def test_output_that_no_version_prints(boot: Boot) -> None:
    mac = boot()
    mac.fault("profiles", "garbage", stdout="what is this\n")
    assert mac.sh("/usr/bin/profiles list").stdout == "what is this\n"


def test_connection_is_cut_when_a_tool_is_called(boot: Boot) -> None:
    mac = boot()
    mac.fault("security", "cut", once=True)
    assert mac.sh("/usr/bin/security list-keychains; echo went-on", timeout=10).returncode == 255
    assert mac.sh("/usr/bin/security list-keychains").returncode == 0


def test_disk_is_full_where_temporary_files_go(boot: Boot) -> None:
    mac = boot()
    mac.fill_disk("/private/tmp")
    assert mac.sh("d=$(/usr/bin/mktemp -d /tmp/x.XXXXXX) && printf '%05000d' 1 >$d/f").returncode != 0
    mac.fill_disk("/private/tmp", full=False)
    assert mac.sh("d=$(/usr/bin/mktemp -d /tmp/x.XXXXXX) && printf '%05000d' 1 >$d/f").returncode == 0


def test_read_only_keychain(boot: Boot) -> None:
    mac = boot()
    mac.make_keychain_read_only(LOGIN)
    done = mac.sh(
        f"/usr/bin/security unlock-keychain -p '{mac.spec.user('alice').login_password}' {LOGIN}; "
        f"/usr/bin/security add-certificates -k {LOGIN} /tmp/files/root.cer"
    )
    assert (done.returncode, done.stderr) == (1, "security: SecCertificateAddToKeychain: This keychain cannot be modified.\n")


def test_keychain_changes_behind_the_back(boot: Boot) -> None:
    mac = boot()
    der = case.certificates()["other"].public_bytes(Encoding.DER)
    mac.fault("security unlock-keychain", "change", keychain=LOGIN, add=base64.b64encode(der).decode())
    mac.sh(f"/usr/bin/security unlock-keychain -p x {LOGIN}")
    assert case.sha256("other") in mac.sh(f"/usr/bin/security find-certificate -a -Z {LOGIN}").stdout


def test_missing_tool(boot: Boot) -> None:
    mac = boot()
    mac.remove("/usr/bin/profiles")
    assert mac.sh("/usr/bin/profiles list").returncode == 127


def test_every_call_is_recorded_with_arguments_and_environment(boot: Boot) -> None:
    mac = boot()
    mac.sh(
        "SECRET=in-the-environment /bin/cat '/tmp/with blank' 'line\nbreak'; /usr/bin/security list-keychains; /usr/bin/sudo /usr/bin/true"
    )
    calls = mac.calls()
    assert ("/bin/cat", "/tmp/with blank", "line\nbreak") in [call.argv for call in calls]
    assert ("/usr/bin/sudo", "/usr/bin/true") in [call.argv for call in calls]
    assert ("/usr/bin/true",) in [call.argv for call in calls]
    assert any("in-the-environment" in call.environment for call in calls)


def test_reading_leaves_the_file_tree_as_it_was(boot: Boot) -> None:
    mac = boot()
    before = mac.tree_hash()
    mac.sh(
        f"/bin/cat {LOGIN} >/dev/null; /usr/bin/profiles list; /usr/bin/sudo /usr/bin/id; "
        f"d=$(/usr/bin/mktemp -d /tmp/x.XXXX); cp {LOGIN} $d; rm -r $d; /usr/bin/security find-identity"
    )
    assert mac.tree_hash() == before


@pytest.mark.parametrize(
    "change",
    [
        "echo x >/tmp/x",
        "/usr/bin/touch /Users/alice/x",
        "/bin/chmod 700 /Users/alice",
        "/usr/bin/sudo /bin/rm /usr/bin/profiles",
        "/usr/bin/security list-keychains -s",
    ],
)
def test_a_change_shows_in_the_file_tree(boot: Boot, change: str) -> None:
    mac = boot()
    before = mac.tree()
    assert mac.sh(change).returncode == 0
    assert mac.tree() != before


def test_private_keys_and_passwords_are_not_in_any_file(boot: Boot) -> None:
    mac = boot()
    mac.sh(
        f"/usr/bin/security unlock-keychain -p '{mac.spec.user('alice').login_password}' {LOGIN}; "
        f"/usr/bin/security import /tmp/files/good.p12 -k {LOGIN} -P secret; "
        f"/usr/bin/sudo /bin/rm -r /tmp/files"
    )
    content = b"".join(mac.files().values())
    assert b"PRIVATE KEY" not in content
    assert mac.spec.user("alice").login_password.encode() not in content


def test_a_plain_tool_fails_once_after_some_calls(boot: Boot) -> None:
    mac = boot()
    mac.fault("cp", "torn", after=2, once=True)
    done = mac.sh(f"for n in 1 2 3 4; do /bin/cp {LOGIN} /tmp/$n && /usr/bin/wc -c </tmp/$n; done")
    sizes = [int(line) for line in done.stdout.split()]
    assert [size > 0 for size in sizes] == [True, True, False, True]


def test_a_tool_works_on_although_the_connection_is_cut(boot: Boot) -> None:
    mac = boot()
    mac.fault("security create-keychain", "cut", once=True, goes_on=True)
    assert mac.sh("trap '' PIPE HUP; /usr/bin/security create-keychain -p x /tmp/cut.keychain", timeout=10).returncode == 255
    until = time.monotonic() + 10
    while not any(path.endswith("/cut.keychain") for path in mac.files()):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_seconds_are_short_on_demand(boot: Boot) -> None:
    mac = boot()
    mac.fault("sleep", "fast")
    began = time.monotonic()
    assert mac.sh("for n in 1 2 3 4 5; do /bin/sleep 1; done").returncode == 0
    assert time.monotonic() - began < 4


def test_copy_taken_during_a_write_is_no_keychain(boot: Boot) -> None:
    mac = boot()
    mac.fault("cp", "torn")
    done = mac.sh(f"/bin/cp {LOGIN} /tmp/torn.keychain-db && /usr/bin/security find-certificate -a /tmp/torn.keychain-db")
    assert done.returncode == 49
