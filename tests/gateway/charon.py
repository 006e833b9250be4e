# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One strongSwan daemon in a network namespace, configured over vici alone: no key is ever in a file."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import time
import typing as t

from . import machine
from .process import MORTAL, Namespace, end, free_folder
from .vici import Vici

# What Debian's packages of strongSwan 5.9 hold; a name that is missing only costs a line in the log.
_PLUGINS = (
    "random nonce openssl pem x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pkcs12 sha1 sha2 aes gcm hmac kdf gmp curve25519 "
    "{kernel} {extra} socket-default vici eap-identity eap-tls"
)
# threads: with fewer, vici starves while kernel-libipsec works. The fwmarks keep IKE and the ESP of userspace out of the tunnel.
# retransmit: three packets in about three seconds instead of five in two minutes. dos_protection: a client that is refused over and
# over, as in tests, would otherwise get no answer any more.
_CONFIGURATION = """\
charon-systemd {{
  load = {plugins}
  threads = 16
  dos_protection = no
  retransmit_tries = 2
  retransmit_timeout = 0.6
  journal {{
    default = -1
  }}
  filelog {{
    log {{
      path = {folder}/log
      default = 1
      ike = 2
      cfg = 2
      flush_line = yes
    }}
  }}
  plugins {{
    vici {{
      socket = unix://{folder}/vici
    }}
    resolve {{
      file = {folder}/resolv.conf
    }}
{userspace}  }}
}}
libtls {{
  version_min = 1.2
  version_max = 1.2
}}
"""
_USERSPACE = """\
    kernel-netlink {
      fwmark = !0x42
    }
    socket-default {
      fwmark = 0x42
    }
    kernel-libipsec {
      allow_peer_ts = yes
    }
"""
_START_SECONDS = 10.0


class CharonError(Exception):
    """The daemon did not start; the text holds its log."""


class Charon:
    """A running daemon. ``folder`` has a short path: a Unix socket's name holds 107 bytes."""

    def __init__(self, folder: pathlib.Path, namespace: Namespace, *, hosts: str = "", asks_for_dns: bool = False) -> None:
        self.folder = free_folder(folder)
        self.namespace = namespace
        self._process = self._start(hosts, asks_for_dns)
        self._wait()

    def _start(self, hosts: str, asks_for_dns: bool) -> subprocess.Popen[bytes]:
        program = machine.charon()
        if program is None:
            raise CharonError(f"strongSwan is missing; install {machine.PACKAGES}")
        # The packages' AppArmor profiles attach by path and let few files be read; a copy elsewhere is not confined.
        copy = self.folder / program.name
        shutil.copy(program, copy)
        kernel = "kernel-netlink" if machine.esp_in_kernel() else "kernel-libipsec kernel-netlink"
        # The plugin resolve would hand the servers to resolvconf, where that is installed, for the whole machine.
        extra = "resolve" if asks_for_dns and not pathlib.Path("/sbin/resolvconf").exists() else ""
        (self.folder / "strongswan.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                plugins=_PLUGINS.format(kernel=kernel, extra=extra),
                userspace="" if machine.esp_in_kernel() else _USERSPACE,
            )
        )
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}")
        # A mount namespace of its own shows charon these names and no name server; neither forks, so the process id is charon's.
        (self.folder / "no-servers").write_text("")
        script = (
            'mount --bind "$1/hosts" /etc/hosts && '
            '{ [ ! -e /etc/resolv.conf ] || mount --bind "$1/no-servers" /etc/resolv.conf; } && exec "$2"'
        )
        inner = ["unshare", "--mount", "sh", "-c", script, "sh", str(self.folder), str(copy)]
        environment = {"PATH": machine.PATH, "STRONGSWAN_CONF": str(self.folder / "strongswan.conf")}
        with open(self.folder / "output", "wb") as output:
            return subprocess.Popen(
                [*MORTAL, *self.namespace.command(*inner)], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                end(self._process)
                raise CharonError(f"charon did not start:\n{(self.folder / 'output').read_text()}{self.log()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        """Return whether somebody listens: the socket is there a moment before that."""
        try:
            self.vici().close()
        except OSError:
            return False
        return True

    def vici(self, timeout: float = 60.0) -> Vici:
        """Return a new connection to the daemon, for use with ``with``."""
        return Vici(self.folder / "vici", timeout)

    def associations(self) -> list[dict[str, t.Any]]:
        """Return the IKE associations, each with its ``name``, as vici's list-sas shows them."""
        with self.vici() as vici:
            return [{"name": name, **body} for event in vici.stream("list-sas", "list-sa") for name, body in event.items()]

    def log(self, since: int = 0) -> str:
        """Return what the daemon logged, from the byte ``since`` on."""
        file = self.folder / "log"
        return file.read_bytes()[since:].decode("utf-8", "replace") if file.exists() else ""

    def mark(self) -> int:
        """Return where the log ends now, for ``log(since)``."""
        file = self.folder / "log"
        return file.stat().st_size if file.exists() else 0

    def name_servers(self) -> list[str]:
        """Return the DNS servers that the far end pushed."""
        file = self.folder / "resolv.conf"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.split()[1] for line in lines if line.startswith("nameserver ")]

    def stop(self) -> None:
        """End the daemon; it says goodbye to its peers first."""
        end(self._process)
