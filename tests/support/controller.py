# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller in a folder of its own: inventory, playbooks, log and temporary files, and a watch on what may not be seen."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from .secrets_search import Secret, stands_in

_RESULT = re.compile(r"^(?:ok|changed|fatal|failed): \[([^\]]+)\][^\n]*? => (\{.*\})$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Run:
    """One ended run of ansible-playbook."""

    rc: int
    output: str

    def results(self) -> list[tuple[str, dict[str, t.Any]]]:
        """Return every result that was shown, with its host; with ``-v`` that is each."""
        return [(host.split(" -> ", maxsplit=1)[0], json.loads(text)) for host, text in _RESULT.findall(self.output)]

    def result(self) -> dict[str, t.Any]:
        """Return the only result that was shown."""
        found = self.results()
        assert len(found) == 1, self.output
        return found[0][1]

    def recap(self, host: str) -> dict[str, int]:
        """Return the counts of one host: ok, changed, failed and so on."""
        line = re.search(rf"^{re.escape(host)} +: (.*)$", self.output, re.MULTILINE)
        assert line, self.output
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line[1])}


class Controller:
    """Runs playbooks as an admin would, with an inventory file and nothing else of the machine's settings."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.log = folder / "ansible.log"
        folder.mkdir(parents=True, exist_ok=True)
        # Apart and short: Ansible puts sockets there, whose names hold 108 bytes.
        self._temporary = tempfile.TemporaryDirectory(prefix="p2s-")
        self.temporary = pathlib.Path(self._temporary.name)
        self.seen_arguments: set[str] = set()
        # Seconds between two looks at all processes; a look costs much where there are hundreds.
        self.watch_every = 0.02
        self.forks = 4

    def inventory(self, hosts: Mapping[str, Mapping[str, t.Any]] | Sequence[str], **variables: t.Any) -> None:
        """Write the inventory: ``hosts`` in the group macs, ``variables`` for all of them."""
        entries = {host: dict(hosts[host]) if isinstance(hosts, Mapping) else {} for host in hosts}
        # JSON is YAML
        (self.folder / "hosts.yml").write_text(json.dumps({"macs": {"hosts": entries, "vars": variables}}))

    def play(self, *tasks: Mapping[str, t.Any], hosts: str = "macs", check: bool = False, arguments: Sequence[str] = ()) -> Run:
        """Run ``tasks`` in a play of their own and show all results."""
        playbook = self.folder / "playbook.yml"
        playbook.write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": list(tasks)}]))
        return self.run(str(playbook), "-v", *(["--check"] if check else []), *arguments)

    def run(self, playbook: str, *arguments: str, program: Sequence[str] = ()) -> Run:
        """Run a playbook, under ``program`` if given; an ansible-playbook of another version is named by P2S_PLAYBOOK."""
        own = pathlib.Path(sys.executable).with_name("ansible-playbook")
        command = [*program, os.environ.get("P2S_PLAYBOOK", str(own)), "-i", str(self.folder / "hosts.yml"), playbook, *arguments]
        environment = {
            **os.environ,
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.temporary / "ansible"),
            "ANSIBLE_LOG_PATH": str(self.log),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": str(self.forks),
            "TMPDIR": str(self.temporary),
            "LC_ALL": "C.UTF-8",
        }
        with (
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=self.folder
            ) as done,
            self._watching(),
        ):
            try:
                output, _none = done.communicate(timeout=300)
            except BaseException:
                # The end of the block waits for it, whatever has happened.
                done.terminate()
                raise
        return Run(done.returncode, output)

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        """Collect the command lines of all processes that this one has started meanwhile, on the Macs and here."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(self.watch_every):
                for process in _descendants():
                    with contextlib.suppress(OSError):
                        self.seen_arguments.add((process / "cmdline").read_bytes().decode("utf-8", "replace"))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()

    def assert_unseen(self, secrets: Mapping[str, Secret], *outputs: str, keep: Sequence[pathlib.Path] = ()) -> None:
        """Fail when a secret stands, in any form, in an output, the log, a command line, or any file but those of ``keep``."""
        places = {"the log": self.log.read_bytes() if self.log.exists() else b"", "a command line": "\n".join(self.seen_arguments).encode()}
        places |= {f"output {number}": output.encode() for number, output in enumerate(outputs, 1)}
        kept = {path.resolve() for path in keep} | {self.folder / "hosts.yml", self.folder / "playbook.yml"}
        for path in (*self.folder.rglob("*"), *self.temporary.rglob("*")):
            if path.is_file() and path.resolve() not in kept:
                places[str(path)] = path.read_bytes()
        assert any("ansible-playbook" in arguments for arguments in self.seen_arguments), "nobody watched"
        for name, secret in secrets.items():
            for place, content in places.items():
                assert not stands_in(secret, content), f"{name} stands in {place}"
        shutil.rmtree(self.temporary / "ansible", ignore_errors=True)
        assert list(self.temporary.iterdir()) == []


def _descendants() -> Iterator[pathlib.Path]:
    """Return the /proc folders of what this process has started, down to the last: other tests may run beside these."""
    children: dict[str, list[str]] = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # "123 (a name (of any kind)) S 122 …"
            children.setdefault(stat.read_text().rpartition(")")[2].split()[1], []).append(stat.parent.name)
    waiting = [str(os.getpid())]
    while waiting:
        found = children.get(waiting.pop(), [])
        waiting += found
        yield from (pathlib.Path("/proc", number) for number in found)
