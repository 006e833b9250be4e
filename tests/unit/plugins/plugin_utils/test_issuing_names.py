# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that would not work as Local ID are refused before a certificate carries them."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import issuing_names
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError

REFUSED = {
    "empty": ("", "is empty"),
    "longer-than-a-common-name-holds": ("a" * 63 + ".b", "65 characters, and the common name of a certificate holds 64"),
    "label-too-long": ("a" * 64, "because of"),
    "mail-address-is-sent-as-rfc822": ("alice@example.com", "would send it as a mail address"),
    "wildcard-fits-other-macs": ("*.example.com", "would fit other Macs"),
    "ipv4-address": ("192.0.2.7", "is an IP address"),
    "ipv6-address": ("2001:db8::7", "is an IP address"),
    "space": ("Alice's Mac", "cannot stand in a certificate as a DNS name"),
    "umlaut": ("büro-mac", "cannot stand"),
    "line-break": ("mac01\n", "cannot stand"),
    "empty-label": ("mac01..example.com", "cannot stand"),
    "final-dot": ("mac01.", "cannot stand"),
    "leading-hyphen": ("-mac01", "cannot stand"),
    "path": ("../mac01", "cannot stand"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    name, finding = REFUSED[case]
    with pytest.raises(IdentityError) as refusal:
        issuing_names.check(name)
    assert finding in str(refusal.value)
    assert refusal.value.option == "name"


@pytest.mark.parametrize("name", ["mac01", "MAC-01.example.com", "mac_01", "1", "a" * 60 + ".com", "xn--bro-mac-n2a"])
def test_accepted(name: str) -> None:
    assert issuing_names.check(name) == name


@given(st.text(max_size=70))
def test_what_is_accepted_can_stand_in_a_certificate(name: str) -> None:
    try:
        issuing_names.check(name)
    except IdentityError:
        return
    x509.DNSName(name)
    x509.NameAttribute(x509.NameOID.COMMON_NAME, name)
    assert name.isascii()
