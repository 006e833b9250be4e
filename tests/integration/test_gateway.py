# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered profiles against a real IKEv2 gateway: what comes up, what must not, and what lasts."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime as dt
import time
import typing as t
from collections.abc import Iterator

import gateway
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from gateway.policy import ESP, IKE, Policy
from gateway.provider import Cause
from gateway.provider.causes import RefusedError
from support import demo_pki
from support.azure_package import VNET_ID
from support.controller import Controller
from support.gateway_lab import PASSPHRASE, Lab, lab

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity as identities
from ansible_collections.azure_p2s.macos.plugins.plugin_utils import pki

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(bool(gateway.lacking()), reason=f"no gateway can run here: {'; '.join(gateway.lacking())}"),
]


@pytest.fixture(scope="module")
def bench() -> Iterator[Lab]:
    """Return a gateway and a client, for all tests here; a test that switches the gateway switches it back."""
    with lab() as found:
        yield found


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
@pytest.mark.parametrize("proposal", ["default", "strong", "compatible"])
def test_every_preset_comes_up_and_carries_traffic(bench: Lab, authentication: str, proposal: str) -> None:
    received, sent = bench.gateway.vnet_traffic()
    with bench.connected(bench.vpn(authentication=authentication, proposal=proposal)) as up:
        assert up.address.startswith("172.16.201.")
        assert up.networks == (gateway.VNET,)
        assert up.name_servers == (gateway.VNET_DNS,)
        assert bench.ping() == 3
        assert bench.gateway.clients() == {up.address: "mac01"}
        # counted by the gateway in the tunnel, and by the host behind it
        assert bench.gateway.tunnel_traffic(up.address) == (3, 3)
    after = bench.gateway.vnet_traffic()
    assert (after[0] - received >= 3, after[1] - sent >= 3) == (True, True)
    assert bench.gateway.clients() == {}
    # answers took some thousandths of a second
    assert bench.ping(1, patience=0.3) == 0


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        pytest.param({"pfs": True}, Policy(esp=("aes256gcm16-modp2048",)), id="pfs-is-offered-when-the-policy-demands-it"),
        pytest.param(
            {"ike": {"diffie_hellman_group": 19}}, Policy(ike=("aes256gcm16-prfsha256-ecp256",)), id="one-value-changed-for-a-custom-policy"
        ),
        pytest.param(
            {"ike": {"encryption_algorithm": "AES-128-GCM", "diffie_hellman_group": 20}},
            gateway.CUSTOM,
            id="custom-policy-met-by-explicit-values",
        ),
        pytest.param({"mtu": 1350}, Policy(), id="mtu"),
    ],
)
def test_explicit_settings_reach_the_wire(bench: Lab, options: dict[str, t.Any], policy: Policy) -> None:
    with bench.gateway_with(policy=policy), bench.connected(bench.vpn(**options)):
        assert bench.ping(2) == 2
        if "mtu" in options:
            assert "mtu 1350" in bench.client.namespace.ip("link", "show", "ipsec0")


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Who must not get in, why by the gateway's own log, and what the Mac's user is told."""

    cause: Cause
    gateway_says: str
    profile: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    switch: dict[str, t.Any] = dataclasses.field(default_factory=dict)


_OTHER = demo_pki.VPN_SERVER.replace("a1b2c3d4e5f6", "ffffffffffff")

REFUSALS = {
    "wrong-remote-id": Refusal(Cause.REFUSED_BY_SERVER, "no matching peer config found", profile={"remote_identifier": _OTHER}),
    "local-id-that-the-certificate-lacks": Refusal(
        Cause.REFUSED_BY_SERVER, "no trusted RSA public key found for 'somebody'", profile={"local_identifier": "somebody"}
    ),
    "gateway-takes-eap-tls-only": Refusal(
        Cause.REFUSED_BY_SERVER, "non-matching authentication done", switch={"authentication": "eap_tls"}
    ),
    "gateway-takes-signatures-only": Refusal(
        Cause.REFUSED_BY_SERVER,
        "peer requested EAP, config unacceptable",
        profile={"authentication": "eap_tls"},
        switch={"authentication": "certificate"},
    ),
    "custom-ike-policy": Refusal(
        Cause.NEGOTIATION, "received proposals unacceptable", switch={"policy": Policy(ike=("aes128gcm16-prfsha256-ecp384",))}
    ),
    "custom-esp-policy": Refusal(Cause.NEGOTIATION, "no acceptable proposal found", switch={"policy": Policy(esp=("aes128gcm16-ecp384",))}),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_gateway_refuses(bench: Lab, name: str) -> None:
    refusal = REFUSALS[name]
    vpn = bench.vpn(**refusal.profile)
    with bench.gateway_with(**refusal.switch):
        mark = bench.gateway.charon.mark()
        with pytest.raises(RefusedError) as error:
            bench.client.connect(vpn)
        assert refusal.gateway_says in bench.gateway.charon.log(mark)
    assert error.value.cause == refusal.cause
    assert bench.gateway.clients() == {}


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
def test_a_client_of_an_unknown_root_is_refused(bench: Lab, authentication: str) -> None:
    stranger = demo_pki.issue(demo_pki.root("Somebody Else", key=demo_pki.new_key(number=9300)), "mac01", key=demo_pki.new_key(number=9301))
    mark = bench.gateway.charon.mark()
    with pytest.raises(RefusedError) as error:
        bench.client.connect(bench.vpn(stranger, authentication=authentication))
    assert error.value.cause == Cause.REFUSED_BY_SERVER
    log = bench.gateway.charon.log(mark)
    assert 'no issuer certificate found for "CN=mac01"' in log
    assert (
        "no trusted certificate found for 'mac01' to verify TLS peer" if authentication == "eap_tls" else "no trusted RSA public key"
    ) in log


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
def test_a_revoked_client_is_refused_and_another_is_not(bench: Lab, authentication: str) -> None:
    lost = bench.holder("lost")
    with bench.gateway_with(revoked=(lost.certificate,)):
        mark = bench.gateway.charon.mark()
        with pytest.raises(RefusedError) as error:
            bench.client.connect(bench.vpn(lost, authentication=authentication))
        assert error.value.cause == Cause.REFUSED_BY_SERVER
        assert "certificate was revoked" in bench.gateway.charon.log(mark)
        with bench.connected(bench.vpn(authentication=authentication)):
            assert bench.ping(1) == 1


def test_an_expired_client_certificate_is_not_even_sent(bench: Lab) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    vpn = bench.vpn(bench.holder("late", now=past, days=30), now=past + dt.timedelta(days=5))
    mark = bench.gateway.charon.mark()
    with pytest.raises(RefusedError) as error:
        bench.client.connect(vpn)
    assert error.value.cause == Cause.CLIENT_CERTIFICATE_EXPIRED
    assert bench.gateway.charon.log(mark) == ""


def test_an_expired_client_certificate_is_refused_by_the_gateway_too(bench: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    vpn = bench.vpn(bench.holder("late", now=past, days=30), now=past + dt.timedelta(days=5))
    monkeypatch.setattr(type(vpn), "_check_identity", lambda *_ignored: None)
    mark = bench.gateway.charon.mark()
    with pytest.raises(RefusedError) as error:
        bench.client.connect(vpn)
    assert error.value.cause == Cause.REFUSED_BY_SERVER
    assert "subject certificate invalid" in bench.gateway.charon.log(mark)


@pytest.mark.parametrize("names", [("*.vpn.azure.com",), ("elsewhere.vpn.azure.com",)], ids=["wildcard", "another-name"])
def test_a_gateway_whose_certificate_lacks_the_name_is_refused_by_the_mac(bench: Lab, names: tuple[str, ...]) -> None:
    identity = gateway.gateway_identity(1, bench.gateway.server, names)
    with bench.gateway_with(identity=identity), pytest.raises(RefusedError) as error:
        bench.client.connect(bench.vpn())
    assert error.value.cause == Cause.SERVER_CERTIFICATE


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
def test_without_the_gateways_root_the_mac_refuses(bench: Lab, authentication: str) -> None:
    other = demo_pki.root("DigiCert Global Root G2 (simulated)", key=demo_pki.new_key("p256"))
    mark = bench.client.charon.mark()
    with pytest.raises(RefusedError) as error:
        bench.client.connect(bench.vpn(authentication=authentication, server_roots=[other.pem]))
    assert error.value.cause == Cause.SERVER_CERTIFICATE
    assert "no issuer certificate found for" in bench.client.charon.log(mark)


@pytest.mark.parametrize("issuer", ["Simulated Azure Gateway Root G1", "Another CA"], ids=["right-issuer", "wrong-issuer"])
def test_the_issuers_name_is_checked_when_the_profile_gives_it(bench: Lab, issuer: str) -> None:
    vpn = bench.vpn(server_certificate_issuer_common_name=issuer)
    expected = contextlib.nullcontext() if issuer.endswith("G1") else pytest.raises(RefusedError)
    with expected, bench.connected(vpn):
        assert bench.ping(1) == 1


@pytest.mark.parametrize("asked", [False, True], ids=["without-certreq", "with-certreq"])
def test_a_gateway_that_shows_its_certificate_only_when_asked_needs_the_issuers_name(bench: Lab, asked: bool) -> None:
    """macOS sends a CERTREQ only when the profile names the issuer. Azure shows its certificate regardless, strongSwan by default not."""
    options = {"server_certificate_issuer_common_name": "Simulated Azure Gateway Root G1"} if asked else {}
    vpn = bench.vpn(**options)
    mark = bench.client.charon.mark()
    with bench.gateway_with(send_cert="ifasked"):
        if asked:
            with bench.connected(vpn):
                assert bench.ping(1) == 1
            return
        with pytest.raises(RefusedError) as error:
            bench.client.connect(vpn)
    assert error.value.cause == Cause.SERVER_CERTIFICATE
    assert "received end entity cert" not in bench.client.charon.log(mark)


@pytest.mark.parametrize("key", ["rsa2048", "p384", "p256"], ids=["rsa-gateway", "another-curve", "the-same-curve"])
def test_for_an_ecdsa_client_the_gateways_key_must_be_of_that_type_too(bench: Lab, key: str) -> None:
    good = bench.gateway.settings.identity
    names = [bench.gateway.server]
    leaf = demo_pki.issue(good.root, "x.vpn.azure.com", dns_names=names, usages=demo_pki.SERVER_AUTH, key=demo_pki.new_key(key))
    vpn = bench.vpn(bench.holder(key=demo_pki.new_key("p256")), server_certificate_issuer_common_name="Simulated Azure Gateway Root G1")
    assert vpn.ike["CertificateType"] == "ECDSA256"
    with bench.gateway_with(identity=dataclasses.replace(good, server=leaf)):
        if key == "p256":
            with bench.connected(vpn):
                assert bench.ping(1) == 1
            return
        with pytest.raises(RefusedError) as error:
            bench.client.connect(vpn)
    assert error.value.cause == Cause.SERVER_CERTIFICATE
    assert "not of the type ECDSA256" in str(error.value)


@pytest.mark.parametrize("name", [f"{VNET_ID}.vpn.azure.com", "another.vpn.azure.com"], ids=["its-other-name", "no-name-of-it"])
def test_another_name_of_the_gateways_certificate_can_be_demanded(bench: Lab, name: str) -> None:
    vpn = bench.vpn(server_certificate_common_name=name)
    expected = contextlib.nullcontext() if name.startswith(VNET_ID) else pytest.raises(RefusedError)
    with expected, bench.connected(vpn):
        assert bench.ping(1) == 1


def test_a_certificate_that_is_not_for_servers_is_refused_by_the_mac(bench: Lab) -> None:
    good = bench.gateway.settings.identity
    leaf = demo_pki.issue(good.root, "x.vpn.azure.com", dns_names=[bench.gateway.server], usages=demo_pki.CLIENT_AUTH, key=good.server.key)
    with bench.gateway_with(identity=dataclasses.replace(good, server=leaf)), pytest.raises(RefusedError) as error:
        bench.client.connect(bench.vpn())
    assert error.value.cause == Cause.SERVER_CERTIFICATE


def test_a_silent_gateway_is_told_from_one_that_refuses(bench: Lab) -> None:
    vpn = bench.vpn()
    bench.gateway.silence()
    try:
        with pytest.raises(RefusedError) as error:
            bench.client.connect(vpn)
    finally:
        bench.gateway.silence(silent=False)
    assert error.value.cause == Cause.NOT_RESPONDING
    with bench.connected(vpn):
        assert bench.ping(1) == 1


def test_a_name_that_no_dns_knows_is_told_from_a_silent_gateway(bench: Lab) -> None:
    with pytest.raises(RefusedError) as error:
        bench.client.connect(bench.vpn(server=_OTHER))
    assert error.value.cause == Cause.NAME_RESOLUTION


def test_eap_tls_fails_on_catalina_and_the_signature_works(bench: Lab) -> None:
    with pytest.raises(RefusedError) as error:
        bench.client.connect(bench.vpn(macos=(10, 15), authentication="eap_tls"))
    assert error.value.cause == Cause.SERVER_CERTIFICATE
    with bench.connected(bench.vpn(macos=(10, 15))):
        assert bench.ping(1) == 1


def test_a_profile_that_an_upgrade_to_macos_26_left_without_its_group_does_not_connect(bench: Lab) -> None:
    old = bench.vpn(macos=(15, 6), proposal="compatible", ike={"diffie_hellman_group": 2})
    with bench.connected(old):
        assert bench.ping(1) == 1
    with pytest.raises(RefusedError) as error:
        bench.client.connect(dataclasses.replace(old, macos=(26, 1)))
    assert error.value.cause == Cause.CONFIGURATION


def test_a_new_gateway_root_needs_the_new_package_which_serves_both(bench: Lab) -> None:
    first, second = (gateway.gateway_identity(generation, bench.gateway.server) for generation in (1, 2))
    old = bench.vpn(server_roots=[first.root.pem])
    both = bench.vpn(server_roots=[first.root.pem, second.root.pem])
    for vpn in (old, both):
        with bench.connected(vpn):
            assert bench.ping(1) == 1
    with bench.gateway_with(identity=second):
        with pytest.raises(RefusedError) as error:
            bench.client.connect(old)
        assert error.value.cause == Cause.SERVER_CERTIFICATE
        with bench.connected(both):
            assert bench.ping(1) == 1


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
def test_rekeying_loses_no_traffic(bench: Lab, authentication: str) -> None:
    """Both associations are made anew several times by the gateway, as after hours with Azure, while requests flow."""
    policy = Policy(ike_rekey=2, child_rekey=1)
    with bench.gateway_with(policy=policy), bench.connected(bench.vpn(authentication=authentication)) as up:
        associations, children = set(), set()
        with bench.pinging() as counts:
            until = time.monotonic() + 20
            while len(associations) < 3 or len(children) < 4:
                assert time.monotonic() < until, (associations, children)
                association, spis = bench.client.associations()
                associations.add(association)
                children |= spis
                time.sleep(0.1)
        sent, answered = counts
        assert sent > 20
        assert sent - answered <= 2
        assert bench.client.up() == up


def test_the_gateways_lists_are_azures() -> None:
    """13 + 4 IKE and 11 ESP combinations: what the table in Microsoft's article makes without SHA-1 for IKE."""
    assert len(IKE) == 17
    assert len(ESP) == 11
    assert not [one for one in (*IKE, *ESP) if "aes128" in one or "modp1536" in one or "3des" in one]


