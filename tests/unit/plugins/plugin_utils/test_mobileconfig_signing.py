# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed profiles are what macOS takes, and an existing file is recognised only when it really says the same."""

from __future__ import annotations

import functools
import pathlib
import plistlib
import subprocess
import typing as t
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from support import demo_pki
from support import profile_cases as cases

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig, profile_signing
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError


@functools.cache
def _signer(kind: str = "rsa2048") -> mobileconfig.Signer:
    issuer = demo_pki.root("Signing CA", key=demo_pki.new_key("p256"))
    holder = demo_pki.issue(issuer, "IT department", key=demo_pki.new_key(kind))
    return mobileconfig.read_signer((holder.pem + issuer.pem).encode(), holder.key_pem)


@functools.cache
def _settings() -> mobileconfig.ProfileSettings:
    return mobileconfig.settings_from_options(cases.options(), cases.client())


@functools.cache
def _unsigned() -> bytes:
    return mobileconfig.render(_settings(), cases.client(), cases.PASSPHRASE)


@functools.cache
def _signed(kind: str = "rsa2048") -> bytes:
    signer = _signer(kind)
    return mobileconfig.sign(_unsigned(), signer.certificate, signer.private_key, signer.chain)


@pytest.mark.parametrize("kind", ["rsa2048", "rsa4096", "p256", "p384"])
def test_openssl_verifies_the_signature_and_gives_back_the_very_profile(kind: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "in").write_bytes(_signed(kind))
    (tmp_path / "ca.pem").write_text(_signer(kind).chain[0].pem)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "in", "-CAfile", "ca.pem", "-purpose", "any", "-out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == _unsigned()


@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
def test_a_signed_file_is_recognised(kind: str) -> None:
    assert mobileconfig.same_profile(_signed(kind), _settings(), cases.client(), signer=_signer(kind))


def test_a_file_that_openssl_signed_is_recognised_too(tmp_path: pathlib.Path) -> None:
    signer = _signer()
    (tmp_path / "in").write_bytes(_unsigned())
    (tmp_path / "cert.pem").write_text(signer.certificate.pem)
    pem = signer.private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    for options in (["-md", "sha256"], ["-md", "sha256", "-stream"]):  # the second writes indefinite lengths
        command = ["openssl", "smime", "-sign", "-binary", "-nodetach", "-outform", "der", "-signer", "cert.pem", "-inkey", "key.pem"]
        subprocess.run([*command, *options, "-in", "in", "-out", "out"], cwd=tmp_path, check=True, capture_output=True)
        assert mobileconfig.same_profile((tmp_path / "out").read_bytes(), _settings(), cases.client(), signer=signer)


def test_signed_and_unsigned_are_not_the_same() -> None:
    assert mobileconfig.same_profile(_unsigned(), _settings(), cases.client())
    assert not mobileconfig.same_profile(_signed(), _settings(), cases.client())
    assert not mobileconfig.same_profile(_unsigned(), _settings(), cases.client(), signer=_signer())
    assert not mobileconfig.same_profile(_signed(), _settings(), cases.client(), signer=_signer("p256")), "signed by somebody else"


def test_a_damaged_signature_is_not_the_same() -> None:
    signed = _signed()
    position = len(signed) - 20
    damaged = signed[:position] + bytes([signed[position] ^ 1]) + signed[position + 1 :]
    assert not mobileconfig.same_profile(damaged, _settings(), cases.client(), signer=_signer())


def test_a_content_changed_after_signing_is_not_the_same() -> None:
    changed = _signed().replace(b"<string>User</string>", b"<string>Usee</string>")
    assert changed != _signed()
    assert not profile_signing.is_signed_by(changed, _signer().certificate)


def _edit(change: Callable[[dict[str, t.Any]], None]) -> bytes:
    tree = plistlib.loads(_unsigned())
    change(tree)
    return plistlib.dumps(tree, sort_keys=True)


def _identity(tree: dict[str, t.Any]) -> dict[str, t.Any]:
    return t.cast(dict[str, t.Any], next(part for part in tree["PayloadContent"] if part["PayloadType"] == "com.apple.security.pkcs12"))


def _ikev2(tree: dict[str, t.Any]) -> dict[str, t.Any]:
    return t.cast(dict[str, t.Any], next(part["IKEv2"] for part in tree["PayloadContent"] if "IKEv2" in part))


