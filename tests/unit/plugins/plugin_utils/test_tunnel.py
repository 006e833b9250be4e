# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of interfaces, routes, profiles and vpnutil's words; what is then done; and what the admin reads when it fails."""

from __future__ import annotations

import dataclasses
import plistlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_mac import Answer, FakeMac, owner

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import tunnel, tunnel_causes, tunnel_work
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError, P2SError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.mac import Section
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.owner import Owner
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.tunnel import Found, Tunnel

LO0 = "lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384\n\tinet 127.0.0.1 netmask 0xff000000\n"
# As captured on Macs: tabs, trailing blanks, an IPv6 address even without a tunnel.
IPSEC0 = (
    "ipsec0: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1280\n\toptions=6463<RXCSUM,TXCSUM,TSO4,TSO6,CHANNEL_IO>\n"
    "\tinet 172.16.201.2 --> 172.16.201.2 netmask 0xffffff00 \n\tinet6 fe80::1%ipsec0 prefixlen 64 scopeid 0x10 \n"
)
EMPTY = "ipsec0: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1280\n\tinet6 fe80::1%ipsec0 prefixlen 64 scopeid 0x10 \n"
OTHER = "ipsec0: flags=8051<UP> mtu 1400\n\tinet 10.99.0.7 --> 10.99.0.7 netmask 0xffff0000 \n"
# A header of another form than letters and digits: what follows it is not ipsec0's.
USB = "USB-1: flags=8863<UP> mtu 1500\n\tinet 172.16.201.77 netmask 0xffffff00 broadcast 172.16.201.255\n"
UTUN = "utun3: flags=8051<UP> mtu 1380\n\tinet 172.16.201.9 --> 172.16.201.9 netmask 0xffffffff \n"

NAME = "Azure VPN"
ALICE = Owner("alice", root=True, console_user="alice", name="alice", uid=501, home="/Users/alice")


def wanted(**options: t.Any) -> tunnel.Wanted:
    """Read the options of a usual connection, changed."""
    usual = {"name": NAME, "address_pools": ["172.16.201.0/24"], "routes": ["10.8.0.0/16"], "user": None}
    return tunnel.wanted_from_options({**usual, **options})


def profile(name: str = NAME, on_demand: object = 0) -> str:
    """Return what profiles(1) lists of a user with one VPN profile."""
    item = {"PayloadType": "com.apple.vpn.managed", "PayloadContent": {"UserDefinedName": name, "IKEv2": {"OnDemandEnabled": on_demand}}}
    entry = {"ProfileIdentifier": "com.example", "ProfileUUID": "X", "ProfileItems": [item, {"PayloadType": "com.apple.security.root"}]}
    return "some text\n" + plistlib.dumps({"alice": [entry]}).decode() + "more text\n"


def seen(ifconfig: str = LO0, *, vpnutil: str | None = None, says: str = "", session: str = "gui", **sections: t.Any) -> Answer:
    """Return what remote/tunnel_read.sh prints."""
    answer: Answer = {
        **owner("root", 0),
        "interfaces": (0, ifconfig),
        "vpnutil": (0 if vpnutil else 1, f"{vpnutil or ''}\n{session}\n"),
        "profiles_user": (0, profile()),
        "profiles_system": (0, plistlib.dumps({}).decode()),
        **sections,
    }
    if vpnutil:
        answer["vpnutil_status"] = (0, says, "" if says else f"2026-01-01 10:00:00.000 vpnutil[1:2] Could not find {NAME}\n")
    return answer


UTIL = "/opt/homebrew/bin/vpnutil"

