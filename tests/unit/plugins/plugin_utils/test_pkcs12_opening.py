# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PKCS#12 is opened quickly where that says the same as load_pkcs12, and a key that load_pkcs12 refuses is refused."""

from __future__ import annotations

import functools
import math
import types
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from support import demo_pki

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, identity_warm_up, pkcs12_opening, pkcs12_structure, pki
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError

FLAVOURS: tuple[demo_pki.Flavour, ...] = ("macos", "modern", "rc2", "plain")
QUICK = ("macos", "modern")


def test_the_identity_that_is_opened_ahead_of_time_goes_the_quick_way_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its errors are not shown: one that it met would make it useless, and nobody would see that."""
    now = pki.utc_now()
    data = identity_warm_up.pkcs12_of_nobody(now)
    opened: list[bytes] = []
    monkeypatch.setattr(identity, "read", lambda data, passphrase, *, now: opened.append(data))
    identity_warm_up.warm_up()
    assert len(opened) == 1
    monkeypatch.undo()
    assert pkcs12_opening._usual(pkcs12_structure.inspect(data), identity_warm_up.NOBODY.encode())
    assert identity.read(data, identity_warm_up.NOBODY, now=now).local_identifier == identity_warm_up.NOBODY


@functools.cache
def _holder(kind: str = "rsa2048") -> demo_pki.Holder:
    return demo_pki.issue(demo_pki.root(key=demo_pki.new_key("p256")), "mac-01", key=demo_pki.new_key(kind))


def _numbers() -> rsa.RSAPrivateNumbers:
    return t.cast(rsa.RSAPrivateNumbers, _holder().key.private_numbers())


def _key(*, public: rsa.RSAPublicNumbers | None = None, **other: int) -> rsa.RSAPrivateKey:
    """Return the holder's key with some of its numbers replaced."""
    own = _numbers()
    numbers = {name: other.get(name, getattr(own, name)) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    made = rsa.RSAPrivateNumbers(**numbers, public_numbers=public or own.public_numbers)
    return made.private_key(unsafe_skip_rsa_key_validation=True)


def _of_primes(p: int, q: int, e: int = 65537) -> rsa.RSAPrivateKey:
    """Return the key that follows from ``p`` and ``q``, whatever these are."""
    d = pow(e, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return _key(public=public, p=p, q=q, d=d, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p))


def _composite() -> rsa.RSAPrivateKey:
    p, q = _numbers().p + 2, _numbers().q
    while math.gcd(65537, p - 1) != 1 or math.gcd(p, q) != 1 or pow(2, p - 1, p) == 1:
        p += 2
    return _of_primes(p, q)


UNSOUND: dict[str, t.Callable[[], rsa.RSAPrivateKey]] = {
    "first-factor-is-no-prime": _composite,
    "exponent-of-another-key": lambda: _key(d=_numbers().d + 2),
    "first-part-of-the-exponent": lambda: _key(dmp1=_numbers().dmp1 + 2),
    "second-part-of-the-exponent": lambda: _key(dmq1=_numbers().dmq1 + 2),
    "coefficient": lambda: _key(iqmp=_numbers().iqmp + 1),
}


def _quickly(data: bytes, passphrase: str = "right") -> tuple[t.Any, list[t.Any]] | None:
    return pkcs12_opening._usual(pkcs12_structure.inspect(data), passphrase.encode())


@pytest.mark.parametrize("passphrase", ["right", "pässwörd€"], ids=["plain", "umlauts"])
@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
def test_says_what_load_pkcs12_says(kind: str, flavour: demo_pki.Flavour, passphrase: str) -> None:
    data = demo_pki.pkcs12(_holder(kind), passphrase, flavour=flavour)
    bundle = pkcs12.load_pkcs12(data, passphrase.encode())
    assert bundle.cert
    key, certificates = pkcs12_opening.load(data, pkcs12_structure.inspect(data), passphrase.encode())
    assert key.private_numbers() == t.cast(t.Any, bundle.key).private_numbers()
    assert certificates == [bundle.cert.certificate, *(entry.certificate for entry in bundle.additional_certs)]


@pytest.mark.parametrize("flavour", QUICK)
def test_what_common_tools_write_for_rsa_is_opened_quickly(flavour: demo_pki.Flavour) -> None:
    assert _quickly(demo_pki.pkcs12(_holder(), "right", flavour=flavour))


def test_a_wrong_passphrase_and_a_changed_file_are_not() -> None:
    data = demo_pki.pkcs12(_holder(), "right")
    assert _quickly(data, "wrong") is None
    at = len(data) // 2
    assert _quickly(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]) is None


def test_the_whole_chain_is_kept_in_order() -> None:
    middle = demo_pki.issue(demo_pki.root(), "Middle", ca=True, usages=None)
    holder = demo_pki.issue(middle, "mac-01", key=_holder().key)
    found = _quickly(demo_pki.pkcs12(holder, "right"))
    assert found
    assert found[1] == [holder.certificate, *holder.issuers]


def test_a_sound_key_is_sound() -> None:
    assert pkcs12_opening.is_sound(_holder().key)
    assert pkcs12_opening.is_sound(_of_primes(_numbers().p, _numbers().q))


@pytest.mark.parametrize("make", UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_key_is_not(make: t.Callable[[], rsa.RSAPrivateKey]) -> None:
    assert not pkcs12_opening.is_sound(make())


def test_primes_of_another_modulus_are_not() -> None:
    """``cryptography`` makes no such key; OpenSSL would fall back on the exponent and sign with it."""
    other = t.cast(rsa.RSAPrivateNumbers, demo_pki.new_key().private_numbers())
    public = rsa.RSAPublicNumbers(65537, _numbers().public_numbers.n)
    parts = {name: getattr(other, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    numbers = types.SimpleNamespace(**parts, public_numbers=public)
    key = types.SimpleNamespace(private_numbers=lambda: numbers, public_key=_holder().key.public_key, sign=_holder().key.sign)
    assert not pkcs12_opening.is_sound(t.cast(rsa.RSAPrivateKey, key))


@pytest.mark.parametrize("make", UNSOUND.values(), ids=UNSOUND)
def test_a_pkcs12_with_an_unsound_key_is_refused(make: t.Callable[[], rsa.RSAPrivateKey]) -> None:
    encryption = serialization.BestAvailableEncryption(b"right")
    data = pkcs12.serialize_key_and_certificates(None, make(), None, [_holder().certificate], encryption)
    with pytest.raises(IdentityError, match=r"cannot be read|belongs to none"):
        identity.read(data, "right", now=pki.utc_now())
