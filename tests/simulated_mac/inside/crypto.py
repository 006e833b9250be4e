# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, keys and PKCS#12 as the simulated macOS understands them. The only user of ``cryptography`` in the Mac."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import typing as t

if "/.simulator/lib" in sys.path and "/.simulator/site" not in sys.path:
    sys.path.append("/.simulator/site")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtensionOID, NameOID

# Seen as bytes in the container, which names its algorithms in the clear.
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SHA256 = bytes.fromhex("0609608648016503040201")


class Unreadable(Exception):
    """The data is not what it should be."""


class WrongPassword(Exception):
    """The PKCS#12's integrity check fails."""


def certificate(der: bytes, label: str | None = None) -> dict[str, t.Any]:
    """Return a certificate as keychains store it, with all that the tools print of it. Raises ``Unreadable``."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        names = [str(name.value) for name in parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        identifier = next((entry.value.digest for entry in parsed.extensions if entry.oid == ExtensionOID.SUBJECT_KEY_IDENTIFIER), b"")
        emails = [str(name.value) for name in parsed.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
        try:
            alternative = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            emails += alternative.get_values_for_type(x509.RFC822Name)
        except x509.ExtensionNotFound:
            pass
    except ValueError as error:
        raise Unreadable("certificate") from error
    serial = parsed.serial_number
    common_name = names[-1] if names else None
    return {
        "der": base64.b64encode(der).decode(),
        "sha1": hashlib.sha1(der).hexdigest().upper(),
        "sha256": hashlib.sha256(der).hexdigest().upper(),
        "cn": common_name,
        "label": label or common_name or "",
        "emails": emails,
        "issuer": parsed.issuer.public_bytes().hex(),
        "subject": parsed.subject.public_bytes().hex(),
        "serial": serial.to_bytes(serial.bit_length() // 8 + 1, "big").hex(),
        "skid": identifier.hex(),
        "key": public_key_hash(parsed.public_key()),
        "not_before": parsed.not_valid_before_utc.timestamp(),
        "not_after": parsed.not_valid_after_utc.timestamp(),
    }


def public_key_hash(key: t.Any) -> str:
    """Return SHA-1 over the public key's bits: what ties a key to its certificate in a keychain."""
    return x509.SubjectKeyIdentifier.from_public_key(key).digest.hex().upper()


def certificates(data: bytes) -> list[bytes]:
    """Return the DER of each certificate in a PEM text, or of a DER one. Raises ``Unreadable``."""
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", data, re.DOTALL)
    try:
        found = [base64.b64decode(b"".join(block.split()), validate=True) for block in blocks] if blocks else [data]
        for der in found:
            x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise Unreadable("certificate") from error
    return found


def is_modern(data: bytes) -> bool:
    """Return whether a PKCS#12 uses PBES2 or a SHA-256 MAC (OpenSSL 3's default), which older macOS cannot read."""
    return _PBES2 in data or _SHA256 in data[-160:]


def looks_like_pkcs12(data: bytes) -> bool:
    """Return whether ``data`` begins as a PKCS#12 (SEQUENCE, version 3)."""
    return data[:1] == b"\x30" and b"\x02\x01\x03\x30" in data[:12]


def open_pkcs12(data: bytes, password: str) -> tuple[dict[str, t.Any] | None, bytes, list[bytes]]:
    """Return (the private key as keychains store it but for the sealed part, its PKCS#8, the certificates' DER, leaf first).

    Raises ``Unreadable`` and ``WrongPassword``.
    """
    if not looks_like_pkcs12(data):
        raise Unreadable("PKCS#12")
    try:
        found = pkcs12.load_pkcs12(data, password.encode())
    except ValueError as error:
        raise WrongPassword from error
    chain = [
        entry.certificate.public_bytes(serialization.Encoding.DER) for entry in [found.cert, *found.additional_certs] if entry is not None
    ]
    if found.key is None:
        return None, b"", chain
    pkcs8 = found.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    friendly = found.cert.friendly_name if found.cert is not None else None
    key = {
        "label": friendly.decode("utf-8", "replace") if friendly else "Imported Private Key",
        "hash": public_key_hash(found.key.public_key()),
        "bits": getattr(found.key, "key_size", 0),
    }
    return key, pkcs8, chain


def private_key(data: bytes) -> tuple[dict[str, t.Any], bytes]:
    """Return an unencrypted PEM private key in the same form. Raises ``Unreadable``."""
    try:
        block = re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", data, re.DOTALL)
        key: t.Any = serialization.load_pem_private_key(block[0] if block else data, None)
    except (ValueError, TypeError) as error:
        raise Unreadable("key") from error
    pkcs8 = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {"label": "Imported Private Key", "hash": public_key_hash(key.public_key()), "bits": getattr(key, "key_size", 0)}, pkcs8


def signed_data(content: bytes, certificate: bytes, pkcs8: bytes) -> bytes:
    """Return ``content`` signed, in it, as DER."""
    key = t.cast(t.Any, serialization.load_der_private_key(pkcs8, None))
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(x509.load_der_x509_certificate(certificate), key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def signed_by(der: bytes, issuer: bytes) -> bool:
    """Return whether the certificate ``der`` was signed by the certificate ``issuer``."""
    try:
        child, parent = x509.load_der_x509_certificate(der), x509.load_der_x509_certificate(issuer)
        child.verify_directly_issued_by(parent)
    except Exception:
        return False
    return True


def is_ca(der: bytes) -> bool:
    """Return whether the certificate may issue others."""
    try:
        return bool(x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def purposes(der: bytes) -> list[str] | None:
    """Return the names of the extended key usages that the certificate is limited to; ``None`` without a limit."""
    try:
        usage = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return [oid._name for oid in usage]


def dns_names(der: bytes) -> list[str]:
    """Return the certificate's DNS names."""
    try:
        names = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)
