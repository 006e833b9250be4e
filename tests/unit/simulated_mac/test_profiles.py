# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles: opened, approved by a person or not, listed, removed, and what they bring."""

from __future__ import annotations

import plistlib
import typing as t

import pytest

from simulated_mac import SimulatedMac
from simulated_mac.conformance import case
from simulated_mac.conformance.sample import IDENTIFIER, profile
from simulated_mac.spec import Person

Boot = t.Callable[..., SimulatedMac]
GUI = "/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H "
LIST = "/usr/bin/profiles show -type configuration -output stdout-xml\n"


def show(mac: SimulatedMac, content: bytes) -> int:
    """Open a profile in the GUI session of alice."""
    mac.write("/Users/alice/p.mobileconfig", content, owner=501, mode=0o600)
    return mac.sh(GUI + "/usr/bin/open /Users/alice/p.mobileconfig\n").returncode


def listed(mac: SimulatedMac, command: str = LIST) -> dict[str, t.Any]:
    """Return what profiles lists, cut out of the text around it."""
    text = mac.sh(command).stdout
    assert not text.startswith("<?xml")
    found: dict[str, t.Any] = plistlib.loads(text[text.index("<?xml") : text.index("</plist>") + 8].encode())
    return found


def test_open_only_downloads(boot: Boot) -> None:
    mac = boot()
    assert show(mac, profile()) == 0
    assert listed(mac) == {}
    assert mac.state()["pending"]["identifier"] == IDENTIFIER


