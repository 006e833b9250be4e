# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Child processes that cannot outlive their owner, and network namespaces that live as long as a process does."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import typing as t
from collections.abc import Sequence

# The kernel kills the child when its owner dies, however that dies.
MORTAL = ("setpriv", "--pdeathsig", "KILL", "--")


def run(*argv: str, check: bool = True, timeout: float = 30.0, **more: t.Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Raises ``RuntimeError`` with what it printed when ``check`` and it failed."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done


def end(process: subprocess.Popen[t.Any], patience: float = 5.0) -> None:
    """End one process of ours: politely, then not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Namespace:
    """A network namespace without a name: it and all in it are gone when the last process in it is."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._keeper: subprocess.Popen[str] | None = None

    @classmethod
    def create(cls) -> t.Self:
        """Make a namespace with a loopback interface that is up; ``close`` ends it."""
        # cat ends when the pipe from its owner closes; the pipe is inherited by nobody.
        keeper = subprocess.Popen(
            [*MORTAL, "unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert keeper.stdout is not None
        assert keeper.stderr is not None
        if keeper.stdout.readline() != "up\n":
            raise RuntimeError(f"no network namespace can be made here: {keeper.stderr.read().strip()}")
        namespace = cls(keeper.pid)
        namespace._keeper = keeper
        return namespace

    @property
    def path(self) -> str:
        """The namespace as a file, while it lives."""
        return f"/proc/{self.pid}/ns/net"

    def command(self, *argv: str) -> list[str]:
        """Return the argument list that runs ``argv`` in the namespace."""
        return ["nsenter", f"--net={self.path}", *argv]

    def run(self, *argv: str, check: bool = True, timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace; as :func:`run`."""
        return run(*self.command(*argv), check=check, timeout=timeout)

    def ip(self, *arguments: str) -> str:
        """Run ip(8) in the namespace and return what it printed. Raises ``RuntimeError``."""
        return self.run("ip", *arguments).stdout

    def sysctl(self, name: str, value: str) -> None:
        """Set one of the namespace's own settings, as net/ipv4/ip_forward. Raises ``RuntimeError``."""
        self.run("sh", "-c", 'printf %s "$2" >"/proc/sys/$1"', "sh", name, value)

    def close(self) -> None:
        """End the namespace, if it is one that this object made."""
        if self._keeper is not None:
            for stream in (self._keeper.stdin, self._keeper.stdout, self._keeper.stderr):
                assert stream is not None
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
            end(self._keeper)
            self._keeper = None


def link(
    left: Namespace, left_name: str, left_addresses: Sequence[str], right: Namespace, right_name: str, right_addresses: Sequence[str]
) -> None:
    """Connect two namespaces with a cable: an interface in each, up, with its addresses. Raises ``RuntimeError``."""
    run("ip", "link", "add", left_name, "netns", str(left.pid), "type", "veth", "peer", "name", right_name, "netns", str(right.pid))
    for side, name, addresses in ((left, left_name, left_addresses), (right, right_name, right_addresses)):
        for address in addresses:
            side.ip("address", "add", address, "dev", name)
        side.ip("link", "set", name, "up")


def traffic(namespace: Namespace, interface: str) -> tuple[int, int]:
    """Return (packets received, packets sent) of an interface."""
    for line in namespace.run("cat", "/proc/net/dev").stdout.splitlines():
        name, _colon, counters = line.strip().partition(":")
        if name == interface:
            fields = counters.split()
            return int(fields[1]), int(fields[9])
    raise RuntimeError(f"there is no interface {interface}")


def free_folder(folder: pathlib.Path) -> pathlib.Path:
    """Return ``folder``, made, for nobody but its owner to look into."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
