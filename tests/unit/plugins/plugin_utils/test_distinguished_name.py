# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of issuers that are given by hand: in the one spelling that certificates are shown in, or refused."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import distinguished_name
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import IdentityError

READ = {
    "as-shown": ("CN=P2S Root,O=Contoso", "CN=P2S Root,O=Contoso"),
    "by-number": ("2.5.4.3=P2S Root", "CN=P2S Root"),
    "escaped-otherwise": (r"CN=a\2Cb", r"CN=a\,b"),
    "two-in-one-part": ("CN=a+O=b", "CN=a+O=b"),
    "without-a-short-name": ("1.2.840.113549.1.9.1=a@b", "1.2.840.113549.1.9.1=a@b"),
    "longer-than-the-standard-allows": (f"CN={'x' * 70},C=Germany", f"CN={'x' * 70},C=Germany"),
}


@pytest.mark.parametrize(("text", "name"), READ.values(), ids=READ.keys())
def test_a_name_has_one_spelling(text: str, name: str) -> None:
    assert distinguished_name.read(text, "issuer") == name


REFUSED = {
    "blank-after-the-comma": "CN=P2S Root, O=Contoso",
    "blanks-around-the-equals-sign": "CN = P2S Root",
    "small-letters": "cn=P2S Root",
    "slashes": "/CN=P2S Root/O=Contoso",
    "a-name-alone": "P2S Root",
    "an-attribute-of-openssl": "emailAddress=a@b,CN=x",
    "comma-at-the-end": "CN=a,",
    "no-text": "CN=\ud800",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_another_spelling_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(IdentityError, match=r"^issuer: .* write it as the certificate's issuer is shown, for example CN=P2S Root"):
        distinguished_name.read(text, "issuer")


ATTRIBUTES = st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME])
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=16)


@given(st.lists(st.tuples(ATTRIBUTES, VALUES), min_size=1))
def test_whatever_a_certificate_is_shown_as_is_read_back_unchanged(parts: list[tuple[x509.ObjectIdentifier, str]]) -> None:
    shown = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts]).rfc4514_string()
    assert distinguished_name.read(shown, "issuer") == shown


@pytest.mark.parametrize(
    ("name", "other", "reordered"),
    [("CN=a,O=b", "O=b,CN=a", True), ("CN=a,O=b", "CN=a,O=b", False), (r"CN=a\,O=b", r"O=b,CN=a\,", False), ("CN=a", "CN=a,O=b", False)],
)
def test_only_the_order_of_the_parts_differs(name: str, other: str, reordered: bool) -> None:
    assert distinguished_name.is_reordered(name, other) is reordered
