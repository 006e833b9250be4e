# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few Linux system calls that Python offers no function for (3.11), through the C library."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str = "") -> None:
    """mount(2); raises ``OSError``."""
    _check(
        _libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), data.encode()),
        f"mount {target}",
    )


def bind(source: str, target: str, *, read_only: bool = False) -> None:
    """Show ``source`` at ``target``, which must exist; raises ``OSError``."""
    mount(source, target, None, MS_BIND)
    if read_only:
        # An unprivileged user namespace must keep the flags that the source is locked with.
        locked = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV)
        mount("", target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | locked)


def unmount(target: str) -> None:
    """Detach what is mounted at ``target``; raises ``OSError``."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def private_mounts() -> None:
    """Let no mount made from here on reach, or come from, another mount namespace."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def unshare(flags: int) -> None:
    """unshare(2); raises ``OSError``."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """setns(2); raises ``OSError``."""
    _check(_libc.setns(descriptor, kind), "setns")


def pivot_root(new: str) -> None:
    """Make ``new`` (a mount point) the root and forget the old root; raises ``OSError``."""
    os.chdir(new)
    _check(_libc.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def die_with_parent() -> None:
    """Have the kernel kill this process with SIGKILL when its parent dies, however it dies."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl")


def stay_readable() -> None:
    """Let this process go on reading its own /proc/self, which it may not after a change of its user without an exec."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
