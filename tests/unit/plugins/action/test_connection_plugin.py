# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins ask of Ansible's connection: one command, the script on standard input and nowhere else."""

from __future__ import annotations

import types
import typing as t

from ansible_collections.azure_p2s.macos.plugins.action.vpn_connection_info import ActionModule
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mac


def run(*, has_pipelining: bool) -> tuple[dict[str, t.Any], list[tuple[str, str, bytes]]]:
    """Run a module that contacts the Mac; return its result, and each shell with its command and standard input."""
    sent: list[tuple[str, str, bytes]] = []
    task = types.SimpleNamespace(args={"name": "Azure VPN"}, check_mode=False, async_val=0, diff=False, action="x", resolved_action="x")
    shell = types.SimpleNamespace(tmpdir=None)
    connection = types.SimpleNamespace(_shell=shell, has_pipelining=has_pipelining, transport="paramiko")
    action = ActionModule(task, connection, types.SimpleNamespace(), None, None, None)

    def answer(command: str, in_data: bytes, executable: str) -> dict[str, t.Any]:
        sent.append((executable, command, in_data))
        return {"rc": 1, "stdout": "", "stderr": "gone"}

    action._low_level_execute_command = answer
    return action.run(task_vars={}), sent


def test_a_connection_that_cannot_send_standard_input_is_refused_by_name() -> None:
    result, sent = run(has_pipelining=False)
    assert result["failed"] is True
    assert result["msg"].startswith("the connection plugin paramiko cannot send a script on standard input")
    assert sent == []


def test_the_script_is_sent_on_standard_input_to_a_command_that_never_changes() -> None:
    _result, sent = run(has_pipelining=True)
    ((shell, command, script),) = sent
    assert (shell, command) == ("/bin/sh", mac.TAKE_SCRIPT)
    assert b"p2s_main" in script