def _reencoded(who: str, flavour: demo_pki.Flavour) -> Callable[[dict[str, t.Any]], None]:
    client = cases.client(name=who)
    holder = demo_pki.Holder(client.certificate.x509, client.private_key, tuple(entry.x509 for entry in client.chain))
    return lambda tree: _identity(tree).update(PayloadContent=demo_pki.pkcs12(holder, cases.PASSPHRASE, flavour=flavour))


CHANGED: dict[str, Callable[[dict[str, t.Any]], None]] = {
    "switch-as-boolean": lambda tree: _ikev2(tree).update(EnablePFS=False),
    "version-as-real-number": lambda tree: tree.update(PayloadVersion=1.0),
    "key-more": lambda tree: _ikev2(tree).update(MTU=1300),
    "key-less": lambda tree: _ikev2(tree).pop("DeadPeerDetectionRate") and None,
    "other-top-uuid": lambda tree: tree.update(PayloadUUID="00000000-0000-0000-0000-000000000000"),
    "wrong-password-inside": lambda tree: _identity(tree).update(Password="other"),
    "no-password-inside": lambda tree: _identity(tree).pop("Password") and None,
    "password-is-a-number": lambda tree: _identity(tree).update(Password=5),
    "identity-is-text": lambda tree: _identity(tree).update(PayloadContent="text"),
    "identity-of-another-mac": _reencoded("mac-02", "macos"),
    "identity-in-an-encoding-that-macos-14-cannot-read": _reencoded("mac-01", "modern"),
    "two-identities": lambda tree: tree["PayloadContent"].append(dict(_identity(tree))),
    "no-payloads": lambda tree: tree.update(PayloadContent=[]),
    "payloads-are-no-dictionaries": lambda tree: tree.update(PayloadContent=["x"]),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_file_that_somebody_edited_is_written_anew(change: Callable[[dict[str, t.Any]], None]) -> None:
    assert not mobileconfig.same_profile(_edit(change), _settings(), cases.client())


def test_the_same_identity_encoded_by_another_tool_is_the_same() -> None:
    assert mobileconfig.same_profile(_edit(_reencoded("mac-01", "macos")), _settings(), cases.client())


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"not a profile",
        b"<plist>",
        b"bplist00",
        b"\xff" * 64,
        b"\x30\x84\xff\xff\xff\xff",
        b"<?xml version='1.0'?><plist/>",
    ],
    ids=lambda junk: repr(junk[:16]),
)
def test_junk_is_another_profile_and_no_traceback(junk: bytes) -> None:
    assert not mobileconfig.same_profile(junk, _settings(), cases.client())
    assert not mobileconfig.same_profile(junk, _settings(), cases.client(), signer=_signer())


def test_every_cut_of_a_file_is_another_profile_and_no_traceback() -> None:
    for whole, signer in ((_unsigned(), None), (_signed(), _signer())):
        for end in range(0, len(whole) - 2, 97):
            assert not mobileconfig.same_profile(whole[:end], _settings(), cases.client(), signer=signer)


def test_signing_input_is_refused_by_option() -> None:
    holder, other = demo_pki.root("CA", key=demo_pki.new_key("p256")), demo_pki.new_key("p256")
    encrypted = holder.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"right")
    )
    other_pem = demo_pki.Holder(holder.certificate, other).key_pem
    ed25519 = demo_pki.issue(None, "Ed", key=demo_pki.new_key("ed25519"))
    old = demo_pki.issue(holder, "Old", key=other, days=0.5)
    cases_: list[tuple[bytes, bytes, str | None, str]] = [
        (b"nonsense", holder.key_pem, None, "sign_certificate"),
        (holder.pem.encode(), b"nonsense", None, "sign_private_key"),
        (holder.pem.encode(), other_pem, None, "sign_private_key"),
        (holder.pem.encode(), encrypted, None, "sign_private_key_passphrase"),
        (holder.pem.encode(), encrypted, "wrong", "sign_private_key_passphrase"),
        (holder.pem.encode(), holder.key_pem, "needless", "sign_private_key_passphrase"),
        (ed25519.pem.encode(), ed25519.key_pem, None, "sign_private_key"),
        (old.pem.encode(), old.key_pem, None, "sign_certificate"),
    ]
    for certificates, key, passphrase, option in cases_:
        with pytest.raises(IdentityError) as refusal:
            mobileconfig.read_signer(certificates, key, passphrase)
        assert refusal.value.option == option
        assert "wrong" not in str(refusal.value)
    assert mobileconfig.read_signer(holder.pem.encode(), encrypted, "right").certificate.der == holder.der
    assert "private" not in repr(_signer()).lower()
