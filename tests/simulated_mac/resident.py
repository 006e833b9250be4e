# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process in each Mac that has the stand-ins in memory and runs one for every call, mostly in a fork of itself.

To start Python and the modules anew for each call costs 30 to 120 ms of processor time, a fork about 3. What the stand-in
sees is the caller's: descriptors, folder, environment, user, ancestors; and it dies with its caller. ``launchers/tool.c`` is the other end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import pkgutil
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
import types
import typing as t

from . import base, inside, linux
from .inside import run, sessions, state

_SOCKET = f"/{base.HIDDEN}/run/tools"
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_LENGTH = struct.Struct("=I")
_ANSWER = struct.Struct("=cI")
_OUTPUT = struct.Struct("=iI")  # exit status, length of stdout; stderr is the rest

# Stand-ins that only look, wait for nothing and read no standard input: these need no fork. Path -> first arguments, where it depends.
_AT_ONCE: dict[str, set[str] | None] = {
    "/sbin/ifconfig": None,
    "/sbin/route": None,
    "/usr/bin/mktemp": None,
    "/usr/bin/profiles": {"show", "status"},
    "/usr/bin/security": {"find-certificate", "find-identity", "verify-cert"},
    "/usr/bin/stat": None,
    "/usr/bin/sw_vers": None,
    "/usr/bin/uname": None,
    "/usr/sbin/ioreg": None,
}


def preload() -> None:
    """Import all of the stand-ins: the Macs of a fleet share the memory."""
    for module in pkgutil.walk_packages(inside.__path__, "simulated_mac.inside."):
        importlib.import_module(module.name)


