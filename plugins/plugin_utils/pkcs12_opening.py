# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a PKCS#12, an RSA identity as common tools write it in a tenth of the time that ``load_pkcs12`` takes.

``load_pkcs12`` has OpenSSL test with 64 rounds of Miller-Rabin each whether the primes of an RSA key are primes: some 35 ms for 2048
bits, ten times all the rest. That is for keys from strangers. Here the file's MAC shows that the key is as the admin's tool wrote it,
its numbers are seen to belong together, and a signature made with it is verified. A key with a composite number for a prime fails that,
unless somebody made it to deceive, who then knew the passphrase.
What this does not see through is left to ``load_pkcs12``; nothing is refused here.
"""

from __future__ import annotations

import math
import secrets
import typing as t

from .libraries import InvalidSignature, UnsupportedAlgorithm, hashes, padding, pkcs12, rsa, serialization
from .pkcs12_structure import Structure
from .pki import UNREADABLE

# With more rounds, Python's own of the MAC would take as long as the test of the primes.
_MAC_ITERATIONS = 20_000


def load(data: bytes, structure: Structure, passphrase: bytes | None) -> tuple[t.Any, list[t.Any]]:
    """Return the private key of ``data``, ``None`` for none, and all its certificates. Raises what ``load_pkcs12`` raises."""
    found = _usual(structure, passphrase) if passphrase else None
    if found:
        return found
    bundle = pkcs12.load_pkcs12(data, passphrase)
    return bundle.key, _certificates(bundle)


def _usual(structure: Structure, passphrase: bytes) -> tuple[rsa.RSAPrivateKey, list[t.Any]] | None:
    if structure.mac_iterations > _MAC_ITERATIONS or not structure.fits(passphrase):
        return None
    try:
        encrypted, others = structure.split()
        key = serialization.load_der_private_key(encrypted, passphrase, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey) or not is_sound(key):
            return None
        return key, _certificates(pkcs12.load_pkcs12(others, passphrase))
    except (*UNREADABLE, IndexError, RecursionError, UnsupportedAlgorithm):
        return None


def is_sound(key: rsa.RSAPrivateKey) -> bool:
    """Return whether the numbers of ``key`` belong together, and its primes behave as such."""
    numbers = key.private_numbers()
    public, p, q, d = numbers.public_numbers, numbers.p, numbers.q, numbers.d
    if (
        min(p, q) < 2
        or p * q != public.n
        or d * public.e % math.lcm(p - 1, q - 1) != 1
        or numbers.dmp1 != d % (p - 1)
        or numbers.dmq1 != d % (q - 1)
        or numbers.iqmp * q % p != 1
    ):
        return False
    message = secrets.token_bytes(32)
    try:
        key.public_key().verify(key.sign(message, padding.PKCS1v15(), hashes.SHA256()), message, padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def _certificates(bundle: pkcs12.PKCS12KeyAndCertificates) -> list[t.Any]:
    return [entry.certificate for entry in [bundle.cert, *bundle.additional_certs] if entry]
