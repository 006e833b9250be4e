# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens an identity that is nobody's, so that no process that is forked later has to open its first: the first takes twice as long."""

from __future__ import annotations

import contextlib
import datetime as dt

from . import identity
from .libraries import ExtendedKeyUsageOID, NameOID, hashes, pkcs12, rsa, serialization, x509
from .pki import utc_now

# Its name, and the passphrase.
NOBODY = "nobody"
# Mersenne's primes: to find others would take longer than all the rest, and everybody may know this key.
_P, _Q, _E = 2**607 - 1, 2**2203 - 1, 65537


def warm_up() -> None:
    """Have OpenSSL and Python load and work out what they do at first use. An error is passed over.

    This is about time alone: what is missing or not allowed is said where somebody asks for it.
    """
    with contextlib.suppress(Exception):
        now = utc_now()
        identity.read(pkcs12_of_nobody(now), NOBODY, now=now)


def pkcs12_of_nobody(now: dt.datetime) -> bytes:
    """Return an identity that is valid at ``now`` (aware, UTC), under the passphrase ``NOBODY``."""
    d = pow(_E, -1, (_P - 1) * (_Q - 1))
    public = rsa.RSAPublicNumbers(_E, _P * _Q)
    numbers = rsa.RSAPrivateNumbers(_P, _Q, d, d % (_P - 1), d % (_Q - 1), pow(_Q, -1, _P), public)
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NOBODY)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = serialization.BestAvailableEncryption(NOBODY.encode())
    return pkcs12.serialize_key_and_certificates(None, key, certificate, None, secret)
