# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that must not come up, after real rollouts: refused for the right reason, in the right words to the admin."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import gateway
import pytest
from support import demo_pki
from support.connection_world import OTHER_SERVER, SILENT_SERVER, World, connections, world
from support.controller import Run

from simulated_mac import Person

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(bool(gateway.lacking()), reason=f"no gateway can run here: {'; '.join(gateway.lacking())}"),
]

_REFUSED = "the gateway refused the client; see whether its certificate is revoked or has expired, whether the root"
# Mac: what the admin reads of it at the end of the rollout, and what the gateway's own log says, if it gets to hear of it.
REFUSALS = {
    "wrong-remote-id": (_REFUSED, "no matching peer config found"),
    "unknown-client-root": (_REFUSED, 'no issuer certificate found for "CN=unknown-client-root"'),
    "revoked-client": (_REFUSED, "certificate was revoked"),
    "gateway-root-not-in-package": ("the Mac does not trust the gateway's certificate; download the client package again", None),
    "no-admin-password": ("a profile that was installed by hand is trusted only when the administrator's password was given", None),
    "nobody-answers-the-dialog": ("macOS does not say what it waits for; see whether a dialog about a key", None),
    "silent-gateway": ("the gateway did not answer; see whether the gateway is up and the Mac's network lets UDP 500 and 4500 out", None),
}
# These wait until their time is up.
PATIENT = ("nobody-answers-the-dialog", "silent-gateway", "eap-on-demand")
MACS: dict[str, dict[str, t.Any]] = {
    **{name: {} for name in REFUSALS},
    "no-admin-password": {"person": Person(approves_after=0.5, answers_dialogs_after=0.5, gives_admin_password=False)},
    "nobody-answers-the-dialog": {"person": Person(approves_after=0.5)},
    "eap-on-demand": {"vpnutil": False},
    "good": {},
}
# What the playbook connect then finds, when the gateway has got a custom policy, and a certificate has expired.
CONNECT = {
    "good": "Mac and gateway have no common proposal; the gateway probably has a custom IPsec policy: give ike, child and pfs",
    # Its certificate was valid at the rollout, and has expired since.
    "no-admin-password": "the client certificate has expired; renew the client certificate",
    # The second failure of a Mac, for another reason than the first.
    "gateway-root-not-in-package": "Mac and gateway have no common proposal",
    # Its log cannot be read.
    "wrong-remote-id": "macOS does not say why; see the Mac's log",
}
_DAY = 86400


