# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of the VPN: encrypted at rest, in Azure's form, and never replaced."""

from __future__ import annotations

import base64
import subprocess

import pytest
from cryptography import x509

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import issuing_root, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError

NOW = pki.utc_now()
PASSPHRASE = "sixteen characters"


def _made() -> issuing_root.NewRoot:
    return issuing_root.create("P2S", PASSPHRASE, key_type="rsa2048", valid_for=3650, now=NOW)


def test_openssl_reads_the_key_only_with_its_passphrase() -> None:
    made = _made()
    assert made.private_key.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    for passphrase, good in ((PASSPHRASE, True), ("another passphrase", False)):
        command = ["openssl", "rsa", "-noout", "-check", "-passin", f"pass:{passphrase}"]
        assert (subprocess.run(command, input=made.private_key, capture_output=True, check=False).returncode == 0) is good


def test_the_root_may_issue_end_certificates_only() -> None:
    extensions = _made().certificate.x509.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert not usage.digital_signature


def test_azure_gets_one_line_of_base64() -> None:
    certificate = _made().certificate
    text = issuing_root.public_cert_data(certificate)
    assert "\n" not in text
    assert "BEGIN" not in text
    assert base64.b64decode(text, validate=True) == certificate.der


def test_a_root_that_is_there_opens_again() -> None:
    made = _made()
    found = issuing_root.read_root(made.certificate.pem.encode(), made.private_key, PASSPHRASE, name="P2S", now=NOW)
    assert found.certificate == made.certificate
    assert issuing_root.warnings(made.certificate, NOW) == []


REFUSED = {
    "wrong-passphrase": ({"passphrase": "wrong"}, "does not open", "private_key_passphrase"),
    "another-name": ({"name": "Other"}, "a root is never replaced", "common_name"),
    "no-certificate": ({"certificate": b"x"}, "not a readable X.509", "certificate_path"),
    "no-key": ({"private_key": b"x"}, "does not open|not a readable", "private_key"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_root_that_does_not_fit_is_refused(case: str) -> None:
    change, finding, option = REFUSED[case]
    made = _made()
    given = {"certificate": made.certificate.pem.encode(), "private_key": made.private_key, "passphrase": PASSPHRASE, "name": None}
    with pytest.raises(IdentityError, match=finding) as refusal:
        issuing_root.read_root(**{**given, **change}, now=NOW)  # type: ignore[arg-type]
    assert str(refusal.value.option).startswith(option)


@pytest.mark.parametrize(
    ("name", "passphrase", "days", "option"),
    [
        ("P2S", "too short", 10, "private_key_passphrase"),
        ("", PASSPHRASE, 10, "common_name"),
        ("x" * 65, PASSPHRASE, 10, "common_name"),
        ("P2S", PASSPHRASE, 0, "valid_for"),
    ],
    ids=["passphrase-that-can-be-guessed", "no-name", "name-too-long", "no-validity"],
)
def test_a_bad_new_root_is_refused(name: str, passphrase: str, days: int, option: str) -> None:
    with pytest.raises(IdentityError) as refusal:
        issuing_root.check(name, passphrase, days)
    assert refusal.value.option == option
    assert passphrase not in str(refusal.value)
