# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payloads of the profile as dictionaries, after Apple's device-management schema, and the UUIDs that follow from them.

A profile cannot point at an identity that is already in a keychain: ``PayloadCertificateUUID`` names a payload of the same profile.
So the profile carries the private key and the passphrase that opens it, and is as secret as they are.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
import uuid

from .pki import Certificate

if t.TYPE_CHECKING:
    from .profile_settings import ProfileSettings

# Base of all identifiers and UUIDs made here: the same input gives the same ones on every controller, for ever.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/azure-p2s/ansible-collection-macos")
IDENTITY_PAYLOAD = "com.apple.security.pkcs12"
ROOT_PAYLOAD = "com.apple.security.root"
VPN_PAYLOAD = "com.apple.vpn.managed"
_MAC = 5


def payloads(settings: ProfileSettings, encoded: bytes, passphrase: str, top_uuid: str) -> dict[str, t.Any]:
    """Return the whole profile as a dictionary, with ``encoded`` (PKCS#12) as identity."""
    content = [
        _vpn(settings),
        {
            **_payload(settings, IDENTITY_PAYLOAD, "identity", settings.certificate.common_name or settings.local_identifier),
            "PayloadCertificateFileName": "identity.p12",
            "PayloadContent": encoded,
            "Password": passphrase,
            "AllowAllAppsAccess": False,
            "KeyIsExtractable": False,
        },
        *(_root(settings, root) for root in settings.server_roots),
    ]
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": settings.identifier,
        "PayloadUUID": top_uuid,
        "PayloadDisplayName": settings.name,
        "PayloadDescription": f"Azure point-to-site VPN to {settings.server}",
        # Absent, it is taken for User, but Apple does not say so.
        "PayloadScope": settings.scope.capitalize(),
        "PayloadRemovalDisallowed": False,
        # A profile with somebody's key that is opened on a phone is refused there.
        "TargetDeviceType": _MAC,
        "PayloadContent": content,
    }


def content_uuid(settings: ProfileSettings) -> str:
    """Return the uuid5 (upper case) over all that the profile says; the identity counts by its certificates, not by its encoding."""
    said = payloads(settings, b"", "", "")
    certificates = [certificate.sha256 for certificate in (settings.certificate, *settings.chain)]
    text = json.dumps([said, certificates], sort_keys=True, default=bytes.hex)
    return str(uuid.uuid5(NAMESPACE, hashlib.sha256(text.encode()).hexdigest())).upper()


def _vpn(settings: ProfileSettings) -> dict[str, t.Any]:
    payload = {
        **_payload(settings, VPN_PAYLOAD, "vpn", settings.name),
        "VPNType": "IKEv2",
        "UserDefinedName": settings.name,
        "IKEv2": _ikev2(settings),
    }
    if settings.dns is not None:
        payload["DNS"] = settings.dns.to_plist()
    return payload


def _ikev2(settings: ProfileSettings) -> dict[str, t.Any]:
    """Return the ``IKEv2`` dictionary. Its switches are the integers 0 and 1, not booleans."""
    found: dict[str, t.Any] = {
        "RemoteAddress": settings.server,
        "RemoteIdentifier": settings.remote_identifier,
        "LocalIdentifier": settings.local_identifier,
        **_authentication(settings),
        "PayloadCertificateUUID": _uuid(settings, "identity"),
        "CertificateType": settings.certificate_type,
        "ServerCertificateCommonName": settings.server_certificate_common_name,
        "ServerCertificateIssuerCommonName": settings.server_certificate_issuer_common_name,
        "IKESecurityAssociationParameters": settings.ike.to_plist(),
        "ChildSecurityAssociationParameters": settings.child.to_plist(),
        "EnablePFS": int(settings.pfs),
        "DeadPeerDetectionRate": "Medium",
        "MTU": settings.mtu,
        "OnDemandEnabled": int(bool(settings.on_demand_rules)),
        "OnDemandRules": [rule.to_plist() for rule in settings.on_demand_rules] or None,
        "DisconnectOnIdle": int(settings.disconnect_on_idle is not None),
        "DisconnectOnIdleTimer": settings.disconnect_on_idle,
        "IncludeAllNetworks": 1 if settings.include_all_networks else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _authentication(settings: ProfileSettings) -> dict[str, t.Any]:
    """Return how the Mac proves itself. ``None`` without EAP would silently mean a shared secret.

    ``Certificate`` with EAP is EAP-TLS as well, but ``None`` with EAP cannot be taken for anything else. Azure ends below TLS 1.2.
    """
    if settings.authentication == "certificate":
        return {"AuthenticationMethod": "Certificate", "ExtendedAuthEnabled": 0}
    return {"AuthenticationMethod": "None", "ExtendedAuthEnabled": 1, "TLSMinimumVersion": "1.2", "TLSMaximumVersion": "1.2"}


def _root(settings: ProfileSettings, root: Certificate) -> dict[str, t.Any]:
    return {
        **_payload(settings, ROOT_PAYLOAD, f"root.{root.sha256[:16]}", root.common_name or root.subject),
        "PayloadCertificateFileName": f"root-{root.sha256[:16]}.cer",
        "PayloadContent": root.der,
    }


def _payload(settings: ProfileSettings, kind: str, part: str, display_name: str) -> dict[str, t.Any]:
    """Return what every payload has. With identifier and UUID as before, macOS updates the payload instead of adding one."""
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{settings.identifier}.{part}",
        "PayloadUUID": _uuid(settings, part),
        # XML has no control characters, but a certificate's name may have them.
        "PayloadDisplayName": "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in display_name),
    }


def _uuid(settings: ProfileSettings, part: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{settings.identifier}/{part}")).upper()
