# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A normal package is read in a moment, and a hostile one cannot make the controller slow or big."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from support import malformed_package
from support.azure_package import STORED, Entry, Spec, entries, make_root, settings_xml, zip_bytes
from support.read_package import ROOT

MIB = 1024.0  # KiB
SPEC = Spec((ROOT,))

# Reads each package in a process of its own, forked from one that has only imported the reader. The peak of memory is
# VmHWM, not ru_maxrss: that one also remembers the process which started Python. Time is the processor's, for a busy
# machine must not fail the test.
MEASURE = """
import json, os, sys, time

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import errors, package


def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def measure(path):
    before, started = memory("VmRSS"), time.process_time()
    try:
        package.read(path)
        outcome = "read"
    except errors.PackageError as error:
        outcome = "refused"
    seconds = time.process_time() - started
    return {"outcome": outcome, "seconds": seconds, "grown": memory("VmHWM") - before}


imported = memory("VmHWM")
for path in sys.argv[1:]:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, json.dumps(measure(path)).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    cost = json.loads(os.read(reader, 65536))
    # a forked process does not count what it shares with this one
    print(json.dumps({**cost, "peak": imported + cost["grown"]}))
    os.close(reader)
"""


class Cost(t.NamedTuple):
    """What reading one package took; memory in KiB."""

    outcome: str
    seconds: float
    peak: int
    grown: int


def measure(paths: list[pathlib.Path]) -> list[Cost]:
    """Return the cost of each package."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", MEASURE, *map(str, paths)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    return [Cost(**json.loads(line)) for line in done.stdout.splitlines()]


def test_normal_package(tmp_path: pathlib.Path) -> None:
    spec = Spec((ROOT, make_root("Example Gateway Root 2")), schema="new")
    installers = [
        dataclasses.replace(item, data=os.urandom(8 << 20), method=STORED) if item.name.endswith(".exe") else item for item in entries(spec)
    ]
    file = tmp_path / "gateway.zip"
    file.write_bytes(zip_bytes(installers))
    costs = measure([file] * 10)
    assert {cost.outcome for cost in costs} == {"read"}
    # the first read in a process is the slowest one, and these all are
    assert min(cost.seconds for cost in costs) < 0.020
    assert max(cost.grown for cost in costs) < 30 * MIB
    assert max(cost.peak for cost in costs) < 60 * MIB


def test_malformed_packages(tmp_path: pathlib.Path) -> None:
    paths = []
    for name, make in malformed_package.MALFORMED.items():
        paths.append(tmp_path / f"{name}.zip")
        paths[-1].write_bytes(make(SPEC))
    for path, cost in zip(paths, measure(paths), strict=True):
        assert cost.outcome == "refused", path.name
        assert cost.seconds < 1, path.name
        assert cost.peak < 60 * MIB, (path.name, cost)


def _with(text: str) -> bytes:
    """Return a package with more elements in its settings, packed so that their ratio is not what is refused."""
    first, *rest = entries(SPEC, settings_xml(SPEC).replace(b"</VpnProfile>", text.encode() + b"</VpnProfile>"))
    return zip_bytes([dataclasses.replace(first, method=STORED), *rest])


def _entries(count: int, length: int) -> bytes:
    """Return a package with more entries."""
    return zip_bytes([*entries(SPEC), *(Entry(f"{number:0{length}}", method=STORED) for number in range(count))])


JUST_WITHIN_THE_LIMITS: dict[str, t.Callable[[], bytes]] = {
    "9000-tags": lambda: _with("<a>" + "<b/>" * 9_000 + "</a>"),
    "9000-attributes": lambda: _with("<a " + " ".join(f'a{number}="{number:099}"' for number in range(9_000)) + "/>"),
    "4000-namespaces": lambda: _with("<a " + " ".join(f'xmlns:a{number}="urn:{number}"' for number in range(4_000)) + "/>"),
    "1-mib-of-text": lambda: _with("<a>" + "x" * 1_000_000 + "</a>"),
    "1-mib-of-wide-characters": lambda: _with("<a>" + "\U0001f600" * 250_000 + "</a>"),
    "200000-character-references": lambda: _with("<a>" + "&#65;" * 200_000 + "</a>"),
    "4096-routes": lambda: zip_bytes(entries(dataclasses.replace(SPEC, routes=tuple(f"10.{n >> 8}.{n & 255}.0/24" for n in range(4_096))))),
    "16-roots-of-7-kib": lambda: zip_bytes(
        [
            dataclasses.replace(item, method=STORED)
            for item in entries(Spec(tuple(make_root(f"R{number}", times=260) for number in range(16)), schema="new"))
        ]
    ),
    "9990-entries": lambda: _entries(9_990, 100),
    "1000-entries-with-long-names": lambda: _entries(1_000, 1_000),
}


def test_packages_just_within_the_limits(tmp_path: pathlib.Path) -> None:
    paths = []
    for name, make in JUST_WITHIN_THE_LIMITS.items():
        paths.append(tmp_path / f"{name}.zip")
        paths[-1].write_bytes(make())
    for path, cost in zip(paths, measure(paths), strict=True):
        assert cost.seconds < 1, (path.name, cost)
        assert cost.peak < 60 * MIB, (path.name, cost)


@pytest.mark.parametrize("shape", ["wide", "deep"])
def test_hostile_folder(shape: str, tmp_path: pathlib.Path) -> None:
    if shape == "wide":
        for number in range(10_001):
            (tmp_path / f"{number}").touch()
    else:
        os.makedirs(tmp_path / "/".join(["a"] * 900))
    (cost,) = measure([tmp_path])
    assert cost.outcome == "refused"
    assert cost.seconds < 1
    assert cost.peak < 60 * MIB
