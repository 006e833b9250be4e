# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real IKEv2 gateway (strongSwan) for the tests and the demo, shaped as Azure's P2S gateways are, and the simulated Macs' way to it.

It proves the arithmetic of a delivered profile (names, certificates, proposals, traffic) against an independent IKEv2 implementation.
It is neither Azure nor macOS: strongSwan is stricter than Azure seems to be on the Local ID, and looser on extended key usage.
"""

from __future__ import annotations

from . import machine
from .azure import POOL, VNET, VNET_DNS, VNET_HOST, Gateway, UnavailableError
from .certificates import gateway_identity
from .machine import lacking
from .policy import CUSTOM, Policy

__all__ = [
    "CUSTOM",
    "POOL",
    "VNET",
    "VNET_DNS",
    "VNET_HOST",
    "Gateway",
    "Policy",
    "UnavailableError",
    "gateway_identity",
    "lacking",
    "machine",
]
