# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway in the background: one keeper process owns all of it, and everything ends with that process, however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Sequence

from cryptography import x509
from support.demo_pki import Holder

from simulated_mac import Fleet

from .azure import FOLDER_PREFIX, Authentication, Gateway, clients_of
from .vici import Vici

_TESTS = pathlib.Path(__file__).resolve().parents[1]
_NOTE = "gateway.json"
_LOG = "keeper.log"


class NotRunningError(Exception):
    """There is no gateway in that folder, or it did not start; the text says which."""


def up(folder: pathlib.Path, arguments: Sequence[str]) -> str:
    """Start a keeper in a session of its own; return its one line when the gateway answers. Raises ``NotRunningError``."""
    with contextlib.suppress(NotRunningError):
        down(folder)
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", __package__ or "gateway", "_keep", f"--dir={folder.resolve()}", *arguments]
    with open(folder / _LOG, "wb") as log:
        keeper = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            text=True,
        )
    assert keeper.stdout is not None
    line = keeper.stdout.readline().strip()
    keeper.stdout.close()
    if not line:
        keeper.wait()
        raise NotRunningError(f"it did not start:\n{(folder / 'keeper.log').read_text()}")
    return line


def keep(
    folder: pathlib.Path, roots: Sequence[pathlib.Path], package: pathlib.Path | None, fleet: pathlib.Path | None, authentication: str
) -> None:
    """Be the keeper until a signal comes."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_ignored: ended.set())
    holders = [Holder(x509.load_pem_x509_certificate(root.read_bytes()), None) for root in roots]
    with Gateway(holders, authentication=t.cast(Authentication, authentication)) as gateway:
        if package is not None:
            package.write_bytes(gateway.package())
        for mac in Fleet.attach(fleet) if fleet is not None else ():
            gateway.attach(mac)
        note = {"pid": os.getpid(), "folder": str(gateway.folder), "server": gateway.server}
        (folder / _NOTE).write_text(json.dumps(note))
        print(f"{gateway.server} answers the simulated Macs", flush=True)
        # The reader of that line goes away.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        while not ended.wait(1):
            pass


def status(folder: pathlib.Path) -> list[dict[str, t.Any]]:
    """Return who is connected. Raises ``NotRunningError``."""
    note = _note(folder)
    try:
        with Vici(pathlib.Path(note["folder"]) / "c" / "vici") as vici:
            events = vici.stream("list-sas", "list-sa")
    except OSError as error:
        raise NotRunningError(f"the gateway does not answer ({error})") from None
    return clients_of([body for event in events for body in event.values()])


def down(folder: pathlib.Path) -> None:
    """Stop the gateway of ``folder``, or clear up after one that was killed. Raises ``NotRunningError`` when there was none."""
    note = _note(folder)
    with contextlib.suppress(OSError):
        if b"_keep" in pathlib.Path(f"/proc/{note['pid']}/cmdline").read_bytes():
            os.kill(note["pid"], signal.SIGTERM)
            until = time.monotonic() + 20
            while pathlib.Path(f"/proc/{note['pid']}/cmdline").read_bytes() and time.monotonic() < until:
                time.sleep(0.05)
    own = pathlib.Path(note["folder"])
    if own.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(own, ignore_errors=True)
    for name in (_NOTE, _LOG):
        (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()  # unless somebody keeps other things in it


def _note(folder: pathlib.Path) -> dict[str, t.Any]:
    try:
        note: dict[str, t.Any] = json.loads((folder / _NOTE).read_text())
    except OSError:
        raise NotRunningError(f"no gateway runs in {folder}") from None
    return note
