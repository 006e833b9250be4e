# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit says of a Mac: a case for each thing that can be wrong, missing or not readable there."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest
from support import audit_results as macs
from support import demo_pki
from support.audit_results import NOW, answer, audit_of, client, gateway_root, profiles, statuses, wanted

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import audit_findings, audit_identity, audit_observation
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.audit_observation import Look
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError, MacError

OTHER_UUID = "11111111-2222-5333-8444-555555555555"
LO0 = "lo0: flags=8049<UP> mtu 16384\n\tinet 127.0.0.1 netmask 0xff000000 \n"
ABSENT = (0, profiles(None))
ALL_OK = {
    **dict.fromkeys(audit_findings.TITLES, "ok"),
    "connection.state": "not_applicable",
}
NO_POOLS = dataclasses.replace(macs.CONNECTION, pools=())


def ipsec(address: str) -> tuple[int, str]:
    """Return what ifconfig prints with a tunnel of that address."""
    return 0, f"{LO0}ipsec0: flags=8051<UP> mtu 1280\n\tinet {address} --> {address} netmask 0xffffff00 \n"


def test_a_mac_that_is_as_wanted_is_ok() -> None:
    result = audit_of(wanted(), answer())
    assert statuses(result) == ALL_OK
    assert result["status"] == "ok"
    assert result["host"] == {
        "macos": "15.6.1",
        "serial": "C02ABCDEF123",
        "user": "alice",
        "console_user": "alice",
        "mdm_enrolled": False,
        "certificate": {"common_name": "mac01.example.com", "sha256": client().certificate.sha256, "not_after": "2027-06-12T09:00:00Z"},
        "profile_uuid": macs.profile_uuid(),
    }
    assert not any(finding["remedy"] for finding in result["findings"])


STAGED = (0, f"{macs.profile_uuid()}\n1000\n1060\nfile\n")
EXPIRED_REQUEST = (0, f"{macs.profile_uuid()}\n1000\n9060\nfile\n")
NOBODY = (0, "root\n0\n\n\n\n\n")
LOGGED_OUT = (0, "root\n0\n\nalice\n501\n/Users/alice\n")
UNREADABLE_COPY = (1, "", "cp: login.keychain-db: Operation not permitted\n")
OLDER = client(days=20, number=4)

