# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a profile that exists already says what is wanted, although its PKCS#12 is encoded under another passphrase, salt and IV."""

from __future__ import annotations

import plistlib
import typing as t
import xml.parsers.expat

from . import pkcs12_structure
from .identity import Identity
from .libraries import Encoding, PublicFormat, pkcs12
from .pki import Certificate
from .profile_payloads import IDENTITY_PAYLOAD, payloads
from .profile_settings import ProfileSettings
from .profile_signing import Signer, content_of, is_signed_by

# PBE-SHA1-3DES: another encryption in an otherwise equal profile would keep a Mac from installing it.
_READABLE = frozenset({"1.2.840.113549.1.12.1.3"})


def same_profile(existing: bytes, settings: ProfileSettings, identity: Identity, *, signer: Signer | None = None) -> bool:
    """Return whether ``existing`` says what ``settings`` and ``identity`` say, the random encoding of the identity aside.

    With ``signer`` it has to be signed by that very certificate, and intact; without, it has to be unsigned. Never raises for
    ``existing``: what cannot be read is not the same.
    """
    try:
        if signer is None:
            profile = plistlib.loads(existing, fmt=plistlib.FMT_XML)
        elif is_signed_by(existing, signer.certificate):
            profile = plistlib.loads(content_of(existing), fmt=plistlib.FMT_XML)
        else:
            return False
        encoded, passphrase = _take_identity(profile)
        wanted = payloads(settings, b"", "", settings.profile_uuid)
        # As bytes: Python takes True for 1, macOS may not.
        return _dump(profile) == _dump(wanted) and _holds(encoded, passphrase, settings, identity)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, xml.parsers.expat.ExpatError):
        return False


def _take_identity(profile: dict[str, t.Any]) -> tuple[bytes, str]:
    """Take encoded identity and passphrase out of the only identity payload of ``profile``."""
    (payload,) = [entry for entry in profile["PayloadContent"] if entry["PayloadType"] == IDENTITY_PAYLOAD]
    found = payload["PayloadContent"], payload["Password"]
    payload["PayloadContent"], payload["Password"] = b"", ""
    return found


def _dump(profile: dict[str, t.Any]) -> bytes:
    return plistlib.dumps(profile, sort_keys=True)


def _holds(encoded: bytes, passphrase: str, settings: ProfileSettings, identity: Identity) -> bool:
    if pkcs12_structure.inspect(encoded).encryption != _READABLE:
        return False
    bundle = pkcs12.load_pkcs12(encoded, passphrase.encode())
    if bundle.key is None or bundle.cert is None:
        return False
    keys = [key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in (bundle.key, identity.private_key)]
    chain = {Certificate(entry.certificate.public_bytes(Encoding.DER)) for entry in bundle.additional_certs}
    leaf = Certificate(bundle.cert.certificate.public_bytes(Encoding.DER))
    return keys[0] == keys[1] and leaf == settings.certificate == identity.certificate and chain == set(settings.chain)
