# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option definitions that several modules share, and what becomes of them; a unit test holds them to the documentation."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
from collections.abc import Callable

from . import distinguished_name, profile_signing
from . import identity as identities
from .action import P2SActionBase
from .errors import IdentityError, P2SError, ProfileError
from .identity import Identity
from .keychain import Found, Target, check_password
from .pki import Certificate, utc_now
from .profile_signing import Signer

KEYCHAIN: dict[str, dict[str, t.Any]] = {
    "keychain": {"type": "str", "default": "login"},
    "user": {"type": "str"},
    "keychain_password": {"type": "str", "no_log": True},
}
PKCS12: dict[str, dict[str, t.Any]] = {
    "pkcs12_path": {"type": "path"},
    "pkcs12_content": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
}
SIGNER: dict[str, dict[str, t.Any]] = {
    "sign_certificate_path": {"type": "path"},
    "sign_certificate_content": {"type": "str"},
    "sign_private_key_path": {"type": "path"},
    "sign_private_key_content": {"type": "str", "no_log": True},
    "sign_private_key_passphrase": {"type": "str", "no_log": True},
}
CONNECTION: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "address_pools": {"type": "list", "elements": "str"},
    "routes": {"type": "list", "elements": "str"},
    "user": {"type": "str"},
}
STATE: dict[str, dict[str, t.Any]] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


def read_target(options: dict[str, t.Any]) -> Target:
    """Return the keychain that the options name. Raises ``P2SError``, also for a password that cannot be the keychain's."""
    target = Target(options["keychain"], options["user"])
    check_password(target, options["keychain_password"])
    return target


def read_certificates(texts: list[str], option: str) -> tuple[Certificate, ...]:
    """Return the certificates of PEM ``texts``, each once, in order. Raises ``P2SError``."""
    found: dict[str, Certificate] = {}
    for number, text in enumerate(texts, 1):
        try:
            # What is not text at all is no certificate either: it must not stop the run in another way.
            certificate = Certificate.from_pem_or_der(text.encode("utf-8", "replace"))
        except IdentityError as error:
            raise IdentityError(f"entry {number}: {error.finding}", error.remedy, option=option) from error
        found.setdefault(certificate.sha256, certificate)
    return tuple(found.values())


def read_identity(action: P2SActionBase, options: dict[str, t.Any]) -> Identity:
    """Return the identity that the ``pkcs12_*`` options name. Raises ``P2SError``."""
    return _opened(action, options, identities.read)


def read_identity_certificate(action: P2SActionBase, options: dict[str, t.Any]) -> Certificate:
    """Return the certificate of the identity that the ``pkcs12_*`` options name, also one that has expired. Raises ``P2SError``."""
    return _opened(action, options, identities.certificate_of)


def read_signer(action: P2SActionBase, options: dict[str, t.Any]) -> Signer | None:
    """Return who signs the profile, by the ``sign_*`` options, or ``None``. Raises ``P2SError``."""
    certificate = _path_or_content(action, options, "sign_certificate")
    private_key = _path_or_content(action, options, "sign_private_key")
    if certificate is None and private_key is None:
        if options["sign_private_key_passphrase"] is not None:
            raise ProfileError(
                "the passphrase is for a signing key, and none is given",
                "give key and certificate too",
                option="sign_private_key_passphrase",
            )
        return None
    if certificate is None or private_key is None:
        missing = "sign_certificate" if certificate is None else "sign_private_key"
        raise ProfileError("a profile is signed with a certificate and its key, and one is missing", "give both or none", option=missing)
    return profile_signing.read_signer(certificate, private_key, options["sign_private_key_passphrase"])


def _path_or_content(action: P2SActionBase, options: dict[str, t.Any], name: str) -> bytes | None:
    if options[f"{name}_path"] is not None:
        return action.controller_file(f"{name}_path", options[f"{name}_path"])
    content = options[f"{name}_content"]
    return None if content is None else str(content).encode("utf-8", "replace")


def identity_selector(action: P2SActionBase, options: dict[str, t.Any]) -> Callable[[Found], tuple[Certificate, ...]]:
    """Return the function that picks, out of a keychain, the identities which the options say shall be absent. Raises ``P2SError``."""
    if options.get("common_name") is not None:
        issuer = distinguished_name.read(options["issuer"], "issuer")
        return lambda found: _named(found, issuer, options["common_name"])
    sha256 = options.get("sha256")
    if sha256 is None:
        sha256 = read_identity_certificate(action, options).sha256
    elif not re.fullmatch("[0-9a-f]{64}", sha256):
        raise IdentityError(
            "the text is not a SHA-256 fingerprint", "give 64 lower-case hexadecimal digits without separators", option="sha256"
        )
    return lambda found: found.by_sha256(sha256)


def _named(found: Found, issuer: str, common_name: str) -> tuple[Certificate, ...]:
    same = found.named(issuer, common_name)
    other = next((name for name in found.issuers_of(common_name) if distinguished_name.is_reordered(issuer, name)), None)
    if other is not None and not same:
        raise IdentityError(
            f"the keychain holds an identity {common_name} whose issuer has the same parts in another order",
            f"write the issuer as {other}",
            option="issuer",
        )
    return same


_Read = t.TypeVar("_Read")


def _opened(action: P2SActionBase, options: dict[str, t.Any], read: Callable[..., _Read]) -> _Read:
    if options.get("pkcs12_path") is not None:
        option, data = "pkcs12_path", action.controller_file("pkcs12_path", options["pkcs12_path"])
    else:
        option, data = "pkcs12_content", _decoded(options["pkcs12_content"])
    try:
        return read(data, options.get("passphrase"), now=utc_now())
    except P2SError as error:
        raise (error.for_option(option) if error.option in (None, "pkcs12_content") else error) from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        raise IdentityError("the text is not base64", "give the PKCS#12 through the b64encode filter", option="pkcs12_content") from None
