# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every PKCS#12 that tools write is opened, what cannot be opened is told apart, and what is written every macOS can read."""

from __future__ import annotations

import base64
import functools
import os
import pathlib
import re
import subprocess
import sys
import unicodedata
import warnings

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from support import demo_pki

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import ber, identity, pkcs12_structure, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError

FLAVOURS: tuple[demo_pki.Flavour, ...] = ("macos", "modern", "rc2", "plain")
UMLAUTS = "pässwörd€ 🔑"


@functools.cache
def _holder() -> demo_pki.Holder:
    return demo_pki.issue(demo_pki.root(key=demo_pki.new_key("p256")), "mac-01")


@functools.cache
def _packed(passphrase: str = "right", flavour: demo_pki.Flavour = "modern") -> bytes:
    return demo_pki.pkcs12(_holder(), passphrase, flavour=flavour)


def _read(data: bytes, passphrase: str | None = "right") -> identity.Identity:
    return identity.read(data, passphrase, now=pki.utc_now())


def _of_version_five() -> bytes:
    """Return a certificate that calls itself one of version 5, for which `cryptography` has an exception of its own."""
    return _holder().der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020104"), 1)


def _refusal(data: bytes, passphrase: str | None = "right") -> IdentityError:
    with pytest.raises(IdentityError) as refusal:
        _read(data, passphrase)
    return refusal.value


@pytest.mark.parametrize(
    "passphrase", ["right", UMLAUTS, " ' \" \\ $x `y` ", "x" * 200], ids=["plain", "umlauts", "shell-characters", "long"]
)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_opens(flavour: demo_pki.Flavour, passphrase: str) -> None:
    found = _read(_packed(passphrase, flavour), passphrase)
    assert found.certificate.der == _holder().der
    assert len(found.chain) == 1


@pytest.mark.parametrize("flavour", ["modern", "rc2"])
@pytest.mark.parametrize("passphrase", ["", None], ids=["empty", "not-given"])
def test_an_empty_passphrase_opens(flavour: demo_pki.Flavour, passphrase: str | None) -> None:
    assert _read(_packed("", flavour), passphrase).certificate.der == _holder().der


def test_an_umlaut_may_be_composed_or_decomposed() -> None:
    for written, given_ in (("NFC", "NFD"), ("NFD", "NFC")):
        data = _packed(unicodedata.normalize(written, "Büro"))  # type: ignore[arg-type]
        assert _read(data, unicodedata.normalize(given_, "Büro")).certificate.der == _holder().der  # type: ignore[arg-type]


def test_a_ber_file_with_indefinite_lengths_opens_without_noise() -> None:
    """As Java and NSS write it: the outermost value without a length, ended by two zeros."""
    data = _packed("right", "macos")
    assert data[:2] == b"\x30\x82"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _read(b"\x30\x80" + data[4:] + b"\0\0").certificate.der == _holder().der


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("passphrase", ["wrong", UMLAUTS, None, ""], ids=["wrong", "umlauts", "not-given", "empty"])
def test_a_wrong_passphrase_is_called_so_and_never_shown(flavour: demo_pki.Flavour, passphrase: str | None) -> None:
    refusal = _refusal(_packed("right", flavour), passphrase)
    assert refusal.option == "passphrase"
    assert ("is wrong" if passphrase else "needs a passphrase") in str(refusal)
    assert not passphrase or passphrase not in str(refusal).replace("is wrong", "")


PEM = b"-----BEGIN CERTIFICATE-----\n"
NOT_PKCS12: dict[str, tuple[bytes, str]] = {
    "empty-file": (b"", "the data is empty"),
    "pem": (PEM, "PEM text"),
    "base64": (base64.b64encode(_packed()), "base64 text"),
    "certificate-alone": (_holder().der, "a certificate without its key"),
    "certificate-of-no-known-version": (_of_version_five(), "damaged, cut short or of another kind"),
    "java-keystore": (b"\xfe\xed\xfe\xed\0\0\0\2", "Java keystore"),
    "cut-short": (_packed()[:-200], "cut short"),
    "picture": (b"\x89PNG\r\n\x1a\n", "something else"),
    "key-alone": (
        _holder().key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        "of another kind",
    ),
    "nested-without-end": (b"\x30\x80" * 5000, "of another kind"),
    "too-big": (b"\x30" * (1024 * 1024 + 1), "larger than any client identity"),
}


