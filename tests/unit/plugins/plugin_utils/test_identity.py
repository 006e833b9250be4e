# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates can be a client identity, what is said of the others, and the names that follow."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing as t

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from support import demo_pki

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
PASSPHRASE = "only-for-tests"


@functools.cache
def _root() -> demo_pki.Holder:
    return demo_pki.root("P2S Root", key=demo_pki.new_key("p256"), now=NOW)


def _issue(common_name: str | None = "mac-01", **details: t.Any) -> demo_pki.Holder:
    details = {"key": demo_pki.new_key("rsa2048", number=1), "now": NOW, **details}
    return demo_pki.issue(details.pop("issuer", _root()), common_name, **details)


def _read(holder: demo_pki.Holder, **packing: t.Any) -> identity.Identity:
    return identity.read(demo_pki.pkcs12(holder, PASSPHRASE, flavour="macos", **packing), PASSPHRASE, now=NOW)


def test_a_good_identity_is_known_completely_and_needs_no_warning() -> None:
    holder = _issue()
    found = _read(holder)
    assert found.certificate.der == holder.der
    assert [entry.der for entry in found.chain] == [_root().der]
    assert (found.key_type, found.local_identifier, found.warnings) == ("rsa2048", "mac-01", ())
    result = found.to_result(NOW)
    assert set(result) == {
        "common_name",
        "local_identifier",
        "subject",
        "issuer",
        "serial_number",
        "sha256",
        "sha1",
        "not_before",
        "not_after",
        "days_left",
        "key_type",
        "warnings",
    }
    assert result["common_name"] == "mac-01"
    assert result["days_left"] == 364


@pytest.mark.parametrize(
    ("kind", "key_type"), [("rsa2048", "rsa2048"), ("rsa3072", "rsa3072"), ("p256", "ecdsa256"), ("p384", "ecdsa384"), ("p521", "ecdsa521")]
)
def test_key_types(kind: str, key_type: str) -> None:
    found = _read(_issue(key=demo_pki.new_key(kind)))
    assert found.key_type == key_type
    assert bool(found.warnings) == key_type.startswith("ecdsa"), "Microsoft documents RSA only"


MINUTE = dt.timedelta(minutes=1)
# id: (details of the certificate, text of the refusal)
REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "expired": ({"starts": dt.timedelta(days=-366), "days": 365}, "expired on 2026-11-23T09:00:00Z"),
    "expired-a-second-ago": ({"starts": dt.timedelta(days=-1, seconds=-1), "days": 1}, "expired"),
    "not-yet-valid-beyond-the-clock-skew": ({"starts": 6 * MINUTE}, "not valid before 2026-11-24T09:06:00Z"),
    "a-ca-with-its-key": ({"ca": True}, "certificate authority"),
    "server-certificate": ({"usages": demo_pki.SERVER_AUTH}, "not meant for client authentication"),
    "rsa-1024": ({"key": demo_pki.new_key("rsa1024")}, "1024 bits"),
    "ed25519": ({"key": demo_pki.new_key("ed25519")}, "Ed25519"),
    "dsa": ({"key": demo_pki.new_key("dsa")}, "DSA"),
    "curve-that-macos-lacks": ({"key": demo_pki.new_key("k1")}, "secp256k1"),
    "no-name-at-all": ({"common_name": None, "dns_names": []}, "neither a common name nor a DNS name"),
}


