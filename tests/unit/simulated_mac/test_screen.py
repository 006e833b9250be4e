# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person at the Mac sees or has set: dialogs of osascript, languages, the clock."""

from __future__ import annotations

import plistlib
import time
import typing as t

import pytest

from simulated_mac import SimulatedMac

Boot = t.Callable[..., SimulatedMac]
GUI = "/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H "
HI = "character id {72, 105}"
DIALOG = f'display dialog ({HI}) with title ({HI}) buttons {{"OK"}} default button 1 with icon note giving up after 1'
PREFERENCES = "/Users/alice/Library/Preferences/.GlobalPreferences.plist"


@pytest.fixture(scope="module")
def mac(fleet: t.Any) -> SimulatedMac:
    """A Mac that the tests share."""
    return t.cast("SimulatedMac", fleet["v26.1"])


def test_a_dialog_that_nobody_answers_gives_up(mac: SimulatedMac) -> None:
    done = mac.sh(f"printf '%s\\n' '{DIALOG}' | {GUI} /usr/bin/osascript -\n")
    assert (done.returncode, done.stdout) == (0, "button returned:, gave up:true\n")
    shown = mac.state()["dialogs"][-1]
    assert (shown["text"], shown["title"], shown["user"]) == ("Hi", "Hi", "alice")


@pytest.mark.parametrize(
    ("command", "script"),
    [
        (f"/usr/bin/osascript -e '{DIALOG}'", DIALOG),
        ("/usr/bin/osascript -", DIALOG),
        (f"{GUI} /usr/bin/osascript -", 'tell application "System Events" to display dialog "Hi"'),
    ],
    ids=["words-in-the-argument-list", "outside-the-gui-session", "another-application-is-told"],
)
def test_no_dialog(mac: SimulatedMac, command: str, script: str) -> None:
    before = len(mac.state()["dialogs"])
    assert mac.sh(f"/usr/bin/printf '%s\\n' '{script}' | {command}\n").returncode == 1
    assert len(mac.state()["dialogs"]) == before


def test_defaults_prints_a_list_in_the_old_form(boot: Boot) -> None:
    mac = boot()
    assert mac.sh("/usr/bin/defaults read -g AppleLanguages\n").returncode == 1
    mac.write(PREFERENCES, plistlib.dumps({"AppleLanguages": ["de-CH", "en"]}), owner=501, mode=0o600)
    assert mac.sh("/usr/bin/defaults read -g AppleLanguages\n").stdout == '(\n    "de-CH",\n    en\n)\n'


def test_a_certificate_expires_when_enough_time_has_passed(boot: Boot) -> None:
    mac = boot()
    verify = "/usr/bin/security verify-cert -c /tmp/files/leaf.cer -r /tmp/files/root.cer -L"
    assert mac.sh(verify).returncode == 0
    mac.pass_time(11 * 365 * 86400)
    assert mac.sh(verify).stderr == "Cert Verify Result: CSSMERR_TP_CERT_EXPIRED\n"


def test_the_clock_shows_the_time_that_passed(boot: Boot) -> None:
    mac = boot()
    mac.pass_time(500)
    assert 495 < int(mac.sh("/bin/date +%s\n").stdout) - time.time() < 505
