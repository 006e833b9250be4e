# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""remote/tunnel_write.sh between stand-ins for ifconfig, vpnutil and log: how long it waits, what is new to it, where it looks for why."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Mapping

from support.remote_shell import sections_of, stand_in

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Section

TOOLS = ("/sbin/ifconfig", "/usr/bin/log", "/opt/homebrew/bin/vpnutil")
IPSEC0 = "ipsec0: flags=8051<UP> mtu 1280\\n\\tinet 172.16.201.2 --> 172.16.201.2 netmask 0xffffff00 \\n"
USB = "USB-1: flags=8863<UP> mtu 1500\\n\\tinet 192.0.2.77 netmask 0xffffff00\\n"
SESSION = "x NESMIKEv2VPNSession[Primary Tunnel:Azure VPN:UUID:(null)]: status changed to disconnected, last stop reason"
ERROR = 'x Last disconnect error for Azure VPN changed from "none" to "The VPN client certificate has expired."'


def run(shell: list[str], folder: pathlib.Path, steps: str, tools: Mapping[str, str], **variables: str) -> dict[str, Section]:
    """Run ``steps`` with these stand-ins (shell scripts) for the tools, and return the sections."""
    text = stand_in(folder, mac.PARTS["tunnel_write"], {path: tools.get(path.rpartition("/")[2], ":") for path in TOOLS})
    usual = {
        "connection": "Azure VPN",
        "timeout": "30",
        "before": "",
        "asks": "yes",
        "has_pools": "yes",
        "vpnutil": str(folder / "vpnutil"),
    }
    text = f'{mac.PARTS["common"]}\n{text}\nowner_run() {{ limited "$@"; }}'
    return sections_of(shell, folder, text, f"mark_time\n{steps}", {**usual, **variables})


def says(state: str) -> str:
    return f'[ "$1" != status ] || echo "Azure VPN {state}"'


def test_a_slow_vpnutil_makes_the_wait_no_longer(shell: list[str], tmp_path: pathlib.Path) -> None:
    began = time.monotonic()
    sections = run(shell, tmp_path, "wait_until_up", {"vpnutil": "sleep 3; " + says("Connecting")}, timeout="4")
    took = time.monotonic() - began
    assert 4 <= int(sections["waited"].text) <= took + 1
    # Five looks of four seconds each, if they were counted.
    assert int(sections["waited"].text) < 12


def test_only_a_tunnel_that_was_not_there_has_come_up(shell: list[str], tmp_path: pathlib.Path) -> None:
    ifconfig = f"printf '{IPSEC0}{IPSEC0.replace('ipsec0', 'ipsec1').replace('201.2', '201.3')}{USB}'"
    sections = run(shell, tmp_path, "wait_until_up", {"ifconfig": ifconfig}, before="ipsec0 172.16.201.2\nipsec5 10.0.0.1", asks="")
    assert sections["came_up"].text.strip() == "ipsec1 172.16.201.3"
    assert "reason" not in sections


def test_that_another_tunnel_vanishes_is_no_success(shell: list[str], tmp_path: pathlib.Path) -> None:
    tools = {"ifconfig": f"printf '{IPSEC0}'", "vpnutil": says("Connecting")}
    sections = run(shell, tmp_path, "wait_until_up", tools, before="ipsec0 172.16.201.2\nipsec1 10.99.0.8", timeout="1")
    assert sections["came_up"].text.strip() == ""
    assert "reason" in sections


def test_a_tunnel_that_comes_back_with_its_old_address_is_seen_by_vpnutils_word(shell: list[str], tmp_path: pathlib.Path) -> None:
    tools = {"ifconfig": f"printf '{IPSEC0}'", "vpnutil": says("Connected")}
    sections = run(shell, tmp_path, "wait_until_up", tools, before="ipsec0 172.16.201.2")
    assert int(sections["waited"].text) < 10
    assert "reason" not in sections


def test_what_is_not_started_yet_is_not_taken_for_refused(shell: list[str], tmp_path: pathlib.Path) -> None:
    """vpnutil says Disconnected for a moment after the start."""
    (tmp_path / "calls").write_text("")
    later = f'[ "$(wc -l <{tmp_path}/calls)" -gt 2 ]'
    vpnutil = f'echo "$1" >>{tmp_path}/calls; if {later}; then {says("Connecting")}; else {says("Disconnected")}; fi'
    sections = run(
        shell,
        tmp_path,
        "start_connection\nwait_until_up",
        {"vpnutil": vpnutil, "log": f"echo '{SESSION} Stop command received'"},
        timeout="6",
    )
    assert int(sections["waited"].text) >= 6
    assert "stop" in sections


def test_a_refused_connection_is_not_waited_for_and_not_stopped_again(shell: list[str], tmp_path: pathlib.Path) -> None:
    tools = {"vpnutil": says("Disconnected"), "log": f"echo '{SESSION} Plugin initiated'; echo '{ERROR}'"}
    sections = run(shell, tmp_path, "start_connection\nwait_until_up", tools)
    assert int(sections["waited"].text) < 10
    assert "stop" not in sections
    assert sections["reason"].text.splitlines() == [f"{SESSION} Plugin initiated", ERROR]


def test_the_log_is_read_until_it_says_why(shell: list[str], tmp_path: pathlib.Path) -> None:
    log = f"echo . >>{tmp_path}/looks; [ \"$(wc -l <{tmp_path}/looks)\" -lt 3 ] || echo '{ERROR}'"
    sections = run(shell, tmp_path, "start_connection\nwait_until_up", {"vpnutil": says("Disconnected"), "log": log})
    assert sections["reason"].text == f"{ERROR}\n"


def test_the_error_of_the_last_time_counts_when_the_provider_ends_without_a_new_one(shell: list[str], tmp_path: pathlib.Path) -> None:
    """macOS logs the error when it changes: the second failure for the same cause has none of its own."""
    earlier = ERROR.replace("client", "server")
    log = f"case \"$*\" in *--last*) echo '{earlier}'; echo '{ERROR}' ;; *) echo '{SESSION} Plugin initiated' ;; esac"
    sections = run(shell, tmp_path, "start_connection\nwait_until_up", {"vpnutil": says("Disconnected"), "log": log})
    assert sections["reason"].text.splitlines() == [f"{SESSION} Plugin initiated", ERROR]


def test_other_vpns_lines_do_not_fill_the_log(shell: list[str], tmp_path: pathlib.Path) -> None:
    others = f"echo '{ERROR}' | sed 's/Azure VPN/Azure VPN 2/'; echo '{SESSION} x' | sed 's/Azure/Other/'"
    log = f"echo '{ERROR}'; for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do {others}; done"
    sections = run(shell, tmp_path, "start_connection\nwait_until_up", {"vpnutil": says("Disconnected"), "log": log})
    assert sections["reason"].text == f"{ERROR}\n"


def test_what_on_demand_rules_try_is_not_stopped(shell: list[str], tmp_path: pathlib.Path) -> None:
    sections = run(shell, tmp_path, "wait_until_up", {"log": f"echo '{ERROR}'"}, asks="", timeout="1", vpnutil="")
    assert "stop" not in sections
    assert sections["reason"].text == f"{ERROR}\n"


def test_the_wait_for_the_end_is_bound_by_the_clock(shell: list[str], tmp_path: pathlib.Path) -> None:
    sections = run(shell, tmp_path, "stop_connection\nwait_until_down", {"vpnutil": "sleep 2; " + says("Disconnecting")}, timeout="3")
    assert 3 <= int(sections["waited"].text) < 10
