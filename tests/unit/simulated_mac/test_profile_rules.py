# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which profiles the simulated Mac refuses: what Apple's schema does not allow, and what is no profile at all."""

from __future__ import annotations

import datetime as dt
import plistlib
import typing as t
import uuid

import pytest

from simulated_mac import MacSpec, SimulatedMac
from simulated_mac.conformance import case
from simulated_mac.conformance.sample import IDENTIFIER, profile
from simulated_mac.inside import profile_store, state

Boot = t.Callable[..., SimulatedMac]
ROOT = {"PayloadType": "com.apple.security.root", "PayloadIdentifier": "r", "PayloadUUID": str(uuid.uuid4()), "PayloadVersion": 1}
STRICT = {"EnforceStrictAlgorithmSelection": 1}


def refusals(content: bytes, macos: str = "15.6.1", root: str = "/nowhere") -> list[str]:
    """Return why the person who approves the profile sees it refused; a profile that is taken fails for want of a keychain."""
    spec = MacSpec("mac", macos=macos).to_json()
    data = {**state.NEW, "pending": {"content": profile_store.pack(content), "identifier": IDENTIFIER, "user": "alice"}, "profiles": {}}
    profile_store.approve(root, spec, data, 0.0)
    assert data["pending"] is None
    return [entry["text"] for entry in data.get("refusals", [])]


def taken(content: bytes, macos: str = "15.6.1") -> bool:
    """Return whether nothing is wrong with the profile itself."""
    return refusals(content, macos) == ["The keychain could not be opened."]


def payloads(*more: dict[str, t.Any], **identity: t.Any) -> list[dict[str, t.Any]]:
    """Return the payloads of a good profile with changes to its identity, and ``more``."""
    found: list[dict[str, t.Any]] = plistlib.loads(profile())["PayloadContent"]
    return [found[0] | identity, found[1], *more]


def test_the_sample_is_taken() -> None:
    assert taken(profile())
    assert taken(profile(vpn={"DNS": {"DNSProtocol": "Cleartext", "ServerAddresses": ["10.0.0.4"], "SupplementalMatchDomains": [""]}}))
    assert taken(profile(ike={"OnDemandRules": [{"Action": "Connect"}], "MTU": 1400, "EnablePFS": False, "TLSMinimumVersion": "1.2"}))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ike": {"PayloadCertificateUUID": str(uuid.uuid4())}}, id="identity-of-another-profile"),
        pytest.param({"ike": {"PayloadCertificateUUID": ["x"]}}, id="reference-is-no-text"),
        pytest.param({"ike": {"IKESecurityAssociationParameters": {"DiffieHellmanGroup": 24}}}, id="group-24"),
        pytest.param({"ike": {"RemoteIdentifier": ""}}, id="no-remote-identifier"),
        pytest.param({"ike": {"AuthenticationMethod": "EAP"}}, id="unknown-authentication"),
        pytest.param({"ike": {"CertificateType": "RSA"}}, id="certificate-type-without-issuer"),
        pytest.param({"ike": {"CertificateType": "foo", "ServerCertificateIssuerCommonName": "CA"}}, id="unknown-certificate-type"),
        pytest.param({"ike": {"ChildSecurityAssociationParameters": {"LifeTimeInMinutes": 5}}}, id="lifetime-too-short"),
        pytest.param({"ike": {"DeadPeerDetectionRate": "Sometimes"}}, id="unknown-detection-rate"),
        pytest.param({"ike": {"MTU": 9}}, id="mtu-too-small"),
        pytest.param({"ike": {"MTU": 1500}}, id="mtu-too-large"),
        pytest.param({"ike": {"MTU": "1280"}}, id="mtu-is-a-text"),
        pytest.param({"ike": {"TLSMinimumVersion": "9"}}, id="unknown-tls-version"),
        pytest.param({"ike": {"TLSMinimumVersion": "1.2", "TLSMaximumVersion": "1.0"}}, id="tls-versions-the-wrong-way-round"),
        pytest.param({"ike": {"ExtendedAuthEnabled": 2}}, id="switch-is-2"),
        pytest.param({"ike": {"EnablePFS": "1"}}, id="switch-is-a-text"),
        pytest.param({"ike": {"DisconnectOnIdleTimer": -1}}, id="negative-timer"),
        pytest.param({"ike": {"OnDemandRules": [{"Action": "Dance"}]}}, id="unknown-action"),
        pytest.param({"ike": {"OnDemandRules": {"Action": "Connect"}}}, id="rules-are-no-list"),
        pytest.param({"ike": {"OnDemandRules": [{"Action": "Connect", "InterfaceTypeMatch": "Modem"}]}}, id="unknown-interface"),
        pytest.param({"ike": {"OnDemandRules": [{"Action": "EvaluateConnection"}]}}, id="evaluate-nothing"),
        pytest.param({"vpn": {"DNS": {}}}, id="dns-without-servers"),
        pytest.param({"vpn": {"DNS": {"ServerAddresses": ["10.0.0.4"]}}}, id="dns-without-protocol"),
        pytest.param({"vpn": {"UserDefinedName": ""}}, id="connection-without-a-name"),
        pytest.param({"vpn": {"IKEv2": "x"}}, id="settings-are-no-dictionary"),
        pytest.param({"vpn": {"PayloadIdentifier": f"{IDENTIFIER}.identity"}}, id="two-payloads-of-one-identifier"),
        pytest.param({"ike": {"IKESecurityAssociationParameters": "x"}}, id="parameters-are-no-dictionary"),
        pytest.param({"ike": {"ChildSecurityAssociationParameters": {"EncryptionAlgorithm": ["x"]}}}, id="algorithm-is-no-text"),
        pytest.param({"PayloadUUID": "no-uuid"}, id="bad-uuid"),
        pytest.param({"PayloadDisplayName": dt.datetime(2026, 1, 1)}, id="name-is-a-date"),  # noqa: DTZ001 - as property lists have it
        pytest.param({"TargetDeviceType": 1}, id="for-an-iphone"),
        pytest.param({"PayloadContent": []}, id="no-payloads"),
        pytest.param({"PayloadContent": "payloads"}, id="payloads-are-a-text"),
        pytest.param({"PayloadContent": ["payload"]}, id="a-payload-is-no-dictionary"),
        pytest.param({"PayloadContent": payloads(ROOT | {"PayloadContent": b"nothing"})}, id="root-is-no-certificate"),
        pytest.param({"PayloadContent": payloads(ROOT)}, id="root-without-content"),
        pytest.param({"PayloadContent": payloads(PayloadContent=b"nothing")}, id="identity-is-no-pkcs12"),
        pytest.param({"PayloadContent": payloads(Password="wrong")}, id="password-of-another-identity"),
    ],
)
def test_profile_is_refused(change: dict[str, t.Any]) -> None:
    assert not taken(profile(**change))
    assert len(refusals(profile(**change))) == 1


