# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping: many, quickly, and without a trace, also after a crash."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from simulated_mac import Fleet, MacSpec
from simulated_mac.fleet import FleetError
from simulated_mac.inside.state import State, wake

TESTS = pathlib.Path(__file__).resolve().parents[2]


def traces(folder: pathlib.Path) -> list[str]:
    """Return every process and mount of this machine that has to do with ``folder``."""
    found = [line for line in pathlib.Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(folder) in (entry / "mountinfo").read_text() or str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(f"{entry.name} {(entry / 'cmdline').read_bytes()!r}")
            except OSError:
                continue
    return found


def wait_until_gone(folder: pathlib.Path) -> None:
    """Wait up to five seconds for the last trace to go."""
    until = time.monotonic() + 5
    while traces(folder) and time.monotonic() < until:
        time.sleep(0.05)
    assert traces(folder) == []


def test_nothing_is_left_after_a_normal_end(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "fleet with blank"
    with Fleet(folder, [MacSpec("mac01"), MacSpec("mac02")]) as fleet:
        assert [mac.sh("/usr/bin/uname -s").stdout for mac in fleet] == ["Darwin\n"] * 2
        assert traces(folder)
    wait_until_gone(folder)
    assert not folder.exists()


def test_nothing_is_left_after_an_exception(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "fleet"
    with pytest.raises(KeyboardInterrupt), Fleet(folder, [MacSpec("mac01")]):
        raise KeyboardInterrupt
    wait_until_gone(folder)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=["kill", "term", "ctrl-c"])
def test_nothing_is_left_after_the_owner_died(tmp_path: pathlib.Path, number: signal.Signals) -> None:
    folder = tmp_path / "fleet"
    program = (
        f"import time\nfrom simulated_mac import Fleet, MacSpec\nwith Fleet({str(folder)!r}, "
        f"[MacSpec('mac01')]):\n    print('up', flush=True)\n    time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    owner.send_signal(number)
    owner.wait(10)
    owner.stdout.close()
    wait_until_gone(folder)
    assert not folder.exists()


def test_no_process_or_mount_is_left_after_the_supervisor_was_killed(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "fleet"
    fleet = Fleet(folder, [MacSpec("mac01")]).start()
    os.kill(fleet.pid, signal.SIGKILL)
    wait_until_gone(folder)
    fleet.stop()
    assert not folder.exists()


def test_command_line_starts_and_stops(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "fleet"
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "simulated_mac", *arguments, "--dir", str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    up = run("up", "--count", "2", "--macos", "14.7")
    assert (up.stdout, up.returncode) == (f"{folder}/inventory.yml\n", 0)
    assert run("shell", "mac02", "sw_vers -productVersion").stdout == "14.7\n"
    shell = [sys.executable, "-m", "simulated_mac", "shell", "mac01", "--dir", str(folder), "sw_vers", "-productVersion"]
    assert subprocess.run(shell, env=environment, capture_output=True, text=True, check=False).stdout == "14.7\n"
    assert run("down").returncode == 0
    wait_until_gone(folder)
    assert not folder.exists()
    assert run("down").returncode == 1
    assert run("up", "--mode", "nonsense=1").returncode == 1


def test_up_after_a_crash_starts_afresh(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "fleet"
    crashed = Fleet(folder, [MacSpec("mac01")], detached=True).start()
    os.kill(crashed.pid, signal.SIGKILL)
    with Fleet(folder, [MacSpec("mac01", macos="13.7")]) as fleet:
        assert fleet["mac01"].sh("/usr/bin/sw_vers -productVersion").stdout == "13.7\n"
    if crashed._process is not None:
        crashed._process.wait(5)


def test_a_mistake_of_the_simulator_ends_no_mac_and_is_told_at_the_end(tmp_path: pathlib.Path) -> None:
    fleet = Fleet(tmp_path / "fleet", [MacSpec("mac01"), MacSpec("mac02")]).start()
    with State(str(fleet["mac01"].folder)) as data:
        data["requests"] = [{"action": "what-nobody-can"}]
    wake(str(fleet["mac01"].folder))
    until = time.monotonic() + 10
    while not fleet._faults() and time.monotonic() < until:
        time.sleep(0.05)
    assert [mac.sh("/usr/bin/uname -s").stdout for mac in fleet] == ["Darwin\n"] * 2
    with pytest.raises(FleetError, match=r"mac01: (?s:.*)what-nobody-can"):
        fleet.stop()
    assert not fleet.folder.exists()


def test_a_folder_where_macs_run_takes_no_second_fleet(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "fleet"
    with Fleet(folder, [MacSpec("mac01", macos="13.7")]) as first:
        second = Fleet(folder, [MacSpec("mac01")], detached=True)
        with pytest.raises(FleetError, match=r"already; stop them with .* down"):
            second.start()
        second.stop()
        assert first["mac01"].sh("/usr/bin/sw_vers -productVersion").stdout == "13.7\n"
    wait_until_gone(folder)


def test_two_fleets_do_not_meet(tmp_path: pathlib.Path) -> None:
    with Fleet(tmp_path / "one", [MacSpec("mac01", macos="13.7")]) as one, Fleet(tmp_path / "two", [MacSpec("mac01", macos="26.1")]) as two:
        assert one.port != two.port
        assert one["mac01"].sh("/usr/bin/sw_vers -productVersion").stdout == "13.7\n"
        assert two["mac01"].sh("/usr/bin/sw_vers -productVersion").stdout == "26.1\n"


def test_failure_to_start_says_why_and_leaves_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "fleet"
    with pytest.raises(FleetError, match="twice"):
        Fleet(folder, [MacSpec("same"), MacSpec("same")]).start()
    assert not folder.exists()


def test_inventory_is_one_that_ansible_reads(tmp_path: pathlib.Path) -> None:
    with Fleet(tmp_path / "per%cent", [MacSpec("mac01", sudo_password=True)]) as fleet:
        done = subprocess.run(
            [
                str(pathlib.Path(sys.executable).parent / "ansible"),
                "-i",
                str(fleet.inventory),
                "macs",
                "-m",
                "raw",
                "-b",
                "-a",
                "/usr/bin/id -u",
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "CHANGED" in done.stdout, done.stdout + done.stderr
        listed = subprocess.run(
            [str(pathlib.Path(sys.executable).parent / "ansible-inventory"), "-i", str(fleet.inventory), "--list"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "ansible_python_interpreter" not in json.dumps(json.loads(listed.stdout))


def kibibytes(fleet: Fleet) -> int:
    """Return the memory that the fleet's processes take, shared pages by their share, and what lies in its scratch file system."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue

    def belongs(pid: int) -> bool:
        while pid > 1 and pid != fleet.pid:
            pid = parents.get(pid, 0)
        return pid == fleet.pid

    total = 0
    for pid in filter(belongs, parents):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    scratch = os.statvfs(f"/proc/{fleet.pid}/root{fleet.folder}/run")
    return total + (scratch.f_blocks - scratch.f_bfree) * scratch.f_frsize // 1024


@pytest.mark.slow
def test_a_hundred_macs_start_in_time_and_fit(tmp_path: pathlib.Path) -> None:
    began = time.monotonic()
    folder = tmp_path / "fleet"
    with Fleet(folder, [MacSpec(f"mac{number:03}") for number in range(100)]) as fleet:
        seconds = time.monotonic() - began
        command = "/usr/bin/security list-keychains >/dev/null; /bin/sleep 3"
        running = [subprocess.Popen(mac.ssh_command(command), stdin=subprocess.DEVNULL) for mac in fleet]
        most = kibibytes(fleet)
        while any(process.poll() is None for process in running):
            most = max(most, kibibytes(fleet))
        assert [process.wait(60) for process in running] == [0] * 100
    assert seconds < 30
    assert 100 << 10 < most < 4 << 20
    wait_until_gone(folder)
