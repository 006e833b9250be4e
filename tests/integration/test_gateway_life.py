# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway in the background, as the demo uses it: it starts, tells, ends, and leaves nothing behind, whoever is killed."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import gateway
import pytest
from gateway.process import Namespace
from support import demo_files, demo_pki, namespaces
from support.connection_world import WILLING

from simulated_mac import Fleet, MacSpec

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(bool(gateway.lacking()), reason=f"no gateway can run here: {'; '.join(gateway.lacking())}"),
]
TESTS = pathlib.Path(__file__).resolve().parents[1]


def _cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments], capture_output=True, text=True, env=environment, check=False, timeout=60
    )


def _network() -> str:
    """Return what the machine's own network looks like: interfaces, and namespaces that have a name."""
    shown = [
        subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout for words in (["-o", "link"], ["netns", "list"])
    ]
    return "".join(line.split("state")[0] for text in shown for line in text.splitlines(keepends=True))


def _processes(folder: str) -> list[str]:
    """Return the processes that run a program out of ``folder``, or were told of it."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line:
            found.append(line)
    return found


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Return a folder with a client root; whatever runs in it is stopped."""
    demo_files.write(tmp_path, ["mac01"])
    yield tmp_path
    _cli("down", "--dir", str(tmp_path / "gw"))


def _up(folder: pathlib.Path, *more: str) -> dict[str, object]:
    arguments = [
        "--dir",
        str(folder / "gw"),
        "--client-root",
        str(folder / "client-root.pem"),
        "--package",
        str(folder / "azure.zip"),
        *more,
    ]
    done = _cli("up", *arguments)
    assert done.returncode == 0, done.stderr
    assert "answers the simulated Macs" in done.stdout
    note: dict[str, object] = json.loads((folder / "gw" / "gateway.json").read_text())
    return note


@pytest.mark.parametrize("how", ["down", "killed"])
def test_nothing_is_left_behind(folder: pathlib.Path, how: str) -> None:
    network = _network()
    with Fleet(folder / "fleet", [MacSpec("mac01", network=True, vpnutil=True, person=WILLING)]):
        note = _up(folder, "--fleet", str(folder / "fleet"))
        own = str(note["folder"])
        assert len(_processes(own)) >= 2  # the gateway's daemon, and the Mac's
        assert _network() == network
        if how == "killed":
            os.kill(int(str(note["pid"])), signal.SIGKILL)
            until = time.monotonic() + 10
            while _processes(own) and time.monotonic() < until:
                time.sleep(0.05)
            assert _processes(own) == []
        assert _cli("down", "--dir", str(folder / "gw")).returncode == 0
        assert _processes(own) == []
        assert not pathlib.Path(own).exists()
        assert not (folder / "gw").exists()
    assert _network() == network


def test_a_namespace_that_is_left_would_be_found() -> None:
    """It has no name; what the whole run left is looked for in conftest.py."""
    before = frozenset(namespaces.present())
    kept = Namespace.create()
    # its parent has ended, as that of what a killed process left
    command = "unshare --net sleep 60 >/dev/null 2>&1 & echo $!"
    orphan = int(subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout)
    try:
        until = time.monotonic() + 10
        while len(found := namespaces.left(before, patience=0)) < 2:
            assert time.monotonic() < until, found
        assert any("sleep 60" in line for lines in found.values() for line in lines)
    finally:
        kept.close()
        os.kill(orphan, signal.SIGKILL)
    assert namespaces.left(before) == {}


def test_down_removes_what_is_its_own_alone(folder: pathlib.Path) -> None:
    _up(folder)
    (folder / "gw" / "precious.txt").write_text("somebody's")
    assert _cli("down", "--dir", str(folder / "gw")).returncode == 0
    assert [path.name for path in (folder / "gw").iterdir()] == ["precious.txt"]


def test_what_fails_to_end_keeps_nothing_else_from_it() -> None:
    before = frozenset(namespaces.present())
    running = gateway.Gateway((demo_pki.root(key=demo_pki.new_key("p256")),))

    def fail() -> None:
        raise OSError("for the test")

    running._closing.callback(fail)
    with pytest.raises(OSError, match="for the test"):
        running.close()
    assert not running.folder.exists()
    assert namespaces.left(before) == {}


def test_a_second_up_replaces_the_first(folder: pathlib.Path) -> None:
    first = _up(folder)
    second = _up(folder)
    assert first["pid"] != second["pid"]
    assert _processes(str(first["folder"])) == []
    status = _cli("status", "--dir", str(folder / "gw"))
    assert (status.returncode, json.loads(status.stdout)) == (0, [])


def test_without_a_gateway_status_and_down_say_so(folder: pathlib.Path) -> None:
    for command in ("status", "down"):
        done = _cli(command, "--dir", str(folder / "gw"))
        assert done.returncode == 1
        assert "no gateway runs in" in done.stderr


def test_a_machine_that_cannot_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(gateway.machine, "PATH", str(tmp_path))
    reasons = " ".join(gateway.lacking())
    assert "strongSwan is missing (Debian packages: charon-systemd" in reasons
    assert "the program nsenter is missing" in reasons


def test_a_strongswan_without_its_plugins_is_not_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(gateway.machine, "PLUGINS", tmp_path)
    assert "strongSwan lacks its plugins openssl, eap-tls, kernel-libipsec" in " ".join(gateway.lacking())
