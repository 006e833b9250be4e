# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""remote/owner.sh and remote/audit.sh between stand-ins for stat, id, sudo and security: what is made of their answers."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import pytest
from support.remote_shell import sections_of, stand_in

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Section

PATHS = ("/usr/bin/stat", "/usr/bin/id", "/usr/bin/sudo", "/usr/bin/security")
NEVER = "echo asked >&2; exit 99"


def run(shell: list[str], folder: pathlib.Path, steps: str, tools: Mapping[str, str], **variables: str) -> dict[str, Section]:
    """Run ``steps`` with these stand-ins (shell scripts) for the tools, and return the sections."""
    text = "".join(mac.PARTS[part] for part in ("common", "owner", "audit"))
    text = stand_in(folder, text, {path: tools.get(path.rpartition("/")[2], NEVER) for path in PATHS})
    return sections_of(shell, folder, text, steps, {"user": "", "as_root": "", **variables})


# What stat prints; what is set; whose id is looked up; the six lines.
OWNERS: dict[str, tuple[str, dict[str, str], str, str]] = {
    "login-window": ("root 0\nroot 0", {}, NEVER, "root 0 - - - -"),
    "root-for-itself": ("root 0\ndaemon 1", {"as_root": "yes"}, NEVER, "root 0 daemon root 0 HOME"),
    "root-for-the-screen": ("root 0\ndaemon 1", {}, NEVER, "root 0 daemon daemon 1 HOME"),
    "nobody-at-the-screen": ("root 0\nroot 0", {"as_root": "otherwise"}, NEVER, "root 0 - root 0 HOME"),
    "setup-assistant": ("daemon 1\n_mbsetupuser 248", {}, NEVER, "daemon 1 - daemon 1 HOME"),
    "a-third-user": ("root 0\ndaemon 1", {"user": "bin"}, '[ "$*" = "-u bin" ] && echo 2', "root 0 daemon bin 2 HOME"),
    "no-such-user": ("root 0\ndaemon 1", {"user": "nobody-here"}, "echo 'id: no such user' >&2; exit 1", "root 0 daemon nobody-here - -"),
    "name-with-a-command-in-it": ("root 0\ndaemon 1", {"user": "$(reboot)"}, NEVER, "root 0 daemon - - -"),
    "connected-name-with-a-blank": ("the user 501\ndaemon 1", {"user": "daemon"}, NEVER, "the_user 501 daemon daemon 1 HOME"),
}


@pytest.mark.parametrize(("printed", "variables", "id_", "lines"), OWNERS.values(), ids=OWNERS.keys())
def test_owner(shell: list[str], tmp_path: pathlib.Path, printed: str, variables: dict[str, str], id_: str, lines: str) -> None:
    stat = f"[ \"$*\" = '-f %Su %u {tmp_path}/work /dev/console' ] && printf '%s\\n' '{printed}'"
    sections = run(shell, tmp_path, "find_owner", {"stat": stat, "id": id_}, **variables)
    assert "users" not in sections
    found = [line.replace(" ", "_") or "-" for line in sections["owner"].text.split("\n")[:-1]]
    if found[5] != "-":
        assert pathlib.Path(found[5]).is_dir()
        found[5] = "HOME"
    assert " ".join(found) == lines


NOT_TOLD = {
    "no-console": ("echo root 0; echo 'stat: /dev/console: no' >&2; exit 1", 1),
    "no-name": ("echo '??? 501'; echo alice 501", 1),
    "no-name-at-the-screen": ("echo root 0; echo '??? 501'", 1),
    "one-line": ("echo root 0", 1),
    "nothing": (":", 1),
    "no-number": ("echo root; echo alice", 1),
    "missing": ("exit 127", 127),
}


@pytest.mark.parametrize(("stat", "status"), NOT_TOLD.values(), ids=NOT_TOLD.keys())
def test_who_is_not_told_is_said_to_be_unknown(shell: list[str], tmp_path: pathlib.Path, stat: str, status: int) -> None:
    assert run(shell, tmp_path, "find_owner", {"stat": stat}, as_root="yes")["users"].status == status


NAMES = ("GOOD", "BAD", "DENIED", "ODD", "GOOD")
ROOTS = "".join(f"-----BEGIN CERTIFICATE-----\n{name}\nMORE\n-----END CERTIFICATE-----\n" for name in NAMES)
# The file after -c; a sudo that runs the rest as itself.
SECURITY = """
case "$(cat "$3")" in
    *GOOD*) echo ...certificate verification successful. ;;
    *BAD*) echo 'Cert Verify Result: CSSMERR_TP_NOT_TRUSTED' >&2; exit 1 ;;
    *DENIED*) echo 'SecTrustEvaluate result: kSecTrustResultDeny' >&2; exit 1 ;;
    *) echo 'security: something else' >&2; exit 1 ;;
esac"""
SUDO = '[ "$1 $2 $3 $4" = "-n -u bin -H" ] || exit 1; echo >>"${0%/*}/sudos"; shift 4; exec "$@"'


@pytest.mark.parametrize(("me", "sudos"), [("bin", 0), ("root", 1)])
def test_what_macos_says_of_each_root(shell: list[str], tmp_path: pathlib.Path, me: str, sudos: int) -> None:
    steps = f"home=/ me={me} owner=bin me_uid=0\nverify_roots\nls -ld $shared >{tmp_path}/folder; ls -l $shared >{tmp_path}/files"
    sections = run(shell, tmp_path, steps, {"security": SECURITY, "sudo": SUDO}, roots=ROOTS)
    assert sections["trust"].text.split() == ["yes", "no", "no", "unknown", "yes"]
    assert (len((tmp_path / "sudos").read_text()) if sudos else 0) == sudos
    if not sudos:
        assert list(tmp_path.glob("work.*")) == []
        return
    # The owner can read the roots, and neither list their folder nor reach anything else.
    assert (tmp_path / "folder").read_text().startswith("drwx--x--x")
    files = (tmp_path / "files").read_text().splitlines()[1:]
    assert [line[:10] for line in files] == ["-rw-r--r--"] * len(NAMES)
    assert list(tmp_path.glob("work*")) == []


def test_a_refused_sudo_tells_nothing_of_the_roots(shell: list[str], tmp_path: pathlib.Path) -> None:
    steps = "home=/ me=root owner=bin me_uid=0\nverify_roots"
    trust = run(shell, tmp_path, steps, {"sudo": "echo 'sudo: a password is required' >&2; exit 1"}, roots=ROOTS)["trust"]
    assert (trust.status, trust.text) == (1, "")
