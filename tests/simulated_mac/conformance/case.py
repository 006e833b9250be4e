# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases for the simulated Mac: a command, what macOS answers, and on which versions; with the files they work on.

Each case is named after the part of macOS's behaviour that it pins. Cases that say nothing of sessions run in one SSH session a Mac,
one after the other, each in a shell of its own.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import pathlib
import re
import subprocess
import tempfile
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if t.TYPE_CHECKING:
    from ..mac import SimulatedMac

LATEST = "15.6.1"
VERSIONS = ("10.15.7", "11.7", "13.7", "14.7", "15.1", LATEST, "26.1")
PASSPHRASE = "secret"
NOT_BEFORE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True)
class Case:
    """One command and its answer. A text starting with ``re:`` is a pattern for the whole output; ``None`` is not looked at.

    ``on`` names versions, or Macs of ``special``.
    """

    id: str
    script: str
    rc: int = 0
    out: str | None = ""
    err: str | None = ""
    on: tuple[str, ...] = (LATEST,)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back."""

    rc: int
    out: str
    err: str


def agree(expected: str | None, found: str) -> bool:
    """Return whether an output is as expected."""
    if expected is None:
        return True
    if expected.startswith("re:"):
        return re.fullmatch(expected[3:], found, re.DOTALL) is not None
    return expected == found


# In every script: $F the folder of the files below, $K a keychain file of the case's own (made by `new`, password "pw", unlocked),
# $S security.
_PREAMBLE = """\
F=/tmp/files S=/usr/bin/security L=/Users/alice/Library/Keychains/login.keychain-db
new() { K=/tmp/case.$CASE.keychain-db; $S create-keychain -p pw $K; }
say() { printf '%s\\n' "$1" | $S -i; }
quiet() { printf '%s\\n' "$1" | $S -q -i; }
import() { $S import $F/$1 -k $K -P secret $2; }
gone() { $S delete-keychain $K; }
"""


def run(mac: SimulatedMac, cases: t.Sequence[Case]) -> dict[str, Answer]:
    """Run ``cases`` in one SSH session; returns the answers by id."""
    script = ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "o=/tmp/out.$$ e=/tmp/err.$$"]
    for number, case in enumerate(cases):
        body = base64.b64encode((f"CASE={number}\n" + _PREAMBLE + case.script).encode()).decode()
        script.append(
            f'/bin/sh -c "$(echo {body} | base64 -D)" sh >$o 2>$e </dev/null; '
            f"echo \"$? $(base64 <$o | tr -d '\\n') . $(base64 <$e | tr -d '\\n')\""
        )
    done = mac.sh("\n".join(script) + "\n", timeout=300)
    assert done.returncode == 0, done.stderr
    answers = {}
    for case, line in zip(cases, done.stdout.splitlines(), strict=True):
        status, _space, rest = line.partition(" ")
        out, _dot, err = rest.partition(" .")
        answers[case.id] = Answer(int(status), *(base64.b64decode(text).decode("utf-8", "surrogateescape") for text in (out, err)))
    return answers


# -- files ---------------------------------------------------------------------------------------------------------


def _certificate(
    name: str,
    *,
    issuer: tuple[x509.Certificate, t.Any] | None = None,
    ca: bool = False,
    days: int = 3650,
    key: t.Any = None,
    attribute: x509.ObjectIdentifier = NameOID.COMMON_NAME,
) -> tuple[x509.Certificate, t.Any]:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(attribute, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(1 if issuer is None else x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_BEFORE + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def old_pkcs12(
    name: str, key: t.Any, certificate: x509.Certificate, chain: list[x509.Certificate] | None = None, passphrase: str = PASSPHRASE
) -> bytes:
    """Return a PKCS#12 that every macOS reads: 3DES and SHA-1."""
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(passphrase.encode())
    )
    return pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, chain, encryption)


@functools.cache
def certificates() -> dict[str, x509.Certificate]:
    """The certificates in the files, by name."""
    return _made()[0]


@functools.cache
def files() -> dict[str, bytes]:
    """The files in ``$F``, by name."""
    return _made()[1]


