# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac holds at the end, asked of its own tools over SSH and said in words that a newcomer understands."""

from __future__ import annotations

import plistlib
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import security_tool

if t.TYPE_CHECKING:
    from simulated_mac import SimulatedMac

KEYCHAIN = '"$HOME/Library/Keychains/login.keychain-db"'


def tell(mac: SimulatedMac) -> list[str]:
    """Return what ``mac`` says of its certificates, its client identity and its VPN profile."""
    version = _ask(mac, "sw_vers -productVersion").decode().strip()
    certificates = security_tool.parse_certificates(_ask(mac, f"security find-certificate -a -Z -p {KEYCHAIN}"))
    with_key = security_tool.parse_identities(_ask(mac, f"security find-identity {KEYCHAIN}"))
    lines = [f"{mac.name}, macOS {version}, user {mac.spec.ssh_user}:"]
    for found in certificates:
        if found.certificate is None:
            continue
        what = "client identity with its private key" if found.sha1 in with_key else "certificate"
        lines.append(f"  login keychain: {what} {found.certificate.common_name}, valid until {found.certificate.not_after:%Y-%m-%d}")
    lines += [f"  profile: {line}" for line in _profiles(_ask(mac, "profiles show -type configuration -output stdout-xml"))]
    return lines


def _profiles(out: bytes) -> list[str]:
    listed = plistlib.loads(out[out.index(b"<?xml") : out.index(b"</plist>") + len(b"</plist>")])
    lines = []
    for profile in (profile for level in listed.values() for profile in level):
        lines.append(f"{profile['ProfileDisplayName']}, installed {profile['ProfileInstallDate']}")
        for item in profile["ProfileItems"]:
            ikev2 = item["PayloadContent"].get("IKEv2")
            if ikev2:
                lines.append(f"  IKEv2 VPN to {ikev2['RemoteAddress']}")
                lines.append(f"  Remote ID the same, Local ID {ikev2['LocalIdentifier']}, authentication by certificate")
    return lines or ["none"]


def _ask(mac: SimulatedMac, command: str) -> bytes:
    answer = mac.sh(f"/usr/bin/{command}")
    return answer.stdout.encode("utf-8", "surrogateescape")
