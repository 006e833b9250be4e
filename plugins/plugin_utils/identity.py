# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client identity: one certificate with its private key and chain, read from any PKCS#12 and written as macOS reads it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import string
import typing as t
import unicodedata
import warnings as python_warnings

from . import identity_checks as checks
from . import pkcs12_opening, pkcs12_structure
from .errors import IdentityError
from .libraries import UnsupportedAlgorithm, ec, hashes, pkcs12, rsa, serialization
from .pki import UNREADABLE, Certificate

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

# A key, a certificate and its chain take a few KiB.
_MAX_SIZE = 1024 * 1024
# OpenSSL's default as well. The passphrase made here has 190 bits; no count of iterations would add to it.
_KDF_ROUNDS = 2048
_PASSPHRASE_LENGTH = 32


@dataclasses.dataclass(frozen=True)
class Identity:
    """One client identity that macOS and an Azure gateway can use.

    ``chain`` leads from the leaf's issuer (the leaf itself excluded) towards the root, as far as the PKCS#12 holds it.
    ``key_type`` is ``rsa2048``, ``ecdsa256`` and the like. ``local_identifier`` is what goes to the gateway as Local ID.
    ``warnings`` are whole sentences.
    """

    certificate: Certificate
    chain: tuple[Certificate, ...]
    private_key: PrivateKey = dataclasses.field(repr=False, compare=False)
    key_type: str
    local_identifier: str
    warnings: tuple[str, ...] = ()

    def to_result(self, now: dt.datetime) -> dict[str, t.Any]:
        """Return what modules show of the identity: never the key."""
        return {
            **self.certificate.to_result(now),
            "local_identifier": self.local_identifier,
            "key_type": self.key_type,
            "warnings": list(self.warnings),
        }

    def for_macos(self, passphrase: str, *, label: str) -> bytes:
        """Return the identity and its whole chain as a PKCS#12 that every macOS reads; ``label`` becomes the key's name in the keychain.

        SHA-1 and 3DES for the MAC *and* the encryption: macOS before 15 knows nothing newer, `security import`
        of macOS 26 does not either, and each answers "MAC verification failed (wrong password?)" to it, and to an
        empty passphrase. Apple's reader was extended between Security-61123.100.169 and Security-61439.1.1.
        `security` reads a passphrase as ASCII. Raises ``IdentityError`` for one that is empty or not printable ASCII.
        """
        refuse_passphrase(passphrase)
        if not label or any(unicodedata.category(character) in ("Cc", "Cs") for character in label):
            raise IdentityError("the key's label is empty or contains control characters", "give it a plain name", option="name")
        encryption = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(_KDF_ROUNDS)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())
            .build(passphrase.encode("ascii"))
        )
        chain = [certificate.x509 for certificate in self.chain]
        return pkcs12.serialize_key_and_certificates(label.encode(), self.private_key, self.certificate.x509, chain, encryption)


def refuse_passphrase(passphrase: str | None) -> None:
    """Raise ``IdentityError`` for a passphrase under which macOS reads no PKCS#12: it takes printable ASCII, and some."""
    if not passphrase or not passphrase.isascii() or not passphrase.isprintable():
        raise IdentityError(
            "macOS reads a PKCS#12 only under a passphrase of printable ASCII characters",
            "give such a passphrase",
            option="passphrase",
        )


