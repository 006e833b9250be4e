# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in the resident must look to everybody as if the tool's own process did it."""

from __future__ import annotations

import hashlib
import typing as t

import pytest

from simulated_mac import SimulatedMac

Boot = t.Callable[..., SimulatedMac]
# Both ways of a stand-in: in the resident, and, without it, in a Python process of its own.
WAYS = ("resident", "alone")


def by(mac: SimulatedMac, way: str) -> SimulatedMac:
    if way == "alone":
        mac.remove("/.simulator/run/tools")
    return mac


@pytest.fixture(params=WAYS)
def mac(boot: Boot, request: pytest.FixtureRequest) -> SimulatedMac:
    return by(boot(), request.param)


def standing_in(mac: SimulatedMac) -> set[str]:
    """Return the process ids below the Mac's first process that are no shell and no sshd: residents and what they run."""
    script = "for p in /.simulator/proc/[0-9]*; do read -r _ name _ < $p/stat && case $name in *python*) echo ${p##*/};; esac; done"
    return set(mac.sh(script).stdout.split())


def test_streams_folder_and_mask_are_the_callers(mac: SimulatedMac) -> None:
    done = mac.sh(
        "cd /tmp; umask 027; printf 'a b\\n' >in; /usr/bin/sed -n 1p <in >>out; /usr/bin/sed s/a/c/ <in >>out; cat out; "
        "/usr/bin/mktemp -d ./x.XXXX >/dev/null; /usr/bin/stat -f %Lp x.*; : >in; /usr/bin/stat -f %Lp in; "
        "/usr/bin/readlink no-link 2>err; echo $?; (/usr/bin/uname -s >&-) 2>/dev/null; echo $?"
    )
    assert done.stdout.splitlines() == ["a b", "c b", "700", "640", "1", "1"]


def test_rights_are_the_callers(mac: SimulatedMac) -> None:
    done = mac.sh(
        "sudo sh -c 'mkdir -m 700 /tmp/closed; echo x >/tmp/closed/file'; stat /tmp/closed/file; echo $?; sudo stat -f %Su /tmp/closed/file"
    )
    assert done.stdout == "1\nroot\n"
    assert "Permission denied" in done.stderr
    # its group admin
    done = mac.sh("sudo sh -c 'mkdir -m 750 /tmp/staff; chgrp admin /tmp/staff; echo x >/tmp/staff/file'; stat -f %Su /tmp/staff/file")
    assert done.stdout == "root\n"


def test_environment_is_the_callers(mac: SimulatedMac) -> None:
    home = "/Users/alice"
    assert mac.sh("/usr/bin/security default-keychain").stdout.strip() == f'"{home}/Library/Keychains/login.keychain-db"'
    assert mac.sh("HOME=/tmp /usr/bin/security default-keychain").stdout.strip() != f'"{home}/Library/Keychains/login.keychain-db"'
    assert mac.sh("TZ=UTC-2 /bin/date -r 0 +%H").stdout == "02\n"


def test_standard_input_by_its_name(mac: SimulatedMac) -> None:
    assert mac.sh("printf x | /usr/bin/shasum -a 256 /dev/stdin").stdout.startswith(hashlib.sha256(b"x").hexdigest())


@pytest.mark.parametrize("signal", ["TERM", "KILL"])
def test_who_kills_the_tool_ends_the_stand_in(mac: SimulatedMac, signal: str) -> None:
    before = standing_in(mac)
    mac.fault("security", "hang")
    done = mac.sh(f"/usr/bin/security list-keychains & sleep 1; kill -{signal} $!; wait $!; echo $?; sleep 0.3")
    assert done.stdout.split() == [str({"TERM": 143, "KILL": 137}[signal])]
    assert standing_in(mac) == before


def test_a_stand_in_that_is_killed_was_killed_to_its_caller(mac: SimulatedMac) -> None:
    mac.fault("security", "kill")
    assert mac.sh("/usr/bin/security list-keychains; echo $?").stdout == "137\n"


def test_a_closed_pipe_ends_it(mac: SimulatedMac) -> None:
    script = "i=0; while [ $i -lt 3000 ]; do echo s/a/bbbbbbbbbbbbbbbbbbbbbbbbbbb/; i=$((i + 1)); done >/tmp/long; "
    done = mac.sh(
        script + "trap '' PIPE; { /usr/bin/security -i </tmp/long 2>&1; echo $? >/tmp/status; } | head -c 1 >/dev/null; cat /tmp/status"
    )
    assert done.stdout.strip() in {"141", "1"}


def test_many_at_once(mac: SimulatedMac) -> None:
    done = mac.sh("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do /usr/bin/sw_vers -productVersion & done; wait")
    assert len(done.stdout.split()) == 12


def test_a_long_call(mac: SimulatedMac) -> None:
    done = mac.sh("long=$(/usr/bin/printf '%0100000d' 7); LONG=$long /usr/bin/readlink $long; echo $?")
    assert done.stdout == "1\n"


def test_what_ends_at_once_writes_to_a_full_disk(mac: SimulatedMac) -> None:
    mac.fill_disk("/private/tmp")
    done = mac.sh("/usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice >/tmp/x; echo $?")
    assert done.stdout == "1\n"
    assert "ioreg: stdout: No space left on device" in done.stderr


def test_its_standard_error_comes_first(mac: SimulatedMac) -> None:
    """As that of any tool which buffers what it prints into a pipe."""
    done = mac.sh("/usr/bin/stat -f %N / /tmp/missing / 2>&1")
    assert done.stdout == "stat: /tmp/missing: stat: No such file or directory\n/\n/\n"


def test_a_resident_that_has_died_is_seen(boot: Boot) -> None:
    """Not passed over by the other way, which would hide it. So this shows as well that the resident is what runs the stand-ins."""
    mac = boot()
    (resident,) = standing_in(mac)
    done = mac.sh(f"sudo kill -KILL {resident}; sleep 0.2; /usr/bin/sw_vers; echo $?")
    assert done.stdout == "70\n"
    assert "the resident has died" in done.stderr