class Story(t.NamedTuple):
    """One rollout that ends with connections, then the playbook connect at a gateway with a custom policy; the gateway's log of each."""

    world: World
    rollout: Run
    log: str
    clients: set[str]
    connect: Run
    connect_log: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Roll out to all Macs at once: each has one thing wrong, and one has nothing."""
    with world(tmp_path_factory.mktemp("refused"), MACS, authentication="certificate") as running:
        _make_wrong(running)
        # A key that only the profile brings is used without a dialog.
        in_keychain = "{{ inventory_hostname in ['good', 'nobody-answers-the-dialog'] }}"
        rollout = running.run(
            "rollout", vpn_client_connect=True, vpn_client_connect_timeout=25, vpn_client_identity_in_keychain=in_keychain
        )
        log, clients = running.gateway.charon.log(), set(running.gateway.clients().values())
        mark = running.gateway.charon.mark()
        connect = _connect_with_a_custom_policy(running)
        yield Story(running, rollout, log, clients, connect, running.gateway.charon.log(mark))


def _make_wrong(running: World) -> None:
    folder, gateway_ = running.controller.folder, running.gateway
    for name, package in {
        "wrong-remote-id": gateway_.package(1, vpn_server=OTHER_SERVER),
        "silent-gateway": gateway_.package(1, vpn_server=SILENT_SERVER),
        "gateway-root-not-in-package": gateway_.package(7),
    }.items():
        (folder / f"{name}.zip").write_bytes(package)
        running.variables[name]["vpn_client_package"] = f"{name}.zip"
    for name in PATIENT:
        running.variables[name]["vpn_client_connect_timeout"] = 6
    running.variables["eap-on-demand"] |= {"vpn_client_authentication": "eap_tls", "vpn_client_on_demand_rules": [{"action": "Connect"}]}
    stranger = demo_pki.root("Somebody Else", key=demo_pki.new_key(number=9398))
    running.give("unknown-client-root", running.holder("unknown-client-root", stranger))
    revoked = running.holder("revoked-client")
    running.give("revoked-client", revoked)
    gateway_.change(revoked=(revoked.certificate,))
    # For one more day.
    running.give("no-admin-password", running.holder("no-admin-password", days=2))


def _connect_with_a_custom_policy(running: World) -> Run:
    running.stop("good")
    running.fleet["no-admin-password"].pass_time(2 * _DAY)
    running.fleet["wrong-remote-id"].fault("log", "fail", status=1, stderr="log: Could not open local log store\n")
    running.gateway.change(policy=gateway.CUSTOM)
    try:
        return running.run("connect", "--limit", ",".join(CONNECT), vpn_client_connect_timeout=25)
    finally:
        running.gateway.change(policy=gateway.Policy())
        running.fleet["wrong-remote-id"].fault("log", None)


def test_with_nothing_wrong_it_comes_up(story: Story) -> None:
    assert connections(story.rollout)["good"]["connection"]["status"] == "connected", story.rollout.output
    assert story.clients == {"good"}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_rollout_fails_with_the_reason(story: Story, name: str) -> None:
    sentence, at_the_gateway = REFUSALS[name]
    assert story.rollout.recap(name)["failed"] == 1, story.rollout.output
    message = connections(story.rollout)[name]["msg"]
    assert message.startswith("Azure VPN did not come up (")
    assert sentence in message
    if at_the_gateway is not None:
        assert at_the_gateway in story.log


def test_what_on_demand_rules_tried_in_vain_has_the_reason_in_its_remedy(story: Story) -> None:
    connection = connections(story.rollout)["eap-on-demand"]["connection"]
    assert (connection["status"], connection["method"]) == ("disconnected", None)
    assert connection["remedy"].startswith(f"On-demand rules have tried to start Azure VPN: {_REFUSED}")
    assert f"eap-on-demand: waiting for a person: {connection['remedy']}" in story.rollout.output
    assert story.rollout.recap("eap-on-demand")["failed"] == 0
    assert "peer requested EAP, config unacceptable" in story.log


@pytest.mark.parametrize("name", CONNECT)
def test_the_playbook_connect_fails_with_the_reason(story: Story, name: str) -> None:
    assert story.connect.recap(name)["failed"] == 1, story.connect.output
    assert CONNECT[name] in connections(story.connect)[name]["msg"]
    assert "received proposals unacceptable" in story.connect_log


def test_no_mac_is_left_trying(story: Story) -> None:
    """macOS goes on with an attempt for ever; the task that began it has ended it."""
    for name in {*REFUSALS, *CONNECT}:
        assert [service["status"] for service in story.world.fleet[name].state()["vpn"]] == ["Disconnected"], name


def test_a_new_gateway_root_needs_the_new_package_which_serves_both(story: Story) -> None:
    """Azure changes its root at a time of its own: whoever has the new package before that notices nothing."""
    running = story.world

    def connect() -> dict[str, t.Any]:
        return running.module("vpn_connection", "--limit", "good", timeout=60)["good"]

    running.gateway.change(identity=gateway.gateway_identity(2))
    assert "the Mac does not trust the gateway's certificate" in connect()["msg"]
    (running.controller.folder / "both.zip").write_bytes(running.gateway.package(1, 2))
    running.variables["good"] = {"vpn_client_package": "both.zip"}
    rollout = running.run("rollout", "--limit", "good", vpn_client_connect=True, vpn_client_connect_timeout=60)
    assert connections(rollout)["good"]["connection"]["status"] == "connected", rollout.output
    assert running.ping("good") == 2
    running.stop("good")
    running.gateway.change(identity=gateway.gateway_identity(1))
    assert connect()["connection"]["status"] == "connected"
    assert running.ping("good") == 2
