# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that must not come up, after real rollouts: refused for the right reason, in the right words to the admin."""

from __future__ import annotations

import datetime as dt
import typing as t
from collections.abc import Iterator

import gateway
import pytest
from support import demo_pki
from support.connection_world import OTHER_SERVER, World, connections, world
from support.controller import Run
from support.gateway_lab import read

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity as identities
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig
from simulated_mac import Person

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(bool(gateway.lacking()), reason=f"no gateway can run here: {'; '.join(gateway.lacking())}"),
]

_REFUSED = "the gateway refused the client; see whether its certificate is revoked or has expired, whether the root"
# Mac: what the admin reads of it, and what the gateway's own log says, if it gets to hear of it.
REFUSALS = {
    "wrong-remote-id": (_REFUSED, "no matching peer config found"),
    "unknown-client-root": (_REFUSED, 'no issuer certificate found for "CN=unknown-client-root"'),
    "revoked-client": (_REFUSED, "certificate was revoked"),
    "eap-at-a-signature-gateway": (_REFUSED, "peer requested EAP, config unacceptable"),
    "expired-client": ("the client certificate has expired; renew the client certificate", None),
    "gateway-root-not-in-package": ("the Mac does not trust the gateway's certificate; download the client package again", None),
    "no-admin-password": ("a profile that was installed by hand is trusted only when the administrator's password was given", None),
    "nobody-answers-the-dialog": ("macOS does not say what it waits for; see whether a dialog about a key", None),
}
MACS: dict[str, dict[str, t.Any]] = {
    **{name: {} for name in REFUSALS},
    "no-admin-password": {"person": Person(approves_after=0.5, answers_dialogs_after=0.5, gives_admin_password=False)},
    "nobody-answers-the-dialog": {"person": Person(approves_after=0.5)},
    "good": {},
}


