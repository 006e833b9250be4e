# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of made-up Macs, each as client_audit would report it: the findings come from the audit itself, fed with what a Mac answers.

Certificates are real; what the Macs print is written out as /usr/bin/security and /usr/bin/profiles print it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import ipaddress
import plistlib
import random
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import (
    audit,
    audit_findings,
    audit_identity,
    audit_observation,
    identity,
    pki,
    tunnel,
)
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.audit_observation import Look
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.audit_profile import WantedProfile
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.audit_wanted import Wanted
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.identity import Identity
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.pki import Certificate
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.profile_options import SPEC

from . import demo_pki
from .fake_mac import Answer, FakeMac

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
IDENTIFIER = "io.github.azure-p2s.macos.vpn-client"
SERVER = demo_pki.VPN_SERVER
CONNECTION = tunnel.Wanted("Azure VPN", (ipaddress.ip_network("172.16.201.0/24"),), (), None)
OWNER = "root\n0\nalice\nalice\n501\n/Users/alice\n"


@functools.cache
def authority() -> demo_pki.Holder:
    """Return the clients' certificate authority."""
    return demo_pki.root("Clients 2026", key=demo_pki.new_key(number=1), now=NOW - dt.timedelta(days=400))


@functools.cache
def gateway_root() -> Certificate:
    """Return the root of the gateway's certificate."""
    return Certificate(demo_pki.root("Gateway Root", key=demo_pki.new_key(number=2), now=NOW - dt.timedelta(days=400)).der)


@functools.cache
def client(name: str = "mac01.example.com", days: float = 200, number: int = 3) -> Identity:
    """Return an identity that expires ``days`` after ``NOW``; it may have expired."""
    began = NOW - dt.timedelta(days=300)
    holder = demo_pki.issue(authority(), name, key=demo_pki.new_key(number=number), now=began, starts=dt.timedelta(0), days=300 + days)
    return identity.read(demo_pki.pkcs12(holder, "x", flavour="modern"), "x", now=began + dt.timedelta(days=1))


def options(**given: t.Any) -> dict[str, t.Any]:
    """Return the options of a profile, all others at their defaults."""
    defaults = {name: spec.get("default") for name, spec in SPEC["argument_spec"].items()}
    return {**defaults, "server": SERVER, "server_roots": [gateway_root().pem], "name": "Azure VPN", "identifier": IDENTIFIER, **given}


def wanted(own: Identity | audit_identity.WantedIdentity | None = None, *, delivery: str = "auto", **given: t.Any) -> Wanted:
    """Return what shall be on a Mac: this identity (all of it is known), the root, the profile."""
    own = own or client()
    known = own if isinstance(own, audit_identity.WantedIdentity) else audit_identity.from_pkcs12(own)
    profile = WantedProfile(options(delivery=delivery), IDENTIFIER, delivery)
    return dataclasses.replace(Wanted((gateway_root(),), known, profile, CONNECTION, keychain=delivery != "file"), **given)


def profile_uuid(own: Identity | None = None, macos: str = "15.6.1", **given: t.Any) -> str:
    """Return the UUID of the profile that a Mac shall have."""
    version = tuple(int(part) for part in macos.split("."))
    profile = WantedProfile(options(**given), IDENTIFIER, "auto")
    return profile.forms(audit_identity.from_pkcs12(own or client()), version)[0].uuid


def certificates(*found: Certificate) -> str:
    """Return what `security find-certificate -a -Z -p` prints."""
    return "".join(f"SHA-256 hash: {one.sha256.upper()}\nSHA-1 hash: {one.sha1.upper()}\n{one.pem}" for one in found)


def identities(*found: Certificate) -> str:
    """Return what `security find-identity` prints."""
    lines = "".join(f'{number:3}) {one.sha1.upper()} "{one.common_name}" (CSSMERR_TP_NOT_TRUSTED)\n' for number, one in enumerate(found, 1))
    valid = "  Valid identities only\n     0 valid identities found\n"
    return f"\nPolicy: X.509 Basic\n  Matching identities\n{lines}     {len(found)} identities found\n\n{valid}"


def profiles(uuid: str | None, *, owner: str = "alice", identifier: str = IDENTIFIER, fixed: str = "false", **more: t.Any) -> str:
    """Return what `profiles show -output stdout-xml` prints."""
    entry = {"ProfileIdentifier": identifier, "ProfileUUID": uuid, "ProfileRemovalDisallowed": fixed, **more}
    return plistlib.dumps({owner: [entry]} if uuid else {}).decode()


