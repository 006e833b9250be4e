# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is not root needs borrowed ids, and is told what is missing. (Run as an ordinary user, every other test starts its Macs that way.)"""

from __future__ import annotations

import os
import pathlib
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import typing as t

import pytest

from simulated_mac import unprivileged

TESTS = pathlib.Path(__file__).resolve().parents[2]
ORDINARY = pwd.getpwnam("nobody")


@pytest.fixture
def table(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A table of lent ids, and a newuidmap that is installed."""
    monkeypatch.setattr(unprivileged.shutil, "which", lambda name: f"/usr/bin/{name}")
    return tmp_path / "subuid"


@pytest.mark.parametrize("owner", [pwd.getpwuid(os.getuid()).pw_name, str(os.getuid())], ids=["by-name", "by-number"])
def test_own_id_becomes_root_and_the_lent_ones_follow(table: pathlib.Path, owner: str) -> None:
    table.write_text(f"other:1:65536\n{owner}:100000:65536\n")
    assert unprivileged._map("newuidmap", str(table), 1000) == ("/usr/bin/newuidmap", ["0", "1000", "1", "1", "100000", "65535"])


@pytest.mark.parametrize("text", ["", "other:100000:65536\n", "{name}:100000:1000\n"], ids=["nobody", "another-user", "too-few"])
def test_too_few_ids_are_refused_with_the_way_out(table: pathlib.Path, text: str) -> None:
    table.write_text(text.format(name=pwd.getpwuid(os.getuid()).pw_name))
    with pytest.raises(unprivileged.NotPossibleError, match="start as root"):
        unprivileged._map("newuidmap", str(table), 1000)


def test_missing_newuidmap_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged.shutil, "which", lambda _name: None)
    with pytest.raises(unprivileged.NotPossibleError, match="package uidmap"):
        unprivileged._map("newuidmap", "/etc/subuid", 1000)


def closed_to_others(path: pathlib.Path) -> pathlib.Path | None:
    """Return the first folder on the way to ``path`` that only its owner may pass."""
    return next((folder for folder in [*reversed(path.parents), path] if not folder.stat().st_mode & stat.S_IXOTH), None)


@pytest.fixture
def ordinary(request: pytest.FixtureRequest) -> t.Iterator[tuple[pathlib.Path, list[str]]]:
    """A folder of an ordinary user's, and the command that runs Python as that user, to whom ids are lent.

    All of that in a mount namespace of its own: neither /etc/subuid nor the way to this Python changes for anybody else.
    """
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root; without root every test starts its Macs as an ordinary user anyhow")
    lacking = [name for name in ("newuidmap", "newgidmap", "setpriv", "unshare") if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"this machine has no {', '.join(lacking)} (Debian packages uidmap, util-linux)")
    user = ["setpriv", f"--reuid={ORDINARY.pw_uid}", f"--regid={ORDINARY.pw_gid}", "--clear-groups"]
    if subprocess.run([*user, "unshare", "--user", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("the kernel allows no unprivileged user namespaces")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "ids").write_text(f"{ORDINARY.pw_name}:200000:65536\n")
        lines = [f"mount --bind {folder}/ids /etc/sub{kind}" for kind in ("uid", "gid") if pathlib.Path(f"/etc/sub{kind}").exists()]
        if len(lines) < 2:
            pytest.skip("this machine has no /etc/subuid and /etc/subgid")
        lines = ["mount --make-rprivate /", *lines]
        needed = [pathlib.Path(path) for path in (sys.base_prefix, sys.prefix, TESTS)]
        for number, path in enumerate(needed):
            if closed_to_others(path) is not None:
                lines += [f"mkdir {folder}/{number}", f"mount --rbind {shlex.quote(str(path))} {folder}/{number}"]
        for closed in {closed for path in needed if (closed := closed_to_others(path)) is not None}:
            lines.append(f"mount -t tmpfs -o mode=755 none {shlex.quote(str(closed))}")
        for number, path in enumerate(needed):
            if closed_to_others(path) is not None:
                lines += [f"mkdir -p {shlex.quote(str(path))}", f"mount --rbind {folder}/{number} {shlex.quote(str(path))}"]
        own = folder / "own"
        own.mkdir()
        os.chown(own, ORDINARY.pw_uid, ORDINARY.pw_gid)
        lines.append(f'exec env HOME={own} PYTHONPATH={shlex.quote(str(TESTS))} {shlex.join([*user, sys.executable])} "$@"')
        yield own, ["unshare", "--mount", "sh", "-e", "-c", "\n".join(lines), "sh"]


def test_a_mac_started_by_an_ordinary_user_is_like_any_other(ordinary: tuple[pathlib.Path, list[str]]) -> None:
    own, python = ordinary
    script = """
import os, sys
from simulated_mac import Fleet, MacSpec
with Fleet(sys.argv[1] + "/fleet", [MacSpec("mac01")]) as fleet:
    assert os.geteuid() != 0
    mac = fleet["mac01"]
    print(mac.sh("/usr/bin/sw_vers -productVersion; /usr/bin/id -un; /usr/bin/sudo /usr/bin/id -u").stdout, end="")
    print(mac.sh("/usr/bin/security default-keychain").stdout)
    print(mac.sh("/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H /bin/launchctl managername").stdout)
print(os.listdir(sys.argv[1]))
"""
    done = subprocess.run([*python, "-c", script, str(own)], capture_output=True, text=True, timeout=120, check=False)
    keychain = '    "/Users/alice/Library/Keychains/login.keychain-db"'
    assert done.stdout.split("\n") == ["15.6.1", "alice", "0", keychain, "", "Aqua", "", "[]", ""], done.stderr