@pytest.mark.parametrize(("details", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(details: dict[str, t.Any], text: str) -> None:
    with pytest.raises(IdentityError) as refusal:
        _read(_issue(**{"common_name": "mac-01", **details}))
    assert refusal.value.option == "pkcs12_content"
    assert text in str(refusal.value)


def test_a_clock_that_is_five_minutes_slow_is_allowed() -> None:
    assert _read(_issue(starts=5 * MINUTE)).local_identifier == "mac-01"


# id: (details of the certificate, text of the only warning)
WARNED: dict[str, tuple[dict[str, t.Any], str]] = {
    "common-name-only": ({"dns_names": []}, "not every gateway matches the Local ID 'mac-01' with a common name alone"),
    "common-name-not-among-the-dns-names": ({"dns_names": ["mac-01.example.com"]}, "'mac-01.example.com' is used as Local ID instead"),
    "mail-address": ({"common_name": "me@example.com", "dns_names": [], "mails": ["me@example.com"]}, "as a mail address"),
    "no-usages": ({"usages": None}, "no extended key usage"),
    "any-usage": ({"usages": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]}, "does not name clientAuth"),
    "may-not-sign": ({"signing": False}, "without digitalSignature"),
    "ends-within-thirty-days": ({"days": 31}, "expires on 2026-12-24T09:00:00Z, in 30 days"),
}


@pytest.mark.parametrize(("details", "text"), WARNED.values(), ids=WARNED)
def test_warned_of(details: dict[str, t.Any], text: str) -> None:
    (warning,) = _read(_issue(**{"common_name": "mac-01", **details})).warnings
    assert text in warning
    assert warning.startswith("Client certificate '")
    assert warning.endswith(".")


@pytest.mark.parametrize(
    ("common_name", "dns_names", "mails", "wanted"),
    [
        pytest.param("mac-01", ["mac-01"], [], "mac-01", id="common-name-is-a-dns-name"),
        pytest.param("Mac-01", ["other", "mac-01"], [], "Mac-01", id="in-another-case-and-not-the-first"),
        pytest.param("mac-01", ["a.example.com", "b.example.com"], [], "a.example.com", id="first-dns-name"),
        pytest.param("mac-01", [], [], "mac-01", id="common-name-alone"),
        pytest.param(None, ["a.example.com"], [], "a.example.com", id="dns-name-alone"),
        pytest.param("me@example.com", ["a.example.com"], ["me@example.com"], "me@example.com", id="common-name-is-a-mail-address"),
        pytest.param(None, [], ["me@example.com"], "me@example.com", id="mail-address-alone"),
    ],
)
def test_the_local_id_is_what_a_gateway_finds_in_the_certificate(
    common_name: str | None, dns_names: list[str], mails: list[str], wanted: str
) -> None:
    assert _read(_issue(common_name, dns_names=dns_names, mails=mails)).local_identifier == wanted


def _chain(depth: int) -> demo_pki.Holder:
    issuer = _root()
    for number in range(depth):
        issuer = _issue(f"Intermediate {number}", issuer=issuer, ca=True, usages=None, key=demo_pki.new_key("p256"))
    return _issue(issuer=issuer)


def test_the_chain_is_put_in_order_whatever_the_order_in_the_file() -> None:
    holder = _chain(3)
    for shuffled in (holder.issuers, holder.issuers[::-1], (*holder.issuers[1:], holder.issuers[0])):
        found = _read(holder, chain=shuffled)
        assert [entry.x509 for entry in found.chain] == list(holder.issuers)
        assert found.warnings == ()


def test_a_missing_intermediate_is_warned_of_by_name() -> None:
    holder = _chain(2)
    found = _read(holder, chain=[holder.issuers[-1]])
    assert found.chain == ()
    assert any("'CN=Intermediate 1' is missing" in warning for warning in found.warnings)
    assert any("1 certificate(s) outside its chain" in warning for warning in found.warnings)


def test_an_issuer_of_the_right_name_but_with_another_key_is_left_out() -> None:
    impostor = demo_pki.root("P2S Root", key=demo_pki.new_key("p256"), now=NOW)
    found = _read(_issue(), chain=[impostor.certificate, _root().certificate])
    assert [entry.der for entry in found.chain] == [_root().der]
    assert any("outside its chain" in warning for warning in found.warnings)


def test_an_expired_issuer_is_warned_of() -> None:
    old = demo_pki.root("Old Root", key=demo_pki.new_key("p256"), now=NOW - dt.timedelta(days=400), days=365)
    assert any("'Old Root', which has expired" in warning for warning in _read(_issue(issuer=old)).warnings)


def test_a_self_signed_client_certificate_is_warned_of() -> None:
    found = _read(_issue(issuer=None))
    assert found.chain == ()
    assert any("is self-signed" in warning for warning in found.warnings)


def test_of_two_certificates_for_one_key_the_usable_one_is_taken() -> None:
    old, new = _issue(days=60), _issue(days=300)
    expired = _issue(starts=dt.timedelta(days=-400), days=365)
    for chain in ([new, expired], [expired, new]):
        found = _read(old, chain=[entry.certificate for entry in (*chain, _root())])
        assert found.certificate.der == new.der
        assert any("2 certificate(s) outside its chain" in warning for warning in found.warnings)


def test_a_loop_of_issuers_ends() -> None:
    first_key, second_key = demo_pki.new_key("p256"), demo_pki.new_key("p256")
    ca: dict[str, t.Any] = {"ca": True, "usages": None}
    one = _issue("One", issuer=_issue("Two", key=second_key, **ca), key=first_key, **ca)
    two = _issue("Two", issuer=one, key=second_key, **ca)
    found = _read(_issue(issuer=one), chain=[one.certificate, two.certificate])
    assert [entry.common_name for entry in found.chain] == ["One", "Two"]


def test_nothing_that_is_shown_holds_the_key() -> None:
    found = _read(_issue())
    number = t.cast(t.Any, found.private_key).private_numbers().d
    for text in (repr(found), str(found), str(found.to_result(NOW))):
        assert "PrivateKey" not in text
        assert str(number) not in text
    assert isinstance(found.certificate.x509, x509.Certificate)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.key_type = "other"  # type: ignore[misc]
