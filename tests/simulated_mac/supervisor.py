# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one process that owns a running fleet: it starts the Macs, acts for the people in front of them, and cleans up.

Every Mac is its child and dies with it (the kernel sees to that); it ends itself when the process that asked for the
fleet ends. All mounts are in its own mount namespace, so nothing is left to unmount, whoever is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import selectors
import shutil
import signal
import socket
import sys
import time
import traceback
import typing as t

from . import base, boot, inspect_tree, linux, resident, unprivileged
from .inside import person, state
from .spec import MacSpec

FIRST_PORT = 2222
START_SECONDS = 30.0
# In the fleet's folder: what went wrong in the simulator itself.
FAULTS = "simulator-faults.txt"


class Supervisor:
    """A fleet in ``folder``; ``serve`` runs until it is told to stop or its owner's end of standard input closes."""

    def __init__(self, folder: pathlib.Path, *, owned: bool) -> None:
        self.folder = folder
        self.run = folder / "run"
        self.owned = owned
        self.macs: dict[str, int] = {}
        self.addresses: dict[str, str] = {}
        self.deadlines: dict[str, float] = {}
        self.selector = selectors.DefaultSelector()
        self.stopping = False

    # -- start -------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the private scratch file system, the shared root and the fleet's port."""
        linux.unshare(linux.CLONE_NEWNS)
        linux.private_mounts()
        self.run.mkdir(exist_ok=True)
        linux.mount("tmpfs", str(self.run), "tmpfs", 0, "mode=755")
        (self.run / "base").mkdir()
        base.build(self.run / "base")
        resident.preload()
        self.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.port = self._take_port()
        self.control = socket.socket(socket.AF_UNIX)
        with _short(self.folder) as short:
            self.control.bind(f"{short}/control")
        os.chmod(self.folder / "control", 0o700)
        self.control.listen(16)
        self.selector.register(self.control, selectors.EVENT_READ, self._accept)
        if self.owned:
            self.selector.register(sys.stdin, selectors.EVENT_READ, self._owner_gone)

    def _take_port(self) -> int:
        # A name in the abstract namespace is taken atomically and given back by the kernel, so that two
        # fleets on one machine never share a port.
        self.port_lock = socket.socket(socket.AF_UNIX)
        for port in range(FIRST_PORT, FIRST_PORT + 2000):
            try:
                self.port_lock.bind(f"\0simulated-mac-{port}")
            except OSError:
                continue
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.bind(("127.1.0.1", port))
                return port
            self.port_lock.close()
            self.port_lock = socket.socket(socket.AF_UNIX)
        raise RuntimeError("no free port for a fleet of simulated Macs")

    def boot(self, specs: t.Sequence[MacSpec]) -> dict[str, str]:
        """Start the Macs of ``specs`` and wait until each answers; returns their addresses."""
        names = [*self.addresses, *(spec.name for spec in specs)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RuntimeError(f"a name is given twice: {', '.join(twice)}")
        for spec in specs:
            number = len(self.addresses)
            self.addresses[spec.name] = f"127.1.{number // 200}.{number % 200 + 1}"
            self._fork(spec)
        for spec in specs:
            self._wait(spec.name)
            self._act(spec.name)
        return {spec.name: self.addresses[spec.name] for spec in specs}

    def _fork(self, spec: MacSpec) -> None:
        folder = self.folder / "macs" / spec.name
        state.create(str(folder), spec.to_json())
        person.log_in_at_boot(str(folder), spec.to_json())
        linux.unshare(linux.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                boot.become_mac(spec, self.addresses[spec.name], self.port, self.run, folder, self.folder / "keys")
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        linux.setns(self.own_pids, linux.CLONE_NEWPID)
        self.macs[spec.name] = pid
        pipe = os.open(folder / "wake", os.O_RDWR | os.O_NONBLOCK)
        self.selector.register(pipe, selectors.EVENT_READ, lambda: self._woken(spec.name, pipe))

    def _wait(self, name: str) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            pid, status = os.waitpid(self.macs[name], os.WNOHANG)
            if pid:
                del self.macs[name]
                raise RuntimeError(f"{name} ended at once (status {status}); see supervisor.log")
            try:
                with socket.create_connection((self.addresses[name], self.port), 5) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"{name} did not answer within {START_SECONDS:.0f} s")

    # -- serve -------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answer requests and let the people act, until told to stop."""
        while not self.stopping:
            next_deadline = min(self.deadlines.values(), default=None)
            timeout = None if next_deadline is None else max(0.0, next_deadline - time.time())
            for key, _events in self.selector.select(timeout):
                key.data()
            for name, deadline in list(self.deadlines.items()):
                if deadline <= time.time():
                    self._act(name)

    def _owner_gone(self) -> None:
        if not os.read(sys.stdin.fileno(), 100):
            self.stopping = True

    def _woken(self, name: str, pipe: int) -> None:
        os.read(pipe, 1000)
        if name in self.macs:
            self._act(name)

    def _act(self, name: str) -> None:
        """Let the person at ``name`` do what is due, and note when to look again.

        A mistake of the simulator here must neither end the other Macs nor go unseen: whoever stops the fleet is told (``FAULTS``).
        """
        self.deadlines.pop(name, None)
        try:
            due = person.act(self._root(name), str(self.folder / "macs" / name))
        except Exception:
            traceback.print_exc()
            with open(self.folder / FAULTS, "a", encoding="utf-8") as file:
                file.write(f"{name}: {traceback.format_exc()}\n")
            return
        if due is not None:
            self.deadlines[name] = due

    def _root(self, name: str) -> str:
        return f"/proc/{self.macs[name]}/root"

    def _accept(self) -> None:
        connection, _address = self.control.accept()
        with connection, connection.makefile("rw", encoding="utf-8") as stream:
            try:
                request = json.loads(stream.readline())
                answer = {"result": getattr(self, f"do_{request.pop('do')}")(**request)}
            except Exception as error:
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"}
            with contextlib.suppress(OSError):
                stream.write(json.dumps(answer) + "\n")
                stream.flush()

    def do_hello(self) -> None:
        """Answer: there is a fleet here."""

    def do_stop(self) -> None:
        """Stop the fleet."""
        self.stopping = True

    def do_boot(self, specs: list[dict[str, t.Any]]) -> dict[str, str]:
        """Start more Macs."""
        return self.boot([MacSpec.from_json(spec) for spec in specs])

    def do_pid(self, name: str) -> int:
        """Return the number of the Mac's first process, as the supervisor counts."""
        return self.macs[name]

    def do_halt(self, name: str) -> None:
        """Switch one Mac off, as pulling the plug does."""
        pid = self.macs.pop(name)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.deadlines.pop(name, None)

    def do_tree(self, name: str) -> dict[str, str]:
        """Return what the Mac's file tree holds beyond the shared base."""
        return inspect_tree.tree(self.run / "upper" / name, self._root(name), self.folder / "macs" / name)

    def do_secrets(self, name: str) -> dict[str, str]:
        """Return the content (base64) of every file that is not part of the shared base."""
        return inspect_tree.contents(self.run / "upper" / name, self._root(name))

    def do_write(self, name: str, path: str, content: str, owner: int, mode: int) -> None:
        """Put a file into the Mac."""
        inspect_tree.write(self._root(name), path, content, owner, mode)

    def do_remove(self, name: str, path: str) -> None:
        """Take a file out of the Mac."""
        os.unlink(self._root(name) + path)

    def do_person(self, name: str, action: str, **arguments: t.Any) -> t.Any:
        """Have the person at the Mac do something now."""
        result = person.do(action, self._root(name), str(self.folder / "macs" / name), arguments)
        self._act(name)
        return result

    def do_fill(self, name: str, path: str, full: bool) -> None:
        """Fill the file system below ``path`` to the last byte, or free it again."""
        inspect_tree.fill(self._root(name), path, full)

    # -- end ---------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Kill every Mac and remove what the fleet wrote; the mounts go with this process."""
        for pid in self.macs.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in self.macs.values():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


@contextlib.contextmanager
def _short(folder: pathlib.Path) -> t.Iterator[str]:
    """A short name for ``folder``: a Unix socket's path holds 107 bytes only."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def ask(folder: pathlib.Path, do: str, **arguments: t.Any) -> t.Any:
    """Send one request to the supervisor of the fleet in ``folder``.

    Raises ``OSError`` when there is none, ``RuntimeError`` when it cannot do it.
    """
    with socket.socket(socket.AF_UNIX) as connection, _short(folder) as short:
        connection.connect(f"{short}/control")
        with connection.makefile("rw", encoding="utf-8") as stream:
            stream.write(json.dumps({"do": do, **arguments}) + "\n")
            stream.flush()
            answer = json.loads(stream.readline() or '{"error": "the fleet ended"}')
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def supervise(folder: pathlib.Path, *, owned: bool) -> None:
    """Run a fleet from the specifications in ``folder``/specs.json; prints one line of JSON when every Mac is up."""
    outer = os.getpid()
    if os.geteuid() != 0:
        try:
            outer = unprivileged.enter()
        except unprivileged.NotPossibleError as error:
            print(json.dumps({"error": str(error)}), flush=True)
            raise
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    supervisor = Supervisor(folder, owned=owned)
    specs = [MacSpec.from_json(spec) for spec in json.loads((folder / "specs.json").read_text())]
    failed = False
    try:
        try:
            supervisor.prepare()
            addresses = supervisor.boot(specs)
        except Exception as error:
            failed = True
            print(json.dumps({"error": str(error)}), flush=True)
            raise
        print(json.dumps({"port": supervisor.port, "addresses": addresses, "pid": outer}), flush=True)
        supervisor.serve()
    finally:
        supervisor.stop()
        # A fleet that failed to start leaves its log for its owner, who is there to read and remove it.
        if not failed:
            shutil.rmtree(folder / "macs", ignore_errors=True)
            for name in ("control", "supervisor.log", "specs.json", "inventory.yml", "known_hosts", "fleet.json", FAULTS):
                (folder / name).unlink(missing_ok=True)
            shutil.rmtree(folder / "keys", ignore_errors=True)
            with contextlib.suppress(OSError):
                _remove_scratch(supervisor.run)
                folder.rmdir()


def _remove_scratch(run: pathlib.Path) -> None:
    linux.unmount(str(run))
    run.rmdir()
