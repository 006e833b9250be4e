# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust settings: since macOS 11 they need a person, or an MDM."""

from __future__ import annotations

import plistlib
import sys
import typing as t

from ..machine_context import Machine
from . import main, status, store

_POLICIES = {
    "ssl": "SSL",
    "smime": "SMIME",
    "codeSign": "Code Signing",
    "IPSec": "IPSec",
    "iChat": "iChat",
    "basic": "Apple X509 Basic",
    "swUpdate": "Software Update Signing",
    "pkgSign": "Package Signing",
    "pkinitClient": "PKINIT Client",
    "pkinitServer": "PKINIT Server",
    "eap": "EAP",
}
_RESULTS = {
    "trustRoot": "kSecTrustSettingsResultTrustRoot",
    "trustAsRoot": "kSecTrustSettingsResultTrustAsRoot",
    "deny": "kSecTrustSettingsResultDeny",
    "unspecified": "kSecTrustSettingsResultUnspecified",
}


def _authorize(mac: Machine, *, admin: bool) -> int:
    """Return 0, or the status with which changing trust is refused."""
    if mac.uid == 0 and admin and not mac.mode("sip"):
        return 0  # how CI machines do it
    if mac.version < (11, 0) and mac.uid == 0 and admin:
        return 0
    if not mac.in_gui:
        return status.AUTHORIZATION_NO_INTERACTION
    from .. import dialogs

    dialogs.ask(mac, "You are making changes to your Certificate Trust Settings.")
    return 0 if mac.spec["person"]["gives_admin_password"] else status.AUTHORIZATION_CANCELED


def _domain(mac: Machine, data: dict[str, t.Any], *, admin: bool) -> dict[str, t.Any]:
    if admin:
        result: dict[str, t.Any] = data["trust"]["admin"]
        return result
    own: dict[str, t.Any] = data["trust"]["user"].setdefault(str(mac.uid), {})
    return own


def _read(mac: Machine, name: str) -> bytes | None:
    from .. import crypto

    try:
        with open(name, "rb") as file:
            return crypto.certificates(file.read())[0]
    except (OSError, crypto.Unreadable):
        sys.stderr.write(f"Error reading file {name}\n")
        return None


def add_trusted_cert(mac: Machine, argv: list[str]) -> int:
    """Add a certificate (with ``-k``), then trust it: the first may stay behind when the second is refused."""
    from .. import crypto

    options, operands = main.options(argv, "hdr:p:a:s:e:u:k:i:o:D")
    flags = dict(options)
    policies = [value for flag, value in options if flag == "-p"]
    if flags.get("-r", "trustRoot") not in _RESULTS or not set(policies) <= _POLICIES.keys() or len(operands) > 1:
        raise status.Usage
    if not operands:
        sys.stderr.write("No cert file specified.\n")
        return 2
    der = _read(mac, operands[0])
    if der is None:
        return 1
    item = crypto.certificate(der)
    if "-k" in flags:
        path = store.resolve(mac, flags["-k"])
        try:
            keychain = store.load(mac, path, "add-trusted-cert", write=True)
            if all(entry["sha256"] != item["sha256"] for entry in keychain.certificates):
                store.need_master(mac, path, keychain)
                keychain.certificates.append(item)
                store.save(mac, path, keychain)
        except status.Failure as failure:
            raise status.Failure("SecCertificateAddToKeychain", failure.status, exit_one=True, prefix=False) from None
    refused = _authorize(mac, admin="-d" in flags)
    if refused:
        raise status.Failure("SecTrustSettingsSetTrustSettings", refused, exit_one=True, prefix=False)
    with mac.state() as data:
        _domain(mac, data, admin="-d" in flags)[item["sha1"]] = {
            "name": item["label"],
            "issuer": item["issuer"],
            "serial": item["serial"],
            "since": mac.now(),
            "result": flags.get("-r", "trustRoot"),
            "policies": policies,
            "errors": [value for flag, value in options if flag == "-e"],
        }
    return 0


