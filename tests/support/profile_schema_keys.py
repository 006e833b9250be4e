# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key of the profile that may be there, with its type, its range and the first macOS that knows it, after Apple's schema."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import typing as t
import unicodedata
from collections.abc import Callable

Version = tuple[int, int]
OLDEST: Version = (10, 15)

_UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]+")
_HOST = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")

_CONTROL = ("Cc", "Cs", "Zl", "Zp")

Rule = Callable[[t.Any], bool]


def _exactly(value: t.Any, kind: type) -> bool:
    """Return whether ``value`` is a ``kind``. A bool is no int here: in a property list these are two types."""
    return isinstance(value, kind) and isinstance(value, bool) == (kind is bool)


def _text(value: t.Any) -> bool:
    return _exactly(value, str) and value.strip() == value != "" and not any(unicodedata.category(char) in _CONTROL for char in value)


def _is(kind: type) -> Rule:
    return lambda value: _exactly(value, kind)


def _one_of(*known: t.Any) -> Rule:
    return lambda value: any(_exactly(value, type(entry)) and value == entry for entry in known)


def _between(low: int, high: int) -> Rule:
    return lambda value: _exactly(value, int) and low <= value <= high


def _matches(pattern: re.Pattern[str]) -> Rule:
    return lambda value: _exactly(value, str) and pattern.fullmatch(value) is not None


def _some(rule: Rule) -> Rule:
    return lambda value: _exactly(value, list) and len(value) > 0 and all(rule(entry) for entry in value)


def _address(value: t.Any) -> bool:
    try:
        return _exactly(value, str) and "%" not in value and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _address_pattern(value: t.Any) -> bool:
    return _address(value) or (_exactly(value, str) and re.fullmatch(r"[0-9A-Fa-f.:]*\*", value) is not None)


def _common_name(value: t.Any) -> bool:
    return _text(value) and len(value) <= 64


def _local_identifier(value: t.Any) -> bool:
    return _text(value) and not re.match(r"[A-Za-z0-9.-]+\s*=", value)


def _server(value: t.Any) -> bool:
    return _address(value) or _matches(_HOST)(value)


def _url(value: t.Any) -> bool:
    return _exactly(value, str) and re.fullmatch(r"https?://[^\s/@]+(/\S*)?|https?://[^\s/@]+\?\S*", value) is not None


def _wild_domain(value: t.Any) -> bool:
    return value == "*" or (_exactly(value, str) and _DOMAIN.fullmatch(value.removeprefix("*.")) is not None)


_SWITCH = _one_of(0, 1)
_ANY_DICT, _ANY_DATA = _is(dict), _is(bytes)


def _consent(value: t.Any) -> bool:
    return _exactly(value, dict) and "default" in value and all(_text(text) for text in value.values())


def _duration(value: t.Any) -> bool:
    return (_exactly(value, int) or _exactly(value, float)) and value > 0


def _quantum_methods(value: t.Any) -> bool:
    return _some(_one_of(0, 36, 37))(value) and len(value) <= 7