@pytest.mark.parametrize(
    ("macos", "own", "child", "expected"),
    [
        ("15.6.1", "AES-256-GCM", "AES-256", True),
        ("15.6.1", "AES-128", "AES-256", False),
        ("15.4", "AES-128", "AES-256", True),
        ("15.6.1", "3DES", "3DES", False),
    ],
    ids=["as-strong", "child-is-stronger", "before-15.5", "dead"],
)
def test_strict_selection_of_algorithms(macos: str, own: str, child: str, expected: bool) -> None:
    parameters = {"IKESecurityAssociationParameters": own, "ChildSecurityAssociationParameters": child}
    ike = STRICT | {name: {"EncryptionAlgorithm": cipher} for name, cipher in parameters.items()}
    assert taken(profile(ike=ike), macos) is expected


@pytest.mark.parametrize("key", ["MTU", "EnforceRoutes"])
def test_what_an_older_macos_does_not_know_it_does_not_look_at(key: str) -> None:
    assert taken(profile(ike={key: 9}), "10.15.7")
    assert not taken(profile(ike={key: 9}), "11.7")


@pytest.mark.parametrize(("macos", "expected"), [("15.6.1", True), ("26.1", False)])
@pytest.mark.parametrize(
    "parameters",
    [{"EncryptionAlgorithm": "3DES"}, {"IntegrityAlgorithm": "SHA1-96"}, {"DiffieHellmanGroup": 2}],
    ids=["3des", "sha1", "group-2"],
)
def test_dead_algorithms_are_refused_by_26(macos: str, expected: bool, parameters: dict[str, t.Any]) -> None:
    assert taken(profile(ike={"IKESecurityAssociationParameters": parameters}), macos) is expected


def test_modern_pkcs12_in_a_profile_is_refused() -> None:
    assert not taken(profile(PayloadContent=payloads(PayloadContent=case.files()["modern.p12"])))


@pytest.mark.parametrize("content", [b"", b"nothing", plistlib.dumps(["x"]), plistlib.dumps({"PayloadType": "x"})])
def test_no_profile_at_all_is_refused(content: bytes) -> None:
    assert refusals(content) == ["The file is not a profile."]


def test_a_malformed_profile_leaves_the_mac_running(boot: Boot) -> None:
    mac = boot()
    mac.write("/Users/alice/p.mobileconfig", profile(PayloadContent=payloads(ROOT | {"PayloadContent": b"nothing"})), owner=501)
    mac.sh("/usr/bin/sudo /bin/launchctl asuser 501 /usr/bin/sudo -u alice -H /usr/bin/open /Users/alice/p.mobileconfig\n")
    mac.approve_profile()
    assert [entry["text"] for entry in mac.state()["refusals"]] == ["A certificate payload holds no certificate."]
