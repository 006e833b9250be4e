# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a forked process into the first process of one simulated Mac."""

from __future__ import annotations

import os
import pathlib
import socket

from . import base, furnish, linux, own_network, resident, tools
from .spec import MacSpec

SSHD_CONFIG = """\
ListenAddress {address}
Port {port}
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile none
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
MaxStartups 200
LogLevel VERBOSE
SetEnv PATH=/usr/bin:/bin:/usr/sbin:/sbin
AcceptEnv LANG LC_*
Subsystem sftp /usr/libexec/sftp-server
PrintMotd no
"""


def become_mac(spec: MacSpec, address: str, port: int, run: pathlib.Path, state: pathlib.Path, keys: pathlib.Path) -> None:
    """Never returns: mounts the Mac's file tree, makes it the root and becomes its sshd.

    ``run`` is the fleet's scratch file system (holds ``base``), ``state`` the folder that the simulator
    shares with the Mac, ``keys`` the folder with the host key and the tests' public key.
    """
    linux.die_with_parent()
    os.umask(0o022)
    door = own_network.open_door(address, port) if spec.network else None
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC)
    linux.private_mounts()
    socket.sethostname(spec.name)
    root = _overlay(run, spec.name)
    _devices(root)
    # One small file system for all temporary files, so that a test can fill it up.
    linux.mount("tmpfs", f"{root}/private/tmp", "tmpfs", 0, "size=8m,mode=1777")
    linux.mount("tmpfs", f"{root}/private/var/folders", "tmpfs", 0, "size=8m,mode=755")
    linux.mount("tmpfs", f"{root}/{base.HIDDEN}/run", "tmpfs", 0, "size=1m,mode=755")
    linux.mount("proc", f"{root}/{base.HIDDEN}/proc", "proc")
    linux.bind(str(state), f"{root}/{base.HIDDEN}/state")
    for source, target in base.python_mounts():
        if os.path.isfile(source):
            pathlib.Path(root + target).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(root + target).touch()
        else:
            os.makedirs(root + target, exist_ok=True)
        linux.bind(source, root + target, read_only=True)
    tree = pathlib.Path(root)
    (tree / "private/etc/ssh/sshd_config").write_text(SSHD_CONFIG.format(address=address, port=port))
    host_key = tree / "private/etc/ssh/ssh_host_ed25519_key"
    host_key.write_bytes((keys / "host_ed25519").read_bytes())
    host_key.chmod(0o600)
    (tree / base.HIDDEN / "run" / "sshd").mkdir(mode=0o755)
    (tree / "private/etc/hosts").write_text(f"127.0.0.1\tlocalhost\n{address}\t{spec.name}\n")
    if spec.vpnutil:
        base.add_tool(tree, tools.VPNUTIL[0])
    if spec.network and (tree / base.HIDDEN / "bin/ping").exists():
        base.add_tool(tree, tools.PING)
    furnish.furnish(tree, spec, (keys / "id_ed25519.pub").read_text())
    linux.pivot_root(root)
    log = os.open(f"/{base.HIDDEN}/state/sshd.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.setsid()
    resident.start()
    if door is not None:
        own_network.keep_door(door)
    os.execve("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-e"], {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})


def _overlay(run: pathlib.Path, name: str) -> str:
    upper, work, root = (str(run / part / name) for part in ("upper", "work", "root"))
    for folder in (upper, work, root):
        os.makedirs(folder)
    options = f"lowerdir={run / 'base'},upperdir={upper},workdir={work}"
    try:
        linux.mount("overlay", root, "overlay", 0, options)
    except PermissionError:
        linux.mount("overlay", root, "overlay", 0, options + ",userxattr")
    return root


def _devices(root: str) -> None:
    linux.mount("tmpfs", f"{root}/dev", "tmpfs", 0, "size=64k,mode=755")
    for device in ("null", "zero", "random", "urandom", "tty"):
        pathlib.Path(f"{root}/dev/{device}").touch()
        linux.bind(f"/dev/{device}", f"{root}/dev/{device}")
    os.mkdir(f"{root}/dev/pts")
    linux.mount("devpts", f"{root}/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", f"{root}/dev/ptmx")
    os.symlink(f"/{base.HIDDEN}/proc/self/fd", f"{root}/dev/fd")
    for number, stream in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"fd/{number}", f"{root}/dev/{stream}")
    pathlib.Path(f"{root}/dev/console").touch()