STATES: dict[str, tuple[Answer, dict[str, t.Any], str, str | None]] = {
    "no-interface": (seen(), {}, "disconnected", None),
    "address-in-the-pool": (seen(LO0 + IPSEC0), {}, "connected", "ipsec0"),
    "interface-without-address": (seen(LO0 + EMPTY), {}, "disconnected", None),
    "address-of-another-vpn": (seen(LO0 + OTHER), {}, "disconnected", None),
    "ours-is-ipsec1": (seen(LO0 + OTHER + IPSEC0.replace("ipsec0", "ipsec1")), {}, "connected", "ipsec1"),
    "a-packet-tunnel-is-no-ikev2": (seen(LO0 + UTUN), {}, "disconnected", None),
    "no-pools-and-an-interface": (seen(LO0 + IPSEC0), {"address_pools": None}, "unknown", None),
    "no-pools-and-no-interface": (seen(), {"address_pools": None}, "disconnected", None),
    "no-pools-but-vpnutil-knows": (
        seen(LO0 + IPSEC0, vpnutil=UTIL, says=f"{NAME} Connected\n"),
        {"address_pools": None},
        "connected",
        "ipsec0",
    ),
    "vpnutil-lags-behind": (seen(LO0 + IPSEC0, vpnutil=UTIL, says=f"{NAME} Connecting\n"), {}, "connected", "ipsec0"),
    "vpnutil-connecting": (seen(LO0 + EMPTY, vpnutil=UTIL, says=f"{NAME} Connecting\n"), {}, "connecting", None),
    "the-pools-address-is-another-connections": (seen(LO0 + IPSEC0, vpnutil=UTIL, says=f"{NAME} Disconnected\n"), {}, "disconnected", None),
    "vpnutil-connected-without-any-address": (seen(LO0 + EMPTY, vpnutil=UTIL, says=f"{NAME} Connected\n"), {}, "unknown", None),
    "connected-outside-the-pools": (seen(LO0 + OTHER, vpnutil=UTIL, says=f"{NAME} Connected\n"), {}, "connected", "ipsec0"),
    "another-connections-line": (seen(vpnutil=UTIL, says=f"{NAME} 2 Connected\n"), {}, "disconnected", None),
    "on-its-way-down": (seen(LO0 + IPSEC0, vpnutil=UTIL, says=f"{NAME} Disconnecting\n"), {}, "disconnected", None),
    "two-tunnels-and-neither-in-the-pools": (
        seen(LO0 + OTHER + OTHER.replace("ipsec0", "ipsec1").replace(".7", ".8"), vpnutil=UTIL, says=f"{NAME} Connected\n"),
        {},
        "unknown",
        None,
    ),
    "an-address-that-is-none": (seen(LO0 + IPSEC0.replace("201.2 ", "201.999 ")), {}, "disconnected", None),
    "another-interface-after-it": (seen(LO0 + EMPTY + USB), {}, "disconnected", None),
    "ifconfig-failed": (seen(LO0, interfaces=(1, "")), {}, "unknown", None),
    "ifconfig-did-not-answer": (seen(LO0, interfaces=(124, "")), {}, "unknown", None),
    "ifconfig-printed-something-else": (seen("garbage\n"), {}, "unknown", None),
}


@pytest.mark.parametrize("case", STATES)
def test_the_state_is_what_the_interfaces_say(case: str) -> None:
    answer, options, status, interface = STATES[case]
    mac = FakeMac(answer)
    found = tunnel.observe(mac, wanted(**options))
    mine = found.tunnel(wanted(**options))
    assert (found.status(wanted(**options)), mine.interface if mine else None) == (status, interface)
    assert len(mac.scripts) == 1


@given(st.binary(max_size=300), st.integers(0, 130))
def test_whatever_ifconfig_prints_is_no_crash_and_no_false_connection(output: bytes, status: int) -> None:
    found = tunnel.tunnels_in(Section("interfaces", status, output, b""))
    assert found is None or all(one.address for one in found)


@pytest.mark.parametrize(("value", "expected"), [(1, True), (True, True), (0, False), ("yes", False)])
def test_on_demand_is_read_from_the_installed_profile(value: object, expected: bool) -> None:
    found = tunnel.observe(FakeMac(seen(profiles_user=(0, profile(on_demand=value)))), wanted())
    assert found.on_demand is expected


@pytest.mark.parametrize(
    "section", [(0, profile(name="Another")), (1, ""), (0, "<?xml garbage </plist>")], ids=["another-name", "refused", "damaged"]
)
def test_a_profile_that_is_not_seen_is_unknown_and_not_off(section: tuple[int, str]) -> None:
    assert tunnel.observe(FakeMac(seen(profiles_user=section)), wanted()).on_demand is None