@pytest.mark.parametrize(("data", "text"), NOT_PKCS12.values(), ids=NOT_PKCS12)
def test_what_is_no_pkcs12_is_called_by_its_name(data: bytes, text: str) -> None:
    refusal = _refusal(data)
    assert refusal.option == "pkcs12_content"
    assert text in str(refusal)


def test_a_certificate_of_no_known_version_in_a_pkcs12_is_refused(tmp_path: pathlib.Path) -> None:
    text = base64.encodebytes(_of_version_five()).decode()
    (tmp_path / "all.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n{_holder().key_pem.decode()}")
    command = ["openssl", "pkcs12", "-export", "-in", str(tmp_path / "all.pem"), "-passout", "pass:right"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert "the passphrase is right, but the content of the PKCS#12 cannot be read" in str(_refusal(done.stdout))


def test_a_file_without_key_is_told_from_one_without_certificate() -> None:
    without_key = demo_pki.pkcs12(_holder(), "right", flavour="macos", with_key=False)
    assert "no private key" in str(_refusal(without_key))
    without_certificate = demo_pki.pkcs12(_holder(), "right", flavour="macos", with_certificate=False, chain=[])
    assert "no certificate" in str(_refusal(without_certificate))


def test_a_key_that_belongs_to_no_certificate_is_refused() -> None:
    encryption = serialization.BestAvailableEncryption(b"right")
    data = pkcs12.serialize_key_and_certificates(
        b"x", demo_pki.new_key("rsa2048"), None, [_holder().certificate, *_holder().issuers], encryption
    )
    assert "belongs to none of its 2 certificate(s)" in str(_refusal(data))


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + body


def _two_keys() -> bytes:
    """A PKCS#12 without MAC that holds two unencrypted keys and a certificate, as some servers' key stores are exported."""
    data = bytes.fromhex("06092a864886f70d010701")
    key_bag, certificate_bag = bytes.fromhex("060b2a864886f70d010c0a0101"), bytes.fromhex("060b2a864886f70d010c0a0103")
    x509_type = bytes.fromhex("060a2a864886f70d01091601")
    bags = []
    for key in (_holder().key, demo_pki.new_key("p256")):
        pkcs8 = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        bags.append(_der(0x30, key_bag, _der(0xA0, pkcs8)))
    bags.append(_der(0x30, certificate_bag, _der(0xA0, _der(0x30, x509_type, _der(0xA0, _der(0x04, _holder().der))))))
    safe = _der(0x30, _der(0x30, data, _der(0xA0, _der(0x04, _der(0x30, *bags)))))
    return _der(0x30, b"\x02\x01\x03", _der(0x30, data, _der(0xA0, _der(0x04, safe))))


def test_two_private_keys_are_refused_where_openssl_silently_takes_the_first() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert pkcs12.load_pkcs12(_two_keys(), None).key is not None, "OpenSSL takes it"
    refusal = _refusal(_two_keys(), None)
    assert "2 private keys" in str(refusal)
    assert refusal.option == "pkcs12_content"


def test_rc2_without_the_legacy_provider_is_not_called_a_wrong_passphrase(tmp_path: pathlib.Path) -> None:
    (tmp_path / "p12").write_bytes(_packed("right", "rc2"))
    code = (
        "import pathlib, sys; from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki\n"
        "for passphrase in ('right', 'other'):\n"
        "    try: identity.read(pathlib.Path(sys.argv[1]).read_bytes(), passphrase, now=pki.utc_now())\n"
        "    except Exception as error: print(error.option, error)\n"
    )
    environment = {**os.environ, "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(tmp_path / "p12")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    right, other = done.stdout.splitlines()
    assert right.startswith("pkcs12_content ")
    assert "RC2" in right
    assert "is wrong" in other


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_damage_inside_is_refused_without_a_traceback(flavour: demo_pki.Flavour) -> None:
    data = _packed("right", flavour)
    for position in range(0, len(data), 41):
        damaged = data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :]
        # Only what the MAC does not cover may differ and be read all the same.
        assert _outcome(damaged) in ("pkcs12_content", "passphrase", _holder().der), position


def _outcome(data: bytes) -> str | bytes | None:
    """Return the certificate read, or the option that is to blame."""
    try:
        return _read(data).certificate.der
    except IdentityError as error:
        return error.option


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: _packed()[:40] + tail)), st.none() | st.text(max_size=5))
@settings(deadline=None, max_examples=300)
def test_any_bytes_and_any_passphrase_are_refused_by_name(data: bytes, passphrase: str | None) -> None:
    with pytest.raises(IdentityError) as refusal:
        identity.read(data, passphrase, now=pki.utc_now())
    assert refusal.value.option in ("pkcs12_content", "passphrase")


