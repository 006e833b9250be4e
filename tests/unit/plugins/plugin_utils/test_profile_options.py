# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of vpn_profile to the settings of a profile: what comes from the package, what from the option, what from neither."""

from __future__ import annotations

import functools
import pathlib
import re
import tempfile
import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from support import azure_package
from support import profile_cases as cases
from support.profile_schema import violations

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import mobileconfig, package, pki, profile_options, shared_options
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import P2SError

DOCS = [pathlib.Path(__file__).resolve().parents[4] / "docs" / name for name in ("profile.md", "mdm.md")]
BASE = {"pkcs12_content": "eA==", "passphrase": "x"}


@functools.cache
def client_package(roots: int = 1, **spec: t.Any) -> dict[str, t.Any]:
    """Return a package as client_package_info returns it."""
    made = tuple(azure_package.make_root(f"Gateway Root {number}") for number in range(roots))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "azure.zip")
        path.write_bytes(azure_package.package(azure_package.Spec(roots=made, schema="new", **spec)))
        now = pki.utc_now()
        return package.read(path, now=now).to_result(now)


def validated(**options: t.Any) -> dict[str, t.Any]:
    """Return ``options`` as Ansible hands them to the action plugin. Fails for what its spec refuses."""
    found = ArgumentSpecValidator(**profile_options.SPEC).validate({**BASE, **options})
    assert not found.error_messages, found.error_messages
    return t.cast(dict[str, t.Any], found.validated_parameters)


def settings(macos: tuple[int, ...] | None = (15, 6, 1), **options: t.Any) -> t.Any:
    """Return the settings that ``options`` make."""
    return profile_options.settings(validated(**options), cases.client(), macos)


def test_the_package_gives_server_name_and_every_root() -> None:
    found = settings(package=client_package(2))
    assert (found.server, found.remote_identifier, found.name) == (azure_package.VPN_SERVER, azure_package.VPN_SERVER, "vnet-example")
    assert len(found.server_roots) == 2


def test_an_option_counts_more_than_the_package() -> None:
    root = cases.gateway_root().pem
    found = settings(package=client_package(2), name="Office", server="vpn.example.com", server_roots=[root])
    assert (found.server, found.name, [one.pem for one in found.server_roots]) == ("vpn.example.com", "Office", [root])
    assert settings(package=client_package(2), server_roots=[]).server_roots == ()


def test_without_package_and_name_the_vpn_has_a_name_all_the_same() -> None:
    assert settings(server="vpn.example.com", server_roots=[]).name == "Azure VPN"
    assert settings(package=client_package(vnet_name="")).name == "Azure VPN"


def test_suboptions_that_ansible_fills_in_with_nothing_are_not_set() -> None:
    found = settings(
        package=client_package(),
        ike={"diffie_hellman_group": 20},
        dns={"server_addresses": ["10.8.0.4"]},
        on_demand_rules=[
            {"action": "Disconnect", "ssid_match": ["Office"]},
            {"action": "EvaluateConnection", "action_parameters": [{"domains": ["corp.example.com"], "domain_action": "NeverConnect"}]},
        ],
    )
    assert found.ike.diffie_hellman_group == 20
    assert violations(mobileconfig.render(found, cases.client(), cases.PASSPHRASE), (15, 6)) == []


def test_the_identifier_stays_when_the_certificate_is_renewed() -> None:
    options = validated(package=client_package())
    first = profile_options.identifier(options, cases.client())
    assert first == profile_options.identifier(options, cases.client(number=2)) == settings(package=client_package()).identifier
    assert first != profile_options.identifier(options, cases.client(name="mac-02"))
    assert profile_options.identifier(validated(server="a.example.com", identifier="com.example.vpn"), None) == "com.example.vpn"


def test_the_name_servers_of_the_virtual_network_are_asked_for_its_domains() -> None:
    package = client_package(dns=("10.8.0.4", "10.8.0.5"))
    domains = {"supplemental_match_domains": ["corp.example.com"]}
    found = settings(package=package, dns=domains)
    assert found.dns.server_addresses == ("10.8.0.4", "10.8.0.5")
    assert settings(package=package, dns={**domains, "server_addresses": ["10.9.0.4"]}).dns.server_addresses == ("10.9.0.4",)
    with pytest.raises(P2SError, match="the package names none"):
        settings(package=client_package(), dns=domains)


def test_name_servers_that_nobody_will_ask_are_warned_of_once() -> None:
    package = client_package(dns=("10.8.0.4",))

    def warned(**options: t.Any) -> list[str]:
        return [warning for warning in settings(**options).warnings if "10.8.0.4" in warning]

    (warning,) = warned(package=package)
    assert "only with dns.supplemental_match_domains" in warning
    assert warned(package=package, dns={"supplemental_match_domains": ["corp.example.com"]}) == []
    assert warned(package=package, include_all_networks=True) == []
    assert warned(package=client_package()) == []


EVERYTHING: dict[str, t.Any] = {
    "server": "vpn.example.com",
    "dest": "x",
    "user": "alice",
    "approval_timeout": 60,
    "message_title": "IT",
    "message_text": "Hello",
    "message_translations": {"de": {"text": "Hallo"}},
}
ASKING = "approval_timeout, message_title, message_text, message_translations"


