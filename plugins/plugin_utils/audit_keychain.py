# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings on what is in the login keychain of a Mac, and on the certificates that belong there."""

from __future__ import annotations

import datetime as dt

from . import audit_profile, keychain
from .audit_findings import ROLLOUT, Finding, not_applicable, sentence, unknown
from .audit_identity import WantedIdentity
from .audit_observation import Observation
from .audit_wanted import Wanted
from .errors import MacError
from .pki import Certificate, iso


def readable(wanted: Wanted, seen: Observation) -> Finding:
    """Return the finding on whether the login keychain can be read."""
    expected = "the login keychain can be read"
    if not wanted.keychain:
        return not_applicable("keychain.readable", "the rollout leaves the keychain to the MDM")
    if isinstance(seen.owner, MacError):
        return Finding("keychain.readable", "unknown", expected, "it is not known whose keychain is meant", sentence(seen.owner.remedy))
    if isinstance(seen.keychain, MacError):
        if seen.keychain_missing:
            return Finding("keychain.readable", "drift", expected, seen.keychain.finding, sentence(seen.keychain.remedy))
        return unknown("keychain.readable", expected, seen.keychain)
    return Finding("keychain.readable", "ok", expected, seen.keychain.path)


def roots(wanted: Wanted, seen: Observation) -> Finding:
    """Return the finding on whether the gateway's roots are in the login keychain."""
    expected = f"in the login keychain: {_names(wanted.roots)}"
    if not wanted.keychain:
        return not_applicable("root.present", "the rollout leaves the keychain to the MDM")
    if not wanted.roots:
        return not_applicable("root.present", "no root is given")
    if isinstance(seen.keychain, MacError):
        return _unread_keychain("root.present", expected)
    missing = tuple(root for root in wanted.roots if not seen.keychain.holds(root))
    if keychain.plan_certificates(wanted.roots, seen.keychain, present=True):
        return Finding("root.present", "drift", expected, f"missing: {_names(missing)}", ROLLOUT)
    return Finding("root.present", "ok", expected, "present")


def trust(wanted: Wanted, seen: Observation) -> Finding:
    """Return the finding on whether macOS trusts the gateway's roots by itself."""
    expected = f"trusted: {_names(wanted.roots)}"
    if not wanted.roots:
        return not_applicable("root.trusted", "no root is given")
    distrusted = tuple(root for root, trusted in zip(wanted.roots, seen.trusted, strict=True) if trusted is False)
    if distrusted:
        remedy = "The VPN works as long as its profile carries the root; to have it trusted for everything, deliver it by MDM."
        return Finding("root.trusted", "warning", expected, f"not trusted: {_names(distrusted)}", remedy)
    if None in seen.trusted:
        remedy = "See that /usr/bin/security answers on the Mac and that its user is known, and audit again."
        return Finding("root.trusted", "unknown", expected, "the Mac did not tell whether it trusts them", remedy)
    return Finding("root.trusted", "ok", expected, "trusted")


def identity_present(wanted: Wanted, identity: WantedIdentity, seen: Observation) -> Finding:
    """Return the finding on whether the client identity is in the login keychain."""
    if not (wanted.keychain and wanted.identity_in_keychain):
        return not_applicable("identity.present", "the rollout does not put the identity into the keychain")
    certificate = identity.certificate
    expected = f"in the login keychain with its key: {_name(certificate) if certificate else identity.common_name or 'not known'}"
    if certificate is None and (identity.common_name is None or isinstance(seen.keychain, MacError)):
        return unknown("identity.present", expected, identity.why_unknown)
    if isinstance(seen.keychain, MacError):
        return _unread_keychain("identity.present", expected)
    if certificate is None:
        return Finding("identity.present", "drift", expected, "no identity of this name is there", ROLLOUT)
    # Of a certificate whose PKCS#12 is not at hand, no issuer is sure to be in that.
    form = identity.forms[-1]
    changes = keychain.plan_identity(form, seen.keychain, remove_superseded=False)
    if not changes:
        return Finding("identity.present", "ok", expected, f"present, SHA-256 {certificate.sha256[:16]}")
    if seen.keychain.holds_identity(certificate):
        missing = tuple(one for one in form.chain if not seen.keychain.holds(one))
        return Finding("identity.present", "drift", expected, f"present, without its issuers: {_names(missing)}", ROLLOUT)
    actual = "the certificate is there, its private key is not" if seen.keychain.holds(certificate) else "missing"
    return Finding("identity.present", "drift", expected, actual, ROLLOUT)


def validity(wanted: Wanted, identity: WantedIdentity, now: dt.datetime) -> Finding:
    """Return the finding on whether the client certificate can be used, and for how long."""
    certificate = identity.certificate
    expected = f"usable, and valid for more than {wanted.warn_days} days"
    if certificate is None:
        return unknown("identity.validity", expected, identity.why_unknown)
    days, until = certificate.days_left(now), iso(certificate.not_after)
    issue = "Issue a new certificate for this Mac and run the rollout."
    if now > certificate.not_after:
        return Finding("identity.validity", "drift", expected, f"expired on {until}", issue)
    if not certificate.is_current(now):
        wait = "See that the controller's clock is right, or wait."
        return Finding("identity.validity", "drift", expected, f"not valid before {iso(certificate.not_before)}", wait)
    if identity.problem:
        return Finding("identity.validity", "drift", expected, identity.problem.finding, sentence(identity.problem.remedy))
    if days <= wanted.warn_days:
        return Finding("identity.validity", "warning", expected, f"expires in {days} days, on {until}", issue)
    return Finding("identity.validity", "ok", expected, f"valid until {until}, {days} more days")


def superseded(wanted: Wanted, identity: WantedIdentity, seen: Observation) -> Finding:
    """Return the finding on whether older identities of the same name are left."""
    expected = "no older identity of the same issuer and name in the login keychain"
    if not (wanted.keychain and wanted.identity_in_keychain):
        return not_applicable("identity.superseded", "the rollout does not put the identity into the keychain")
    if isinstance(seen.keychain, MacError):
        return _unread_keychain("identity.superseded", expected)
    if identity.certificate is None:
        if identity.common_name is not None and not identity.problem:
            return not_applicable("identity.superseded", "no identity of this name is there")
        return unknown("identity.superseded", expected, identity.why_unknown)
    older = seen.keychain.superseded_by(identity.certificate)
    if not keychain.plan_removal(older, seen.keychain):
        return Finding("identity.superseded", "ok", expected, "none")
    actual = f"{len(older)} still there: {_names(older)}"
    if audit_profile.is_installed(wanted.profile, identity, seen.profile):
        return Finding("identity.superseded", "drift", expected, actual, ROLLOUT)
    remedy = "Nothing for now: the rollout removes them once the new profile is installed."
    return Finding("identity.superseded", "pending", expected, actual, remedy)


def _unread_keychain(name: str, expected: str) -> Finding:
    return Finding(name, "unknown", expected, "the login keychain could not be read", "See the finding on the login keychain.")


def _names(certificates: tuple[Certificate, ...]) -> str:
    return ", ".join(_name(certificate) for certificate in certificates)


def _name(certificate: Certificate) -> str:
    return f"{certificate.common_name or certificate.subject} ({certificate.sha256[:16]})"
