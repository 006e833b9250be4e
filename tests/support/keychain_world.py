# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, identities and what stands in the keychains of simulated Macs, by name."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import hashlib
import json
import typing as t

from cryptography.hazmat.primitives import serialization

from simulated_mac import SimulatedMac
from simulated_mac.inside import crypto, keychain_file

from . import demo_pki

NAME = "mac.example.com"
PASSPHRASE = "matrix passphrase of the file"
LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
BOBS = "/Users/bob/Library/Keychains/login.keychain-db"
SYSTEM = "/Library/Keychains/System.keychain"
OTHER = "/Users/alice/work.keychain"
OTHER_PASSWORD = "work-keychain-password"
MANY = 1500
PARTITIONS = ["teamid:ABCDE12345"]
MAGIC = len(keychain_file.MAGIC)


@dataclasses.dataclass(frozen=True)
class Input:
    """A PKCS#12: whose, in which flavour, and its passphrase."""

    holder: str
    flavour: demo_pki.Flavour = "modern"
    passphrase: str = PASSPHRASE


INPUTS = {
    "new": Input("new"),
    "old": Input("old"),
    "3des": Input("new", "macos"),
    "rc2": Input("new", "rc2"),
    "unencrypted": Input("new", "plain"),
    "empty-passphrase": Input("new", "modern", ""),
    "umlaut-passphrase": Input("new", "modern", "Schlüßel 🔑 \"'\\ of the file"),
    "chained": Input("chained"),
    "same-key": Input("same-key"),
    "umlaut-name": Input("umlaut"),
    "ecdsa": Input("ecdsa"),
    "expired": Input("expired"),
    "server-only": Input("server-only"),
}


@functools.cache
def holder(name: str) -> demo_pki.Holder:
    """Return the certificate, with its key, that goes by ``name`` in the cases."""
    if name == "root":
        return demo_pki.root("Contoso P2S Root", key=demo_pki.new_key(number=900))
    if name == "other-root":
        return demo_pki.root("Other Root", key=demo_pki.new_key("p256"))
    if name == "intermediate":
        return demo_pki.issue(holder("root"), "Contoso Issuing", ca=True, usages=None, key=demo_pki.new_key("p256"))
    if name == "strange":
        return demo_pki.issue(holder("other-root"), 'a "quoted"\nname" of two (lines)', dns_names=[], key=demo_pki.new_key("p256"))
    if name == "foreign":
        return demo_pki.issue(holder("other-root"), NAME, key=demo_pki.new_key("p256"))
    if name == "old":
        return demo_pki.issue(holder("root"), NAME, key=demo_pki.new_key(number=902), starts=dt.timedelta(days=-300))
    keys = {"new": 901, "chained": 901, "same-key": 902, "umlaut": 901}
    key = demo_pki.new_key(number=keys[name]) if name in keys else demo_pki.new_key("p256")
    issuer = holder("intermediate" if name == "chained" else "root")
    options: dict[str, t.Any] = {
        "expired": {"starts": dt.timedelta(days=-400), "days": 300},
        "server-only": {"usages": demo_pki.SERVER_AUTH},
        "umlaut": {"dns_names": ["zoe.example.com"]},
    }
    return demo_pki.issue(issuer, "Zoë 🔑" if name == "umlaut" else NAME, key=key, **options.get(name, {}))


HOLDERS = ("root", "intermediate", "other-root", "foreign", "old", "new", "chained", "same-key", "umlaut", "ecdsa", "expired", "strange")


def sha256(name: str) -> str:
    """Return the SHA-256 of a certificate, lower-case hex."""
    return hashlib.sha256(holder(name).der).hexdigest()


@functools.cache
def pkcs12(name: str) -> bytes:
    """Return the PKCS#12 of that name among ``INPUTS``."""
    given = INPUTS[name]
    return demo_pki.pkcs12(holder(given.holder), given.passphrase, flavour=given.flavour)