@functools.cache
def _made() -> tuple[dict[str, x509.Certificate], dict[str, bytes]]:
    root, root_key = _certificate("Example Root CA", ca=True)
    other, _other_key = _certificate("Another Root", ca=True)
    leaf, leaf_key = _certificate("P2SChildCertMac", issuer=(root, root_key), key=rsa.generate_private_key(65537, 2048))
    second, second_key = _certificate("P2SChildCertMac2", issuer=(root, root_key))
    expired, expired_key = _certificate("Expired", issuer=(root, root_key), days=10)
    revoked, revoked_key = _certificate("Revoked", issuer=(root, root_key))
    nameless, nameless_key = _certificate("Example", issuer=(root, root_key), attribute=NameOID.ORGANIZATION_NAME)
    mail, _mail_key = _certificate("mail@example.com", issuer=(root, root_key), attribute=NameOID.EMAIL_ADDRESS)
    der, pem = serialization.Encoding.DER, serialization.Encoding.PEM
    modern = pkcs12.serialize_key_and_certificates(b"Modern", leaf_key, leaf, None, serialization.BestAvailableEncryption(b"secret"))
    good = old_pkcs12("P2S key", leaf_key, leaf)
    key_pem = second_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    content = {
        "root.cer": root.public_bytes(der),
        "root.pem": root.public_bytes(pem),
        "root.cer_0": root.public_bytes(der),
        "other.cer": other.public_bytes(der),
        "leaf.cer": leaf.public_bytes(der),
        "expired.cer": expired.public_bytes(der),
        "good.p12": good,
        "good.bin": good,
        "modern.p12": modern,
        "chain.p12": old_pkcs12("P2S key", leaf_key, leaf, [root]),
        "second.p12": old_pkcs12("Second key", second_key, second),
        "expired.p12": old_pkcs12("Expired key", expired_key, expired),
        "empty.p12": b"",
        "garbage.p12": b"no pkcs12",
        "key.pem": key_pem,
        "bad.pem": b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
        "bad.cer": b"nothing",
        "two.pem": root.public_bytes(pem) + other.public_bytes(pem),
        "nopass.p12": old_pkcs12("P2S key", leaf_key, leaf, passphrase="\u00e4"),
        "damaged.keychain-db": b"not a keychain",
        "root.CER": root.public_bytes(der),
        "good.P12": good,
        "revoked.p12": old_pkcs12("Revoked key", revoked_key, revoked),
        "revoked.cer": revoked.public_bytes(der),
        "nameless.p12": old_pkcs12("Nameless key", nameless_key, nameless),
        "mail.cer": mail.public_bytes(der),
        "both.pem": key_pem + second.public_bytes(pem),
        "nothing.pem": b"-----BEGIN NOTHING-----\n-----END NOTHING-----\n",
        "rc2.p12": _rc2_pkcs12(key_pem + second.public_bytes(pem)),
    }
    known = {"root": root, "other": other, "leaf": leaf, "second": second, "expired": expired, "revoked": revoked, "nameless": nameless}
    return known, content


def _rc2_pkcs12(pem: bytes) -> bytes:
    """Return what `openssl pkcs12 -export -legacy` makes; cryptography does not write the old cipher."""
    with tempfile.TemporaryDirectory() as folder:
        (source := pathlib.Path(folder, "both.pem")).write_bytes(pem)
        command = ["openssl", "pkcs12", "-export", "-legacy", "-in", str(source), "-name", "Old key", "-passout", f"pass:{PASSPHRASE}"]
        return subprocess.run(command, check=True, capture_output=True).stdout


def sha1(name: str) -> str:
    """SHA-1 of a certificate, as the tools print it."""
    return certificates()[name].fingerprint(hashes.SHA1()).hex().upper()


def sha256(name: str) -> str:
    """SHA-256 of a certificate, as the tools print it."""
    return certificates()[name].fingerprint(hashes.SHA256()).hex().upper()


def install_files(mac: SimulatedMac) -> None:
    """Put the files into the Mac."""
    for name, content in files().items():
        mac.write(f"/tmp/files/{name}", content, owner=501, mode=0o644)
