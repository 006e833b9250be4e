# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration profiles: the pending one that waits for a person, and installation with what it brings.

Runs outside the Mac (approval, MDM) or in it as root (``profiles remove``); ``root`` is the path of the Mac's file tree.
"""

from __future__ import annotations

import base64
import hashlib
import plistlib
import time
import typing as t
import uuid
import zlib

from . import profile_rules
from .keychain_file import DamagedKeychain, Keychain

# Apple states eight minutes for iOS; taken for macOS too.
EXPIRES_AFTER = 480.0
DEVICE = "_computerlevel"
# macOS gives the IKEv2 provider and its helpers access to the keys that a profile brings.
_USERS_OF_KEYS = (
    "/System/Library/Frameworks/NetworkExtension.framework/PlugIns/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider",
    "/usr/libexec/nehelper",
    "/usr/libexec/configd",
)


class Refused(Exception):
    """macOS does not install the profile; the text is what the person would see."""


def pack(content: bytes) -> str:
    """Return a profile as the state keeps it, so that no search for a passphrase finds it by chance in the simulator's own files."""
    return base64.b64encode(zlib.compress(content)).decode()


def unpack(text: str) -> bytes:
    """Undo ``pack``."""
    return zlib.decompress(base64.b64decode(text))


def parse(content: bytes) -> tuple[dict[str, t.Any], bool]:
    """Return (the profile, whether it is signed). Raises ``Refused`` for what is no profile."""
    signed = content[:1] == b"\x30"
    if signed:
        begin, end = content.find(b"<?xml"), content.rfind(b"</plist>")
        content = content[begin : end + 8] if 0 <= begin < end else b""
    try:
        profile = plistlib.loads(content)
    except Exception as error:
        raise Refused("The file is not a profile.") from error
    if not isinstance(profile, dict) or profile.get("PayloadType") != "Configuration":
        raise Refused("The file is not a profile.")
    return profile, signed


def settle(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], now: float) -> float | None:
    """Let the pending profile be approved, declined or forgotten if its time has come; return when to look again."""
    pending = data["pending"]
    if pending is None:
        return None
    person = spec["person"]
    due = [(pending["since"] + EXPIRES_AFTER, "expire")]
    if person["approves_after"] is not None:
        due.append((pending["since"] + person["approves_after"], "approve"))
    if person["declines_after"] is not None:
        due.append((pending["since"] + person["declines_after"], "decline"))
    moment, what = min(due)
    if moment > now:
        return float(moment)
    if what == "approve":
        approve(root, spec, data, now)
    data["pending"] = None
    return None


def approve(root: str, spec: dict[str, t.Any], data: dict[str, t.Any], now: float) -> None:
    """The person presses Install: what macOS then refuses is noted in ``refusals``."""
    pending = data["pending"]
    data["pending"] = None
    try:
        content = unpack(pending["content"])
        profile, _signed = parse(content)
        # Without PayloadScope a profile is the user's alone.
        scope = "system" if str(profile.get("PayloadScope", "User")).lower() == "system" else "user"
        if scope == "system" and not spec["person"]["gives_admin_password"]:
            raise Refused("The administrator password was not given.")
        install(root, spec, data, content, scope=scope, user=pending["user"], source="manual", now=now)
    except Refused as error:
        data.setdefault("refusals", []).append({"text": str(error), "identifier": pending["identifier"], "time": now})


def install(
    root: str, spec: dict[str, t.Any], data: dict[str, t.Any], content: bytes, *, scope: str, user: str | None, source: str, now: float
) -> None:
    """Install a profile, replacing one of the same identifier. Raises ``Refused``; then nothing has changed."""
    from . import crypto

    profile, signed = parse(content)
    profile_rules.check(profile, tuple(int(part) for part in spec["macos"].split(".")[:2]))
    domain = DEVICE if scope == "system" else (user or spec["console_user"])
    if domain is None:
        raise Refused("No user is logged in.")
    installed = data["profiles"].setdefault(domain, [])
    old = next((entry for entry in installed if entry["identifier"] == profile["PayloadIdentifier"]), None)
    if old is not None and old["source"] == "MDM" and source != "MDM":
        raise Refused("The profile was installed by an MDM and cannot be replaced by hand.")
    opened = [profile_rules.identity(payload) for payload in profile["PayloadContent"] if payload["PayloadType"] == profile_rules.PKCS12]
    identities = _bring(root, spec, data, domain, old, opened, profile)
    entry = {
        "identifier": profile["PayloadIdentifier"],
        "uuid": profile["PayloadUUID"],
        "name": profile.get("PayloadDisplayName", profile["PayloadIdentifier"]),
        "organization": profile.get("PayloadOrganization"),
        "description": profile.get("PayloadDescription"),
        "removal_disallowed": bool(profile.get("PayloadRemovalDisallowed", False)),
        "version": profile.get("PayloadVersion", 1),
        "state": "verified" if signed else "unsigned",
        "date": now,
        "items": [profile_rules.without_secrets(payload) for payload in profile["PayloadContent"]],
        "source": source,
        "digest": hashlib.sha256(content).hexdigest(),
        "identities": identities,
    }
    installed[:] = [other for other in installed if other is not old] + [entry]
    leaves = [crypto.certificate(chain[0])["sha256"] for _key, _pkcs8, chain in opened]
    # What a person installs is trusted once the admin password was given.
    trusted = source == "MDM" or spec["person"]["gives_admin_password"]
    roots = [profile_rules.root(payload) for payload in profile["PayloadContent"] if payload["PayloadType"] in profile_rules.ROOTS]
    _services(data, domain, profile, leaves, [base64.b64encode(der).decode() for der in roots if trusted])