def new_passphrase() -> str:
    """Return a random passphrase of ASCII letters and digits, which need no quoting anywhere."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _char in range(_PASSPHRASE_LENGTH))


def read(data: bytes, passphrase: str | None, *, now: dt.datetime) -> Identity:
    """Open a PKCS#12, see that it can serve as client identity at ``now`` (aware, UTC), and return it.

    ``passphrase`` ``None`` is a file without one; the empty text is tried in both ways that tools write it.
    Raises ``IdentityError`` with option ``pkcs12_content`` or ``passphrase``.
    """
    key, certificates = _open(data, passphrase)
    try:
        found = [Certificate(certificate.public_bytes(serialization.Encoding.DER)) for certificate in certificates]
        leaf = checks.leaf_of(key, found, now)
        key_type = checks.key_type(key, leaf)
        checks.refuse_unusable(leaf, now)
        chain = checks.chain_of(leaf, found)
        local_identifier = checks.local_identifier(leaf)
    except IdentityError as error:
        raise (error if error.option else error.for_option("pkcs12_content")) from error
    unused = len(set(found) - {leaf, *chain})
    notes = checks.warnings_of(leaf, chain, key_type, unused, now)
    return Identity(leaf, chain, t.cast(PrivateKey, key), key_type, local_identifier, notes)


def certificate_of(data: bytes, passphrase: str | None, *, now: dt.datetime) -> Certificate:
    """Return the certificate of the identity in a PKCS#12, usable or not: what has to be known to remove it.

    Raises ``IdentityError`` with option ``pkcs12_content`` or ``passphrase``.
    """
    key, certificates = _open(data, passphrase)
    return checks.leaf_of(key, [Certificate(certificate.public_bytes(serialization.Encoding.DER)) for certificate in certificates], now)


def _open(data: bytes, passphrase: str | None) -> tuple[t.Any, list[t.Any]]:
    """Return the only private key of ``data`` and all its certificates."""
    structure = _structure(data)
    if structure.private_keys > 1:
        raise IdentityError(
            f"the PKCS#12 holds {structure.private_keys} private keys, and it cannot be known which one is meant",
            "export the one identity that this Mac shall use alone",
            option="pkcs12_content",
        )
    for candidate in _spellings(passphrase):
        try:
            with python_warnings.catch_warnings():  # `cryptography` announces that it may stop reading BER: not for the admin
                python_warnings.simplefilter("ignore")
                key, certificates = pkcs12_opening.load(data, structure, candidate)
        except (*UNREADABLE, TypeError, UnsupportedAlgorithm):
            continue
        if key is None:
            raise IdentityError(
                "the PKCS#12 holds no private key",
                "export the certificate together with its private key",
                option="pkcs12_content",
            )
        return key, certificates
    raise _why_closed(structure, passphrase)


def _structure(data: bytes) -> pkcs12_structure.Structure:
    if len(data) > _MAX_SIZE:
        raise IdentityError("the data is larger than any client identity (1 MiB)", "give the right file", option="pkcs12_content")
    try:
        return pkcs12_structure.inspect(data)
    except (ValueError, IndexError, RecursionError):
        raise IdentityError(
            f"{checks.what_it_is(data)}, not a PKCS#12", "give the client certificate with its key as .p12 or .pfx", option="pkcs12_content"
        ) from None


def _spellings(passphrase: str | None) -> list[bytes | None]:
    """Return the byte strings under which a tool may have written ``passphrase``, likeliest first."""
    if not passphrase:
        return [b"", None]
    # Apple's tools may have decomposed an umlaut that the admin's editor composes, or the other way round.
    texts = [passphrase, unicodedata.normalize("NFC", passphrase), unicodedata.normalize("NFD", passphrase)]
    try:
        return [text.encode() for text in dict.fromkeys(texts)]
    except UnicodeEncodeError:
        raise IdentityError("the passphrase is not valid Unicode text", "give it as UTF-8", option="passphrase") from None


def _why_closed(structure: pkcs12_structure.Structure, passphrase: str | None) -> IdentityError:
    """Return the reason why no spelling of the passphrase opened the file."""
    fits = [structure.fits(candidate or b"") for candidate in _spellings(passphrase)]
    if True in fits and structure.needs_legacy_ciphers:
        return IdentityError(
            "the passphrase is right, but the PKCS#12 is encrypted with RC2 or RC4, which this Python's OpenSSL cannot read",
            "export it again with AES-256 or 3DES, or unset CRYPTOGRAPHY_OPENSSL_NO_LEGACY if it is set",
            option="pkcs12_content",
        )
    if True in fits:
        return IdentityError(
            "the passphrase is right, but the content of the PKCS#12 cannot be read", "export the identity again", option="pkcs12_content"
        )
    if not passphrase:
        return IdentityError("the PKCS#12 needs a passphrase and none was given", "give the one it was exported with", option="passphrase")
    if None in fits:
        return IdentityError(
            "the PKCS#12 does not open with this passphrase",
            "correct the passphrase, or export the identity again if it is right",
            option="passphrase",
        )
    return IdentityError("the passphrase of the PKCS#12 is wrong", "give the one it was exported with", option="passphrase")
