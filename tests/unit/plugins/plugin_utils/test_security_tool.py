# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocabulary of security(1): what is sent to `security -i`, what is made of its output."""

from __future__ import annotations

import base64
import contextlib
import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import security_tool
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import MacError


def split_like_security(line: str) -> list[str]:
    """Split a line as SecurityTool's readline.c does: quotes at the start of an argument, a backslash escapes inside both kinds."""
    arguments, position = [], 0
    while position < len(line):
        if line[position] == " ":
            position += 1
            continue
        quote = line[position] if line[position] in "'\"" else ""
        position += len(quote)
        argument = ""
        while position < len(line) and line[position] != (quote or " "):
            position += line[position] == "\\"
            argument += line[position]
            position += 1
        position += 1
        arguments.append(argument)
    return arguments


ALLOWED = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=200)


@given(ALLOWED, ALLOWED)
def test_any_password_and_path_reach_security_unchanged(password: str, path: str) -> None:
    line = security_tool.command(
        "unlock-keychain", "-p", security_tool.argument(password, "keychain_password"), security_tool.argument(path, "keychain")
    )
    assert split_like_security(line) == ["unlock-keychain", "-p", password, path]


@given(st.text(max_size=60))
def test_any_text_at_all_reaches_security_unchanged_or_is_refused_by_name(value: str) -> None:
    if any(char in "\n\r\0" or 0xD800 <= ord(char) < 0xDC80 or 0xDCFF < ord(char) < 0xE000 for char in value):
        with pytest.raises(MacError, match=r"^passphrase: "):
            security_tool.argument(value, "passphrase")
    else:
        line = security_tool.command("import", security_tool.argument(value, "passphrase"))
        assert split_like_security(line) == ["import", value]


@given(st.binary(max_size=60))
def test_any_bytes_of_a_path_on_the_mac_reach_security_unchanged_or_are_refused_by_name(path: bytes) -> None:
    value = path.decode("utf-8", "surrogateescape")
    if set(path) & set(b"\n\r\0"):
        with pytest.raises(MacError, match=r"^keychain: "):
            security_tool.argument(value, "keychain")
    else:
        line = security_tool.command("lock-keychain", security_tool.argument(value, "keychain"))
        assert split_like_security(line)[1].encode("utf-8", "surrogateescape") == path


@pytest.mark.parametrize("value", ["two\nlines", "a\rb", "a\0b"])
def test_what_a_line_cannot_hold_is_refused_by_the_options_name(value: str) -> None:
    with pytest.raises(MacError, match=r"^keychain_password: .*line break or a NUL") as error:
        security_tool.argument(value, "keychain_password")
    assert value not in str(error.value)


@pytest.mark.parametrize("size", [security_tool.LINE_LIMIT, security_tool.LINE_LIMIT + 1])
def test_a_line_longer_than_the_buffer_of_security_is_refused(size: int) -> None:
    word = "ä" * (size // 2) + "x" * (size % 2)
    if size <= security_tool.LINE_LIMIT:
        assert security_tool.command(word) == word
    else:
        with pytest.raises(MacError, match="longer than 4094 bytes"):
            security_tool.command(word)


def test_more_arguments_than_security_keeps_are_refused() -> None:
    with pytest.raises(MacError, match=r"^allowed_applications: "):
        security_tool.command(*["-T"] * 32)


def listing(*ders: bytes) -> bytes:
    """Return what `find-certificate -a -Z -p` prints."""
    blocks = []
    for der in ders:
        found = security_tool.FoundCertificate(der)
        pem = textwrap.fill(base64.b64encode(der).decode(), 64)
        hashes = f"SHA-256 hash: {found.sha256.upper()}\nSHA-1 hash: {found.sha1.upper()}"
        blocks.append(f"{hashes}\n-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n")
    return "".join(blocks).encode()


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20))
def test_certificates_that_nobody_can_parse_are_listed_all_the_same(ders: list[bytes]) -> None:
    found = security_tool.parse_certificates(listing(*ders))
    assert [one.der for one in found] == ders


def test_an_empty_keychain_has_no_certificates() -> None:
    assert security_tool.parse_certificates(b"") == ()


UNKNOWN_CERTIFICATES = {
    "another-tool-speaks": b"usage: security\n",
    "cut-short": listing(b"abc")[:-10],
    "not-base64": b"-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n",
    "a-dump-instead-of-pem": b'keychain: "/Users/alice/Library/Keychains/login.keychain-db"\n',
}


@pytest.mark.parametrize("out", UNKNOWN_CERTIFICATES.values(), ids=UNKNOWN_CERTIFICATES.keys())
def test_other_output_of_find_certificate_is_unknown_and_never_empty(out: bytes) -> None:
    with pytest.raises(MacError, match="content is unknown"):
        security_tool.parse_certificates(out)


HEAD = b"\nPolicy: X.509 Basic\n  Matching identities\n"
TAIL = b"\n  Valid identities only\n     0 valid identities found\n"
ONE = b"01" * 20
TWO = b"AB" * 20