@pytest.mark.parametrize(("line", "routed"), [("  interface: ipsec0\n", True), ("  interface: en0\n", False)])
def test_the_route_to_the_network_is_checked(line: str, routed: bool) -> None:
    mac = FakeMac(seen(LO0 + IPSEC0, route=(0, f"   route to: 10.8.0.1\ndestination: 10.8.0.0\n{line}      flags: <UP>\n")))
    found = tunnel.observe(mac, wanted())
    shown = tunnel_work.result(found, wanted(), None)
    assert "probe=10.8.0.1" in mac.scripts[0]
    assert shown["routed"] is routed
    assert (shown["remedy"] is None) == routed


@pytest.mark.parametrize(
    ("options", "option"),
    [
        pytest.param({"name": ""}, "name", id="no-name"),
        pytest.param({"name": "two\nlines"}, "name", id="name-of-two-lines"),
        pytest.param({"address_pools": ["172.16.201.0/33"]}, "address_pools", id="no-such-network"),
        pytest.param({"routes": ["everything"]}, "routes", id="no-network"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(options: dict[str, t.Any], option: str) -> None:
    with pytest.raises(P2SError) as error:
        wanted(**options)
    assert error.value.option == option


@pytest.mark.parametrize("seconds", [-1, 601])
def test_a_timeout_has_bounds(seconds: int) -> None:
    with pytest.raises(P2SError, match="timeout"):
        tunnel_work.refuse_timeout(seconds)


DOWN = Found(ALICE, "gui", None, None, (), None, on_demand=False)
UP = dataclasses.replace(DOWN, tunnels=(Tunnel("ipsec0", "172.16.201.2"),))


def told(word: str | None, found: Found = DOWN, **more: t.Any) -> Found:
    """Return what was found, with vpnutil's word for it."""
    return dataclasses.replace(found, vpnutil=UTIL, told=word, **more)


FOREIGN = (Tunnel("ipsec0", "10.99.0.7"), Tunnel("ipsec1", "10.99.0.8"))
PLANS: dict[str, tuple[Found, str, bool, str | None, str | None]] = {
    "connected-already": (UP, "connected", False, None, None),
    "disconnected-already": (DOWN, "disconnected", False, None, None),
    "start-with-vpnutil": (told("Disconnected"), "connected", True, "vpnutil", "start_connection"),
    "start-what-is-going-down": (told("Disconnecting", UP), "connected", True, "vpnutil", "start_connection"),
    "stop-with-vpnutil": (told("Connected", UP), "disconnected", True, "vpnutil", "stop_connection"),
    "wait-for-what-is-on-its-way-down": (told("Disconnecting", UP), "disconnected", False, None, "wait_until_down"),
    "somebody-is-starting-it": (told("Connecting"), "connected", False, None, "wait_until_up"),
    "connected-and-without-an-address-yet": (told("Connected"), "connected", False, None, "wait_until_up"),
    "connected-and-nobody-knows-by-which-tunnel": (told("Connected", tunnels=FOREIGN), "connected", False, None, None),
    "stop-what-is-starting": (told("Connecting"), "disconnected", True, "vpnutil", "stop_connection"),
    "on-demand-starts-it-itself": (dataclasses.replace(DOWN, on_demand=True), "connected", False, "on_demand", "wait_until_up"),
    "nothing-on-macos-starts-it": (DOWN, "connected", False, None, None),
    "nothing-on-macos-stops-it": (UP, "disconnected", False, None, None),
    "vpnutil-is-blind-over-ssh": (told(None, session="ssh"), "connected", False, None, None),
}


@pytest.mark.parametrize("case", PLANS)
def test_only_what_can_be_done_is_planned(case: str) -> None:
    found, state, changed, method, first = PLANS[case]
    plan = tunnel_work.plan(found, wanted(), state, 30)
    assert (bool(plan.changes), plan.method, plan.steps[0] if plan.steps else None) == (changed, method, first)


NO_WAIT: dict[str, tuple[Found, str, tuple[str, ...]]] = {
    "start": (told("Disconnected"), "connected", ("start_connection",)),
    "stop": (told("Connected", UP), "disconnected", ("stop_connection",)),
    "somebody-is-starting-it": (told("Connecting"), "connected", ()),
    "on-its-way-down": (told("Disconnecting", UP), "disconnected", ()),
    "on-demand": (dataclasses.replace(DOWN, on_demand=True), "connected", ()),
}


@pytest.mark.parametrize("case", NO_WAIT)
def test_without_time_to_wait_nothing_is_waited_for(case: str) -> None:
    found, state, steps = NO_WAIT[case]
    assert tunnel_work.plan(found, wanted(), state, 0).steps == steps


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        pytest.param(DOWN, "connected", ["alice switches Azure VPN on", "vpnutil", "on_demand_rules"], id="truth-about-macos"),
        pytest.param(UP, "disconnected", ["alice switches Azure VPN off"], id="off-by-hand"),
        pytest.param(dataclasses.replace(UP, on_demand=True), "disconnected", ["start it again"], id="on-demand-comes-back"),
        pytest.param(told(None, session="ssh"), "connected", ["become", "alice"], id="vpnutil-needs-the-screen"),
        pytest.param(dataclasses.replace(DOWN, on_demand=True), "connected", ["traffic"], id="on-demand-waits-for-traffic"),
        pytest.param(dataclasses.replace(DOWN, tunnels=None), "connected", ["ifconfig"], id="interfaces-unknown"),
        pytest.param(told("Connected", tunnels=(Tunnel("ipsec0", "10.99.0.7"),)), "connected", ["10.99.0.7", "address pool"], id="outside"),
        pytest.param(told("Connected", tunnels=FOREIGN), "connected", ["10.99.0.7 and 10.99.0.8", "package again"], id="whose-is-whose"),
        pytest.param(told("Connecting"), "connected", ["not connected yet", "dialog"], id="started-and-not-waited-for"),
        pytest.param(
            dataclasses.replace(DOWN, on_demand=True, tunnels=FOREIGN[:1], came_up=FOREIGN[:1]),
            "connected",
            ["10.99.0.7", "package again"],
            id="on-demand-outside-the-pools",
        ),
    ],
)
def test_the_remedy_says_what_a_person_does(found: Found, state: str, words: list[str]) -> None:
    remedy = tunnel_work.remedy(found, wanted(), state)
    assert remedy is not None
    assert remedy.endswith(".")
    assert [word for word in words if word not in remedy] == []


def test_why_on_demand_rules_did_not_bring_it_up_is_in_the_remedy() -> None:
    line = f'x Last disconnect error for {NAME} changed from "none" to "The VPN client certificate has expired."'
    sections = {"reason": Section("reason", 0, line.encode(), b"")}
    cause = tunnel_work.known_cause(sections, wanted())
    shown = tunnel_work.result(dataclasses.replace(DOWN, on_demand=True), wanted(), "on_demand", "connected", cause=cause)
    assert shown["remedy"].startswith(f"On-demand rules have tried to start {NAME}: the client certificate has expired; renew")
    assert shown["method"] is None
    assert tunnel_work.known_cause({}, wanted()) is None


def test_check_mode_leaves_nothing_to_do_for_a_person_where_a_run_would_do_it() -> None:
    shown = tunnel_work.result(told("Disconnected"), wanted(), "vpnutil", "connected", planned=True)
    assert (shown["method"], shown["remedy"]) == ("vpnutil", None)


BROKEN = {
    "hangs": ((124, ""), "did not answer in time", "dialog"),
    "fails": ((1, "", "dyld: Library not loaded\n"), "failed with status 1: dyld: Library not loaded", "install it again"),
    "is-gone": ((127, ""), "failed with status 127", "install it again"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_vpnutil_that_tells_nothing_is_not_a_missing_vpn(case: str) -> None:
    section, finding, remedy = BROKEN[case]
    found = tunnel.observe(FakeMac({**seen(vpnutil=UTIL), "vpnutil_status": section}), wanted())
    assert found.status(wanted()) == "disconnected"
    with pytest.raises(MacError) as error:
        tunnel_work.plan(found, wanted(), "connected", 30)
    assert error.value.finding == f"{UTIL} {finding}"
    assert remedy in error.value.remedy


def test_a_vpn_that_the_user_does_not_have_is_said_by_name() -> None:
    with pytest.raises(MacError, match="alice has no VPN called Azure VPN"):
        tunnel_work.plan(told(None), wanted(), "connected", 30)


def test_unreadable_interfaces_are_never_taken_for_disconnected() -> None:
    with pytest.raises(MacError, match="ifconfig"):
        tunnel_work.plan(dataclasses.replace(DOWN, tunnels=None), wanted(), "connected", 30)


_SESSION = "2026-01-01 10:00:00 Df nesessionmanager[1:2] NESMIKEv2VPNSession[Primary Tunnel:Azure VPN:UUID:(null)]"


def _error(new: str, old: str = "none", name: str = NAME) -> str:
    return f'2026-01-01 10:00:00 Df NetworkExtension[3:4] Last disconnect error for {name} changed from "{old}" to "{new}"'


EXPIRED, NEGOTIATION = "The VPN client certificate has expired.", "The VPN protocol negotiation with the VPN server failed."
LOGS = {
    "silent": (f"{_SESSION}: status changed to disconnected, last stop reason Server is not responding", "the gateway did not answer"),
    "no-dns": (_error("The VPN server hostname could not be resolved to an IP address."), "cannot resolve the gateway's name"),
    "refused": (
        _error("The operation couldn\u2019t be completed. (IKEv2ProviderDisconnectionErrorDomain error 3.)"),
        "the gateway refused the client",
    ),
    "credentials": (_error("The VPN credentials are invalid."), "the gateway refused the client"),
    "client-expired": (_error(EXPIRED), "the client certificate has expired"),
    "server-certificate": (
        "NEIKEv2Provider Certificate evaluation error = kSecTrustResultRecoverableTrustFailure",
        "does not trust the gateway's",
    ),
    "proposals": (_error(NEGOTIATION), "no common proposal"),
    "another-cause-than-the-last-time": (_error(NEGOTIATION, old=EXPIRED), "no common proposal"),
    "an-unquoted-old-value": (_error(NEGOTIATION).replace('"none"', "(null)"), "no common proposal"),
    "another-vpns-error": (_error(EXPIRED, name=f"{NAME} 2") + "\n" + _error(NEGOTIATION), "no common proposal"),
    "another-vpns-end": (
        f"{_SESSION}: status changed to disconnected, last stop reason Server is not responding".replace(NAME, "Their VPN"),
        "still being made",
    ),
    "the-error-is-gone-again": (_error("none", old=EXPIRED), "still being made"),
    "unheard-of": (f"{_SESSION}: status changed to disconnected, last stop reason Sunspots", "macOS says only: Sunspots"),
    "stopped-by-us-while-a-dialog-waits": (
        f"{_SESSION}: status changed to disconnected, last stop reason Stop command received",
        "still being made",
    ),
    "nothing": ("", "still being made after 30 s"),
}


@pytest.mark.parametrize("case", LOGS)
def test_macos_reason_becomes_a_sentence(case: str) -> None:
    log, finding = LOGS[case]
    cause = tunnel_causes.explain(log, NAME, seconds=30, told="Connecting")
    assert finding in cause.finding
    assert cause.remedy


def test_what_says_more_wins_over_what_says_less() -> None:
    log = "\n".join(log for log, _finding in (LOGS["silent"], LOGS["server-certificate"], LOGS["client-expired"]))
    assert tunnel_causes.explain(log, NAME, seconds=1, told=None).finding == "the client certificate has expired"


def test_a_start_is_proven_by_what_is_seen_afterwards() -> None:
    after = seen(LO0 + IPSEC0, vpnutil=UTIL, says=f"{NAME} Connecting\n", start=(0, "", f"{NAME} has been started"), waited=(0, "2\n"))
    mac = FakeMac(after)
    found, sections = tunnel_work.apply(mac, told("Disconnected"), wanted(), ("start_connection", "wait_until_up"), 30)
    tunnel_work.refuse_undone(found, wanted(), "connected", sections, 30, told("Disconnected"))
    assert tunnel_work.result(found, wanted(), "vpnutil", "connected")["in_pool"] is True


def test_a_start_that_came_to_nothing_is_a_failure_with_macos_reason() -> None:
    after = seen(vpnutil=UTIL, says=f"{NAME} Disconnected\n", start=(0, ""), waited=(0, "3\n"), reason=(0, LOGS["server-certificate"][0]))
    found, sections = tunnel_work.apply(FakeMac(after), told("Disconnected"), wanted(), ("start_connection", "wait_until_up"), 30)
    with pytest.raises(MacError, match=r"did not come up \(3 s\): the Mac does not trust") as error:
        tunnel_work.refuse_undone(found, wanted(), "connected", sections, 30, told("Disconnected"))
    assert "client package" in error.value.remedy


def test_a_tunnel_outside_the_pools_that_came_up_is_ours_while_vpnutil_lags() -> None:
    """With an outdated package: the next look would say Connected, and this one must not call it down."""
    after = seen(
        LO0 + OTHER, vpnutil=UTIL, says=f"{NAME} Connecting\n", start=(0, ""), waited=(0, "2\n"), came_up=(0, "ipsec0 10.99.0.7\n")
    )
    found, sections = tunnel_work.apply(FakeMac(after), told("Disconnected"), wanted(), ("start_connection", "wait_until_up"), 30)
    tunnel_work.refuse_undone(found, wanted(), "connected", sections, 30, told("Disconnected"))
    shown = tunnel_work.result(found, wanted(), "vpnutil", "connected")
    assert (shown["status"], shown["in_pool"]) == ("connected", False)
    assert "10.99.0.7 is in no address pool: download the client package again" in shown["remedy"]


def test_what_was_there_before_is_not_taken_for_the_new_tunnel() -> None:
    earlier = told("Disconnected", tunnels=FOREIGN[:1])
    after = seen(LO0 + OTHER, vpnutil=UTIL, says=f"{NAME} Connecting\n", start=(0, ""), waited=(0, "30\n"), came_up=(0, "\n"))
    mac = FakeMac(after)
    found, sections = tunnel_work.apply(mac, earlier, wanted(), ("start_connection", "wait_until_up"), 30)
    assert "before='ipsec0 10.99.0.7'" in mac.scripts[0]
    with pytest.raises(MacError, match="still being made after 30 s"):
        tunnel_work.refuse_undone(found, wanted(), "connected", sections, 30, earlier)


def test_a_connection_that_has_no_address_is_said_to_have_none() -> None:
    after = seen(vpnutil=UTIL, says=f"{NAME} Connected\n", waited=(0, "30\n"))
    found, sections = tunnel_work.apply(FakeMac(after), told("Connected"), wanted(), ("wait_until_up",), 30)
    with pytest.raises(MacError, match="vpnutil says Connected, and no interface has an address"):
        tunnel_work.refuse_undone(found, wanted(), "connected", sections, 30, told("Connected"))


def test_what_was_only_started_is_not_judged() -> None:
    after = seen(vpnutil=UTIL, says=f"{NAME} Connecting\n", start=(0, "", f"{NAME} has been started"))
    found, sections = tunnel_work.apply(FakeMac(after), told("Disconnected"), wanted(), ("start_connection",), 0)
    tunnel_work.refuse_undone(found, wanted(), "connected", sections, 0, told("Disconnected"))
    assert tunnel_work.result(found, wanted(), "vpnutil", "connected")["status"] == "connecting"


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_vpnutil_that_fails_to_start_it_is_named(seconds: int) -> None:
    after = seen(vpnutil=UTIL, says=f"{NAME} Disconnected\n", start=(1, "", "Usage: vpnutil\n"), waited=(0, "3\n"))
    found, sections = tunnel_work.apply(FakeMac(after), told("Disconnected"), wanted(), ("start_connection",), seconds)
    with pytest.raises(MacError, match="vpnutil failed with status 1: Usage: vpnutil"):
        tunnel_work.refuse_undone(found, wanted(), "connected", sections, seconds, told("Disconnected"))


def test_an_end_that_lasts_is_no_end() -> None:
    after = seen(LO0 + IPSEC0, vpnutil=UTIL, says=f"{NAME} Disconnecting\n", stop=(0, ""), waited=(0, "30\n"))
    found, sections = tunnel_work.apply(FakeMac(after), told("Connected", UP), wanted(), ("stop_connection", "wait_until_down"), 30)
    with pytest.raises(MacError, match="is still on its way down"):
        tunnel_work.refuse_undone(found, wanted(), "disconnected", sections, 30, told("Connected", UP))


def test_a_vpnutil_that_hangs_is_named() -> None:
    after = seen(vpnutil=UTIL, start=(124, ""), waited=(0, "0\n"))
    with pytest.raises(MacError, match="/opt/homebrew/bin/vpnutil did not answer in time"):
        tunnel_work.apply(FakeMac(after), told("Disconnected"), wanted(), ("start_connection", "wait_until_up"), 30)
