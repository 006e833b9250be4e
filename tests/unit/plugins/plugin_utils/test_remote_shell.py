# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all remote scripts share, in the shells that stand for macOS's /bin/sh: a time limit, lines, sections."""

from __future__ import annotations

import base64
import pathlib
import subprocess
import time
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac

COMMON = (mac.REMOTE / "common.sh").read_text()
START = 'nonce=n feed= failed= full= at_exit= hand=; eval "$timed"\n'


def run(shell: list[str], script: str, folder: pathlib.Path) -> str:
    """Run ``script`` after the shared part, taken from standard input as on a Mac; return what it printed."""
    text = f"{COMMON}\nwork={folder}\n{START}{script}"
    return given_to(shell, text).stdout.decode()


def given_to(shell: list[str], text: str, **more: t.Any) -> subprocess.CompletedProcess[bytes]:
    """Give ``text`` to a shell as to that of a Mac."""
    return subprocess.run([*shell, "-c", mac.TAKE_SCRIPT], input=text.encode(), capture_output=True, check=True, timeout=30, **more)


STATUSES = {
    "succeeds": ("true", "0"),
    "fails": ("sh -c 'exit 36'", "36"),
    "is-missing": ("/usr/bin/no-such-tool", "127"),
    "is-killed": ("sh -c 'kill -KILL $$'", "137"),
}


@pytest.mark.parametrize(("tool", "status"), STATUSES.values(), ids=STATUSES.keys())
def test_the_status_of_a_tool_that(shell: list[str], tmp_path: pathlib.Path, tool: str, status: str) -> None:
    assert run(shell, f'limited 20 {tool}\necho "$status $full"\n', tmp_path) == f"{status} \n"


def test_what_a_tool_printed_is_one_line_also_where_base64_breaks_its_own(shell: list[str], tmp_path: pathlib.Path) -> None:
    """GNU's base64 breaks lines, macOS's does not; whatever looks like a pattern or an option stays as it is."""
    (tmp_path / "big").write_bytes(bytes(range(256)) * 4000)
    printed = run(shell, f"limited 20 cat {tmp_path}/big; section big; say said 0 -n '* ?' {'x' * 200}\n", tmp_path)
    big, said = printed.splitlines()
    assert base64.b64decode(big.split(" ")[3]) == bytes(range(256)) * 4000
    assert base64.b64decode(said.split(" ")[3]).decode() == f"-n\n* ?\n{'x' * 200}\n"
    assert len(said.split(" ")) == 5


@pytest.mark.parametrize("tool", ["sleep 20", "sh -c 'trap : TERM; while :; do sleep 1; done'"], ids=["stops", "does-not-want-to-stop"])
def test_a_tool_that_is_late_and(shell: list[str], tmp_path: pathlib.Path, tool: str) -> None:
    began = time.monotonic()
    assert run(shell, f'limited 1 {tool}\necho "$status"\n', tmp_path) == "124\n"
    assert time.monotonic() - began < 8


def test_a_fast_tool_does_not_wait_for_its_limit(shell: list[str], tmp_path: pathlib.Path) -> None:
    began = time.monotonic()
    assert run(shell, "for _ in 1 2 3 4 5 6 7 8 9 10; do limited 20 true; done\necho done\n", tmp_path) == "done\n"
    assert time.monotonic() - began < 8


def test_a_limit_holds_within_a_command_substitution_too(shell: list[str], tmp_path: pathlib.Path) -> None:
    """A bash that read its script from standard input was seen to die where a descriptor is duplicated: 5.2 in a subshell."""
    assert run(shell, 'echo "<$(timed 20 echo up </dev/null)>"\nlimited 20 true\necho "$status"\n', tmp_path) == "<up>\n0\n"


def test_a_script_that_was_cut_short_does_nothing(shell: list[str], tmp_path: pathlib.Path) -> None:
    script = mac.Script((), (), {}).render("n").decode().replace("\nbegin\n", f"\n: >{tmp_path}/begun\n")
    for length in (len(script) // 2, len(script) - len("p2s_main\n"), len(script) - len("main\n")):
        subprocess.run([*shell, "-c", mac.TAKE_SCRIPT], input=script[:length].encode(), capture_output=True, check=False, timeout=30)
        assert not (tmp_path / "begun").exists()


def test_a_tool_reads_the_feed_or_nothing_and_never_the_script(shell: list[str], tmp_path: pathlib.Path) -> None:
    script = 'limited 20 cat\ncat "$work/out"\nfeed="a secret line"\nlimited 20 cat\nfeed=\ncat "$work/out"\necho end\n'
    assert run(shell, script, tmp_path) == "a secret line\nend\n"


@pytest.mark.parametrize("status", [0, 36, 124], ids=str)
def test_report_goes_on_after_a_failure_but_not_after_silence(shell: list[str], tmp_path: pathlib.Path, status: int) -> None:
    out = run(shell, f'limited 20 sh -c "exit {status}"\nreport step\nlimited 20 true\nfinish\n', tmp_path)
    sections = mac.parse(out, "n")
    assert sections["step"].status == status
    assert sections["finished"].text == ("step\n" if status == 124 else "nothing failed\n")


def test_a_full_disk_is_found_although_the_tool_did_not_notice(shell: list[str], tmp_path: pathlib.Path) -> None:
    # A folder in the place of the file: it cannot be written to, whoever runs the test.
    (tmp_path / "room").mkdir()
    assert mac.parse(run(shell, "limited 20 true\nfinish\n", tmp_path), "n")["finished"].text == "room\n"


LINES = st.lists(st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), min_size=1, max_size=40), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(LINES)
def test_each_line_arrives_as_one_word_with_blanks_and_wildcards(shell: list[str], tmp_path: pathlib.Path, lines: list[str]) -> None:
    script = f'lines={mac.quote("x", mac.words(lines))}\nshow() {{ printf \'%s\\n\' "$1"; }}\neach show "$lines"\n'
    assert run(shell, script, tmp_path) == "".join(f"{line}\n" for line in lines)


def test_say_keeps_what_it_is_given_apart(shell: list[str], tmp_path: pathlib.Path) -> None:
    section = mac.parse(run(shell, "say owner 0 alice '' 'a b' 'ü%s'\n", tmp_path), "n")["owner"]
    assert section.out == "alice\n\na b\nü%s\n".encode()


def test_variables_are_not_exported_even_if_the_connection_exports_their_names(shell: list[str]) -> None:
    script = mac.Script((), (), {"unlock": "a secret"}).render("n").decode()
    assert script.index("unset nonce unlock") < script.index("unlock=")
    text = script.replace("\nbegin\n", "\nenv; return\n")
    shown = given_to(shell, text, env={"unlock": "x", "PATH": "/usr/bin:/bin"})
    assert b"secret" not in shown.stdout
    assert b"PATH" in shown.stdout


def test_a_section_is_base64_whatever_the_tool_prints(shell: list[str], tmp_path: pathlib.Path) -> None:
    (tmp_path / "data").write_bytes(bytes(range(256)) * 40 + b"\nn finished 0 bm8= -\n")
    out = run(shell, f"limited 20 cat {tmp_path}/data\nsection data\n", tmp_path)
    assert out.split(" ")[3] == base64.b64encode((tmp_path / "data").read_bytes()).decode()
    assert list(mac.parse(out, "n")) == ["data"]
