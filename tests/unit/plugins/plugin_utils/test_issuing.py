# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is issued is accepted by OpenSSL, and what cannot issue is refused in words."""

from __future__ import annotations

import datetime as dt
import pathlib
import subprocess
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support import demo_pki, issuing_office

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, issuing, issuing_authority, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate

NOW = pki.utc_now()
DAY = dt.timedelta(days=1)
KEY = demo_pki.new_key(number=1)


def _issue(holder: demo_pki.Holder, chain: str = "", *, name: str = "mac01.example.com", valid_for: int = 365) -> tuple[Certificate, t.Any]:
    authority = issuing_authority.read_authority((holder.pem + chain).encode(), NOW)
    return issuing.issue(authority, holder.key, KEY.public_key(), name, valid_for=valid_for, now=NOW), authority


def _packed(certificate: Certificate, authority: issuing_authority.Authority, passphrase: str) -> bytes:
    return identity.Identity(certificate, authority.issuers, KEY, "rsa2048", "mac01").for_macos(passphrase, label="mac01")


def _openssl(*arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def _intermediate() -> demo_pki.Holder:
    return demo_pki.issue(issuing_office.root(), "Issuing CA", ca=True, usages=None, key=demo_pki.new_key(number=2), days=2000)


@pytest.mark.parametrize("depth", ["from-a-root", "from-an-authority-below-it"])
def test_openssl_verifies_the_chain_for_a_client(depth: str, tmp_path: pathlib.Path) -> None:
    """The PKCS#12 opens with its passphrase on standard input, and its chain leads to the root for the purpose of a TLS client."""
    root = issuing_office.root()
    holder, chain = (root, "") if depth == "from-a-root" else (_intermediate(), root.pem)
    certificate, authority = _issue(holder, chain)
    bundle = tmp_path / "mac.p12"
    bundle.write_bytes(_packed(certificate, authority, "passphrase one"))
    certificates = _openssl("pkcs12", "-in", str(bundle), "-nokeys", "-passin", "stdin", stdin=b"passphrase one\n")
    for file, text in (("certificates", certificates), ("root", root.pem)):
        (tmp_path / file).write_text(text)
    told = _openssl(
        *("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", str(tmp_path / "root")),
        *("-untrusted", str(tmp_path / "certificates"), str(tmp_path / "certificates")),
    )
    assert told.endswith("OK\n")
    assert certificates.count("BEGIN CERTIFICATE") == 1 + len(authority.issuers)


def test_the_key_says_which_certificate_is_its_own(tmp_path: pathlib.Path) -> None:
    """OpenSSL's -clcerts shows the certificates that carry the mark of a key, and no others."""
    certificate, authority = _issue(issuing_office.root())
    bundle = tmp_path / "mac.p12"
    bundle.write_bytes(_packed(certificate, authority, "passphrase one"))
    own = _openssl("pkcs12", "-in", str(bundle), "-clcerts", "-nokeys", "-passin", "stdin", stdin=b"passphrase one\n")
    assert own.count("BEGIN CERTIFICATE") == 1
    assert Certificate.from_pem_or_der(own.encode()) == certificate


def test_the_certificate_is_what_gateway_and_macos_want() -> None:
    certificate, authority = _issue(issuing_office.root())
    extensions = certificate.x509.extensions
    assert certificate.common_name == "mac01.example.com"
    assert extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == ["mac01.example.com"]
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    found = identity.read(_packed(certificate, authority, "pw"), "pw", now=NOW)
    assert (found.local_identifier, found.key_type, found.warnings) == ("mac01.example.com", "rsa2048", ())
    assert [one.sha256 for one in found.chain] == [authority.certificate.sha256]


def test_serial_numbers_are_random() -> None:
    serials = {_issue(issuing_office.root())[0].x509.serial_number for _time in range(20)}
    assert len(serials) == 20
    assert min(serial.bit_length() for serial in serials) > 64  # CA/Browser Forum: at least 64 bits of a random generator


@pytest.mark.parametrize(
    ("root_days", "valid_for", "ends"),
    [(3650, 365, 365), (100, 365, 99), (2, 1, 1)],
    ids=["as-asked", "never-after-its-issuer", "the-shortest"],
)
def test_validity(root_days: int, valid_for: int, ends: int) -> None:
    root = demo_pki.root("short", key=demo_pki.new_key(number=3), days=root_days, now=NOW)
    certificate, authority = _issue(root, valid_for=valid_for)
    assert (certificate.not_after - NOW + dt.timedelta(minutes=1)).days == ends
    assert authority.certificate.not_before <= certificate.not_before <= NOW - dt.timedelta(minutes=30)
    assert certificate.not_after <= authority.certificate.not_after


def _no_ca() -> demo_pki.Holder:
    return demo_pki.issue(issuing_office.root(), "mac99", key=KEY)


def _dated(starts: int, days: int) -> demo_pki.Holder:
    return demo_pki.issue(None, "Root", ca=True, usages=None, key=KEY, starts=dt.timedelta(days=starts), days=days)


def _below(root: demo_pki.Holder) -> str:
    return demo_pki.issue(root, "CA", ca=True, usages=None, key=demo_pki.new_key(number=2)).pem + root.pem


def _authority(
    issuer: demo_pki.Holder | None, name: str, number: int, *, path_length: int | None = None, signs: bool = True
) -> demo_pki.Holder:
    """Return an authority as an enterprise PKI makes it: with a path length, or with a key usage that forbids it to sign."""
    key = demo_pki.new_key(number=number)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, above = (issuer.key, issuer.certificate.subject) if issuer else (key, subject)
    builder = (
        x509.CertificateBuilder(above, subject, key.public_key(), x509.random_serial_number(), NOW - DAY, NOW + 1000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(issuing.key_usage(key_cert_sign=signs, crl_sign=True), critical=True)
    )
    return demo_pki.Holder(builder.sign(signer, hashes.SHA256()), key)


def _of_client_root() -> demo_pki.Holder:
    key = demo_pki.new_key(number=4)
    return demo_pki.Holder(issuing.new_root("Azure P2S Root", key, valid_for=3650, now=NOW).x509, key)


def _chain(*lengths: int | None) -> list[demo_pki.Holder]:
    """Return authorities below each other, the issuing one first, with these path lengths."""
    holders: list[demo_pki.Holder] = []
    for number, length in enumerate(reversed(lengths)):
        holders.insert(0, _authority(holders[0] if holders else None, f"CA {number}", 10 + number, path_length=length))
    return holders


@pytest.mark.parametrize("lengths", [(0, 1), (0, 1, 2), (0, None, 2), (None, 1)], ids=str)
def test_openssl_agrees_that_the_path_is_short_enough(lengths: tuple[int | None, ...], tmp_path: pathlib.Path) -> None:
    assert _verified(_chain(*lengths), tmp_path)


@pytest.mark.parametrize("lengths", [(None, 0), (0, 0, 1), (0, 1, 1), (0, None, 0)], ids=str)
def test_openssl_agrees_that_the_path_is_too_long(lengths: tuple[int | None, ...], tmp_path: pathlib.Path) -> None:
    """Whatever is refused here would have been refused by the gateway, at every Mac."""
    holders = _chain(*lengths)
    with pytest.raises(IdentityError, match="its path length"):
        issuing_authority.read_authority("".join(holder.pem for holder in holders).encode(), NOW)
    assert not _verified(holders, tmp_path)


def _verified(holders: list[demo_pki.Holder], folder: pathlib.Path) -> bool:
    """Return whether OpenSSL accepts a client certificate from the first of ``holders``, with the last as the root."""
    authority = issuing_authority.Authority(*((Certificate(holders[0].der)), tuple(Certificate(one.der) for one in holders[1:])))
    leaf = issuing.issue(authority, holders[0].key, KEY.public_key(), "mac01", valid_for=1, now=NOW)
    texts = {"root": holders[-1].pem, "between": "".join(one.pem for one in holders[:-1]), "leaf": leaf.pem}
    for name, text in texts.items():
        (folder / name).write_text(text)
    files = [argument for option, name in (("-CAfile", "root"), ("-untrusted", "between")) for argument in (option, str(folder / name))]
    done = subprocess.run(["openssl", "verify", "-purpose", "sslclient", *files, str(folder / "leaf")], capture_output=True, check=False)
    return done.returncode == 0


def _below_what_is_no_authority() -> str:
    above = _no_ca()
    return _authority(above, "CA", 5).pem + above.pem + issuing_office.root().pem


def _below_what_may_not_sign() -> str:
    above = _authority(None, "Enterprise Root", 6, signs=False)
    return _authority(above, "CA", 5).pem + above.pem


REFUSED_AUTHORITIES: dict[str, tuple[t.Callable[[], str], str]] = {
    "a-client-certificate": (lambda: _no_ca().pem, "lacks the CA flag"),
    "expired": (lambda: _dated(-30, 10).pem, "expired on"),
    "not-yet-valid": (lambda: _dated(2, 10).pem, "not valid before"),
    "below-a-root-of-client-root": (lambda: _below(_of_client_root()), "'Azure P2S Root' allows 0 authorities below it"),
    "below-a-client-certificate": (_below_what_is_no_authority, "'mac99' is not that of an authority"),
    "below-a-root-that-may-not-sign": (_below_what_may_not_sign, "the key usage of 'Enterprise Root'"),
    "may-not-sign": (lambda: _authority(None, "Root", 6, signs=False).pem, "the key usage of 'Root'"),
    "expired-root-above-it": (lambda: _below(_dated(-30, 10)), "'Root' expired on"),
    "no-certificate": (lambda: "hello", "not a readable X.509 certificate"),
    "cut-short": (lambda: _no_ca().pem[:200], "cut short"),
    "its-key-instead": (_no_ca().key_pem.decode, "not a readable X.509 certificate"),
}


@pytest.mark.parametrize("case", REFUSED_AUTHORITIES)
def test_what_cannot_issue_is_refused(case: str) -> None:
    make, finding = REFUSED_AUTHORITIES[case]
    with pytest.raises(IdentityError) as refusal:
        issuing_authority.read_authority(make().encode(), NOW)
    assert finding in str(refusal.value)
    assert refusal.value.option == "ca_certificate"


def _encrypted(key: t.Any = None, encoding: str = "PEM") -> bytes:
    key = key or issuing_office.root().key
    private, encryption = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"root passphrase")
    return t.cast(bytes, key.private_bytes(getattr(serialization.Encoding, encoding), private, encryption))


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
def test_the_root_key_opens(encoding: str) -> None:
    key = issuing_authority.read_signing_key(
        issuing_office.authority(issuing_office.root()), _encrypted(encoding=encoding), "root passphrase"
    )
    assert key.public_key() == issuing_office.root().key.public_key()


REFUSED_KEYS: dict[str, tuple[t.Callable[[], bytes], str | None, str, str]] = {
    "wrong-passphrase": (_encrypted, "wrong", "does not open with this passphrase", "ca_private_key_passphrase"),
    "wrong-passphrase-der": (lambda: _encrypted(encoding="DER"), "wrong", "does not open", "ca_private_key_passphrase"),
    "passphrase-forgotten": (_encrypted, None, "needs a passphrase", "ca_private_key_passphrase"),
    "passphrase-for-a-plain-key": (lambda: issuing_office.root().key_pem, "x", "is not encrypted", "ca_private_key_passphrase"),
    "key-of-another-root": (lambda: _encrypted(KEY), "root passphrase", "does not belong to the authority", "ca_private_key"),
    "no-key": (lambda: b"hello", None, "not a readable private key", "ca_private_key"),
    "certificate-instead": (issuing_office.root().pem.encode, "x", "not a readable private key", "ca_private_key"),
    "ed25519": (lambda: demo_pki.Holder(t.cast(t.Any, None), demo_pki.new_key("ed25519")).key_pem, None, "neither RSA", "ca_private_key"),
}


@pytest.mark.parametrize("case", REFUSED_KEYS)
def test_a_root_key_that_does_not_do_is_refused_without_showing_it(case: str) -> None:
    make, passphrase, finding, option = REFUSED_KEYS[case]
    with pytest.raises(IdentityError) as refusal:
        issuing_authority.read_signing_key(issuing_office.authority(issuing_office.root()), make(), passphrase)
    assert finding in str(refusal.value)
    assert refusal.value.option == option
    assert "root passphrase" not in str(refusal.value)


def test_a_faulty_signature_never_leaves() -> None:
    """The primes of the root's key are not checked as it is loaded; a key that is not the certificate's shows here."""
    with pytest.raises(IdentityError, match="does not bear out"):
        issuing.issue(issuing_office.authority(issuing_office.root()), KEY, KEY.public_key(), "mac01", valid_for=1, now=NOW)


@pytest.mark.parametrize("key_type", ["ecdsa256", "p256", "ed25519", "secp384r1"])
def test_keys_that_are_not_rsa_are_refused_with_the_reason(key_type: str) -> None:
    with pytest.raises(IdentityError, match="Microsoft documents RSA only"):
        issuing.check_key_type(key_type)


def test_an_unknown_key_type_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(IdentityError, match="rsa2048, rsa3072, rsa4096"):
        issuing.check_key_type("rsa1024")


def test_what_may_go_wrong_with_the_authority_is_said_once() -> None:
    lonely = issuing_authority.read_authority(_intermediate().pem.encode(), NOW)
    assert "comes without its whole chain" in lonely.warnings()[0]
    elliptic = issuing_authority.read_authority(demo_pki.root("EC", key=demo_pki.new_key("p256")).pem.encode(), NOW)
    assert "has no RSA key" in elliptic.warnings()[0]
    assert issuing_office.authority(issuing_office.root()).warnings() == []