# id: what the Mac answers instead, and the findings that are not as on a Mac that is as wanted
CASES: dict[str, tuple[dict[str, t.Any], dict[str, str]]] = {
    "an-old-macos-is-a-warning": (
        {"macos": (0, "10.14.6\n"), "profiles_user": (0, profiles(OTHER_UUID))},
        {"macos.supported": "warning", "profile.current": "drift"},
    ),
    "sw_vers-says-nonsense": (
        {"macos": (0, "garbage\n")},
        {"macos.supported": "unknown", "profile.installed": "unknown", "profile.current": "unknown"},
    ),
    "nobody-is-logged-in": (
        {"owner": NOBODY, "keychain": (1, "\n"), "trust": None},
        {
            **dict.fromkeys(("user.resolved", "keychain.readable", "root.present", "root.trusted", "identity.present"), "unknown"),
            **dict.fromkeys(("identity.superseded", "profile.installed", "profile.current"), "unknown"),
        },
    ),
    "no-such-user-is-known-to-be-wrong": (
        {"owner": (0, "root\n0\nalice\nbob\n\n\n"), "keychain": (1, "\n"), "trust": None},
        {
            "user.resolved": "drift",
            **dict.fromkeys(("keychain.readable", "root.present", "root.trusted", "identity.present"), "unknown"),
            **dict.fromkeys(("identity.superseded", "profile.installed", "profile.current"), "unknown"),
        },
    ),
    "no-login-keychain": (
        {"keychain": (1, "/Users/alice/Library/Keychains/login.keychain-db\n")},
        {"keychain.readable": "drift", **dict.fromkeys(("root.present", "identity.present", "identity.superseded"), "unknown")},
    ),
    "no-full-disk-access": (
        {"copy": UNREADABLE_COPY},
        dict.fromkeys(("keychain.readable", "root.present", "identity.present", "identity.superseded"), "unknown"),
    ),
    "security-prints-what-nobody-knows": (
        {"certificates": (0, "attributes:\n")},
        dict.fromkeys(("keychain.readable", "root.present", "identity.present", "identity.superseded"), "unknown"),
    ),
    "damaged-keychain": (
        {"certificates": (49, "")},
        dict.fromkeys(("keychain.readable", "root.present", "identity.present", "identity.superseded"), "unknown"),
    ),
    "root-missing": (
        {"certificates": (0, macs.certificates(client().certificate, *client().chain))},
        {"root.present": "drift"},
    ),
    "root-not-trusted-by-macos": ({"trust": (0, "no\n")}, {"root.trusted": "warning"}),
    "verify-cert-does-not-tell": ({"trust": (0, "unknown\n")}, {"root.trusted": "unknown"}),
    "sudo-refuses": ({"trust": (1, "", "sudo: a password is required\n")}, {"root.trusted": "unknown"}),
    "sudo-hangs": ({"trust": (124, "")}, {"root.trusted": "unknown"}),
    "identity-missing": (
        {"certificates": (0, macs.certificates(gateway_root())), "identities": (0, macs.identities())},
        {"identity.present": "drift"},
    ),
    "certificate-without-its-key": ({"identities": (0, macs.identities())}, {"identity.present": "drift"}),
    "issuer-of-the-identity-missing": (
        {"certificates": (0, macs.certificates(gateway_root(), client().certificate))},
        {"identity.present": "drift"},
    ),
    "older-identity-beside-the-installed-profile": (
        {
            "certificates": (0, macs.certificates(gateway_root(), client().certificate, *client().chain, OLDER.certificate)),
            "identities": (0, macs.identities(client().certificate, OLDER.certificate)),
        },
        {"identity.superseded": "drift"},
    ),
    "older-identity-until-the-profile-is-installed": (
        {
            "certificates": (0, macs.certificates(gateway_root(), client().certificate, *client().chain, OLDER.certificate)),
            "identities": (0, macs.identities(client().certificate, OLDER.certificate)),
            "profiles_user": ABSENT,
            "staged": STAGED,
        },
        {"identity.superseded": "pending", "profile.installed": "pending", "profile.current": "not_applicable"},
    ),
    "no-profile": ({"profiles_user": ABSENT}, {"profile.installed": "drift", "profile.current": "not_applicable"}),
    "request-on-the-screen": (
        {"profiles_user": ABSENT, "staged": STAGED},
        {"profile.installed": "pending", "profile.current": "not_applicable"},
    ),
    "request-expired-and-the-user-is-there": (
        {"profiles_user": ABSENT, "staged": EXPIRED_REQUEST},
        {"profile.installed": "drift", "profile.current": "not_applicable"},
    ),
    "request-expired-and-nobody-is-there": (
        {"profiles_user": ABSENT, "staged": EXPIRED_REQUEST, "owner": LOGGED_OUT},
        {"profile.installed": "pending", "profile.current": "not_applicable"},
    ),
    "another-profile-content": ({"profiles_user": (0, profiles(OTHER_UUID))}, {"profile.current": "drift"}),
    "another-content-and-the-new-one-waits": (
        {"profiles_user": (0, profiles(OTHER_UUID)), "staged": STAGED},
        {"profile.current": "pending"},
    ),
    "another-content-by-the-mdm": ({"profiles_user": (0, profiles(OTHER_UUID, fixed="true"))}, {"profile.current": "drift"}),
    "left-over-staged-profile": ({"staged": STAGED}, {"profile.current": "drift"}),
    "profiles-does-not-answer": ({"profiles_user": (124, "")}, {"profile.installed": "unknown", "profile.current": "unknown"}),
    "profiles-prints-what-nobody-knows": (
        {"profiles_user": (0, "There are no configuration profiles\n")},
        {"profile.installed": "unknown", "profile.current": "unknown"},
    ),
    "connected": ({"interfaces": ipsec("172.16.201.7")}, {"connection.state": "ok"}),
    "another-vpn-is-connected": ({"interfaces": ipsec("10.9.9.9")}, {}),
    "ifconfig-does-not-answer": ({"interfaces": (124, "")}, {"connection.state": "unknown"}),
}


@pytest.mark.parametrize(("changed", "expected"), CASES.values(), ids=CASES)
def test_findings(changed: dict[str, t.Any], expected: dict[str, str]) -> None:
    assert statuses(audit_of(wanted(), answer(**changed))) == {**ALL_OK, **expected}


@pytest.mark.parametrize("changed", [case[0] for case in CASES.values()], ids=CASES)
def test_every_finding_that_needs_somebody_says_what_was_found_and_what_to_do(changed: dict[str, t.Any]) -> None:
    for finding in audit_of(wanted(), answer(**changed))["findings"]:
        if finding["status"] in ("drift", "unknown", "pending", "warning"):
            assert all((finding["expected"], finding["actual"], finding["remedy"])), finding
            assert finding["remedy"].endswith("."), finding