def start() -> None:
    """Fork the resident of the Mac that this process, its first, has just become. Returns in the first process."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(_SOCKET)
    os.chmod(_SOCKET, 0o666)
    door.listen(128)
    if os.fork() == 0:
        try:
            Resident(door).serve()
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    door.close()


class Resident:
    """Serves the calls that come through ``door``."""

    def __init__(self, door: socket.socket) -> None:
        # Everything else that is open is the supervisor's.
        os.closerange(3, door.fileno())
        os.closerange(door.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        _move_imports()
        # A fork touches, and so copies, less of the memory.
        gc.disable()
        gc.freeze()
        self.door = door
        self.selector = selectors.DefaultSelector()
        self.selector.register(door, selectors.EVENT_READ, self._accept)

    def serve(self) -> None:
        """Never returns."""
        while True:
            for key, _events in self.selector.select():
                key.data()

    def _accept(self) -> None:
        connection = self.door.accept()[0]
        try:
            call = _Call(connection)
        except (OSError, ValueError, IndexError):  # the caller was killed while it asked
            connection.close()
            return
        if call.ends_at_once():
            with contextlib.suppress(run.WouldWait):
                output = call.output()
                for descriptor in call.descriptors:
                    os.close(descriptor)
                with contextlib.suppress(OSError):
                    connection.sendall(_ANSWER.pack(b"O", len(output)) + output)
                connection.close()
                return
        child = os.fork()
        if child == 0:
            try:
                call.run()
            finally:
                os._exit(70)
        for descriptor in call.descriptors:
            os.close(descriptor)
        ended = os.pidfd_open(child)
        self.selector.register(ended, selectors.EVENT_READ, lambda: self._answer(connection, ended, child))
        self.selector.register(connection, selectors.EVENT_READ, lambda: self._caller_ended(connection, ended))

    def _answer(self, connection: socket.socket, ended: int, child: int) -> None:
        status = os.waitpid(child, 0)[1]
        self.selector.unregister(ended)
        os.close(ended)
        with contextlib.suppress(KeyError):
            self.selector.unregister(connection)
        with contextlib.suppress(OSError):  # the caller has become another program, or is gone
            connection.sendall(_ANSWER.pack(b"R", status))
        connection.close()

    def _caller_ended(self, connection: socket.socket, ended: int) -> None:
        if connection.fileno() >= 0:  # not answered in the same round
            self.selector.unregister(connection)
            signal.pidfd_send_signal(ended, signal.SIGKILL)


class _Call:
    """One call as ``tool.c`` sends it: the caller's descriptors 0 to 2 and folder, then all the rest."""

    def __init__(self, connection: socket.socket) -> None:
        """Read it. Raises ``OSError``, ``ValueError`` or ``IndexError`` when it is cut short."""
        self.connection = connection
        head, self.descriptors, _flags, _address = socket.recv_fds(connection, _LENGTH.size, 4)
        (length,) = _LENGTH.unpack(head) if len(head) == _LENGTH.size else (0,)
        text = bytearray()
        while len(text) < length:
            more = connection.recv(length - len(text))
            if not more:
                break
            text += more
        fields = bytes(text).split(b"\0")
        self.path, self.entry = os.fsdecode(fields[0]), os.fsdecode(fields[1])
        self.mask = int(fields[2], 8)
        self.groups = [int(word) for word in fields[3].split()]
        end = 5 + int(fields[4])
        self.arguments = [os.fsdecode(word) for word in fields[5:end]]
        self.environment = [word.partition(b"=")[::2] for word in fields[end:-1]]

        self.pid, self.uid, self.gid = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))

    def ends_at_once(self) -> bool:
        """Return whether the stand-in may be run by the resident itself: not while any fault is set, which could be its own."""
        first = _AT_ONCE.get(self.path, set())
        return (first is None or self.arguments[:1] in [[word] for word in first]) and not os.listdir(f"{state.FOLDER}/faults")

    def output(self) -> bytes:
        """Be the caller for a moment; return exit status and output. Raises ``WouldWait``."""
        kept = sys.stdin, sys.stdout, sys.stderr, os.environ
        out, err = io.BytesIO(), io.BytesIO()
        sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(out, encoding="utf-8", errors="surrogateescape")
        sys.stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace")
        os.environ = {os.fsdecode(name): os.fsdecode(value) for name, value in self.environment}  # type: ignore[assignment] # noqa: B003
        sessions.caller, run.alone = self.pid, False
        os.umask(self.mask)
        os.fchdir(self.descriptors[3])
        os.setgroups(self.groups)
        os.setegid(self.gid)
        os.seteuid(self.uid)
        try:
            status = run.outcome(self.path, self.entry, self.arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            return _OUTPUT.pack(status, len(out.getvalue())) + out.getvalue() + err.getvalue()
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups([])
            os.chdir("/")
            sessions.caller, run.alone = None, True
            sys.stdin, sys.stdout, sys.stderr, os.environ = kept

    def run(self) -> t.NoReturn:
        """Be the caller, as far as the stand-in can see."""
        sessions.caller = self.pid
        run.replace = self._replace
        os.fchdir(self.descriptors[3])
        for number, descriptor in enumerate(self.descriptors[:3]):
            os.dup2(descriptor, number)
        own = self.connection.fileno()
        os.closerange(3, own)
        os.closerange(own + 1, os.sysconf("SC_OPEN_MAX"))
        os.umask(self.mask)
        os.setgroups(self.groups)
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        linux.stay_readable()
        os.environb.clear()
        os.environb.update((name, value) for name, value in self.environment if name)
        time.tzset()
        sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
        run.run(self.path, self.entry, self.arguments)

    def _replace(self, command: list[str]) -> t.NoReturn:
        words = b"".join(os.fsencode(word) + b"\0" for word in command)
        self.connection.sendall(_ANSWER.pack(b"X", len(words)) + words)
        os._exit(0)


def _move_imports() -> None:
    """Look for modules that are still to be imported where the Mac has them, now that the machine's own folders are out of sight."""
    moved = [*base.python_mounts(), (str(base.PACKAGE), f"/{base.HIDDEN}/lib/simulated_mac")]
    moved.sort(key=lambda pair: len(pair[0]), reverse=True)

    def there(path: str) -> str:
        return next((new + path.removeprefix(here) for here, new in moved if path == here or path.startswith(here + "/")), path)

    sys.path[:] = [there(path) for path in sys.path]
    sys.path_importer_cache.clear()
    for module in list(sys.modules.values()):
        if isinstance(module, types.ModuleType) and isinstance(getattr(module, "__path__", None), list):
            module.__path__[:] = [there(path) for path in module.__path__]