IDENTITIES = {
    "none": (b"     0 identities found\n", set()),
    "one-of-a-private-ca": (b'  1) ' + ONE + b' "mac01" (CSSMERR_TP_NOT_TRUSTED)\n     1 identities found\n', {ONE}),
    "two": (b'  1) ' + ONE + b' "a"\n  2) ' + TWO + b" <unknown>\n     2 identities found\n", {ONE, TWO}),
    "quotes-and-brackets-in-a-name": (b'  1) ' + ONE + b' "a" (b) "c"\n     1 identities found\n', {ONE}),
    "line-break-in-a-name": (b'  1) ' + ONE + b' "a\n b"\n     1 identities found\n', {ONE}),
    "quote-and-line-break-in-a-name": (
        b'  1) ' + ONE + b' "a "b"\n c" d\n\n" (X)\n  2) ' + TWO + b' "x"\n     2 identities found\n', {ONE, TWO}
    ),
    "name-that-poses-as-the-count": (
        b'  1) ' + ONE + b' "a\n     1 identities found\n"\n  2) ' + TWO + b' "x"\n     2 identities found\n', {ONE, TWO}
    ),
    "name-that-poses-as-the-end": (
        b'  1) ' + ONE + b' "a\n     1 identities found\n\n  Valid identities only\n"\n  2) ' + TWO
        + b' "x"\n     2 identities found\n', {ONE, TWO}
    ),
    "name-that-is-not-utf8": (b'  1) ' + ONE + b' "\xff\xfe"\n     1 identities found\n', {ONE}),
    "hundred-and-more": (
        b"".join(b'%3d) %040X "x"\n' % (number, number) for number in range(1, 121)) + b"     120 identities found\n",
        {b"%040X" % number for number in range(1, 121)},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "sha1s"), IDENTITIES.values(), ids=IDENTITIES.keys())
def test_identities_are_those_under_matching_identities(body: bytes, sha1s: set[bytes]) -> None:
    assert security_tool.parse_identities(HEAD + body + TAIL) == {sha1.decode().lower() for sha1 in sha1s}


UNKNOWN_IDENTITIES = {
    "empty": b"",
    "a-name-that-poses-as-an-entry": HEAD + b'  1) ' + ONE + b' "a"\n  2) ' + TWO + b' "b"\n     1 identities found\n' + TAIL,
    "text-before-the-first-entry": HEAD + b'x\n  1) ' + ONE + b' "a"\n     1 identities found\n' + TAIL,
    "a-name-that-hides-an-entry": (
        HEAD + b'  1) ' + ONE + b' "a\n  2) ' + ONE + b' "\n  2) ' + TWO + b' "b"\n     2 identities found\n' + TAIL
    ),
    "no-count": HEAD + b'  1) ' + ONE + b' "a"\n',
    "another-language-in-the-headings": b"\nRichtlinie: X.509\n  Passende\n     0 identities found\n",
    "the-list-of-valid-ones-only": b"     0 valid identities found\n",
}  # fmt: skip


@pytest.mark.parametrize("out", UNKNOWN_IDENTITIES.values(), ids=UNKNOWN_IDENTITIES.keys())
def test_other_output_of_find_identity_is_unknown_and_never_empty(out: bytes) -> None:
    with pytest.raises(MacError, match="content is unknown"):
        security_tool.parse_identities(out)


def test_a_label_of_many_lines_takes_no_longer_than_its_length() -> None:
    body = b"  1) " + ONE + b' "' + b"x\n" * 200_000 + b'"\n     1 identities found\n'
    began = time.monotonic()
    assert security_tool.parse_identities(HEAD + body + TAIL) == {ONE.decode().lower()}
    assert time.monotonic() - began < 5


@given(st.binary(max_size=400))
def test_the_parsers_raise_nothing_but_the_domain_error(noise: bytes) -> None:
    for out in (noise, HEAD + noise + TAIL, listing(b"abc") + noise):
        for parser in (security_tool.parse_certificates, security_tool.parse_identities):
            with contextlib.suppress(MacError):
                parser(out)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_name_can_forge_an_identity(name: str) -> None:
    body = b"  1) " + ONE + b' "' + name.encode() + b'"\n     1 identities found\n'
    with contextlib.suppress(MacError):
        assert security_tool.parse_identities(HEAD + body + TAIL) == {ONE.decode().lower()}


@given(st.text(st.sampled_from('"\\\n\r ()<>a1é'), max_size=30))
def test_no_name_of_quotes_and_line_breaks_makes_a_keychain_unreadable(name: str) -> None:
    body = b"  1) " + ONE + b' "' + name.encode() + b'" (X)\n  2) ' + TWO + b' "b"\n     2 identities found\n'
    assert security_tool.parse_identities(HEAD + body + TAIL) == {ONE.decode().lower(), TWO.decode().lower()}
