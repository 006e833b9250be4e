# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unlocking belongs to one security session: an SSH connection, or the session of who sits at the Mac."""

from __future__ import annotations

import subprocess
import time
import typing as t

import pytest

from simulated_mac import SimulatedMac
from simulated_mac.spec import ALICE, BOB, Person, User

Boot = t.Callable[..., SimulatedMac]
LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
UNLOCK = f"/usr/bin/security unlock-keychain -p '{ALICE.login_password}' {LOGIN}\n"
INFO = f"/usr/bin/security show-keychain-info {LOGIN}\n"
GUI = "/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H "
IMPORT = f"/usr/bin/security import /tmp/files/good.p12 -k {LOGIN} -P secret\n"


@pytest.fixture(scope="module")
def mac(fleet: t.Any) -> SimulatedMac:
    """A Mac that the tests share; each SSH connection is a session of its own."""
    return t.cast("SimulatedMac", fleet["v26.1"])


def test_unlock_holds_within_one_connection(mac: SimulatedMac) -> None:
    assert mac.sh(UNLOCK + INFO).returncode == 0


def test_unlock_of_one_connection_does_not_help_the_next(mac: SimulatedMac) -> None:
    assert mac.sh(UNLOCK).returncode == 0
    assert mac.sh(INFO).returncode == 36


def test_unlock_over_ssh_does_not_unlock_the_screen_session(boot: Boot) -> None:
    mac = boot()
    mac.lock_gui_keychain()
    assert mac.sh(UNLOCK).returncode == 0
    with pytest.raises(subprocess.TimeoutExpired):  # the dialog at the screen that nobody answers
        mac.sh(GUI + INFO, timeout=2)


def test_lock_over_ssh_does_not_lock_the_screen_session(mac: SimulatedMac) -> None:
    done = mac.sh(UNLOCK + f"/usr/bin/security lock-keychain {LOGIN}; {INFO} echo $?; {GUI} {INFO}")
    assert (done.stdout, done.returncode) == ("36\n", 0)


def test_sudo_to_another_user_stays_in_the_session_of_the_connection(mac: SimulatedMac) -> None:
    assert mac.sh("/usr/bin/sudo -u alice -H " + UNLOCK + INFO).returncode == 0


def test_two_commands_on_one_control_master_share_the_session(boot: Boot) -> None:
    mac = boot()
    control = ["-o", f"ControlPath={mac.folder}/cm", "-o", "ControlMaster=auto", "-o", "ControlPersist=3"]
    assert mac.sh(UNLOCK, options=control).returncode == 0
    assert mac.sh(INFO, options=control).returncode == 0
    assert mac.ssh_logins() == 1
    assert mac.ssh_execs() == 2


def test_each_exec_can_be_a_session_of_its_own(boot: Boot) -> None:
    mac = boot(modes={"session_per_exec": True})
    control = ["-o", f"ControlPath={mac.folder}/cm", "-o", "ControlMaster=auto", "-o", "ControlPersist=3"]
    assert mac.sh(UNLOCK + INFO, options=control).returncode == 0
    assert mac.sh(INFO, options=control).returncode == 36


def test_process_that_lost_its_connection_finds_everything_locked(mac: SimulatedMac) -> None:
    # It goes on once the connection is over: until then its parent is the shell that this connection runs.
    wait = "while [ ! -e /tmp/connection-is-over ]; do sleep 1; done"
    script = f"{UNLOCK}({wait}; {INFO.strip()}; echo $? >/tmp/orphan) >/dev/null 2>&1 </dev/null &\n"
    assert mac.sh(script).returncode == 0
    assert mac.sh("echo >/tmp/connection-is-over").returncode == 0
    until = time.monotonic() + 60
    while (found := mac.sh("/bin/cat /tmp/orphan").stdout) == "" and time.monotonic() < until:
        time.sleep(0.2)
    assert found == "36\n"


def test_import_in_the_screen_session_needs_no_password(boot: Boot) -> None:
    assert boot().sh(GUI + IMPORT).returncode == 0


def test_import_in_a_locked_screen_session_waits_for_the_dialog(boot: Boot) -> None:
    mac = boot()
    mac.lock_gui_keychain()
    with pytest.raises(subprocess.TimeoutExpired):
        mac.sh(GUI + IMPORT, timeout=2)
    assert mac.state()["dialogs"]


def test_dialog_ends_when_the_person_answers(boot: Boot) -> None:
    mac = boot(person=Person(answers_dialogs_after=0.5))
    mac.lock_gui_keychain()
    assert mac.sh(GUI + IMPORT).returncode == 0


def test_nobody_logged_in(boot: Boot) -> None:
    mac = boot(console_user=None)
    done = mac.sh("/usr/bin/stat -f %Su /dev/console; echo 'show State:/Users/ConsoleUser' | /usr/sbin/scutil | /usr/bin/grep Name\n")
    assert done.stdout == "root\n  Name : loginwindow\n"
    assert mac.sh(GUI + IMPORT).returncode != 0
    assert mac.sh(UNLOCK + IMPORT).returncode == 0


