# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signing request gets a certificate for its own name and key, or a reason."""

from __future__ import annotations

import re
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from support import demo_pki

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import issuing_request
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError


def _request(
    common_name: str | None = "mac01", kind: str = "rsa2048", names: t.Sequence[x509.GeneralName] = (), encoding: str = "PEM"
) -> bytes:
    key = demo_pki.new_key(kind, number=1) if kind.startswith("rsa") else demo_pki.new_key(kind)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    return builder.sign(key, None if kind == "ed25519" else hashes.SHA256()).public_bytes(getattr(serialization.Encoding, encoding))


ACCEPTED = {
    "pem": _request(),
    "der": _request(encoding="DER"),
    "name-in-another-case": _request("MAC01"),
    "same-name-as-dns-name": _request(names=[x509.DNSName("mac01")]),
    "without-any-name": _request(None),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    assert issuing_request.read_request(ACCEPTED[case], "mac01") == demo_pki.new_key(number=1).public_key()


def _broken() -> bytes:
    data = bytearray(_request(encoding="DER"))
    data[-1] ^= 1
    return bytes(data)


def _edited(find: bytes, replace: bytes, **settings: t.Any) -> t.Callable[[], bytes]:
    """Return a request in which bytes of its DER are exchanged, as no library would write it."""

    def make() -> bytes:
        data = _request(encoding="DER", **settings)
        assert find in data
        return data.replace(find, replace, 1)

    return make


def _two_alternative_names() -> bytes:
    key = demo_pki.new_key(number=1)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in (x509.SubjectAlternativeName([x509.DNSName("mac01")]), x509.IssuerAlternativeName([x509.DNSName("boss")])):
        builder = builder.add_extension(extension, critical=False)
    data = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return data.replace(b"\x06\x03\x55\x1d\x12", b"\x06\x03\x55\x1d\x11")


REFUSED: dict[str, tuple[t.Callable[[], bytes], str]] = {
    "for-somebody-else": (lambda: _request("mac02"), "is for 'mac02' and not for 'mac01'"),
    "smuggles-in-another-name": (lambda: _request(names=[x509.DNSName("mac01"), x509.DNSName("boss")]), "is for 'boss'"),
    "smuggles-in-a-mail-address": (lambda: _request(names=[x509.RFC822Name("boss@example.com")]), "is for 'boss@example.com'"),
    "ecdsa": (lambda: _request(kind="p256"), "Microsoft documents RSA only"),
    "ed25519": (lambda: _request(kind="ed25519"), "not RSA of at least 2048 bits"),
    "short-key": (lambda: _request(kind="rsa1024"), "not RSA of at least 2048 bits"),
    "signature-does-not-prove-the-key": (_broken, "signature of the request is wrong"),
    "huge-key": (lambda: _request(kind="rsa4608"), "not RSA of at least 2048 bits and at most 4096"),
    "two-alternative-names": (_two_alternative_names, "names in the request cannot be read"),
    "version-7": (_edited(b"\x02\x01\x00", b"\x02\x01\x07"), "not a certificate signing request"),
    "name-in-a-string-type-nobody-knows": (_edited(b"\x0c\x05mac01", b"\x1b\x05mac01"), "names in the request cannot be read"),
    # which of the two it is depends on the release of cryptography
    "name-in-half-characters": (
        _edited(b"\x0c\x05mac01", b"\x1e\x05mac01"),
        r"not a certificate signing request|names in the request cannot",
    ),
    "name-that-is-no-unicode": (_edited(b"\x0c\x05mac01", b"\x0c\x05mac\xff1"), "names in the request cannot be read"),
    "name-in-bytes": (_edited(b"\x0c\x05mac01", b"\x03\x05\x00ac01"), "names in the request cannot be read"),
    "no-request": (lambda: b"hello", "not a certificate signing request"),
    "a-certificate": (demo_pki.root(key=demo_pki.new_key(number=1)).pem.encode, "not a certificate signing request"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    make, finding = REFUSED[case]
    with pytest.raises(IdentityError) as refusal:
        issuing_request.read_request(make(), "mac01")
    assert re.search(finding, str(refusal.value))
    assert refusal.value.option == "csr"