# -- identities that the collection's own modules issued ---------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Issued:
    """What client_root and client_identity made in real runs: the root as it is uploaded, and the identities of two Macs."""

    controller: Controller
    root: demo_pki.Holder
    identities: dict[str, identities.Identity]


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Return a root and identities, made by ansible-playbook as the documentation says."""
    controller = Controller(tmp_path_factory.mktemp("issuing"))
    controller.inventory(["mac21", "mac22"], ansible_host="192.0.2.9")
    passphrase = "the root's own passphrase"
    made = controller.play(
        {
            "azure_p2s.macos.client_root": {
                "certificate_path": "{{ inventory_dir }}/pki/root.pem",
                "private_key_path": "{{ inventory_dir }}/pki/root.key",
                "private_key_passphrase": passphrase,
            },
            "run_once": True,
        }
    )
    assert made.rc == 0, made.output
    done = controller.play(
        {
            "azure_p2s.macos.client_identity": {
                "name": "{{ inventory_hostname }}",
                "path": "{{ inventory_dir }}/identities/{{ inventory_hostname }}.p12",
                "passphrase": PASSPHRASE,
                "ca_certificate_path": "{{ inventory_dir }}/pki/root.pem",
                "ca_private_key_path": "{{ inventory_dir }}/pki/root.key",
                "ca_private_key_passphrase": passphrase,
            }
        }
    )
    assert done.rc == 0, done.output
    line = made.result()["root"]["public_cert_data"]
    # the gateway gets the one line; the key is for its list of revoked certificates, which Azure itself signs in no such way
    key = serialization.load_pem_private_key((controller.folder / "pki" / "root.key").read_bytes(), passphrase.encode())
    files = {host: (controller.folder / "identities" / f"{host}.p12").read_bytes() for host in ("mac21", "mac22")}
    return Issued(
        controller,
        demo_pki.Holder(x509.load_der_x509_certificate(base64.b64decode(line, validate=True)), key),
        {host: identities.read(data, PASSPHRASE, now=pki.utc_now()) for host, data in files.items()},
    )


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
def test_an_issued_identity_gets_in_once_its_root_is_uploaded(bench: Lab, issued: Issued, authentication: str) -> None:
    vpn = bench.vpn(issued.identities["mac21"], authentication=authentication)
    with pytest.raises(RefusedError) as error:
        bench.client.connect(vpn)
    assert error.value.cause == Cause.REFUSED_BY_SERVER
    with bench.gateway_with(client_roots=(issued.root,)), bench.connected(vpn) as up:
        assert bench.ping() == 3
        assert bench.gateway.clients() == {up.address: "mac21"}


@pytest.mark.parametrize("authentication", ["certificate", "eap_tls"])
def test_what_client_identity_revokes_is_refused_and_another_mac_is_not(bench: Lab, issued: Issued, authentication: str) -> None:
    """The gateway is told nothing but the thumbprint that state revoked names."""
    ledger = "{{ inventory_dir }}/identities/identities.json"
    lost = {"name": "mac22", "ledger": ledger, "state": "revoked"}
    named = issued.controller.play({"azure_p2s.macos.client_identity": lost, "run_once": True}).result()["revoked"]
    thumbprints = {one["thumbprint"] for one in named}
    revoked = tuple(one.certificate.x509 for one in issued.identities.values() if one.certificate.sha1 in thumbprints)
    assert len(thumbprints) == len(revoked) == 1
    with bench.gateway_with(client_roots=(issued.root,), revoked=revoked):
        mark = bench.gateway.charon.mark()
        with pytest.raises(RefusedError) as error:
            bench.client.connect(bench.vpn(issued.identities["mac22"], authentication=authentication))
        assert error.value.cause == Cause.REFUSED_BY_SERVER
        assert "certificate was revoked" in bench.gateway.charon.log(mark)
        with bench.connected(bench.vpn(issued.identities["mac21"], authentication=authentication)):
            assert bench.ping(1) == 1