def keychain_path(domain: str) -> str:
    """Return the keychain that a profile of ``domain`` uses."""
    return "/Library/Keychains/System.keychain" if domain == DEVICE else f"/Users/{domain}/Library/Keychains/login.keychain-db"


def _master(spec: dict[str, t.Any], data: dict[str, t.Any], domain: str, path: str, keychain: Keychain) -> str:
    if domain == DEVICE:
        key = keychain.master(hashlib.sha256(b"system" + spec["name"].encode()).hexdigest())
    else:
        uid = next(user["uid"] for user in spec["users"] if user["name"] == domain)
        key = data["unlocked"].get(f"gui:{uid}", {}).get(path)
    if key is None:
        raise Refused("The keychain is locked; the profile's identity could not be installed.")
    return key


def _bring(
    root: str,
    spec: dict[str, t.Any],
    data: dict[str, t.Any],
    domain: str,
    old: dict[str, t.Any] | None,
    opened: list[tuple[dict[str, t.Any], bytes, list[bytes]]],
    profile: dict[str, t.Any],
) -> list[str]:
    """Put the profile's identities and roots into the keychain of its scope; return SHA-256 of each leaf that it owns."""
    from . import crypto

    roots = [profile_rules.root(payload) for payload in profile["PayloadContent"] if payload["PayloadType"] in profile_rules.ROOTS]
    if not opened and not roots and old is None:
        return []
    path = keychain_path(domain)
    try:
        keychain = Keychain.load(root + path)
    except (OSError, DamagedKeychain):
        raise Refused("The keychain could not be opened.") from None
    owned = []
    for key, pkcs8, chain in opened:
        item = crypto.certificate(chain[0])
        owned.append(item["sha256"])
        if any(entry["hash"] == key["hash"] for entry in keychain.keys):
            mine = old is not None and item["sha256"] in old["identities"]
            if not mine and spec["modes"].get("profile_identity", "reuse") == "fail":
                raise Refused("The item already exists in the keychain.")
            if not mine:
                owned.pop()  # it was there before and stays when the profile goes
        else:
            sealed = keychain.seal_key(_master(spec, data, domain, path, keychain), pkcs8)
            keychain.keys.append(
                {
                    **key,
                    "sealed": sealed,
                    "any": False,
                    "applications": list(_USERS_OF_KEYS),
                    "partitions": ["apple-tool:", "apple:"],
                    "extractable": False,
                    "brought": True,
                }
            )
        _add(keychain, item)
    for der in roots:
        _add(keychain, crypto.certificate(der))
    if old is not None:
        _drop(keychain, [sha256 for sha256 in old["identities"] if sha256 not in owned])
    keychain.save(root + path)
    return owned


def _add(keychain: Keychain, item: dict[str, t.Any]) -> None:
    if all(entry["sha256"] != item["sha256"] for entry in keychain.certificates):
        keychain.certificates.append(item)


def _drop(keychain: Keychain, leaves: list[str]) -> None:
    gone = {item["key"] for item in keychain.certificates if item["sha256"] in leaves}
    keychain.certificates = [item for item in keychain.certificates if item["sha256"] not in leaves]
    keychain.keys = [key for key in keychain.keys if key["hash"] not in gone]


def _services(data: dict[str, t.Any], domain: str, profile: dict[str, t.Any], leaves: list[str], roots: list[str]) -> None:
    """Make a VPN service of each IKEv2 payload, in the place of those of the profile's older version."""
    kept = [service for service in data["vpn"] if (service["profile"], service["domain"]) != (profile["PayloadIdentifier"], domain)]
    for payload in profile["PayloadContent"]:
        if payload["PayloadType"] == profile_rules.VPN and payload.get("VPNType") == "IKEv2":
            kept.append(
                {
                    "name": payload["UserDefinedName"],
                    "uuid": str(uuid.uuid4()).upper(),
                    "profile": profile["PayloadIdentifier"],
                    "domain": domain,
                    "ike": profile_rules.without_secrets(payload["IKEv2"]),
                    "leaves": leaves,
                    "roots": roots,
                    "status": "Disconnected",
                    "since": time.time(),
                }
            )
    data["vpn"] = kept


def remove(root: str, data: dict[str, t.Any], domain: str, entry: dict[str, t.Any]) -> None:
    """Remove an installed profile with all that it brought."""
    data["profiles"][domain] = [other for other in data["profiles"][domain] if other["identifier"] != entry["identifier"]]
    data["vpn"] = [service for service in data["vpn"] if (service["profile"], service["domain"]) != (entry["identifier"], domain)]
    if entry["identities"]:
        path = root + keychain_path(domain)
        keychain = Keychain.load(path)
        _drop(keychain, entry["identities"])
        keychain.save(path)