def test_approved_profile_is_listed_without_its_secrets(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    [entry] = listed(mac)["alice"]
    assert entry["ProfileIdentifier"] == IDENTIFIER
    assert entry["ProfileUUID"] not in (entry["ProfileUUID"].upper(), entry["ProfileUUID"].lower())
    text = mac.sh(LIST).stdout
    assert case.PASSPHRASE not in text
    assert "P2SChildCertMac" in text
    assert [item["PayloadType"] for item in entry["ProfileItems"]] == ["com.apple.security.pkcs12", "com.apple.vpn.managed"]


def test_approved_profile_brings_its_identity_into_the_login_keychain(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    found = mac.sh("/usr/bin/security find-identity /Users/alice/Library/Keychains/login.keychain-db").stdout
    assert case.sha1("leaf") in found


def test_person_approves_after_a_while(boot: Boot) -> None:
    mac = boot(person=Person(approves_after=60))
    show(mac, profile())
    assert listed(mac) == {}
    mac.pass_time(61)
    assert "alice" in listed(mac)


def test_person_declines(boot: Boot) -> None:
    mac = boot(person=Person(declines_after=60))
    show(mac, profile())
    assert mac.state()["pending"] is not None
    mac.pass_time(61)
    assert mac.state()["pending"] is None
    assert listed(mac) == {}


def test_nobody_approves_unless_told(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.pass_time(450)
    assert listed(mac) == {}
    assert mac.state()["pending"] is not None


def test_unapproved_profile_is_gone_after_eight_minutes(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.pass_time(481)
    assert mac.state()["pending"] is None


def test_second_profile_replaces_the_pending_one(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    show(mac, profile(identifier="com.example.other"))
    mac.approve_profile()
    assert [entry["ProfileIdentifier"] for entry in listed(mac)["alice"]] == ["com.example.other"]


def test_identical_content_opened_again_is_ignored(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    assert show(mac, profile()) == 0
    assert mac.state()["pending"] is None


def test_same_identifier_updates_in_place(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    show(mac, profile(PayloadDisplayName="New name"))
    mac.approve_profile()
    assert [entry["ProfileDisplayName"] for entry in listed(mac)["alice"]] == ["New name"]
    assert len(mac.state()["vpn"]) == 1


def test_profile_without_scope_is_the_users_alone(boot: Boot) -> None:
    mac = boot()
    show(mac, profile(scope=None))
    mac.approve_profile()
    assert listed(mac, "sudo " + LIST) == {}
    assert "alice" in listed(mac)


def test_system_scope_needs_the_admin_password(boot: Boot) -> None:
    mac = boot(person=Person(gives_admin_password=False))
    show(mac, profile(scope="System"))
    mac.approve_profile()
    assert listed(mac, "sudo " + LIST) == {}
    assert "administrator password" in mac.state()["refusals"][0]["text"]


def test_system_scope_is_listed_for_root_and_lands_in_the_system_keychain(boot: Boot) -> None:
    mac = boot()
    show(mac, profile(scope="System"))
    mac.approve_profile()
    assert "_computerlevel" in listed(mac, "sudo " + LIST)
    assert case.sha1("leaf") in mac.sh("/usr/bin/security find-identity /Library/Keychains/System.keychain").stdout


def test_open_outside_the_screen_session_leaves_nothing_pending(boot: Boot) -> None:
    mac = boot()
    mac.write("/Users/alice/p.mobileconfig", profile(), owner=501, mode=0o600)
    assert mac.sh("/usr/bin/open /Users/alice/p.mobileconfig").returncode != 0
    assert mac.state()["pending"] is None


def test_file_that_only_root_can_read_is_not_downloaded(boot: Boot) -> None:
    mac = boot()
    mac.write("/Users/alice/p.mobileconfig", profile(), owner=0, mode=0o600)
    assert mac.sh(GUI + "/usr/bin/open /Users/alice/p.mobileconfig").returncode == 0
    assert mac.state()["pending"] is None


@pytest.mark.parametrize(("mode", "installed"), [("reuse", True), ("fail", False)])
def test_identity_that_is_already_there(boot: Boot, mode: str, installed: bool) -> None:
    mac = boot(modes={"profile_identity": mode})
    mac.sh(GUI + "/usr/bin/security import /tmp/files/good.p12 -k /Users/alice/Library/Keychains/login.keychain-db -P secret")
    show(mac, profile())
    mac.approve_profile()
    assert bool(listed(mac)) is installed


def test_removing_a_profile_leaves_an_identity_that_was_there_before(boot: Boot) -> None:
    mac = boot()
    mac.sh(GUI + "/usr/bin/security import /tmp/files/good.p12 -k /Users/alice/Library/Keychains/login.keychain-db -P secret")
    show(mac, profile())
    mac.approve_profile()
    assert mac.sh(f"/usr/bin/sudo /usr/bin/profiles remove -user alice -identifier {IDENTIFIER} -forced").returncode == 0
    assert listed(mac) == {}
    assert case.sha1("leaf") in mac.sh("/usr/bin/security find-identity /Users/alice/Library/Keychains/login.keychain-db").stdout


def test_removing_a_profile_takes_its_identity_and_connection(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    assert mac.sh(f"/usr/bin/sudo /usr/bin/profiles remove -user alice -identifier {IDENTIFIER} -forced").returncode == 0
    assert mac.state()["vpn"] == []
    assert case.sha1("leaf") not in mac.sh("/usr/bin/security find-identity /Users/alice/Library/Keychains/login.keychain-db").stdout


def test_profile_of_an_mdm_is_not_removed_by_hand(boot: Boot) -> None:
    mac = boot(mdm=True)
    mac.install_profile(profile(scope="System"), scope="system")
    assert "_computerlevel" in listed(mac, "sudo " + LIST)
    assert mac.sh(f"/usr/bin/sudo /usr/bin/profiles remove -identifier {IDENTIFIER} -forced").returncode == 1
    assert "_computerlevel" in listed(mac, "sudo " + LIST)
    assert "MDM server: https://" in mac.sh("/usr/bin/profiles status -type enrollment").stdout


def test_removal_without_forced_asks(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    done = mac.sh(f"/usr/bin/profiles remove -identifier {IDENTIFIER} </dev/null")
    assert (done.returncode, done.stdout) == (1, "")
    assert "[y/n]" in done.stderr
    assert "alice" in listed(mac)


def test_removal_of_a_device_profile_without_forced_asks_too(boot: Boot) -> None:
    mac = boot()
    show(mac, profile(scope="System"))
    mac.approve_profile()
    assert "[y/n]" in mac.sh(f"/usr/bin/sudo /usr/bin/profiles remove -identifier {IDENTIFIER} </dev/null").stderr
    assert "_computerlevel" in listed(mac, "sudo " + LIST)
    assert mac.sh(f"/usr/bin/sudo /usr/bin/profiles remove -identifier {IDENTIFIER} -forced").returncode == 0
    assert listed(mac, "sudo " + LIST) == {}


def test_catalina_installs_without_asking(boot: Boot) -> None:
    mac = boot(macos="10.15.7")
    mac.write("/Users/alice/p.mobileconfig", profile(), owner=501, mode=0o600)
    script = "/usr/bin/profiles install -type=configuration -path=/Users/alice/p.mobileconfig"
    assert mac.sh(f"{GUI}{script}").returncode == 0
    assert "alice" in listed(mac)


def test_catalina_refuses_a_user_to_install_for_the_device(boot: Boot) -> None:
    mac = boot(macos="10.15.7")
    mac.write("/Users/alice/p.mobileconfig", profile(scope="System"), owner=501, mode=0o600)
    done = mac.sh("/usr/bin/profiles install -type=configuration -path=/Users/alice/p.mobileconfig")
    assert done.returncode == 1
    assert "returned -60005 (Error = -60005)" in done.stdout


def test_system_profiler_lists_what_is_installed(boot: Boot) -> None:
    mac = boot()
    show(mac, profile())
    mac.approve_profile()
    text = mac.sh("/usr/sbin/system_profiler SPConfigurationProfileDataType -json").stdout
    assert f'"spconfigprofile_profile_identifier": "{IDENTIFIER}"' in text
