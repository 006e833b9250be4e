# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One running simulated Mac, as tests see it from outside."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import pathlib
import subprocess
import typing as t

from . import supervisor
from .inside.state import State, note_modes, wake
from .spec import MacSpec


@dataclasses.dataclass(frozen=True)
class Call:
    """One command line tool that ran in the Mac: its whole argument list (path first) and environment, as text."""

    argv: tuple[str, ...]
    environment: str


def for_ssh(path: pathlib.Path) -> str:
    """Return a path as ssh's file options take it: there a percent sign starts a token."""
    return str(path).replace("%", "%%")


class SimulatedMac:
    """The control surface of one simulated Mac."""

    def __init__(self, fleet: pathlib.Path, spec: MacSpec, address: str, port: int) -> None:
        self.spec = spec
        self.name = spec.name
        self.address = address
        self.port = port
        self.fleet = fleet
        self.folder = fleet / "macs" / spec.name

    # -- get in ------------------------------------------------------------------------------------------------

    def ssh_command(self, *command: str, user: str | None = None, options: t.Sequence[str] = ()) -> list[str]:
        """Return the argument list that logs in (as ``user``, default the Mac's SSH user) and runs ``command``."""
        return [
            "ssh",
            "-F",
            "none",
            "-o",
            f'IdentityFile="{for_ssh(self.fleet / "keys" / "id_ed25519")}"',
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "BatchMode=yes",
            "-o",
            f'UserKnownHostsFile="{for_ssh(self.fleet / "known_hosts")}"',
            "-p",
            str(self.port),
            *options,
            f"{user or self.spec.ssh_user}@{self.address}",
            *command,
        ]

    def sh(
        self, script: str, *, user: str | None = None, timeout: float = 30, options: t.Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run ``script`` with /bin/sh in an SSH session of its own. Raises ``subprocess.TimeoutExpired``."""
        return subprocess.run(
            self.ssh_command("/bin/sh", user=user, options=["-T", *options]),
            input=script,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=timeout,
            check=False,
        )

    # -- look --------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, t.Any]:
        """Return what macOS keeps out of the file tree: see ``inside/state.py``."""
        with State(str(self.folder)) as data:
            return dict(data)

    def calls(self) -> list[Call]:
        """Return every command line tool that ran, in order of start."""
        text = (self.folder / "calls").read_bytes().decode("utf-8", "surrogateescape")
        calls = []
        for record in text.split("\x1e")[:-1]:
            arguments, _separator, environment = record.partition("\x1d")
            calls.append(Call(tuple(arguments.split("\x1f")), environment))
        return calls

    def ssh_log(self) -> list[str]:
        """Return the lines that the Mac's sshd logged."""
        return (self.folder / "sshd.log").read_text(errors="replace").splitlines()

    def ssh_execs(self) -> int:
        """Return how many commands, shells and subsystems SSH clients have asked for."""
        return sum("Starting session: " in line for line in self.ssh_log())

    def ssh_logins(self) -> int:
        """Return how many SSH connections were authenticated."""
        return sum(line.startswith("Accepted publickey ") for line in self.ssh_log())

    def tree(self) -> dict[str, str]:
        """Return path -> mode, owner and digest of all that is not the shared base, profile and trust stores included."""
        result: dict[str, str] = self._ask("tree")
        return result

    def tree_hash(self) -> str:
        """Return one digest of ``tree()``: equal before and after whatever changed nothing."""
        return hashlib.sha256(json.dumps(self.tree(), sort_keys=True).encode()).hexdigest()

    def files(self) -> dict[str, bytes]:
        """Return path -> content of every file that is not the shared base; for the search for left-over secrets."""
        return {path: base64.b64decode(content) for path, content in self._ask("secrets").items()}

    def live_keychain_opens(self) -> list[dict[str, t.Any]]:
        """Return each time ``security`` opened a login keychain where it lives (not a copy): ``path``, ``command``, ``write``."""
        opens: list[dict[str, t.Any]] = self.state()["opens"]
        return opens

    @property
    def pid(self) -> int:
        """The number of the Mac's first process; its namespaces and file tree are below /proc there. For a fleet started by root."""
        number: int = self._ask("pid")
        return number

    # -- change ------------------------------------------------------------------------------------------------

    def set(self, **changes: t.Any) -> None:
        """Replace parts of the specification while the Mac runs: ``person``, ``gateway``, ``modes``, ``mdm``, ``macos``."""
        if "modes" in changes:
            changes["modes"] = {**self.spec.modes, **changes["modes"]}
        self.spec = dataclasses.replace(self.spec, **changes)
        with State(str(self.folder)):
            (self.folder / "spec.json").write_text(json.dumps(self.spec.to_json()))
            note_modes(str(self.folder), self.spec.to_json())
        wake(str(self.folder))

    def log_in(self, user: str, password: str | None = None) -> None:
        """Have ``user`` log in at the Mac's screen; the login keychain opens if the password is also the keychain's."""
        self._person("log_in", user=user, password=self.spec.user(user).login_password if password is None else password)

    def log_out(self) -> None:
        """Have the console user log out."""
        self._person("log_out")

    def lock_gui_keychain(self) -> None:
        """Lock the login keychain in the console user's session."""
        self._person("lock_keychain")

    def approve_profile(self, after: float | None = None) -> None:
        """Have the person approve the pending profile now, or each profile ``after`` so many seconds."""
        if after is None:
            self._person("approve")
        else:
            self.set(person=dataclasses.replace(self.spec.person, approves_after=after))

    def decline_profile(self) -> None:
        """Have the person throw the pending profile away."""
        self._person("decline")

    def install_profile(self, content: bytes, *, scope: str, user: str | None = None, source: str = "MDM") -> None:
        """Install a profile as an MDM does: without asking."""
        self._person("install", content=base64.b64encode(content).decode(), scope=scope, user=user, source=source)

    def answer_dialogs(self) -> None:
        """Have the person answer every dialog that is on the screen."""
        self._person("answer")

    def pass_time(self, seconds: float) -> None:
        """Let ``seconds`` go by on the Mac's clock (date) and for what waits: pending profiles, tunnels that come up."""
        self._person("pass_time", seconds=seconds)

    def write(self, path: str, content: bytes, *, owner: int = 0, mode: int = 0o644) -> None:
        """Put a file into the Mac."""
        self._ask("write", path=path, content=base64.b64encode(content).decode(), owner=owner, mode=mode)

    def remove(self, path: str) -> None:
        """Take a file (a tool, a keychain) out of the Mac."""
        self._ask("remove", path=path)

    def fill_disk(self, path: str = "/private/var/folders", full: bool = True) -> None:
        """Leave no free byte where temporary files go, or free it again."""
        self._ask("fill", path=path, full=full)

    def make_keychain_read_only(self, path: str) -> None:
        """Let the keychain at ``path`` be one that cannot be modified."""
        with State(str(self.folder)) as data:
            data.setdefault("read_only_keychains", []).append(path)

    def fault(self, tool: str, kind: str | None, **details: t.Any) -> None:
        """Let ``tool`` (a name, for `security` also "security import") misbehave, or behave again with ``None``.

        ``hang``; ``fail`` (details ``status``, ``stderr``); ``kill``; ``garbage`` (``stdout``, ``status``); ``cut``: the SSH
        connection ends, and the tool hangs or, with ``goes_on``, works all the same; ``change``: a keychain changes first
        (``keychain``, ``add``: base64 of DER, ``remove``: a common name).
        Plain tools know ``hang``, ``fail``, ``kill``, ``torn`` (``cp``: the copy was taken during a write) and ``fast``
        (``sleep``: a second is a tenth of one). All take ``after`` (calls that still work) and ``once``.
        """
        path = self.folder / "faults" / tool
        if kind is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(f"{kind}\n{json.dumps(details)}\n")
            path.chmod(0o666)

    def halt(self) -> None:
        """Pull the plug."""
        self._ask("halt")

    def _ask(self, do: str, **arguments: t.Any) -> t.Any:
        return supervisor.ask(self.fleet, do, name=self.name, **arguments)

    def _person(self, action: str, **arguments: t.Any) -> t.Any:
        return self._ask("person", action=action, **arguments)
