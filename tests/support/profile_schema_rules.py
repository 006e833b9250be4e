# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the keys of one dictionary must have to do with each other: each rule with what is wrong when it does not hold."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

Settings = dict[str, t.Any]
_SAS = ("IKESecurityAssociationParameters", "ChildSecurityAssociationParameters")


def _on(ike: Settings, *keys: str) -> bool:
    return any(ike.get(key, 0) == 1 for key in keys)


def _ciphers(ike: Settings) -> list[bool]:
    """Return whether the cipher is a weak one, of IKE and child."""
    return ["128" in ike[name]["EncryptionAlgorithm"] for name in _SAS]


def _groups(ike: Settings) -> list[int]:
    return [ike[name]["DiffieHellmanGroup"] for name in _SAS]


def _has_quantum_methods(ike: Settings) -> bool:
    return any("PostQuantumKeyExchangeMethods" in ike[name] for name in _SAS)


# what is wrong: whether it is right
Rules = dict[str, Callable[[Settings], bool]]
IKEV2: Rules = {
    "None without EAP means SharedSecret": lambda ike: ike["AuthenticationMethod"] != "None" or _on(ike, "ExtendedAuthEnabled"),
    "TLS versions go with EAP-TLS, and only with it": lambda ike: (
        _on(ike, "ExtendedAuthEnabled") == ("TLSMinimumVersion" in ike) == ("TLSMaximumVersion" in ike)
    ),
    "Azure ends below TLS 1.2": lambda ike: ike.get("TLSMinimumVersion", "1.2") == ike.get("TLSMaximumVersion", "1.2") == "1.2",
    "CertificateType without ServerCertificateIssuerCommonName": lambda ike: (
        "CertificateType" not in ike or "ServerCertificateIssuerCommonName" in ike
    ),
    "OnDemandEnabled and OnDemandRules disagree": lambda ike: _on(ike, "OnDemandEnabled") == ("OnDemandRules" in ike),
    "DisconnectOnIdle and its timer disagree": lambda ike: _on(ike, "DisconnectOnIdle") == ("DisconnectOnIdleTimer" in ike),
    "EnforceRoutes is ignored with IncludeAllNetworks": lambda ike: not (_on(ike, "EnforceRoutes") and _on(ike, "IncludeAllNetworks")),
    "ExcludeLocalNetworks needs IncludeAllNetworks or EnforceRoutes": lambda ike: (
        not _on(ike, "ExcludeLocalNetworks") or _on(ike, "IncludeAllNetworks", "EnforceRoutes")
    ),
    "an exclusion needs IncludeAllNetworks": lambda ike: (
        not ike.keys() & {"ExcludeCellularServices", "ExcludeAPNs", "ExcludeDeviceCommunication"} or _on(ike, "IncludeAllNetworks")
    ),
    "NATKeepAliveInterval needs NATKeepAliveOffloadEnable": lambda ike: (
        "NATKeepAliveInterval" not in ike or _on(ike, "NATKeepAliveOffloadEnable")
    ),
    "PPK and PPKIdentifier belong together, and PPKMandatory to them": lambda ike: (
        ("PPK" in ike) == ("PPKIdentifier" in ike) and ("PPKMandatory" not in ike or "PPK" in ike)
    ),
    "AllowPostQuantumKeyExchangeFallback without PostQuantumKeyExchangeMethods": lambda ike: (
        "AllowPostQuantumKeyExchangeFallback" not in ike or _has_quantum_methods(ike)
    ),
    "EnforceStrictAlgorithmSelection refuses a group below 14": lambda ike: (
        not _on(ike, "EnforceStrictAlgorithmSelection") or min(_groups(ike)) >= 14
    ),
    "the child's DH group counts only with EnablePFS": lambda ike: _on(ike, "EnablePFS") or len(set(_groups(ike))) == 1,
    "the child's cipher is stronger than the IKE SA's": lambda ike: _ciphers(ike) != [True, False],
    "a provider of another maker": lambda ike: not any(key.startswith("Provider") for key in ike),
}
RULE: Rules = {
    "EvaluateConnection and ActionParameters disagree": lambda rule: (
        (rule["Action"] == "EvaluateConnection") == ("ActionParameters" in rule)
    ),
    "an SSID on a network without": lambda rule: "SSIDMatch" not in rule or rule.get("InterfaceTypeMatch", "WiFi") == "WiFi",
}
ACTION: Rules = {
    "required servers or probe with NeverConnect": lambda action: (
        action["DomainAction"] != "NeverConnect" or set(action) == {"Domains", "DomainAction"}
    ),
}
DNS: Rules = {
    "ServerURL goes with HTTPS": lambda dns: ("ServerURL" in dns) == (dns["DNSProtocol"] == "HTTPS"),
    "ServerName goes with TLS": lambda dns: ("ServerName" in dns) == (dns["DNSProtocol"] == "TLS"),
    "NoSearch without SupplementalMatchDomains": lambda dns: (
        "SupplementalMatchDomainsNoSearch" not in dns or "SupplementalMatchDomains" in dns
    ),
}


def broken(where: str, found: Settings, rules: Rules) -> list[str]:
    """Return what is wrong with ``found``."""
    return [f"{where}: {what}" for what, holds in rules.items() if not holds(found)]
