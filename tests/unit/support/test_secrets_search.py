# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for leaked secrets finds them: a search that finds nothing anywhere would pass every test."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support import demo_pki
from support.secrets_search import secret_bearing, stands_in

KEYS = [demo_pki.new_key(number=number) for number in range(7100, 7104)]
PLAIN = serialization.NoEncryption()
ODD = 'pass "phrase" with \\ and ü'


@pytest.mark.parametrize("key", KEYS, ids=[f"key-{number}" for number, _key in enumerate(KEYS)])
@pytest.mark.parametrize(
    "format_", [serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8], ids=["pkcs1", "pkcs8"]
)
def test_a_key_is_found_in_every_plain_form(key: rsa.RSAPrivateKey, format_: serialization.PrivateFormat) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, format_, PLAIN)
    der = key.private_bytes(serialization.Encoding.DER, format_, PLAIN)
    for content in (pem, der, base64.b64encode(der), base64.b64encode(b"x" + der), json.dumps({"key": pem.decode()}).encode()):
        assert stands_in(key, b"before " + content + b" after")
    assert not stands_in(KEYS[0] if key is not KEYS[0] else KEYS[1], pem)


def test_an_encrypted_key_is_no_find() -> None:
    encrypted = serialization.BestAvailableEncryption(b"secret")
    assert not stands_in(KEYS[0], KEYS[0].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encrypted))


@pytest.mark.parametrize(
    "text", [ODD, json.dumps({"a": ODD}), json.dumps({"a": ODD}, ensure_ascii=False)], ids=["plain", "json", "json-utf8"]
)
def test_a_passphrase_is_found_as_ansible_shows_it(text: str) -> None:
    assert stands_in(ODD, text.encode())
    assert not stands_in(ODD, text.replace("phrase", "word").encode())


def test_command_lines_that_would_carry_a_secret() -> None:
    assert secret_bearing(["/usr/bin/security", "import", "x.p12", "-P", "whatever"])
    assert not secret_bearing(["/usr/bin/security", "-q", "-i"])
    assert not secret_bearing(["/usr/bin/security", "find-certificate", "-a", "-Z", "-p", "/tmp/copy"])
