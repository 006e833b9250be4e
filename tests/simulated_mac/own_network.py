# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Mac in a network namespace of its own: only the door of its sshd stays in the network of the machine."""

from __future__ import annotations

import fcntl
import os
import pathlib
import signal
import socket
import struct
import typing as t

from . import base, linux

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_SSHD = ["/usr/sbin/sshd", "-i", "-e"]


def open_door(address: str, port: int) -> socket.socket:
    """Return the listening socket, which stays in the network where it was made, and leave that network."""
    door = socket.create_server((address, port), backlog=128)
    linux.unshare(linux.CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    return door


def keep_door(door: socket.socket) -> t.NoReturn:
    """Start an sshd for each connection, as launchd does on macOS. Never returns: this is process 1 of the Mac."""
    # Who pings on macOS needs no rights.
    pathlib.Path(f"/{base.HIDDEN}/proc/sys/net/ipv4/ping_group_range").write_text("0 65535")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _address = door.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(connection.fileno(), 0)
            os.dup2(connection.fileno(), 1)
            os.execve(_SSHD[0], _SSHD, {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})
        connection.close()
