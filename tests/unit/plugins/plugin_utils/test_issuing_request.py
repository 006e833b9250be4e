# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signing request gets a certificate for its own name and key, or a reason."""

from __future__ import annotations

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


REFUSED: dict[str, tuple[t.Callable[[], bytes], str]] = {
    "for-somebody-else": (lambda: _request("mac02"), "is for 'mac02' and not for 'mac01'"),
    "smuggles-in-another-name": (lambda: _request(names=[x509.DNSName("mac01"), x509.DNSName("boss")]), "is for 'boss'"),
    "smuggles-in-a-mail-address": (lambda: _request(names=[x509.RFC822Name("boss@example.com")]), "is for 'boss@example.com'"),
    "ecdsa": (lambda: _request(kind="p256"), "Microsoft documents RSA only"),
    "ed25519": (lambda: _request(kind="ed25519"), "not RSA of at least 2048 bits"),
    "short-key": (lambda: _request(kind="rsa1024"), "not RSA of at least 2048 bits"),
    "signature-does-not-prove-the-key": (_broken, "signature of the request is wrong"),
    "no-request": (lambda: b"hello", "not a certificate signing request"),
    "a-certificate": (demo_pki.root(key=demo_pki.new_key(number=1)).pem.encode, "not a certificate signing request"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    make, finding = REFUSED[case]
    with pytest.raises(IdentityError) as refusal:
        issuing_request.read_request(make(), "mac01")
    assert finding in str(refusal.value)
    assert refusal.value.option == "csr"