def test_a_passphrase_that_is_no_unicode_is_refused() -> None:
    assert _refusal(_packed(), "\ud800").option == "passphrase"


def _openssl(data: bytes, passphrase: str, *options: str) -> str:
    """Let OpenSSL's own reader, without its legacy provider, print ``data``."""
    command = ["openssl", "pkcs12", *options, "-passin", "env:P12", "-noenc"]
    done = subprocess.run(command, input=data, env={**os.environ, "P12": passphrase}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return (done.stdout + done.stderr).decode(errors="replace")  # names come in OpenSSL's own spelling


@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384", "p521"])
@pytest.mark.parametrize("flavour", ["modern", "rc2"])
def test_what_is_written_for_macos_is_3des_and_sha1_with_the_whole_chain(flavour: demo_pki.Flavour, kind: str) -> None:
    root = demo_pki.root(key=demo_pki.new_key("p256"))
    middle = demo_pki.issue(root, "Middle", ca=True, usages=None, key=demo_pki.new_key("p256"))
    holder = demo_pki.issue(middle, "mac-01", key=demo_pki.new_key(kind))
    found = _read(demo_pki.pkcs12(holder, UMLAUTS, flavour=flavour), UMLAUTS)
    passphrase = identity.new_passphrase()
    encoded = found.for_macos(passphrase, label="Azure VPN für mac-01")
    shown = _openssl(encoded, passphrase, "-info")
    assert "MAC: sha1" in shown
    assert shown.count("pbeWithSHA1And3-KeyTripleDES-CBC") == 2, "key and certificates"
    assert "PBES2" not in shown
    assert re.findall(r"subject=.*CN *= *(.*)", shown) == ["mac-01", "Middle", "Demo P2S Root"]
    assert "friendlyName: Azure VPN f" in shown
    again = _read(encoded, passphrase)
    assert (again, again.chain) == (found, found.chain)
    assert again.private_key.private_numbers() == found.private_key.private_numbers()


@pytest.mark.parametrize("passphrase", ["", "pässwörd", "line\nbreak", "\0"], ids=["empty", "umlaut", "line-break", "nul"])
def test_a_passphrase_that_security_cannot_take_is_refused(passphrase: str) -> None:
    with pytest.raises(IdentityError) as refusal:
        _read(_packed()).for_macos(passphrase, label="x")
    assert refusal.value.option == "passphrase"
    assert not passphrase or passphrase not in str(refusal.value)


@pytest.mark.parametrize("label", ["", "line\nbreak", "\ud800"], ids=["empty", "line-break", "surrogate"])
def test_a_label_that_the_keychain_cannot_show_is_refused(label: str) -> None:
    with pytest.raises(IdentityError):
        _read(_packed()).for_macos("x", label=label)


def test_new_passphrases_are_long_different_and_need_no_quoting() -> None:
    made = {identity.new_passphrase() for _time in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", passphrase) for passphrase in made)


def test_the_mac_tells_the_passphrase_without_opening_anything() -> None:
    for flavour in FLAVOURS:
        structure = pkcs12_structure.inspect(_packed(UMLAUTS, flavour))
        assert structure.private_keys == 1
        assert structure.fits(UMLAUTS.encode())
        assert structure.fits(b"wrong") is False
        assert structure.needs_legacy_ciphers == (flavour == "rc2")


def test_a_mac_of_countless_iterations_is_refused_at_once() -> None:
    def with_iterations(number: bytes) -> bytes:
        version, safe, mac = ber.Node.first(_packed("right", "macos")).children
        digest, salt, _iterations = mac.children
        slow = ber.Node(0x30, digest.encoded + salt.encoded + ber.Node(0x02, number).encoded)
        return ber.Node(0x30, version.encoded + safe.encoded + slow.encoded).encoded

    assert with_iterations(b"\x08\x00") == _packed("right", "macos")
    with pytest.raises(ValueError, match="too many iterations"):
        pkcs12_structure.inspect(with_iterations(b"\x7f\xff\xff\xff"))
    assert _refusal(with_iterations(b"\x7f\xff\xff\xff")).option == "pkcs12_content"
