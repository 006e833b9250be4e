# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that a rollout ends with: where each Mac stands, as a table in check mode."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import rollout

INSTALLED = {"profile": {"status": "installed", "delivery": "approval", "remedy": None, "warnings": ["The name is long."]}}
STAGED = {"profile": {"status": "staged", "delivery": "approval", "remedy": "alice opens it.", "warnings": []}}
ABSENT = {"profile": {"status": "absent", "delivery": "approval", "remedy": None, "warnings": []}}
ASKED = {"vpn_client__asked": {"changed": False, "failed": False}, "vpn_client__shared": {"results": [{"changed": False}]}}
DOWN = {"connection": {"status": "disconnected", "remedy": "alice switches it on."}}
OUTSIDE = {"connection": {"status": "connected", "remedy": "10.99.0.7 is in no address pool."}}
WOULD_START = {"changed": True, "connection": {"status": "disconnected", "remedy": None}}


def host(**registered: t.Any) -> dict[str, t.Any]:
    """Return the variables of a host that has come as far as the given results."""
    return {**ASKED, "ansible_host": "127.0.0.1", **{f"vpn_client__{name}": result for name, result in registered.items()}}


# id: the host's variables, whether it is still in the play, and its row in a run and in check mode
ROWS: dict[str, tuple[dict[str, t.Any], bool, str, tuple[str, ...]]] = {
    "failed": (
        host(certificates={"failed": True, "msg": "locked; unlock it.\nmore"}),
        False,
        "mac: failed: locked; unlock it.",
        ("mac", "-", "-", "-", "failed: locked; unlock it."),
    ),
    "refused-at-once": (
        {"vpn_client__asked": {"failed": True, "msg": "vpn_client_package is missing"}},
        False,
        "mac: failed: vpn_client_package is missing",
        ("mac", "-", "-", "-", "failed: vpn_client_package is missing"),
    ),
    "unreachable": (
        host(planned={"unreachable": True, "msg": "timed out"}),
        False,
        "mac: unreachable: timed out",
        ("mac", "-", "-", "yes", "unreachable: timed out"),
    ),
    "later-batch": (
        {},
        True,
        "mac: not yet reached: it is in a later batch",
        ("mac", "-", "-", "-", "not yet reached: it is in a later batch"),
    ),
    "gone-before-the-role": (
        {},
        False,
        "mac: not reached: it was away or failed before the role began",
        ("mac", "-", "-", "-", "not reached: it was away or failed before the role began"),
    ),
    "stopped-on-the-way": (
        host(),
        False,
        "mac: not reached: an earlier task failed",
        ("mac", "-", "-", "-", "not reached: an earlier task failed"),
    ),
    "waiting": (
        host(planned=STAGED, profile={"skipped": True}),
        True,
        "mac: waiting for a person: alice opens it.",
        ("mac", "-", "a person", "-", "alice opens it."),
    ),
    "not-connected": (
        host(planned=INSTALLED, connection=DOWN),
        True,
        "mac: waiting for a person: alice switches it on.",
        ("mac", "-", "a person", "-", "alice switches it on."),
    ),
    "connected-and-elsewhere": (
        host(planned=INSTALLED, connection=OUTSIDE),
        True,
        "mac: waiting for a person: 10.99.0.7 is in no address pool.",
        ("mac", "-", "a person", "-", "10.99.0.7 is in no address pool."),
    ),
}


@pytest.mark.parametrize(("variables", "active", "line", "cells"), ROWS.values(), ids=ROWS)
def test_where_a_mac_stands(variables: dict[str, t.Any], active: bool, line: str, cells: tuple[str, ...]) -> None:
    left = ["mac"] if active else []
    assert rollout.summary({"mac": variables}, check=False, active=left)[1] == line
    assert rollout.row("mac", variables, check=True, active=active).cells == cells


def test_in_check_mode_it_is_a_table_of_what_would_change() -> None:
    changed = {"changed": True}
    hosts = {
        "done01": host(planned=INSTALLED),
        "new-mac-01": host(planned=ABSENT, certificates=changed, identity=changed, profile={**ABSENT, **changed}),
        "rootless": host(planned=INSTALLED, certificates=changed),
        "away": host(planned={"unreachable": True, "msg": "timed out"}),
        "waits": host(planned=STAGED, identity=changed),
    }
    assert rollout.summary(hosts, check=True) == [
        "1 done, 3 would change, 1 unreachable",
        "host        would change                     pending   unreachable  note",
        "away        -                                -         yes          unreachable: timed out",
        "new-mac-01  certificates, identity, profile  a person  -",
        "rootless    certificates                     -         -",
        "waits       identity                         a person  -            alice opens it.",
        "Warning (done01, rootless): The name is long.",
    ]


def test_in_check_mode_nothing_to_do_is_one_line() -> None:
    assert rollout.summary({"mac": host(planned={"profile": {**INSTALLED["profile"], "warnings": []}})}, check=True) == ["1 done"]


def test_a_connection_that_a_run_would_start_waits_for_nobody() -> None:
    row = rollout.row("mac", host(planned=INSTALLED, connection=WOULD_START), check=True)
    assert (row.state, row.detail, row.waits) == ("would change", "", False)