def key_text(name: str) -> str:
    """Return a part of a private key as it stands in every DER, PEM or base64 form whose alignment fits."""
    number = holder(name).key.private_numbers()
    secret = number.d if hasattr(number, "d") else number.private_value
    return base64.b64encode(secret.to_bytes((secret.bit_length() + 7) // 8, "big")[3:60]).decode()[4:60]


# -- what stands in a keychain before ------------------------------------------------------------------------------


def furnish(mac: SimulatedMac, path: str, password: str, names: t.Sequence[str], *, owner: int = 501) -> None:
    """Put into a keychain what a user's holds, and ``names``: "old" an identity, "old:certificate" and "old:key" one half of it."""
    content = mac.files().get(path)
    new = keychain_file.Keychain.create(password)
    keychain = keychain_file.Keychain(**json.loads(content[MAGIC:])) if content else new
    master = keychain.master(password)
    assert master is not None
    keychain.certificates += [*_strange(), crypto.certificate(holder("other-root").der)]
    for name in ("foreign", "strange", *names):
        if name == "many":
            keychain.certificates += _many()
            continue
        who, _colon, half = name.partition(":")
        own = holder(who)
        if half != "key":
            keychain.certificates.append(crypto.certificate(own.der))
        if half == "certificate" or who in ("root", "intermediate"):
            continue
        key, pkcs8 = crypto.private_key(own.key_pem)
        keychain.keys.append(
            {
                **key,
                "label": f"{NAME} {sha256(who)[:16]}" if who not in ("foreign", "strange") else "Imported Private Key",
                "sealed": keychain.seal_key(master, pkcs8),
                "any": False,
                "applications": ["/usr/bin/security"],
                "partitions": PARTITIONS,
                "extractable": True,
            }
        )
    mac.write(path, keychain.dump(), owner=owner, mode=0o600)


@functools.cache
def _strange_certificates() -> tuple[bytes, ...]:
    names = ("Zoë 🔒", 'quotes " and \\ \n  1) forged', NAME)
    return tuple(demo_pki.issue(None, name, dns_names=[], key=demo_pki.new_key("p256")).der for name in names)


def _strange() -> list[dict[str, t.Any]]:
    """Certificates with names that could confuse, and one that no library can parse."""
    items = [crypto.certificate(der) for der in _strange_certificates()]
    noise = b"\x30\x82\x01\x00 this is no certificate"
    broken = {"der": base64.b64encode(noise).decode(), "sha1": hashlib.sha1(noise).hexdigest().upper()}
    return [*items, {**items[0], **broken, "sha256": hashlib.sha256(noise).hexdigest().upper()}]


@functools.cache
def _many() -> tuple[dict[str, t.Any], ...]:
    key = demo_pki.new_key("p256")
    return tuple(crypto.certificate(demo_pki.issue(None, f"partner {number}", dns_names=[], key=key).der) for number in range(MANY))


# -- what stands in it afterwards ----------------------------------------------------------------------------------


def items(mac: SimulatedMac) -> dict[str, dict[str, str]]:
    """Return each keychain's items, certificates and keys by name, each with a digest of all that is stored of it."""
    found = {}
    for path, content in mac.files().items():
        if content.startswith(keychain_file.MAGIC):
            try:
                found[path] = _items(json.loads(content[MAGIC:]))
            except ValueError:
                found[path] = {"damaged": hashlib.sha256(content).hexdigest()}
    return found


def _items(keychain: dict[str, t.Any]) -> dict[str, str]:
    names = {sha256(name).upper(): name for name in HOLDERS}
    owners: dict[str, str] = {}
    for name in reversed(HOLDERS):
        owners[crypto.public_key_hash(holder(name).key.public_key())] = name
    result = {"settings": _digest([keychain["settings"], keychain["wrapped"], keychain["check"]])}
    for item in keychain["certificates"]:
        result[names.get(item["sha256"], item["sha256"])] = _digest(item)
    for item in keychain["keys"]:
        result[f"key of {owners.get(item['hash'], item['hash'])}"] = _digest(item)
    return result


def search_lists(mac: SimulatedMac) -> dict[str, bytes]:
    """Return the files that hold each user's keychain search list and default keychain."""
    return {path: content for path, content in mac.files().items() if path.endswith("/com.apple.security.plist")}


def keys(mac: SimulatedMac, path: str) -> list[dict[str, t.Any]]:
    """Return the private keys of a keychain as they are stored."""
    return list(json.loads(mac.files()[path][MAGIC:])["keys"])


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def pem(name: str) -> str:
    """Return a certificate as PEM."""
    return holder(name).certificate.public_bytes(serialization.Encoding.PEM).decode()