def test_login_at_the_screen_unlocks_and_logout_ends_it(boot: Boot) -> None:
    mac = boot(console_user=None)
    mac.log_in("alice")
    assert mac.sh(GUI + INFO).returncode == 0
    mac.log_out()
    assert mac.sh(GUI + INFO).returncode != 0


def test_password_reset_by_an_admin_leaves_the_keychain_on_the_old_one(boot: Boot) -> None:
    mac = boot(users=(User("alice", "Alice", 501, admin=True, login_password="new", keychain_password="old"), BOB))
    assert mac.sh(f"/usr/bin/security unlock-keychain -p new {LOGIN}").returncode == 51
    assert mac.sh(f"/usr/bin/security unlock-keychain -p old {LOGIN}").returncode == 0
    with pytest.raises(subprocess.TimeoutExpired):
        mac.sh(GUI + INFO, timeout=2)


def test_user_without_keychain(boot: Boot) -> None:
    mac = boot(users=(User("alice", "Alice", 501, admin=True, login_password="x", keychain=False), BOB))
    assert mac.sh("/usr/bin/security default-keychain").returncode == 1
    assert mac.sh(INFO).returncode == 50


def test_user_without_home(boot: Boot) -> None:
    mac = boot(users=(ALICE, User("bob", "Bob", 502, login_password="x", home=False)))
    assert mac.sh("/usr/bin/sudo -u bob -H /bin/ls /Users/bob").returncode != 0


def test_sudo_password(boot: Boot) -> None:
    mac = boot(sudo_password=True)
    assert mac.sh("/usr/bin/sudo -n /usr/bin/id -u").returncode == 1
    assert mac.sh(f"echo '{ALICE.login_password}' | /usr/bin/sudo -S -p '' /usr/bin/id -u").stdout == "0\n"
    assert mac.sh("echo wrong | /usr/bin/sudo -S -p '' /usr/bin/id -u").returncode == 1


def test_standard_user_may_not_sudo(mac: SimulatedMac) -> None:
    assert mac.sh("/usr/bin/sudo -n /usr/bin/id -u", user="bob").returncode == 1


def test_copy_of_an_unlocked_keychain_is_another_locked_one(mac: SimulatedMac) -> None:
    script = (
        UNLOCK
        + f"d=$(/usr/bin/mktemp -d /tmp/k.XXXXXX); cp {LOGIN} $d/k.keychain-db; /usr/bin/security show-keychain-info $d/k.keychain-db\n"
    )
    assert mac.sh(script).returncode == 36


def test_opening_the_live_keychain_is_counted_and_a_copy_is_not(boot: Boot) -> None:
    mac = boot()
    mac.sh(f"cp {LOGIN} /tmp/k.keychain-db; /usr/bin/security find-certificate -a /tmp/k.keychain-db")
    assert mac.live_keychain_opens() == []
    mac.sh(f"/usr/bin/security find-certificate -a {LOGIN}")
    assert [entry["command"] for entry in mac.live_keychain_opens()] == ["find-certificate"]


@pytest.mark.parametrize(("keychains", "opened"), [("", 1), ("-k /tmp/k.keychain-db", 0)], ids=["search-list", "one-named"])
def test_verify_cert_opens_the_keychains_that_it_searches(boot: Boot, keychains: str, opened: int) -> None:
    mac = boot()
    done = mac.sh(f"cp {LOGIN} /tmp/k.keychain-db; /usr/bin/security verify-cert -c /tmp/files/root.cer -L {keychains}")
    assert "CSSMERR_TP_NOT_TRUSTED" in done.stderr
    assert [entry["command"] for entry in mac.live_keychain_opens()] == ["verify-cert"] * opened


def test_first_password_prompt_on_a_terminal_hangs(mac: SimulatedMac) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            mac.ssh_command(f"/usr/bin/security unlock-keychain {LOGIN}", options=["-tt"]),
            stdin=subprocess.PIPE,
            capture_output=True,
            timeout=2,
            check=False,
        )


def test_texts_in_another_language_keep_their_exit_status(boot: Boot) -> None:
    mac = boot(modes={"language": "de"})
    done = mac.sh(f"/usr/bin/security unlock-keychain -p wrong {LOGIN}")
    assert done.returncode == 51
    assert "passphrase you entered" not in done.stderr


def test_ssh_without_full_disk_access_cannot_copy_keychains(boot: Boot) -> None:
    mac = boot(modes={"full_disk_access": False})
    done = mac.sh(f"/bin/cp {LOGIN} /tmp/k.keychain-db")
    assert done.returncode == 1
    assert done.stderr == f"cp: {LOGIN}: Operation not permitted\n"
    assert mac.sh(f"/usr/bin/security find-certificate -a {LOGIN}").returncode == 0
