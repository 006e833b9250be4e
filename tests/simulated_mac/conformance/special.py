# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs of the conformance suite that differ from a usual one: where the switches stand on the kinder branch, and with something on them."""

from __future__ import annotations

import typing as t

from ..mac import SimulatedMac
from ..spec import Gateway, OtherService, Person
from . import case, sample

# Each switch of ``inside/modes.py`` that a command shows, on the other branch.
KIND = {
    "reimport": "succeed",
    "import_text": True,
    "acl_dialog": False,
    "install_refusal_stream": "stderr",
    "sip": False,
    "serial": "C02EXAMPLE",
    "developer_tools": True,
    "locked_add_certificate": True,
    "other_tunnels": ("100.64.0.1",),
}
L2TP, IPSEC, EXTENSION = "PPP:L2TP", "IPSec", "VPN:io.example.macsys"
SERVICES = (
    OtherService("My VPN"),
    OtherService("Other", EXTENSION),
    OtherService("n" * 31, IPSEC),
    OtherService("m" * 32, IPSEC, enabled=False),
    OtherService("twice", IPSEC),
    OtherService("twice", IPSEC),
)


def specs() -> dict[str, dict[str, t.Any]]:
    """Return name -> what ``MacSpec`` takes."""
    return {
        "kind": {"modes": KIND},
        "services": {"other_services": SERVICES},
        "setup": {"console_user": "_mbsetupuser"},
        "unwilling": {"person": Person(answers_dialogs_after=0, gives_admin_password=False), "revoked": (case.sha256("revoked"),)},
        "managed": {
            "mdm": True,
            "vpnutil": True,
            "gateway": Gateway(seconds=0, lag_seconds=0, stopping_seconds=0),
            "modes": {"dynamic_store": True},
        },
        "trying": {"vpnutil": True, "gateway": Gateway(reachable=False)},
    }


def prepare(mac: SimulatedMac) -> None:
    """Bring onto the Mac what it does not have at its start."""
    if mac.name == "vmanaged":
        mac.install_profile(sample.profile(), scope="user", user="alice", source="manual")
        mac.install_profile(
            sample.profile(scope="System", identifier="com.example.device", vpn={"UserDefinedName": "Device"}), scope="system"
        )
    if mac.name == "vtrying":
        mac.install_profile(sample.profile(), scope="user", user="alice", source="manual")