DAYS = {
    "expired": (-1, "drift", "expired on"),
    "expires-today": (0.5, "warning", "expires in 0 days"),
    "last-day-of-the-warning": (30.5, "warning", "expires in 30 days"),
    "first-day-without": (31.5, "ok", "31 more days"),
}


@pytest.mark.parametrize(("days", "status", "text"), DAYS.values(), ids=DAYS)
def test_the_certificate_s_end(days: float, status: str, text: str) -> None:
    own = client(days=days)
    asked = wanted(audit_identity.unusable(IdentityError("it expired", "renew it"), own.certificate)) if days < 0 else wanted(own)
    (found,) = [one for one in audit_of(asked, answer(own))["findings"] if one["id"] == "identity.validity"]
    assert found["status"] == status
    assert text in found["actual"]


def test_a_pkcs12_that_cannot_be_opened_is_unknown_not_an_error() -> None:
    problem = IdentityError("the passphrase of the PKCS#12 is wrong", "give the one it was exported with", option="passphrase")
    result = audit_of(wanted(audit_identity.unusable(problem, None)), answer())
    found = statuses(result)
    assert {
        name: found[name] for name in ("identity.present", "identity.validity", "identity.superseded", "profile.current")
    } == dict.fromkeys(("identity.present", "identity.validity", "identity.superseded", "profile.current"), "unknown")
    assert found["profile.installed"] == "ok"
    assert found["root.present"] == "ok"


