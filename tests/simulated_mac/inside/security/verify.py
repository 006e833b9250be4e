# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify-cert, and what this Mac thinks of a certificate."""

from __future__ import annotations

import base64
import calendar
import functools
import sys
import time

from .. import crypto
from ..keychain_file import DamagedKeychain, Keychain
from ..machine_context import Machine
from . import main, status, store

_POLICIES = ("basic", "ssl", "smime", "codeSign", "IPSec", "iChat", "swUpdate", "pkgSign", "eap", "appleID", "macappstore", "timestamping")


def _known(mac: Machine, names: list[str], command: str | None) -> list[bytes]:
    """Return the certificates of the keychains searched; as ``command`` they are opened, and counted, like any other command's."""
    found = []
    for path in [*store.search_paths(mac, names), store.ROOTS]:
        try:
            keychain = Keychain.load(path) if command is None else store.load(mac, path, command)
        except (OSError, DamagedKeychain, status.Failure):
            continue
        found += [base64.b64decode(item["der"]) for item in keychain.certificates]
    return found


def _anchors(mac: Machine) -> list[bytes]:
    try:
        return [base64.b64decode(item["der"]) for item in Keychain.load(store.ROOTS).certificates]
    except (OSError, DamagedKeychain):
        return []


# Where the process goes on living (resident.py), the same certificates come again and again.
@functools.lru_cache(maxsize=256)
def _facts(der: bytes) -> tuple[float, float, str, str]:
    facts = crypto.certificate(der)
    return facts["not_before"], facts["not_after"], facts["sha256"], facts["sha1"]


@functools.lru_cache(maxsize=256)
def _signed_by(der: bytes, issuer: bytes) -> bool:
    return crypto.signed_by(der, issuer)


_EKU = {"ssl": "serverAuth", "eap": "serverAuth", "smime": "emailProtection", "codeSign": "codeSigning"}


def judge(
    mac: Machine,
    der: bytes,
    *,
    policy: str,
    anchors: list[bytes] | None = None,
    more: list[bytes] | None = None,
    keychains: list[str] | None = None,
    host: str | None = None,
    client: bool = False,
    now: float | None = None,
    command: str | None = None,
) -> str:
    """Return an empty text for a trusted certificate, else the code that says what is wrong; "deny" for a denied one."""
    now = mac.now() if now is None else now
    pool = (more or []) + _known(mac, keychains or [], command)
    with mac.state() as data:
        said = {**data["trust"]["admin"], **data["trust"]["user"].get(str(mac.uid), {})}
    roots = _anchors(mac) if anchors is None else anchors
    current = der
    for depth in range(10):
        not_before, not_after, sha256, sha1 = _facts(current)
        if not not_before <= now <= not_after:
            return "CSSMERR_TP_CERT_EXPIRED" if not_after < now else "CSSMERR_TP_CERT_NOT_VALID_YET"
        if sha256 in mac.spec["revoked"]:
            return "CSSMERR_TP_CERT_REVOKED"
        entry = said.get(sha1) if anchors is None else None
        if entry is not None and entry["result"] == "deny":
            return "deny"
        if entry is not None or current in roots:
            return _fits(der, policy, host, client=client)
        if depth and not crypto.is_ca(current):
            return "CSSMERR_TP_NOT_TRUSTED"
        issuer = next((other for other in pool + roots if other != current and _signed_by(current, other)), None)
        if issuer is None:
            return "CSSMERR_TP_NOT_TRUSTED"
        current = issuer
    return "CSSMERR_TP_NOT_TRUSTED"


def _fits(der: bytes, policy: str, host: str | None, *, client: bool) -> str:
    """Return an empty text if a certificate with a trusted chain is one for ``policy`` and ``host``, else the code."""
    wanted = "clientAuth" if client and policy in ("ssl", "eap") else _EKU.get(policy)
    purposes = crypto.purposes(der)
    if wanted is not None and purposes is not None and wanted not in purposes:
        return "CSSMERR_APPLETP_INVALID_EXTENDED_KEY_USAGE"
    if host is not None and host not in crypto.dns_names(der):
        return "CSSMERR_APPLETP_HOSTNAME_MISMATCH"
    return ""


def _moment(text: str) -> float:
    """Return the time that ``-d`` means (GMT). Raises ``Usage``."""
    for form in ("%Y-%m-%d-%H:%M:%S", "%Y-%m-%d"):
        try:
            return float(calendar.timegm(time.strptime(text, form)))
        except ValueError:
            continue
    raise status.Usage


def verify_cert(mac: Machine, argv: list[str]) -> int:
    """Judge a certificate with its chain, as this Mac trusts it."""
    options, _operands = main.options(argv, "hc:r:p:Cd:k:n:NLlqR:Ptv")
    flags = dict(options)
    files = {flag: [value for name, value in options if name == flag] for flag in ("-c", "-r", "-k")}
    if not files["-c"] or flags.get("-p", "basic") not in _POLICIES:
        raise status.Usage
    revocation = [value for flag, value in options if flag == "-R"]
    if not set(revocation) <= {"ocsp", "crl", "require", "offline"}:
        raise status.Usage
    now = _moment(flags["-d"]) if "-d" in flags else None
    loaded: dict[str, list[bytes]] = {"-c": [], "-r": []}
    for flag in ("-c", "-r"):
        for name in files[flag]:
            try:
                with open(name, "rb") as file:
                    loaded[flag] += crypto.certificates(file.read())
            except OSError:
                sys.stderr.write(f"Error reading file {name}\n")
                return 1
            except crypto.Unreadable:
                sys.stderr.write(f"Error decoding cert file {name}\n")
                return 1
    code = judge(
        mac,
        loaded["-c"][0],
        policy=flags.get("-p", "basic"),
        anchors=loaded["-r"] if files["-r"] else None,
        more=loaded["-c"][1:],
        keychains=files["-k"],
        host=flags.get("-n"),
        client="-C" in flags,
        now=now,
        command="verify-cert",
    )
    if not code and "require" in revocation:
        # Nobody answers for a private authority, and -L asks nobody.
        code = "CSSMERR_APPLETP_INCOMPLETE_REVOCATION_CHECK"
    if not code:
        if "-q" not in flags:
            print("...certificate verification successful.")
        return 0
    if "-q" not in flags:
        sys.stderr.write("SecTrustEvaluate result: kSecTrustResultDeny\n" if code == "deny" else f"Cert Verify Result: {code}\n")
    return 1