def answer(own: Identity | None = None, **changed: tuple[int, str] | tuple[int, str, str] | None) -> Answer:
    """Return what a Mac answers on which all is as wanted, with ``changed`` sections; ``None`` leaves one out."""
    own = own or client()
    sections: dict[str, t.Any] = {
        "owner": (0, OWNER),
        "keychain": (0, "/Users/alice/Library/Keychains/login.keychain-db\n"),
        "copy": (0, ""),
        "certificates": (0, certificates(gateway_root(), own.certificate, *own.chain)),
        "identities": (0, identities(own.certificate)),
        "trust": (0, "yes\n"),
        "machine": (0, '  "IOPlatformSerialNumber" = "C02ABCDEF123"\n'),
        "vpnutil": (1, "\ngui\n"),
        "interfaces": (0, "lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384\n\tinet 127.0.0.1 netmask 0xff000000 \n"),
        "profiles_user": (0, profiles(profile_uuid(own))),
        "profiles_system": (0, profiles(None)),
        "enrollment": (0, "Enrolled via DEP: No\nMDM enrollment: No\n"),
        "staged": (1, ""),
        **changed,
    }
    return {name: section for name, section in sections.items() if section is not None}


def audit_of(asked: Wanted, answered: Answer, *, user: str | None = None, scope: t.Literal["user", "system"] = "user") -> dict[str, t.Any]:
    """Return what client_audit returns for a Mac that answers so."""
    mac = FakeMac(answered)
    seen = audit_observation.observe(mac, Look(user, asked.roots, asked.profile.identifier, scope, asked.connection))
    findings = [finding.to_result() for finding in audit.findings(asked, seen, NOW)]
    return {
        "changed": False,
        "findings": findings,
        "status": audit_findings.worst(finding["status"] for finding in findings),
        "host": audit.facts(asked, seen, NOW),
        "observed_at": pki.iso(NOW),
    }


def statuses(result: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the status of each finding by its id."""
    return {finding["id"]: finding["status"] for finding in result["findings"]}


FAULTS = (
    *("none",) * 62,
    *("expires_soon",) * 7,
    *("expires_very_soon",) * 2,
    *("expired",) * 2,
    *("root_missing",) * 3,
    *("outdated",) * 4,
    *("no_profile",) * 4,
    *("awaiting",) * 5,
    *("nobody",) * 3,
    *("unreadable",) * 2,
    *("unreachable",) * 4,
    *("not_a_mac",) * 1,
    *("untrusted",) * 1,
)
UNREACHABLE = {
    "unreachable": True,
    "msg": "Failed to connect to the host via ssh: ssh: connect to host 10.1.2.3 port 22: Connection timed out",
}


def fleet(count: int = 500, *, seed: int = 1) -> dict[str, t.Any]:
    """Return the results of ``count`` Macs with mixed faults; the same each time."""
    chance = random.Random(seed)
    found = {}
    for number in range(1, count + 1):
        place = ("ber", "lon", "nyc", "sgp")[number % 4]
        found[f"{place}-mac{number:03}.corp.example.com"] = one(FAULTS[chance.randrange(len(FAULTS))], chance)
    return found


def one(fault: str, chance: random.Random | None = None) -> dict[str, t.Any]:
    """Return the result of one Mac with ``fault``."""
    chance = chance or random.Random(0)
    macos = chance.choices(["26.1", "26.0.1", "15.6.1", "15.5", "14.7.2", "13.7", "12.7.6"], [30, 10, 30, 10, 12, 6, 2])[0]
    days = {"expired": -3, "expires_very_soon": 4, "expires_soon": chance.choice([12, 21, 28])}.get(
        fault, chance.choice(range(40, 420, 20))
    )
    own = client(days=days)
    changed: dict[str, t.Any] = {"macos": (0, f"{macos}\n"), "profiles_user": (0, profiles(profile_uuid(own, macos)))}
    serial = "".join(chance.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=10))
    changed["machine"] = (0, f'  "IOPlatformSerialNumber" = "{serial}"\n')
    if fault == "unreachable":
        return dict(UNREACHABLE)
    if fault == "not_a_mac":
        return {"failed": True, "msg": "the host runs Linux, not macOS; take it out of the group of Macs."}
    absent = (0, profiles(None))
    changed.update(
        {
            "root_missing": {"certificates": (0, certificates(own.certificate, *own.chain))},
            "outdated": {"profiles_user": (0, profiles("11111111-2222-5333-8444-555555555555"))},
            "no_profile": {"profiles_user": absent},
            "awaiting": {"profiles_user": absent, "staged": (0, f"{profile_uuid(own, macos)}\n1000\n1060\nfile\n")},
            "nobody": {"owner": (0, "root\n0\n\n\n\n\n")},
            "unreadable": {"copy": (1, "", "cp: /Users/alice/Library/Keychains/login.keychain-db: Operation not permitted\n")},
            "untrusted": {"trust": (0, "no\n")},
        }.get(fault, {})
    )
    if chance.random() < 0.6:
        changed["interfaces"] = (
            0,
            (
                "lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384\n\tinet 127.0.0.1 netmask 0xff000000 \n"
                "ipsec0: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1280\n\tinet 172.16.201.7 --> 172.16.201.7 netmask 0xffffff00 \n"
            ),
        )
    return audit_of(wanted(own), answer(own, **changed))
