# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The remote runner: what goes to the Mac's shell, and what is made of the answer."""

from __future__ import annotations

import base64
import contextlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_mac import FakeMac, printed
from support.remote_shell import given_to

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Completed, Mac, Script


def test_a_script_cut_short_on_its_way_does_nothing(shell: list[str]) -> None:
    script = Script(("owner", "keychain_read"), ("find_owner", "read_keychain"), {"user": "", "keychain": "login"}).render("n")
    script = script.replace(b"begin() {\n", b"begin() {\necho begun\nexit\n")
    assert given_to(shell, script.decode()).stdout == b"begun\n"
    last = script.index(b"p2s_main() {")
    ends = [end for end in range(len(script) - len(b"\n")) if end > last or script[end : end + 1] == b"\n"]
    for end in ends[::5] + ends[-20:]:
        cut = given_to(shell, script[:end].decode(), check=False)
        assert cut.stdout == b"", f"a script of {end} bytes ran"


@pytest.mark.parametrize("part", sorted(path.stem for path in mac.REMOTE.glob("*.sh")))
def test_every_part_is_posix_shell(part: str) -> None:
    text = mac.PARTS[part]
    # Nothing but comments and empty lines stays behind.
    show = "{}\ndeclare -f\ndeclare -p timed verify 2>/dev/null || :"
    whole, sent = (
        subprocess.run(["bash", "-c", show.format(code)], capture_output=True, check=True).stdout
        for code in ((mac.REMOTE / f"{part}.sh").read_text(), text)
    )
    assert sent == whole.replace(rb"\n\n", rb"\n") != b""
    for shell in (["dash", "-n"], ["bash", "--posix", "-n"]):
        subprocess.run(shell, input=text.encode(), check=True)
    # bash 3.2, which is /bin/sh on macOS, keeps an assignment that stands before a function call.
    assert "session=ssh owner" not in text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_variables_reach_the_shell_unchanged(value: str) -> None:
    shown = subprocess.run(
        ["sh"], input=f"x={mac.quote('user', value)}\nprintf '%s' \"$x\"".encode(), capture_output=True, check=True
    ).stdout
    assert shown.decode() == value


def test_a_nul_is_refused_by_the_option_it_came_from() -> None:
    with pytest.raises(MacError, match=r"^user: the value holds a NUL character"):
        mac.quote("user", "a\0b")


def test_noise_around_the_sections_is_passed_over() -> None:
    answer, other = (printed(nonce, {"macos": (0, "15.6.1\n", "a warning")}) for nonce in ("n0", "n1"))
    sections = mac.parse(f"Last login: today\n{other}no newline here{answer}n0 answer\nbye\n", "n0")
    assert list(sections) == ["macos"]
    assert (sections["macos"].text, sections["macos"].err) == ("15.6.1\n", b"a warning")


DAMAGED = {
    "no-base64": "???",
    "cut-short": "YQ=",
    "no-section": base64.b64encode(b"text").decode(),
    "no-status": base64.b64encode(b"n owner\nalice").decode(),
    "no-number": base64.b64encode(b"n owner x\nalice").decode(),
    "errors-of-nothing": base64.b64encode(b"n -\nalice").decode(),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_answer_is_an_error_and_not_an_empty_one(content: str) -> None:
    with pytest.raises(MacError, match="answer is damaged"):
        mac.parse(f"n answer\n{content}\nn end\n", "n")


def test_an_answer_that_does_not_come_to_its_end_is_none() -> None:
    answer = printed("n", {"owner": (0, "alice\n"), "finished": (0, "nothing failed\n")})
    for length in range(len(answer) - len("end\n")):
        assert mac.parse(answer[:length], "n") == {}


@given(
    st.lists(st.tuples(st.sampled_from(["copy", "owner", "a_b"]), st.integers(0, 255), st.binary(), st.binary()), max_size=5),
    st.text(st.characters(exclude_characters="p", exclude_categories=["Cs"])),
)
def test_whatever_tools_print_arrives_unchanged(found: list[tuple[str, int, bytes, bytes]], noise: str) -> None:
    wanted = {name: (status, out, err) for name, status, out, err in found}
    sections = mac.parse(noise + printed("p2s0123456789abcdef", dict(wanted)) + noise, "p2s0123456789abcdef")
    assert {name: (one.status, one.out, one.err) for name, one in sections.items()} == wanted


@given(st.text(), st.text(), st.text())
def test_whatever_a_host_prints_never_raises_anything_but_the_domain_error(stdout: str, more: str, end: str) -> None:
    for text in (stdout, f"{stdout}n system {more}{end}", f"{stdout}n answer\n{more}n end{end}"):
        with contextlib.suppress(MacError):
            mac.parse(text, "n")


CUT_SHORT = {
    "connection-lost-halfway": (Completed(0, "", ""), "connection ended before the Mac had answered"),
    "shell-says-no": (Completed(127, "", "sh: /usr/bin/mktemp: not found"), "stopped with status 127: sh: /usr/bin/mktemp: not found"),
    "no-message-at-all": (Completed(1, "", ""), "stopped with status 1: no message"),
}


@pytest.mark.parametrize(("completed", "text"), CUT_SHORT.values(), ids=CUT_SHORT.keys())
def test_an_unfinished_script_is_said_to_be_one(completed: Completed, text: str) -> None:
    with pytest.raises(MacError, match=text):
        Mac(lambda _script: completed).run(Script((), ()))


def test_a_linux_host_in_the_inventory_is_named() -> None:
    with pytest.raises(MacError, match=r"the host runs Linux, not macOS; take it out"):
        FakeMac({"system": (0, "Linux\n")}).run(Script((), ()))


@pytest.mark.parametrize(("status", "text"), [(mac.TIMED_OUT, "did not answer in time"), (mac.NOT_FOUND, "is missing on the Mac")])
def test_a_tool_that_hangs_or_is_missing_is_named(status: int, text: str) -> None:
    with pytest.raises(MacError, match=f"^/usr/bin/security {text}"):
        mac.usable(mac.Section("x", status, b"", b""), "/usr/bin/security")


def test_a_complaint_is_one_printable_line() -> None:
    assert mac.Section("x", 1, b"", b"first\nsecurity: \x1b[31mno\n").complaint == "security: [31mno"


def test_what_the_shell_says_of_its_own_processes_is_no_complaint() -> None:
    err = b'security: no\n/bin/sh: line 31: 4711 Killed: 9               ( while [ "$limit" -gt 0 ]; do\n'
    assert mac.Section("x", 1, b"", err).complaint == "security: no"


def test_secrets_do_not_show_in_a_script_that_is_printed() -> None:
    assert "hunter2" not in repr(Script((), (), {"unlock": "hunter2"}))
