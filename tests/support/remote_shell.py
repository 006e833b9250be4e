# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of remote scripts in a shell that stands for macOS's /bin/sh, as they travel, between stand-ins for some tools."""

from __future__ import annotations

import pathlib
import shlex
import subprocess
import typing as t
from collections.abc import Mapping

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Section

# What Ansible makes of the two for the connection.
COMMAND = f"{mac.SHELL} -c {shlex.quote(mac.TAKE_SCRIPT)}"
NONCE = "p2s0123456789abcdef"
START = f"nonce={NONCE} feed= failed= at_exit= tool=\nprepare\n"


def given_to(shell: list[str], text: str, *, check: bool = True, **more: t.Any) -> subprocess.CompletedProcess[bytes]:
    """Give ``text`` to a shell as to that of a Mac."""
    return subprocess.run([*shell, "-c", mac.TAKE_SCRIPT], input=text.encode(), capture_output=True, check=check, timeout=90, **more)


def stand_in(folder: pathlib.Path, text: str, tools: Mapping[str, str]) -> str:
    """Write ``tools`` (path on macOS -> shell script) into ``folder`` and return ``text`` with these in their place."""
    for path, script in tools.items():
        tool = folder / path.rpartition("/")[2]
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        text = text.replace(path, str(tool))
    return text


def sections_of(shell: list[str], folder: pathlib.Path, text: str, steps: str, variables: Mapping[str, str]) -> dict[str, Section]:
    """Run ``steps`` after ``text``, with ``folder``/work as work folder, and return the sections. Nothing may come on standard error."""
    work = folder / "work"
    work.mkdir()
    assignments = "\n".join(f"{name}={mac.quote(name, value)}" for name, value in variables.items())
    done = given_to(shell, f"umask 077\n{text}\n{assignments}\nwork={work} {START}{steps}\nfinish\nleave\n")
    assert done.stderr == b""
    return mac.parse(done.stdout.decode(), NONCE)
