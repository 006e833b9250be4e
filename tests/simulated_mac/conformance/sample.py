# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration profile that every version installs, to be changed by tests."""

from __future__ import annotations

import plistlib
import typing as t
import uuid

from .case import PASSPHRASE, files

IDENTIFIER = "com.example.vpn"


def profile(
    *,
    scope: str | None = "User",
    identifier: str = IDENTIFIER,
    ike: dict[str, t.Any] | None = None,
    vpn: dict[str, t.Any] | None = None,
    **top: t.Any,
) -> bytes:
    """Return a profile with an identity and an IKEv2 payload; ``vpn`` changes the latter, ``ike`` its settings, ``top`` the profile."""
    identity = {
        "PayloadType": "com.apple.security.pkcs12",
        "PayloadIdentifier": f"{identifier}.identity",
        "PayloadUUID": "6EE63BCC-3E7C-48B2-AD15-D078EBAF25D0",
        "PayloadVersion": 1,
        "PayloadContent": files()["good.p12"],
        "Password": PASSPHRASE,
    }
    settings = {
        "RemoteAddress": "vpn.example.com",
        "RemoteIdentifier": "vpn.example.com",
        "LocalIdentifier": "P2SChildCertMac",
        "AuthenticationMethod": "None",
        "ExtendedAuthEnabled": 1,
        "PayloadCertificateUUID": identity["PayloadUUID"],
    } | (ike or {})
    payload = {
        "PayloadType": "com.apple.vpn.managed",
        "PayloadIdentifier": f"{identifier}.vpn",
        "PayloadUUID": "597B4018-DBED-4B91-AD38-FD825711CD02",
        "PayloadVersion": 1,
        "VPNType": "IKEv2",
        "UserDefinedName": "AzureVNet",
        "IKEv2": settings,
    } | (vpn or {})
    content = {
        "PayloadType": "Configuration",
        "PayloadIdentifier": identifier,
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, repr((payload, top)))).upper(),
        "PayloadVersion": 1,
        "PayloadDisplayName": "Azure",
        "PayloadContent": [identity, payload],
    } | top
    if scope is not None:
        content["PayloadScope"] = scope
    return plistlib.dumps(content)