class Story(t.NamedTuple):
    """One rollout that ends with connections, and the gateway's log of it."""

    world: World
    rollout: Run
    log: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Roll out to all Macs at once: each has one thing wrong, and one has nothing."""
    with world(tmp_path_factory.mktemp("refused"), MACS, authentication="certificate") as running:
        folder = running.controller.folder
        (folder / "other.zip").write_bytes(running.gateway.package(1, vpn_server=OTHER_SERVER))
        (folder / "old.zip").write_bytes(running.gateway.package(7))
        running.variables["wrong-remote-id"] = {"vpn_client_package": "other.zip"}
        running.variables["gateway-root-not-in-package"] = {"vpn_client_package": "old.zip"}
        running.variables["eap-at-a-signature-gateway"] = {"vpn_client_authentication": "eap_tls"}
        stranger = demo_pki.root("Somebody Else", key=demo_pki.new_key(number=9398))
        running.give("unknown-client-root", running.holder("unknown-client-root", stranger))
        revoked = running.holder("revoked-client")
        running.give("revoked-client", revoked)
        running.gateway.change(revoked=(revoked.certificate,))
        rollout = running.run(
            "rollout",
            "--limit",
            "!expired-client",
            vpn_client_connect=True,
            vpn_client_connect_timeout=25,
            # A key that only the profile brings is used without a dialog.
            vpn_client_identity_in_keychain="{{ inventory_hostname in ['good', 'nobody-answers-the-dialog'] }}",
        )
        _install_what_has_expired_since(running)
        yield Story(running, rollout, running.gateway.charon.log())


def _install_what_has_expired_since(running: World) -> None:
    """A rollout refuses an expired identity; this one was rolled out when it was valid."""
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    identity = read(running.holder("expired-client", now=past, days=30), past + dt.timedelta(days=5))
    options = {"name": "Azure VPN", "server": running.gateway.server, "server_roots": [gateway.gateway_identity(1).root.pem]}
    content = mobileconfig.render(mobileconfig.settings_from_options(options, identity), identity, identities.new_passphrase())
    running.fleet["expired-client"].install_profile(content, scope="user", user="alice")


def test_with_nothing_wrong_it_comes_up(story: Story) -> None:
    assert connections(story.rollout)["good"]["connection"]["status"] == "connected", story.rollout.output
    assert set(story.world.gateway.clients().values()) == {"good"}


@pytest.mark.parametrize("name", [name for name in REFUSALS if name != "expired-client"])
def test_the_rollout_fails_with_the_reason(story: Story, name: str) -> None:
    sentence, at_the_gateway = REFUSALS[name]
    assert story.rollout.recap(name)["failed"] == 1, story.rollout.output
    message = connections(story.rollout)[name]["msg"]
    assert message.startswith("Azure VPN did not come up (")
    assert sentence in message
    if at_the_gateway is not None:
        assert at_the_gateway in story.log


def test_a_certificate_that_expired_since_the_rollout_is_named(story: Story) -> None:
    results = story.world.module("vpn_connection", "--limit", "expired-client")
    assert REFUSALS["expired-client"][0] in results["expired-client"]["msg"]


def test_no_mac_is_left_trying(story: Story) -> None:
    """macOS goes on with an attempt for ever; the task that began it has ended it."""
    for name in REFUSALS:
        assert [service["status"] for service in story.world.fleet[name].state()["vpn"]] == ["Disconnected"], name


def _connect(running: World, **options: t.Any) -> dict[str, t.Any]:
    running.module("vpn_connection", "--limit", "good", state="disconnected", timeout=30)
    return running.module("vpn_connection", "--limit", "good", **{"timeout": 60, **options})["good"]


def test_a_silent_gateway_is_told_from_one_that_refuses(story: Story) -> None:
    story.world.gateway.silence()
    try:
        result = _connect(story.world, timeout=5)
    finally:
        story.world.gateway.silence(silent=False)
    assert (
        "(5 s): the gateway did not answer; see whether the gateway is up and the Mac's network lets UDP 500 and 4500 out" in result["msg"]
    )


def test_a_custom_policy_that_the_profile_does_not_offer(story: Story) -> None:
    mark = story.world.gateway.charon.mark()
    story.world.gateway.change(policy=gateway.CUSTOM)
    try:
        result = _connect(story.world)
    finally:
        story.world.gateway.change(policy=gateway.Policy())
    assert (
        "Mac and gateway have no common proposal; the gateway probably has a custom IPsec policy: give ike, child and pfs" in result["msg"]
    )
    assert "received proposals unacceptable" in story.world.gateway.charon.log(mark)


def test_without_macos_log_the_failure_is_still_one(story: Story) -> None:
    mac = story.world.fleet["good"]
    mac.fault("log", "fail", status=1, stderr="log: Could not open local log store\n")
    story.world.gateway.change(policy=gateway.CUSTOM)
    try:
        result = _connect(story.world)
    finally:
        story.world.gateway.change(policy=gateway.Policy())
        mac.fault("log", None)
    assert "macOS does not say why; see the Mac's log" in result["msg"]


def test_a_new_gateway_root_needs_the_new_package_which_serves_both(story: Story) -> None:
    """Azure changes its root at a time of its own: whoever has the new package before that notices nothing."""
    running = story.world
    first, second = gateway.gateway_identity(1), gateway.gateway_identity(2)
    running.gateway.change(identity=second)
    assert "the Mac does not trust the gateway's certificate" in _connect(running)["msg"]
    (running.controller.folder / "both.zip").write_bytes(running.gateway.package(1, 2))
    running.variables["good"] = {"vpn_client_package": "both.zip"}
    rollout = running.run("rollout", "--limit", "good", vpn_client_connect=True, vpn_client_connect_timeout=60)
    assert connections(rollout)["good"]["connection"]["status"] == "connected", rollout.output
    assert running.ping("good") == 2
    running.gateway.change(identity=first)
    assert _connect(running)["connection"]["status"] == "connected"
    assert running.ping("good") == 2
