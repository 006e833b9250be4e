# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start simulated Macs and stop them, whatever happens in between."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
import types
import typing as t

from . import supervisor
from .mac import SimulatedMac, for_ssh
from .spec import MacSpec

PACKAGE = pathlib.Path(__file__).resolve().parent


class FleetError(Exception):
    """The Macs could not be started; the text says why."""


class Fleet:
    """Some running simulated Macs: ``with Fleet(folder, [MacSpec("mac01")]) as fleet``.

    ``folder`` is made, and removed at the end. ``fleet["mac01"]`` is a :class:`SimulatedMac`, ``fleet.inventory``
    the path of an Ansible inventory of all of them (group ``macs``).
    """

    def __init__(self, folder: str | os.PathLike[str], specs: t.Sequence[MacSpec], *, detached: bool = False) -> None:
        self.folder = pathlib.Path(folder).resolve()
        self.specs = list(specs)
        self.detached = detached
        self.macs: dict[str, SimulatedMac] = {}
        self.port = 0
        self.pid = 0
        self._process: subprocess.Popen[str] | None = None

    # -- life --------------------------------------------------------------------------------------------------

    def __enter__(self) -> t.Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None:
        self.stop()

    def start(self) -> t.Self:
        """Start the Macs and wait until each answers. Raises ``FleetError``, also when a fleet runs in the folder already."""
        if self._runs():
            raise FleetError(
                f"simulated Macs run in {self.folder} already; stop them with `python -m simulated_mac down --dir {self.folder}`, "
                "or take another folder"
            )
        if (self.folder / "fleet.json").exists():
            self._clear_what_a_crash_left()
        (self.folder / "macs").mkdir(parents=True, exist_ok=True)
        self._make_keys()
        (self.folder / "specs.json").write_text(json.dumps([spec.to_json() for spec in self.specs]))
        environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
        command = [sys.executable, "-m", PACKAGE.name, "_supervise", "--dir", str(self.folder)]
        with open(self.folder / "supervisor.log", "wb") as log:
            self._process = subprocess.Popen(
                command + ([] if self.detached else ["--owned"]),
                env=environment,
                stdin=subprocess.DEVNULL if self.detached else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                text=True,
            )
        try:
            assert self._process.stdout is not None
            answer = json.loads(self._process.stdout.readline() or "{}")
            if "port" not in answer:
                log_text = (self.folder / "supervisor.log").read_text()
                raise FleetError(f"the simulated Macs did not start: {answer.get('error', '')}\n{log_text}")
        except BaseException:
            self.stop()
            raise
        self.port, self.pid = answer["port"], answer["pid"]
        self._note(answer["addresses"])
        return self

    def _runs(self) -> bool:
        try:
            supervisor.ask(self.folder, "hello")
        except (OSError, RuntimeError):
            return False
        return True

    def stop(self) -> None:
        """Stop every Mac and remove the folder; may be called again. Raises ``FleetError`` for what the simulator itself did wrong."""
        if self._process is None:
            return
        faults = self._faults()
        if self._process.stdin is not None:
            self._process.stdin.close()
        else:
            with contextlib.suppress(OSError, RuntimeError):
                supervisor.ask(self.folder, "stop")
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)
        self._tell(faults)

    def _faults(self) -> str:
        try:
            return (self.folder / supervisor.FAULTS).read_text()
        except FileNotFoundError:
            return ""

    @staticmethod
    def _tell(faults: str) -> None:
        if faults:
            raise FleetError(f"a simulated Mac failed, which is a mistake of the simulator and says nothing of macOS:\n{faults}")

    @classmethod
    def attach(cls, folder: str | os.PathLike[str]) -> t.Self:
        """Return the fleet that already runs in ``folder`` (started with ``up``). Raises ``FleetError``."""
        fleet = cls(folder, [])
        try:
            data = json.loads((fleet.folder / "fleet.json").read_text())
        except FileNotFoundError:
            raise FleetError(f"no simulated Macs run in {folder}") from None
        fleet.port, fleet.pid = data["port"], data["pid"]
        fleet.specs = [MacSpec.from_json(spec) for spec in data["specs"]]
        for spec in fleet.specs:
            fleet.macs[spec.name] = SimulatedMac(fleet.folder, spec, data["addresses"][spec.name], fleet.port)
        return fleet

    def down(self) -> None:
        """Stop a fleet that was attached to, or clear up after one that crashed. Raises ``FleetError`` as ``stop``."""
        faults = self._faults()
        try:
            supervisor.ask(self.folder, "stop")
        except (OSError, RuntimeError):
            self._clear_what_a_crash_left()
        until = time.monotonic() + 20
        while (self.folder / "fleet.json").exists() and time.monotonic() < until:
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._tell(faults)

    def _clear_what_a_crash_left(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            pid = json.loads((self.folder / "fleet.json").read_text())["pid"]
            if b"_supervise" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        for name in ("macs", "keys"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in ("control", "fleet.json", supervisor.FAULTS):
            (self.folder / name).unlink(missing_ok=True)

    # -- use ---------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> SimulatedMac:
        return self.macs[name]

    def __iter__(self) -> t.Iterator[SimulatedMac]:
        return iter(self.macs.values())

    def __len__(self) -> int:
        return len(self.macs)

    def boot(self, spec: MacSpec) -> SimulatedMac:
        """Add one more Mac to the running fleet and to its inventory."""
        addresses = supervisor.ask(self.folder, "boot", specs=[spec.to_json()])
        self.specs.append(spec)
        self._note({**{mac.name: mac.address for mac in self}, **addresses})
        return self.macs[spec.name]

    @property
    def inventory(self) -> pathlib.Path:
        """The Ansible inventory of the fleet."""
        return self.folder / "inventory.yml"

    # -- files -------------------------------------------------------------------------------------------------

    def _make_keys(self) -> None:
        keys = self.folder / "keys"
        keys.mkdir(exist_ok=True)
        for name in ("id_ed25519", "host_ed25519"):
            (keys / name).unlink(missing_ok=True)
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "simulated-mac", "-f", str(keys / name)],
                check=True,
                stdin=subprocess.DEVNULL,
            )

    def _note(self, addresses: dict[str, str]) -> None:
        """Write what others read: known_hosts, the inventory, and what ``attach`` needs."""
        for spec in self.specs:
            if spec.name not in self.macs:
                self.macs[spec.name] = SimulatedMac(self.folder, spec, addresses[spec.name], self.port)
        key = " ".join((self.folder / "keys" / "host_ed25519.pub").read_text().split()[:2])
        (self.folder / "known_hosts").write_text("".join(f"[{mac.address}]:{self.port} {key}\n" for mac in self))
        known_hosts = for_ssh(self.folder / "known_hosts")
        lines = ["macs:", "  hosts:"]
        for mac in self:
            lines += [f"    {mac.name}:", f"      ansible_host: {mac.address}", f"      ansible_user: {mac.spec.ssh_user}"]
            if mac.spec.sudo_password:
                lines.append(f"      ansible_become_password: {json.dumps(mac.spec.user(mac.spec.ssh_user).login_password)}")
        option = shlex.quote(f'UserKnownHostsFile="{known_hosts}"')
        arguments = f"-o {option} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        lines += [
            "  vars:",
            f"    ansible_port: {self.port}",
            f"    ansible_ssh_private_key_file: {json.dumps(for_ssh(self.folder / 'keys' / 'id_ed25519'))}",
            f"    ansible_ssh_common_args: {json.dumps(arguments)}",
        ]
        self.inventory.write_text("\n".join(lines) + "\n")
        note = {
            "port": self.port,
            "pid": self.pid,
            "addresses": {mac.name: mac.address for mac in self},
            "specs": [spec.to_json() for spec in self.specs],
        }
        new = self.folder / "fleet.json.new"
        new.write_text(json.dumps(note))
        new.rename(self.folder / "fleet.json")