class TestByCertificate:
    """The controller has no private keys: the certificate, or only its name, says which identity is meant."""

    def test_with_all_issuers_everything_is_told(self) -> None:
        own = client()
        pem = own.certificate.pem + "".join(one.pem for one in own.chain)
        assert statuses(audit_of(wanted(audit_identity.from_pem(pem)), answer())) == ALL_OK
        outdated = audit_of(wanted(audit_identity.from_pem(pem)), answer(profiles_user=(0, profiles(OTHER_UUID))))
        assert statuses(outdated)["profile.current"] == "drift"

    def test_a_profile_whose_pkcs12_had_no_issuer_is_recognised_too(self) -> None:
        own = client()
        bare = dataclasses.replace(own, chain=())
        pem = own.certificate.pem + "".join(one.pem for one in own.chain)
        result = audit_of(wanted(audit_identity.from_pem(pem)), answer(profiles_user=(0, profiles(macs.profile_uuid(bare)))))
        assert statuses(result)["profile.current"] == "ok"

    def test_without_issuers_another_content_is_unknown_not_drift(self) -> None:
        asked = wanted(audit_identity.from_pem(client().certificate.pem))
        assert statuses(audit_of(asked, answer(profiles_user=(0, profiles(OTHER_UUID)))))["profile.current"] == "unknown"
        assert statuses(audit_of(asked, answer(profiles_user=ABSENT)))["profile.installed"] == "drift"

    @pytest.mark.parametrize("text", ["", "hello", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----"])
    def test_what_is_no_certificate_is_refused_by_its_option(self, text: str) -> None:
        with pytest.raises(IdentityError) as error:
            audit_identity.from_pem(text)
        assert error.value.option == "certificate"

    def test_by_name_the_identity_of_the_keychain_counts(self) -> None:
        result = audit_of(wanted(audit_identity.from_common_name("mac01.example.com")), answer())
        assert statuses(result) == ALL_OK
        assert result["host"]["certificate"]["sha256"] == client().certificate.sha256

    def test_by_name_the_one_that_lasts_longest_counts(self) -> None:
        own = client()
        both = (0, macs.certificates(gateway_root(), OLDER.certificate, own.certificate, *own.chain))
        keys = (0, macs.identities(OLDER.certificate, own.certificate))
        result = audit_of(wanted(audit_identity.from_common_name("mac01.example.com")), answer(certificates=both, identities=keys))
        assert result["host"]["certificate"]["sha256"] == own.certificate.sha256

    def test_by_name_nothing_there_is_drift(self) -> None:
        result = audit_of(wanted(audit_identity.from_common_name("other.example.com")), answer())
        found = statuses(result)
        assert (found["identity.present"], found["identity.validity"], found["profile.current"]) == ("drift", "unknown", "unknown")


MDM = {
    "installed": ({}, {"profile.installed": "ok", "profile.current": "ok"}),
    "not-yet-installed": ({"profiles_user": ABSENT}, {"profile.installed": "pending", "profile.current": "not_applicable"}),
    "older-content": (
        {"profiles_user": (0, profiles(OTHER_UUID, fixed="true"))},
        {"profile.installed": "ok", "profile.current": "pending"},
    ),
}


@pytest.mark.parametrize(("changed", "expected"), MDM.values(), ids=MDM)
def test_where_an_mdm_delivers_the_keychain_does_not_matter(changed: dict[str, t.Any], expected: dict[str, str]) -> None:
    found = statuses(audit_of(wanted(delivery="file"), answer(certificates=(0, ""), identities=(0, macs.identities()), **changed)))
    assert {name: found[name] for name in expected} == expected
    for name in ("keychain.readable", "root.present", "identity.present", "identity.superseded"):
        assert found[name] == "not_applicable"


def test_an_identity_that_shall_not_be_in_the_keychain_is_not_missed() -> None:
    changed = {"certificates": (0, macs.certificates(gateway_root())), "identities": (0, macs.identities())}
    found = statuses(audit_of(wanted(identity_in_keychain=False), answer(**changed)))
    assert (found["identity.present"], found["identity.superseded"], found["root.present"]) == ("not_applicable", "not_applicable", "ok")


def vpnutil(says: str | None, *, session: str = "gui", **changed: t.Any) -> dict[str, t.Any]:
    """Return the sections of a Mac with vpnutil, which says this of the connection; ``None``: it does not know it."""
    told = (0, f"Azure VPN {says}\n") if says else (0, "", "Could not find Azure VPN\n")
    return {"vpnutil": (0, f"/opt/homebrew/bin/vpnutil\n{session}\n"), "vpnutil_status": told, **changed}


# id: what the Mac answers, the connection's status, and words of what was found and of the remedy
CONNECTED: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "stock-mac-nothing-can-start-it": ({}, "pending", "alice switches Azure VPN on in the VPN menu"),
    "address-in-the-pool": ({"interfaces": ipsec("172.16.201.7")}, "ok", "connected, with the address 172.16.201.7"),
    "vpnutil-can-start-it": (vpnutil("Disconnected"), "drift", "Run the rollout"),
    "the-pools-address-is-another-connections": (vpnutil("Disconnected", interfaces=ipsec("172.16.201.7")), "drift", "Run the rollout"),
    "connected-outside-the-pools": (vpnutil("Connected", interfaces=ipsec("10.9.9.9")), "ok", "with the address 10.9.9.9"),
    "connected-without-an-address": (vpnutil("Connected"), "unknown", "vpnutil says Connected"),
    "being-connected": (vpnutil("Connecting"), "pending", "being connected"),
    "vpnutil-does-not-know-it": (vpnutil(None), "drift", "alice has no VPN called Azure VPN"),
    "vpnutil-does-not-answer": (vpnutil("", vpnutil_status=(124, "")), "unknown", "/opt/homebrew/bin/vpnutil did not answer in time"),
    "two-tunnels-and-none-in-the-pool": (
        vpnutil("Connected", interfaces=(0, f"{ipsec('10.9.9.9')[1]}ipsec1: flags=8051<UP> mtu 1280\n\tinet 10.9.9.8 --> 10.9.9.8 \n")),
        "unknown",
        "download the client package again",
    ),
    "vpnutil-outside-the-session-at-the-screen": (vpnutil(None, session="ssh"), "pending", "only from the session at the screen"),
    "ifconfig-does-not-answer": ({"interfaces": (124, "")}, "unknown", "did not tell its network interfaces"),
    "no-profile": ({"profiles_user": ABSENT}, "not_applicable", "once the wanted profile is installed"),
    "waiting-for-approval": ({"profiles_user": ABSENT, "staged": STAGED}, "not_applicable", "once the wanted profile is installed"),
    "another-content-and-the-new-one-waits": (
        {"profiles_user": (0, profiles(OTHER_UUID)), "staged": STAGED, **vpnutil("Disconnected")},
        "not_applicable",
        "once the wanted profile is installed",
    ),
    "left-over-staged-profile": ({"staged": STAGED, **vpnutil("Disconnected")}, "drift", "Run the rollout"),
    "profiles-does-not-answer": ({"profiles_user": (124, "")}, "unknown", "whether the wanted profile is installed is not known"),
}


@pytest.mark.parametrize(("changed", "status", "says"), CONNECTED.values(), ids=CONNECTED)
def test_a_vpn_that_shall_be_connected_is_judged_as_the_rollout_would_act(changed: dict[str, t.Any], status: str, says: str) -> None:
    (found,) = [one for one in audit_of(wanted(connected=True), answer(**changed))["findings"] if one["id"] == "connection.state"]
    assert (found["status"], found["expected"]) == (status, "connected")
    assert says in f"{found['actual']} {found['remedy']}"
    assert (found["remedy"] is None) == (status in ("ok", "not_applicable"))


def test_on_demand_rules_start_it_and_no_rollout_does() -> None:
    item = {"PayloadType": "com.apple.vpn.managed", "PayloadContent": {"UserDefinedName": "Azure VPN", "IKEv2": {"OnDemandEnabled": 1}}}
    listed = profiles(macs.profile_uuid(), ProfileItems=[item])
    (found,) = [
        one for one in audit_of(wanted(connected=True), answer(profiles_user=(0, listed)))["findings"] if one["id"] == "connection.state"
    ]
    assert (found["status"], "on-demand rules have not started" in found["remedy"]) == ("pending", True)


def test_the_rollout_does_not_connect_where_an_mdm_delivers_the_profile() -> None:
    found = statuses(audit_of(wanted(delivery="file", connected=True), answer(**vpnutil("Disconnected"))))
    assert found["connection.state"] == "not_applicable"


def test_another_vpn_s_address_is_not_taken_for_this_one_s() -> None:
    found = statuses(audit_of(wanted(), answer(**vpnutil("Disconnected", interfaces=ipsec("172.16.201.7")))))
    assert found["connection.state"] == "not_applicable"


def test_without_address_pools_whose_tunnel_is_up_is_unknown() -> None:
    assert statuses(audit_of(wanted(connection=NO_POOLS), answer(interfaces=ipsec("172.16.201.7"))))["connection.state"] == "unknown"


def test_without_root_a_profile_of_the_device_is_unknown() -> None:
    connected_as_alice = (0, "alice\n501\nalice\nalice\n501\n/Users/alice\n")
    sections = answer(owner=connected_as_alice, keychain_owner=connected_as_alice, profiles_system=None)
    found = statuses(audit_of(wanted(), sections, scope="system"))
    assert (found["user.resolved"], found["root.present"], found["profile.installed"]) == ("ok", "ok", "unknown")


def test_a_profile_of_the_device_and_the_console_user_s_keychain_are_read_in_one_go() -> None:
    mac = macs.FakeMac(answer(keychain_owner=(0, macs.OWNER)))
    audit_observation.observe(mac, Look(None, (gateway_root(),), macs.IDENTIFIER, "system", macs.CONNECTION))
    (script,) = mac.scripts
    steps = script.rstrip().splitlines()[-10:-2]
    read = ["read_keychain", "verify_roots", "read_machine", "find_vpnutil", "read_tunnel"]
    assert steps == [*read, "find_root_as_owner", "read_profiles", "finish"]


def test_the_script_only_reads() -> None:
    mac = macs.FakeMac(answer())
    audit_observation.observe(mac, Look(None, (gateway_root(),), macs.IDENTIFIER, "user", macs.CONNECTION))
    (script,) = mac.scripts
    # But for what the owner's tool has to read, beside the private folder.
    code = script.replace('/bin/mkdir -m 711 "$shared"', "")
    for word in (
        "unlock-keychain",
        "add-certificates",
        "import ",
        "delete-",
        "profiles install",
        "profiles remove",
        "/usr/bin/open ",
        "mkdir",
    ):
        assert word not in code


def test_a_host_that_is_no_mac_is_an_error() -> None:
    mac = macs.FakeMac({"system": (0, "Linux\n")})
    with pytest.raises(MacError, match="the host runs Linux, not macOS"):
        audit_observation.observe(mac, Look(None, (), None, "user", macs.CONNECTION))


@pytest.mark.parametrize(
    ("statuses_", "worst"),
    [
        (["ok", "warning"], "warning"),
        (["pending", "warning"], "pending"),
        (["unknown", "pending"], "unknown"),
        (["drift", "unknown"], "drift"),
    ],
)
def test_the_worst_status_counts(statuses_: list[str], worst: str) -> None:
    assert audit_findings.worst([*statuses_, "not_applicable"]) == worst


def test_nothing_known_is_not_ok() -> None:
    assert audit_findings.worst([]) == audit_findings.worst(["not_applicable"]) == "unknown"


def test_hostile_names_in_a_keychain_reach_the_findings_as_text() -> None:
    name = "<script>alert(1)</script>"
    holder = demo_pki.issue(None, name, ca=True, usages=None, key=demo_pki.new_key(number=5), now=NOW - dt.timedelta(days=2))
    root = audit_identity.Certificate(holder.der)
    result = audit_of(dataclasses.replace(wanted(), roots=(root,)), answer())
    (found,) = [one for one in result["findings"] if one["id"] == "root.present"]
    assert name in found["actual"]
