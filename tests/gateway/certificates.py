# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of a gateway: roots that take turns, server certificates with names in Azure's shape, and the clients' CRL."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from support import demo_pki
from support.azure_package import VNET_ID
from support.demo_pki import SERVER_AUTH, VPN_SERVER, Holder


@dataclasses.dataclass(frozen=True)
class GatewayIdentity:
    """A root and the server certificate below it."""

    root: Holder
    server: Holder


@functools.cache
def gateway_identity(generation: int = 1, server: str = VPN_SERVER, names: tuple[str, ...] | None = None) -> GatewayIdentity:
    """Make the identity of the gateway ``server`` under its root of that ``generation``; the same one each time within a process.

    The name of 76 characters fits into no common name, so that is ``<VNet id>.vpn.azure.com`` (MicrosoftDocs/azure-docs issue 42535)
    and the subjectAltName has both; ``names`` replaces the latter.
    """
    root = demo_pki.root(f"Simulated Azure Gateway Root G{generation}", key=demo_pki.new_key(number=9000 + generation))
    common_name = f"{VNET_ID}.vpn.azure.com"
    leaf = demo_pki.issue(
        root,
        common_name,
        dns_names=[server, common_name] if names is None else list(names),
        usages=SERVER_AUTH,
        key=demo_pki.new_key(number=9100 + generation),
    )
    return GatewayIdentity(root, leaf)


def revocation_list(root: Holder, revoked: Iterable[x509.Certificate], number: int = 1) -> bytes:
    """Return the CRL (DER) of ``root`` that names the ``revoked`` certificates."""
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(now - dt.timedelta(hours=1))
        .next_update(now + dt.timedelta(days=7))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now - dt.timedelta(hours=1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(root.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
