# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities and options for the tests of the profile: made once per process, because RSA keys are slow to make."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import identity, pki

from . import demo_pki

PASSPHRASE = "only-for-tests"


@functools.cache
def gateway_root(number: int = 1) -> demo_pki.Holder:
    """Return one of several gateway roots."""
    return demo_pki.root(f"Gateway Root G{number}", key=demo_pki.new_key("p256"))


@functools.cache
def client_root() -> demo_pki.Holder:
    """Return the root that was uploaded to the gateway."""
    return demo_pki.root("P2S Root", key=demo_pki.new_key("p256"))


def client(kind: str = "rsa2048", name: str = "mac-01", number: int = 1) -> identity.Identity:
    """Return a client identity; another ``number`` is a renewed certificate of the same client and key."""
    return _client(kind, name, number)


@functools.cache
def _client(kind: str, name: str, number: int) -> identity.Identity:
    key = _client(kind, name, 1).private_key if number > 1 else demo_pki.new_key(kind)
    return read(demo_pki.issue(client_root(), name, key=key))


def read(holder: demo_pki.Holder) -> identity.Identity:
    """Return ``holder`` as the module would read it."""
    return identity.read(demo_pki.pkcs12(holder, PASSPHRASE, flavour="macos"), PASSPHRASE, now=pki.utc_now())


def options(**changes: t.Any) -> dict[str, t.Any]:
    """Return the options of a usual profile, changed."""
    usual = {"name": "Azure VPN", "server": demo_pki.VPN_SERVER, "server_roots": [gateway_root().pem]}
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}