@pytest.mark.parametrize(
    ("delivery", "names"),
    [("file", f"{ASKING}, user"), ("profiles", f"dest, {ASKING}"), ("approval", "dest"), ("auto", "dest")],
)
def test_options_that_a_delivery_has_no_use_for_are_named(delivery: str, names: str) -> None:
    told = profile_options.without_effect(validated(delivery=delivery, **EVERYTHING))
    assert told == (f"With delivery {delivery} these options have no effect: {names}.",)
    assert (
        profile_options.without_effect(
            validated(delivery=delivery, server="vpn.example.com", **({"dest": "x"} if delivery == "file" else {}))
        )
        == ()
    )


REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "path-as-identifier": ({"identifier": "../../etc/passwd"}, "identifier"),
    "group-24": ({"ike": {"diffie_hellman_group": 24}}, "ike.diffie_hellman_group"),
    "group-2-on-26": ({"ike": {"diffie_hellman_group": 2}, "macos": (26, 1)}, "ike.diffie_hellman_group"),
    "mtu-on-10.15": ({"mtu": 1350, "macos": (10, 15, 7)}, "mtu"),
}


@pytest.mark.parametrize(("options", "option"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_by_name(options: dict[str, t.Any], option: str) -> None:
    given = dict(options)
    macos = given.pop("macos", (15, 6, 1))
    with pytest.raises(P2SError) as caught:
        settings(macos, package=client_package(), **given)
    assert caught.value.option == option


@pytest.mark.parametrize("seconds", [-1, 3601])
def test_a_wait_without_end_is_refused(seconds: int) -> None:
    with pytest.raises(P2SError) as caught:
        profile_options.approval_timeout({"approval_timeout": seconds})
    assert caught.value.option == "approval_timeout"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"pkcs12_content": None, "server": "a.example.com"}, "pkcs12"),
        ({}, "package, server"),
        ({"state": "absent"}, "identifier"),
        ({"server": "a.example.com", "delivery": "file"}, "dest"),
        ({"server": "a.example.com", "sign_private_key_path": "a", "sign_private_key_content": "b"}, "mutually exclusive"),
        ({"server": "a.example.com", "dns": {"server_adresses": ["10.8.0.4"]}}, "server_adresses"),
    ],
    ids=["no-identity", "no-gateway", "removal-of-what", "file-where", "two-keys", "misspelt-suboption"],
)
def test_options_that_do_not_go_together(options: dict[str, t.Any], text: str) -> None:
    given = {name: value for name, value in {**BASE, **options}.items() if value is not None}
    messages = ArgumentSpecValidator(**profile_options.SPEC).validate(given).error_messages
    assert any(text in message for message in messages), messages


def test_every_secret_option_is_kept_out_of_logs() -> None:
    secret = {name for name, spec in profile_options.SPEC["argument_spec"].items() if spec.get("no_log")}
    assert secret == {"passphrase", "pkcs12_content", "sign_private_key_content", "sign_private_key_passphrase"}


def test_a_passphrase_for_a_signing_key_that_is_not_given_is_refused() -> None:
    options = {**dict.fromkeys(shared_options.SIGNER), "sign_private_key_passphrase": "secret"}
    with pytest.raises(P2SError) as caught:
        shared_options.read_signer(t.cast(t.Any, None), options)
    assert caught.value.option == "sign_private_key_passphrase"
    assert "secret" not in str(caught.value)
    assert shared_options.read_signer(t.cast(t.Any, None), {**options, "sign_private_key_passphrase": None}) is None


def test_what_the_delivery_knows_holds_no_secret() -> None:
    found = settings(package=client_package(), identifier="com.example.vpn")
    wanted = profile_options.wanted(found)
    assert (wanted.identifier, wanted.uuid, wanted.scope) == ("com.example.vpn", found.profile_uuid, "user")
    rendered = profile_options.rendered(found, cases.client(), None)
    again = profile_options.rendered(found, cases.client(), None)
    assert rendered != again, "each copy has a passphrase of its own"
    assert "Password" not in repr(wanted)


def _examples() -> list[dict[str, t.Any]]:
    """Return the role's variables in the examples of the docs."""
    text = "".join(page.read_text("utf-8") for page in DOCS)
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(vpn_client_.*?)```", text, re.DOTALL)]


@pytest.mark.parametrize("variables", _examples(), ids=lambda variables: next(iter(variables)))
def test_the_examples_in_the_docs_are_accepted(variables: dict[str, t.Any]) -> None:
    """The role hands its variables on under the module's names."""
    options = {name.removeprefix("vpn_client_"): value for name, value in variables.items() if not name.startswith("vpn_client_sign_")}
    names = {"connection_name": "name", "profile_identifier": "identifier", "profile_dest": "dest"}
    options = {names.get(name, name): value for name, value in options.items()}
    if "{{" in options.get("identifier", ""):
        options["identifier"] = options["identifier"].replace("{{ inventory_hostname }}", "mac01")
    given = validated(package=client_package(dns=("10.8.0.4",)), **options)
    profile_options.messages(given)
    found = profile_options.settings(given, cases.client(), (15, 6))
    assert violations(mobileconfig.render(found, cases.client(), cases.PASSPHRASE), (15, 6)) == []


def test_the_message_has_the_name_of_the_vpn_as_title() -> None:
    messages = profile_options.messages(validated(package=client_package(), message_text="Hello"))
    assert messages is not None
    assert messages.in_language("de").title == "vnet-example"
    assert profile_options.messages(validated(package=client_package())) is None
