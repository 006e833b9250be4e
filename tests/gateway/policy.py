# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure's P2S gateways accept by default, in strongSwan's words.

Source: Microsoft, "About Azure point-to-site VPN connections", the IKE and IPsec policies for IKEv2 (the same in 2021, 2023 and 2026).
"""

from __future__ import annotations

import dataclasses

# GROUP_24, GROUP_14, GROUP_ECP384, GROUP_ECP256
_GROUPS = ("modp2048s256", "modp2048", "ecp384", "ecp256")

IKE = (
    *(f"aes256gcm16-prf{prf}-{group}" for prf in ("sha384", "sha256") for group in _GROUPS),
    *(f"aes256-{hash_}-{group}" for hash_ in ("sha384", "sha256") for group in _GROUPS),
    "aes256-sha256-modp1024",
)
ESP = (
    *(f"{cipher}{group}" for cipher in ("aes256gcm16", "aes256-sha256") for group in ("", *(f"-{name}" for name in _GROUPS))),
    "aes256-sha1",
)


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the gateway accepts; a custom policy replaces Azure's lists. Lifetimes are in seconds, ``None`` for strongSwan's hours."""

    ike: tuple[str, ...] = IKE
    esp: tuple[str, ...] = ESP
    ike_rekey: int | None = None
    child_rekey: int | None = None


AZURE = Policy()
# New-AzVpnClientIpsecPolicy with GCMAES128 and ECP384: what none of the presets offers.
CUSTOM = Policy(ike=("aes128gcm16-prfsha256-ecp384",), esp=("aes128gcm16-ecp384",))