# key: (rule, required, first macOS that knows it)
Table = dict[str, tuple[Rule, bool, Version]]
COMMON: Table = {
    "PayloadType": (_text, True, OLDEST),
    "PayloadVersion": (_one_of(1), True, OLDEST),
    "PayloadIdentifier": (_matches(_IDENTIFIER), True, OLDEST),
    "PayloadUUID": (_matches(_UUID), True, OLDEST),
    "PayloadDisplayName": (_text, True, OLDEST),
    "PayloadDescription": (_text, False, OLDEST),
}
TOP: Table = {
    **COMMON,
    "PayloadType": (_one_of("Configuration"), True, OLDEST),
    "PayloadContent": (_some(_ANY_DICT), True, OLDEST),
    "PayloadScope": (_one_of("User", "System"), True, OLDEST),  # absent means User, but is not documented to
    "PayloadRemovalDisallowed": (_is(bool), False, OLDEST),
    "PayloadOrganization": (_text, False, OLDEST),
    "ConsentText": (_consent, False, OLDEST),
    "RemovalDate": (_is(dt.datetime), False, OLDEST),
    "DurationUntilRemoval": (_duration, False, OLDEST),
    "PayloadExpirationDate": (_is(dt.datetime), False, OLDEST),
    "TargetDeviceType": (_one_of(5), False, (10, 15)),
}
VPN: Table = {
    **COMMON,
    "VPNType": (_one_of("IKEv2"), True, OLDEST),
    "VPNSubType": (_one_of(""), False, OLDEST),
    "Proxies": (_ANY_DICT, False, OLDEST),
    "UserDefinedName": (_text, True, OLDEST),
    "IKEv2": (_ANY_DICT, True, OLDEST),
    "DNS": (_ANY_DICT, False, OLDEST),
}
IDENTITY: Table = {
    **COMMON,
    "PayloadContent": (_ANY_DATA, True, OLDEST),
    "Password": (lambda value: _text(value) and value.isascii(), True, OLDEST),
    "PayloadCertificateFileName": (_text, False, OLDEST),
    "AllowAllAppsAccess": (_one_of(False), False, OLDEST),
    "KeyIsExtractable": (_is(bool), False, OLDEST),
}
ROOT: Table = {**COMMON, "PayloadContent": (_ANY_DATA, True, OLDEST), "PayloadCertificateFileName": (_text, False, OLDEST)}
IKEV2: Table = {
    "RemoteAddress": (_server, True, OLDEST),
    "RemoteIdentifier": (_matches(_HOST), True, OLDEST),
    "LocalIdentifier": (_local_identifier, True, OLDEST),
    "AuthenticationMethod": (_one_of("None", "Certificate"), True, OLDEST),
    "ExtendedAuthEnabled": (_SWITCH, True, OLDEST),
    "PayloadCertificateUUID": (_matches(_UUID), True, OLDEST),
    "CertificateType": (_one_of("RSA", "ECDSA256", "ECDSA384", "ECDSA521", "RSA-PSS"), False, OLDEST),
    "ServerCertificateIssuerCommonName": (_common_name, False, OLDEST),
    "ServerCertificateCommonName": (_common_name, False, OLDEST),
    "TLSMinimumVersion": (_one_of("1.0", "1.1", "1.2"), False, (10, 13)),
    "TLSMaximumVersion": (_one_of("1.0", "1.1", "1.2"), False, (10, 13)),
    "EnableCertificateRevocationCheck": (_SWITCH, False, OLDEST),
    "DeadPeerDetectionRate": (_one_of("None", "Low", "Medium", "High"), False, OLDEST),
    "DisableMOBIKE": (_SWITCH, False, OLDEST),
    "DisableRedirect": (_SWITCH, False, OLDEST),
    "UseConfigurationAttributeInternalIPSubnet": (_SWITCH, False, OLDEST),
    "EnforceStrictAlgorithmSelection": (_SWITCH, False, (15, 5)),
    "AllowPostQuantumKeyExchangeFallback": (_SWITCH, False, (26, 0)),
    "PPK": (_ANY_DATA, False, (15, 0)),
    "PPKIdentifier": (_text, False, (15, 0)),
    "PPKMandatory": (_SWITCH, False, (15, 0)),
    "EnablePFS": (_SWITCH, True, OLDEST),
    "IKESecurityAssociationParameters": (_ANY_DICT, True, OLDEST),
    "ChildSecurityAssociationParameters": (_ANY_DICT, True, OLDEST),
    "OnDemandEnabled": (_SWITCH, False, OLDEST),
    "OnDemandRules": (_some(_ANY_DICT), False, OLDEST),
    "DisconnectOnIdle": (_SWITCH, False, OLDEST),
    "DisconnectOnIdleTimer": (_between(1, 2**31 - 1), False, OLDEST),
    "MTU": (_between(1280, 1400), False, (11, 0)),
    "IncludeAllNetworks": (_SWITCH, False, (10, 15)),
    "EnforceRoutes": (_SWITCH, False, (11, 0)),
    "ExcludeLocalNetworks": (_SWITCH, False, (10, 15)),
    "ExcludeCellularServices": (_SWITCH, False, (13, 3)),
    "ExcludeAPNs": (_SWITCH, False, (13, 3)),
    "ExcludeDeviceCommunication": (_SWITCH, False, (14, 4)),
    "NATKeepAliveOffloadEnable": (_SWITCH, False, OLDEST),
    "NATKeepAliveInterval": (_between(20, 2**31 - 1), False, OLDEST),
    "ProviderType": (_one_of("packet-tunnel", "app-proxy"), False, OLDEST),
    "ProviderBundleIdentifier": (_text, False, OLDEST),
    "ProviderDesignatedRequirement": (_text, False, OLDEST),
}
# Keys that Apple knows and a profile for Azure must not have: why.
FORBIDDEN = {
    "EnableFallback": "is not for macOS",
    "OnDemandUserOverrideDisabled": "is not for macOS",
    "SharedSecret": "is for another method",
    "AuthName": "is for another method",
    "AuthPassword": "is for another method",
    "Password": "is for another method",
}
PARAMETERS: Table = {
    "EncryptionAlgorithm": (_one_of("AES-128", "AES-256", "AES-128-GCM", "AES-256-GCM", "ChaCha20Poly1305"), True, OLDEST),
    "IntegrityAlgorithm": (_one_of("SHA2-256", "SHA2-384", "SHA2-512"), True, OLDEST),
    "DiffieHellmanGroup": (_one_of(2, *range(14, 22), 31, 32), True, OLDEST),
    "LifeTimeInMinutes": (_between(10, 1440), True, OLDEST),
    "PostQuantumKeyExchangeMethods": (_quantum_methods, False, (26, 0)),
}
RULE: Table = {
    "Action": (_one_of("Connect", "Disconnect", "Ignore", "EvaluateConnection"), True, OLDEST),
    "InterfaceTypeMatch": (_one_of("Ethernet", "WiFi", "Cellular"), False, OLDEST),
    "SSIDMatch": (_some(lambda value: _exactly(value, str) and 0 < len(value.encode()) <= 32), False, OLDEST),
    "DNSDomainMatch": (_some(_wild_domain), False, OLDEST),
    "DNSServerAddressMatch": (_some(_address_pattern), False, OLDEST),
    "URLStringProbe": (_url, False, OLDEST),
    "ActionParameters": (_some(_ANY_DICT), False, OLDEST),
}
ACTION: Table = {
    "Domains": (_some(_wild_domain), True, OLDEST),
    "DomainAction": (_one_of("ConnectIfNeeded", "NeverConnect"), True, OLDEST),
    "RequiredDNSServers": (_some(_address), False, OLDEST),
    "RequiredURLStringProbe": (_url, False, OLDEST),
}
DNS: Table = {
    # A key from 11.0 on, and required there; what an older Mac then does is a cross-rule.
    "DNSProtocol": (_one_of("Cleartext", "HTTPS", "TLS"), True, OLDEST),
    "ServerAddresses": (_some(_address), True, OLDEST),
    "ServerURL": (lambda value: _url(value) and value.startswith("https://"), False, (11, 0)),
    "ServerName": (_matches(_HOST), False, (11, 0)),
    "DomainName": (_matches(_DOMAIN), False, OLDEST),
    "SearchDomains": (_some(_matches(_DOMAIN)), False, OLDEST),
    "SupplementalMatchDomains": (_some(lambda value: value == "" or _matches(_DOMAIN)(value)), False, OLDEST),
    "SupplementalMatchDomainsNoSearch": (_SWITCH, False, OLDEST),
}
PAYLOADS = {
    "com.apple.vpn.managed": VPN,
    "com.apple.security.pkcs12": IDENTITY,
    **dict.fromkeys(("com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"), ROOT),
}
