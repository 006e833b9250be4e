# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all remote scripts share, in the shells that stand for macOS's /bin/sh: a time limit, lines, sections."""

from __future__ import annotations

import pathlib
import re
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.remote_shell import NONCE, START, given_to

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac

COMMON = mac.PARTS["common"]


def run(shell: list[str], script: str, folder: pathlib.Path) -> str:
    """Run ``script`` after the shared part, taken from standard input as on a Mac; return what it printed."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    text = f"{COMMON}\nwork={work}\n{START}{script}\nleave\n"
    return given_to(shell, text).stdout.decode()


STATUSES = {
    "succeeds": ("true", "0"),
    "fails": ("sh -c 'exit 36'", "36"),
    "is-missing": ("/usr/bin/no-such-tool", "127"),
    "is-killed": ("sh -c 'kill -KILL $$'", "137"),
}


@pytest.mark.parametrize(("tool", "status"), STATUSES.values(), ids=STATUSES.keys())
def test_the_status_of_a_tool_that(shell: list[str], tmp_path: pathlib.Path, tool: str, status: str) -> None:
    assert run(shell, f'limited 20 {tool}\necho "$status $full"\n', tmp_path) == f"{status} \n"


def test_what_tools_print_arrives_in_order_and_unchanged(shell: list[str], tmp_path: pathlib.Path) -> None:
    """Whatever looks like a section, a pattern or an option is neither; a tool in between, whose output nobody wants, leaves no trace."""
    (tmp_path / "big").write_bytes(bytes(range(256)) * 4000 + b"\np2s0123456789abcdee finished 0\nno\np2s -\n")
    steps = f"limited 20 cat {tmp_path}/big; section big; limited 20 echo unwanted; say said 0 -n '* ?' {'x' * 200}\n"
    steps += "limited 20 sh -c 'printf out; printf err >&2; exit 3'; section both; section again; limited 20 true; section silent\n"
    sections = mac.parse(run(shell, f"{steps}finish\n", tmp_path), NONCE)
    assert list(sections) == ["big", "said", "both", "again", "silent", "finished"]
    assert sections["big"].out == (tmp_path / "big").read_bytes()
    assert sections["said"].text == f"-n\n* ?\n{'x' * 200}\n"
    assert (sections["both"].status, sections["both"].out, sections["both"].err) == (3, b"out", b"err")
    assert sections["again"] == mac.Section("again", 3, b"out", b"err")
    assert sections["silent"] == mac.Section("silent", 0, b"", b"")


@pytest.mark.parametrize("tool", ["sleep 20", "sh -c 'trap : TERM; while :; do sleep 1; done'"], ids=["stops", "does-not-want-to-stop"])
def test_a_tool_that_is_late_and(shell: list[str], tmp_path: pathlib.Path, tool: str) -> None:
    began = time.monotonic()
    assert run(shell, f'limited 1 {tool}\necho "$status"\n', tmp_path) == "124\n"
    assert time.monotonic() - began < 8


def test_a_tool_that_needs_less_than_its_limit_is_left_alone(shell: list[str], tmp_path: pathlib.Path) -> None:
    """Also right after one that was stopped, and with the ticks of others behind it."""
    late, just, again = "limited 1 sleep 20", "limited 2 sleep 1.5", "sleep 2; limited 1 sh -c 'sleep 0.5; exit 3'"
    script = "".join(f"{step}\necho $status\n" for step in (late, just, again))
    assert run(shell, script, tmp_path) == "124\n0\n3\n"


def test_a_function_is_stopped_as_well(shell: list[str], tmp_path: pathlib.Path) -> None:
    assert run(shell, 'waits() { while :; do :; done; }\nlimited 1 waits\necho "$status"\n', tmp_path) == "124\n"


def test_a_late_tool_with_a_feed_is_stopped_and_what_it_said_is_kept(shell: list[str], tmp_path: pathlib.Path) -> None:
    script = "feed=line\nlimited 1 sh -c 'cat; sleep 20'\nfeed=\nsection late\nfinish\n"
    late = mac.parse(run(shell, script, tmp_path), NONCE)["late"]
    assert (late.status, late.out) == (124, b"line\n")


def test_on_a_full_disk_a_tool_is_stopped_in_time_too(shell: list[str], tmp_path: pathlib.Path) -> None:
    """The watchdog cannot be told of it then: a folder is in the place of that file."""
    script = 'rm "$work/running"; mkdir "$work/running"\nlimited 1 sleep 20\necho "$status"\nlimited 20 sh -c "exit 3"\necho "$status"\n'
    assert run(shell, script, tmp_path) == "124\n3\n"


def test_the_clock_of_a_tool_that_runs_as_another_user(shell: list[str], tmp_path: pathlib.Path) -> None:
    for tool, status in (("sleep 20", 124), ("sh -c 'exit 36'", 36), ("/usr/bin/no-such-tool", 127)):
        text = f'{COMMON}\nfeed=\neval "$timed"\ntimed 1 {tool} </dev/null 2>/dev/null\necho $status\n'
        assert given_to(shell, text).stdout.decode() == f"{status}\n"


def test_the_watchdog_of_a_killed_script_stops_its_tool_puts_away_its_files_and_ends(shell: list[str], tmp_path: pathlib.Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    steps = f"echo $watchdog >{tmp_path}/watchdog\nlimited 60 sh -c 'echo $$ >{tmp_path}/tool; exec sleep 60'\n"
    text = f"{COMMON}\nwork={work}\n{START}{steps}"
    with subprocess.Popen([*shell, "-c", mac.TAKE_SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as script:
        assert script.stdin is not None
        script.stdin.write(text.encode())
        script.stdin.close()
        pids = [int(_content(tmp_path / name)) for name in ("watchdog", "tool")]
        time.sleep(1.5)
        assert all(_runs(pid) for pid in pids)
        script.kill()
    until = time.monotonic() + 10
    while (any(_runs(pid) for pid in pids) or work.exists()) and time.monotonic() < until:
        time.sleep(0.1)
    assert [pid for pid in pids if _runs(pid)] == []
    assert not work.exists()


def test_a_script_that_is_told_to_end_leaves_nothing(shell: list[str], tmp_path: pathlib.Path) -> None:
    """Not its watchdog either, which would keep its caller waiting if it held on to standard output."""
    work = tmp_path / "work"
    work.mkdir()
    steps = f"trap leave EXIT; trap 'exit 1' TERM\nlimited 60 sh -c 'echo $$ >{tmp_path}/tool; exec sleep 60'\n"
    text = f"{COMMON}\nwork={work}\n{START}echo $watchdog >{tmp_path}/watchdog\n{steps}"
    with subprocess.Popen([*shell, "-c", mac.TAKE_SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as script:
        assert script.stdin is not None
        script.stdin.write(text.encode())
        script.stdin.close()
        script.stdin = None
        pids = [int(_content(tmp_path / name)) for name in ("watchdog", "tool")]
        script.terminate()
        began = time.monotonic()
        out, err = script.communicate(timeout=20)
        assert (script.returncode, out, err) == (1, b"", b"")
        assert time.monotonic() - began < 5
    assert [pid for pid in pids if _runs(pid)] == []
    assert not work.exists()


def test_a_script_that_is_told_to_end_as_a_tool_begins_stops_that_too(shell: list[str], tmp_path: pathlib.Path) -> None:
    """A shell that was just forked for the tool may lose the first signal, and the script may not know its number yet. Tried many times."""
    for turn in range(30):
        work = tmp_path / f"work{turn}"
        work.mkdir()
        begins = f"begins() {{ kill -TERM $$; exec sh -c 'echo $$ >{tmp_path}/tool; exec sleep 60'; }}\n"
        steps = f"trap leave EXIT; trap 'exit 1' TERM\n{begins}limited 60 begins\n"
        done = given_to(shell, f"{COMMON}\nwork={work}\n{START}{steps}", check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")
        assert not work.exists()
        began = (tmp_path / "tool").read_text() if (tmp_path / "tool").exists() else ""
        assert not (began and _runs(int(began)))


def test_what_shall_outlive_the_script_does(shell: list[str], tmp_path: pathlib.Path) -> None:
    script = f"limited 20 true\n(exec </dev/null >/dev/null 2>&1; sleep 5; echo yes >{tmp_path}/outlived) &\nfinish\n"
    began = time.monotonic()
    assert list(mac.parse(run(shell, script, tmp_path), NONCE)) == ["finished"]
    assert time.monotonic() - began < 4
    assert _content(tmp_path / "outlived") == "yes\n"


def _content(path: pathlib.Path) -> str:
    """Return what is in a file, as soon as there is something."""
    until = time.monotonic() + 20
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < until, path
        time.sleep(0.05)
    return path.read_text()


def _runs(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _assigned(text: str) -> set[str]:
    found = re.findall(r"(?<![\w$])([a-z_]+)=|\bread -r ([a-z_ ]+)", text)
    return {name for groups in found for name in " ".join(groups).split()}


@pytest.mark.parametrize("part", sorted(set(mac.PARTS) - {"common"}))
def test_a_part_leaves_alone_what_the_shared_part_keeps(part: str) -> None:
    """All variables are global in sh. Let go: what is for all parts, and a name in the process of the watchdog."""
    let_go = {"feed", "status", "failed", "at_exit", "shared", "is_shared", "now"}
    assert {"tool", "turn", "previous", "pieces"} <= _assigned(COMMON) - let_go
    assert (_assigned(COMMON) - let_go) & _assigned(mac.PARTS[part]) == set()


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
    script = 'limited 20 cat\ncat "$out"\nfeed="a secret line"\nlimited 20 cat\nfeed=\ncat "$out"\necho end\n'
    assert run(shell, script, tmp_path) == "a secret line\nend\n"


@pytest.mark.parametrize("status", [0, 36, 124], ids=str)
def test_report_goes_on_after_a_failure_but_not_after_silence(shell: list[str], tmp_path: pathlib.Path, status: int) -> None:
    out = run(shell, f'limited 20 sh -c "exit {status}"\nreport step\nlimited 20 true\nfinish\n', tmp_path)
    sections = mac.parse(out, NONCE)
    assert sections["step"].status == status
    assert sections["finished"].text == ("step\n" if status == 124 else "nothing failed\n")


@pytest.mark.parametrize("file", ["room", "1.section"])
def test_a_full_disk_is_found_although_the_tool_did_not_notice(shell: list[str], tmp_path: pathlib.Path, file: str) -> None:
    """As it was when the tool had printed something, and as it is at the end."""
    # A folder in the place of the file: it cannot be written to, whoever runs the test.
    (tmp_path / "work" / file).mkdir(parents=True)
    sections = mac.parse(run(shell, "limited 20 true\nsection step\nfinish\n", tmp_path), NONCE)
    assert {name: section.text for name, section in sections.items()} == {"finished": "room\n"}


def test_a_disk_that_was_full_while_a_tool_ran_is_found_although_there_is_room_again(shell: list[str], tmp_path: pathlib.Path) -> None:
    script = 'mkdir "$work/room"\nlimited 20 true\nrmdir "$work/room"\nsection step\nfinish\n'
    sections = mac.parse(run(shell, script, tmp_path), NONCE)
    assert {name: section.text for name, section in sections.items()} == {"finished": "room\n"}


LINES = st.lists(st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), min_size=1, max_size=40), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(LINES)
def test_each_line_arrives_as_one_word_with_blanks_and_wildcards(shell: list[str], tmp_path: pathlib.Path, lines: list[str]) -> None:
    script = f'lines={mac.quote("x", mac.words(lines))}\nshow() {{ printf \'%s\\n\' "$1"; }}\neach show "$lines"\n'
    assert run(shell, script, tmp_path) == "".join(f"{line}\n" for line in lines)


def test_say_keeps_what_it_is_given_apart(shell: list[str], tmp_path: pathlib.Path) -> None:
    section = mac.parse(run(shell, "say owner 0 alice '' 'a b' 'ü%s'\nfinish\n", tmp_path), NONCE)["owner"]
    assert section.out == "alice\n\na b\nü%s\n".encode()


def test_variables_are_not_exported_even_if_the_connection_exports_their_names(shell: list[str]) -> None:
    script = mac.Script((), (), {"unlock": "a secret"}).render("n").decode()
    assert script.index("unset nonce unlock") < script.index("unlock=")
    text = script.replace("\nbegin\n", "\nenv; return\n")
    shown = given_to(shell, text, env={"unlock": "x", "PATH": "/usr/bin:/bin"})
    assert b"secret" not in shown.stdout
    assert b"PATH" in shown.stdout


def test_hundreds_of_sections_keep_their_order(shell: list[str], tmp_path: pathlib.Path) -> None:
    script = 'number=0\nwhile [ $number -lt 1100 ]; do number=$((number + 1)); say "s$number" 0 "$number"; done\nfinish\n'
    sections = mac.parse(run(shell, script, tmp_path), NONCE)
    assert list(sections) == [*(f"s{number}" for number in range(1, 1101)), "finished"]
    assert {name: section.text for name, section in sections.items()}["s1100"] == "1100\n"


# What sw_vers prints (None: it is missing) and uname; the status of macos, or the system that is refused.
SYSTEMS: dict[str, tuple[str | None, str, int | str]] = {
    "macos": ("echo 15.6.1", "echo asked >&2", 0),
    "macos-of-which-sw_vers-is-broken": ("exit 1", "echo Darwin", 1),
    "macos-of-which-sw_vers-is-missing": (None, "echo Darwin", 127),
    "linux": (None, "echo Linux", "Linux"),
    "another-with-an-sw_vers": ("echo something", "echo FreeBSD", "FreeBSD"),
    "one-that-does-not-say": (None, "exit 1", ""),
}


@pytest.mark.parametrize(("sw_vers", "uname", "expected"), SYSTEMS.values(), ids=SYSTEMS.keys())
def test_what_a_host_is(shell: list[str], tmp_path: pathlib.Path, sw_vers: str | None, uname: str, expected: int | str) -> None:
    text = mac.Script((), (), {}).render(NONCE).decode().replace("/tmp/p2s.", f"{tmp_path}/p2s.")
    for path, script in (("/usr/bin/sw_vers", sw_vers), ("/usr/bin/uname", uname)):
        text = text.replace(path, str(tmp_path / path.rpartition("/")[2]))
        if script is not None:
            (tmp_path / path.rpartition("/")[2]).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / path.rpartition("/")[2]).chmod(0o755)
    done = given_to(shell, text)
    assert done.stderr == b""
    sections = mac.parse(done.stdout.decode(), NONCE)
    if isinstance(expected, str):
        assert done.stdout.decode() == f"{NONCE} system {expected}\n"
        assert {name: section.text for name, section in sections.items()} == {"system": expected}
    else:
        assert list(sections) == ["macos", "finished"]
        assert sections["macos"].status == expected
    assert list(tmp_path.glob("p2s.*")) == []