def remove_trusted_cert(mac: Machine, argv: list[str]) -> int:
    """Forget the trust settings of a certificate."""
    options, operands = main.options(argv, "hdD")
    if len(operands) != 1:
        sys.stderr.write("No cert file specified.\n")
        return 2
    der = _read(mac, operands[0])
    return 1 if der is None else forget(mac, der, admin=("-d", "") in options)


def forget(mac: Machine, der: bytes, *, admin: bool = False) -> int:
    """Remove the trust settings of a certificate; it needs the same authorisation as setting them."""
    from .. import crypto

    sha1 = crypto.certificate(der)["sha1"]
    with mac.state() as data:
        known = sha1 in _domain(mac, data, admin=admin)
    if not known:
        raise status.Failure("SecTrustSettingsRemoveTrustSettings", status.NO_TRUST_SETTINGS, exit_one=True, prefix=False)
    refused = _authorize(mac, admin=admin)
    if refused:
        raise status.Failure("SecTrustSettingsRemoveTrustSettings", refused, exit_one=True, prefix=False)
    with mac.state() as data:
        del _domain(mac, data, admin=admin)[sha1]
    return 0


def dump_trust_settings(mac: Machine, argv: list[str]) -> int:
    """Show the settings of a domain; none at all is the normal state, and an error."""
    options, _operands = main.options(argv, "hsd")
    with mac.state() as data:
        settings = {} if ("-s", "") in options else dict(_domain(mac, data, admin=("-d", "") in options))
    if not settings:
        raise status.Failure("SecTrustSettingsCopyCertificates", status.NO_TRUST_SETTINGS, exit_one=True, prefix=False)
    print(f"Number of trusted certs = {len(settings)}")
    for number, entry in enumerate(settings.values()):
        plain = not entry["policies"] and not entry["errors"] and entry["result"] == "trustRoot"
        listed = [] if plain else (entry["policies"] or [None])
        print(f"Cert {number}: {entry['name']}\n   Number of trust settings : {len(listed)}")
        for index, policy in enumerate(listed):
            print(f"   Trust Setting {index}:")
            if policy is not None:
                print(f"      Policy OID            : {_POLICIES[policy]}")
            for error in entry["errors"]:
                print(f"      Allowed Error         : {'CSSMERR_TP_CERT_EXPIRED' if error == 'certExpired' else error}")
            print(f"      Result Type           : {_RESULTS[entry['result']]}")
    return 0


def _exported(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    import datetime

    result = list(_RESULTS).index(entry["result"]) + 1
    settings = [{"kSecTrustSettingsResult": result, "kSecTrustSettingsPolicyName": policy} for policy in entry["policies"]]
    return {
        "issuerName": bytes.fromhex(entry["issuer"]),
        "serialNumber": bytes.fromhex(entry["serial"]),
        "modDate": datetime.datetime.fromtimestamp(entry["since"], datetime.UTC).replace(tzinfo=None),
        "trustSettings": settings,
    }


def trust_settings_export(mac: Machine, argv: list[str]) -> int:
    """Write a domain's settings to a file."""
    options, operands = main.options(argv, "hsd")
    if len(operands) != 1:
        raise status.Usage
    with mac.state() as data:
        settings = {} if ("-s", "") in options else dict(_domain(mac, data, admin=("-d", "") in options))
    if not settings:
        raise status.Failure("SecTrustSettingsCreateExternalRepresentation", status.NO_TRUST_SETTINGS, exit_one=True, prefix=False)
    with open(operands[0], "wb") as file:
        plistlib.dump({"trustVersion": 1, "trustList": {sha1: _exported(entry) for sha1, entry in settings.items()}}, file)
    print("...Trust Settings exported successfully.")
    return 0


__all__ = ["add_trusted_cert", "dump_trust_settings", "forget", "remove_trusted_cert", "trust_settings_export"]
