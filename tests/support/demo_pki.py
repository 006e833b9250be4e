# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots, client identities and PKCS#12 files in every flavour, for the tests and the demo; never for production.

A :class:`Holder` is a certificate with its key. ``root`` and ``issue`` make them, ``pkcs12`` packs them, ``write_demo`` fills a folder.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import pathlib
import subprocess
import tempfile
import typing as t
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12 as p12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The names of Azure's gateways have this form: 76 characters, too long for a common name.
VPN_SERVER = "azuregateway-3f1c2a44-7b0e-4c51-9a6d-2e8f5b7c9d10-a1b2c3d4e5f6.vpn.azure.com"
CLIENT_AUTH = (ExtendedKeyUsageOID.CLIENT_AUTH,)
SERVER_AUTH = (ExtendedKeyUsageOID.SERVER_AUTH,)

Flavour = t.Literal["macos", "modern", "rc2", "plain"]


@dataclasses.dataclass(frozen=True)
class Holder:
    """A certificate, its private key, and its issuers from the nearest to the root."""

    certificate: x509.Certificate
    key: t.Any
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        """The private key as unencrypted PKCS#8 PEM."""
        encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return t.cast(bytes, self.key.private_bytes(encoding, private, serialization.NoEncryption()))


@functools.lru_cache(maxsize=64)
def _cached_rsa(bits: int, number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def new_key(kind: str = "rsa2048", *, number: int | None = None) -> t.Any:
    """Make a private key: ``rsa<bits>``, ``p256``, ``p384``, ``p521``, ``k1``, ``ed25519``, ``dsa``.

    RSA keys are slow to make: with ``number`` the same one is returned for the same number within one process.
    """
    if kind.startswith("rsa"):
        bits = int(kind[3:])
        return _cached_rsa(bits, number) if number is not None else rsa.generate_private_key(public_exponent=65537, key_size=bits)
    curves: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1(), "k1": ec.SECP256K1()}
    if kind in curves:
        return ec.generate_private_key(curves[kind])
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else dsa.generate_private_key(2048)


def root(common_name: str = "Demo P2S Root", *, key: t.Any = None, now: dt.datetime | None = None, days: int = 3650) -> Holder:
    """Make a self-signed certificate authority."""
    return issue(None, common_name, key=key, ca=True, usages=None, now=now, days=days)


def issue(
    issuer: Holder | None,
    common_name: str | None,
    *,
    dns_names: Sequence[str] | None = None,
    mails: Sequence[str] = (),
    usages: Iterable[x509.ObjectIdentifier] | None = CLIENT_AUTH,
    ca: bool = False,
    key: t.Any = None,
    signing: bool = True,
    now: dt.datetime | None = None,
    starts: dt.timedelta = dt.timedelta(days=-1),
    days: float = 365,
) -> Holder:
    """Issue a certificate that is valid from ``now + starts`` for ``days``; without ``issuer`` a self-signed one.

    ``dns_names`` ``None`` puts the common name of a client or server into the subjectAltName, as Microsoft's recipes do;
    an empty list leaves the extension out. ``usages`` ``None`` leaves the extended key usage out. ``signing`` says whether
    the key usage has digitalSignature.
    """
    now = now or dt.datetime.now(dt.UTC)
    key = key if key is not None else new_key()
    signer = issuer.key if issuer else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    begin = now + starts
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.KeyUsage(signing and not ca, False, not ca, False, False, ca, ca, False, False), critical=True)
    )
    if dns_names is None:
        dns_names = [common_name] if common_name and not ca else []
    names: list[x509.GeneralName] = [*map(x509.DNSName, dns_names), *map(x509.RFC822Name, mails)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usages is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Holder(builder.sign(signer, algorithm), key, (issuer.certificate, *issuer.issuers) if issuer else ())


def pkcs12(
    holder: Holder,
    passphrase: str,
    *,
    flavour: Flavour = "modern",
    chain: Sequence[x509.Certificate] | None = None,
    with_key: bool = True,
    with_certificate: bool = True,
) -> bytes:
    """Pack ``holder``: ``modern`` as OpenSSL 3 does by default, ``macos`` as every macOS reads it, ``rc2`` as old Windows and macOS export,
    ``plain`` unencrypted but with a MAC. ``chain`` ``None`` is the whole one. ``rc2`` and ``plain`` are made by the openssl command."""
    chain = holder.issuers if chain is None else tuple(chain)
    if flavour in ("rc2", "plain"):
        return _by_openssl(holder, passphrase, chain, ["-legacy"] if flavour == "rc2" else ["-keypbe", "NONE", "-certpbe", "NONE"])
    name = b"demo"
    key, certificate = (holder.key if with_key else None), (holder.certificate if with_certificate else None)
    builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
    if flavour == "modern":
        builder = builder.key_cert_algorithm(p12.PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256())
    else:
        builder = builder.key_cert_algorithm(p12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())
    if not passphrase:  # `cryptography` does not write an empty one
        return _by_openssl(holder, "", chain, [])
    return p12.serialize_key_and_certificates(name, key, certificate, chain or None, builder.build(passphrase.encode()))


def _by_openssl(holder: Holder, passphrase: str, chain: Sequence[x509.Certificate], options: list[str]) -> bytes:
    pems = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in (holder.certificate, *chain)]
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "all.pem"), pathlib.Path(folder, "out.p12")
        source.touch(0o600)
        source.write_bytes(b"".join([holder.key_pem, *pems]))
        command = ["openssl", "pkcs12", "-export", *options, "-in", str(source), "-out", str(target), "-passout", "stdin"]
        subprocess.run(command, input=passphrase + "\n", text=True, encoding="utf-8", check=True, capture_output=True)
        return target.read_bytes()


def write_demo(folder: pathlib.Path, names: Sequence[str], *, passphrase: str, root_name: str = "Demo P2S Root") -> Holder:
    """Write ``<name>.p12`` (0600) for each of ``names``, as OpenSSL 3 makes it, which macOS itself could not read; return their root."""
    authority = root(root_name)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        target = folder / f"{name}.p12"
        target.touch(0o600)
        target.write_bytes(pkcs12(issue(authority, name), passphrase))
    return authority
