# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which client identity an audit looks for: given in full as PKCS#12, or only as certificate or common name."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import identity_checks as checks
from .errors import IdentityError, P2SError
from .identity import Identity, PrivateKey
from .keychain import Found
from .libraries import ec, rsa
from .pki import Certificate

_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclasses.dataclass(frozen=True)
class WantedIdentity:
    """The identity that a Mac shall have, as far as it is known.

    ``forms`` are the same certificate with each chain that its PKCS#12 may hold; ``exact``: the chain is one of these, so that
    a profile made from none of them is outdated for sure. ``problem`` is why nothing more is known, or why it cannot be used.
    """

    forms: tuple[Identity, ...] = ()
    exact: bool = False
    common_name: str | None = None
    problem: P2SError | None = None

    @property
    def certificate(self) -> Certificate | None:
        """The client certificate, if it is known."""
        return self.forms[0].certificate if self.forms else None

    @property
    def why_unknown(self) -> P2SError:
        """Why the certificate is not known."""
        return self.problem or IdentityError("it is not known which identity the Mac has", "give its PKCS#12 or its certificate")


def from_pkcs12(identity: Identity) -> WantedIdentity:
    """Return what a PKCS#12 says: all there is to know."""
    return WantedIdentity((identity,), exact=True, common_name=identity.certificate.common_name)


def unusable(problem: P2SError, certificate: Certificate | None) -> WantedIdentity:
    """Return what is known of a PKCS#12 that the rollout refuses; ``certificate`` if at least that can be read."""
    forms = _forms(certificate, ()) if certificate else ()
    return WantedIdentity(forms, common_name=certificate.common_name if certificate else None, problem=problem)


def from_pem(text: str) -> WantedIdentity:
    """Return what a certificate says, with its issuers after it if they are there. Raises ``IdentityError``."""
    parts = text.encode("utf-8", "replace").split(_BEGIN)[1:]
    if not parts:
        raise IdentityError("the text holds no PEM certificate", "give the client certificate as PEM", option="certificate")
    try:
        leaf, *issuers = [Certificate.from_pem_or_der(_BEGIN + part) for part in parts]
        forms = _forms(leaf, issuers)
    except IdentityError as error:
        raise error.for_option("certificate") from error
    return WantedIdentity(forms, exact=_is_root((leaf, *forms[0].chain)[-1]), common_name=leaf.common_name)


def from_common_name(common_name: str) -> WantedIdentity:
    """Return what a common name says: the certificate shows only when a keychain is seen, see ``resolved``."""
    return WantedIdentity(common_name=common_name)


def resolved(wanted: WantedIdentity, found: Found, now: dt.datetime) -> WantedIdentity:
    """Return ``wanted`` with the certificate of the identity that goes by its common name in a keychain, if only the name is known."""
    if wanted.forms or wanted.problem or wanted.common_name is None:
        return wanted
    parsed = [certificate for one in found.certificates if (certificate := one.certificate)]
    own = [one for one in parsed if one.common_name == wanted.common_name and one.sha1 in found.identities]
    if not own:
        return wanted
    leaf = max(own, key=lambda one: (one.is_current(now), one.not_after, one.sha256))
    try:
        return dataclasses.replace(wanted, forms=_forms(leaf, parsed))
    except IdentityError:
        return wanted


def _forms(leaf: Certificate, others: t.Sequence[Certificate]) -> tuple[Identity, ...]:
    """Return ``leaf`` with its longest chain out of ``others``, then with each shorter one."""
    chain = checks.chain_of(leaf, list(others))
    # The key is not known, and nothing of what is done with these touches it.
    key = t.cast(PrivateKey, None)
    kind, name = _key_type(leaf), checks.local_identifier(leaf)
    return tuple(Identity(leaf, chain[:length], key, kind, name) for length in range(len(chain), -1, -1))


def _key_type(leaf: Certificate) -> str:
    public = leaf.x509.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return f"rsa{public.key_size}"
    return f"ecdsa{public.curve.key_size}" if isinstance(public, ec.EllipticCurvePublicKey) else "unknown"


def _is_root(certificate: Certificate) -> bool:
    return certificate.x509.subject == certificate.x509.issuer
