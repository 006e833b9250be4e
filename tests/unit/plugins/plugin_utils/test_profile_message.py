# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The message to the Mac's user: in which language, and that no text can become a command."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azure_p2s.macos.plugins.plugin_utils import profile_message
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.errors import ProfileError
from ansible_collections.azure_p2s.macos.plugins.plugin_utils.profile_message import Message

OPTIONS = {
    "message_title": "IT",
    "message_text": "Please click",
    "message_translations": {
        "de": {"title": "IT-Abteilung", "text": "Bitte klicken"},
        "de-CH": {"text": "Bitte klicken, gäll"},
        "pt_BR": {"text": "Clique"},
        "zh-Hant": {"text": "請點擊"},
    },
}


def messages(**changes: t.Any) -> profile_message.Messages:
    """Return the messages of ``OPTIONS``, changed."""
    found = profile_message.from_options({**OPTIONS, **changes}, "Azure VPN")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (None, "Please click"),
        ("en-GB", "Please click"),
        ("de", "Bitte klicken"),
        ("de-DE", "Bitte klicken"),
        ("de-CH", "Bitte klicken, gäll"),
        ("de-CH-1996", "Bitte klicken, gäll"),
        ("DE_at", "Bitte klicken"),
        ("pt-BR", "Clique"),
        ("pt-PT", "Please click"),
        ("zh-Hant-TW", "請點擊"),
        ("zh-Hans-CN", "Please click"),
        ("d", "Please click"),
    ],
)
def test_the_most_exact_translation_counts(language: str | None, text: str) -> None:
    assert messages().in_language(language).text == text


def test_what_is_not_given_comes_from_the_next_better_place() -> None:
    assert messages().in_language("de-CH").title == "IT"
    assert messages(message_title=None).in_language("en").title == "Azure VPN"
    assert messages(message_translations=None).in_language("de") == Message("IT", "Please click")
    assert profile_message.from_options({}, "Azure VPN") is None


REFUSED: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "title-alone": ({"message_text": None, "message_translations": None}, "message_title", "no message_text"),
    "translations-alone": ({"message_text": None, "message_title": None}, "message_translations", "no message_text"),
    "empty-text": ({"message_text": " \n"}, "message_text", "not a text"),
    "endless-text": ({"message_text": "x" * 2001}, "message_text", "2001 characters"),
    "bell-in-the-text": ({"message_text": "a\x07"}, "message_text", "control character"),
    "line-break-in-the-title": ({"message_title": "a\nb"}, "message_title", "line break"),
    "norwegian-as-yaml-reads-it": ({"message_translations": {False: {"text": "x"}}}, "message_translations", "not a language"),
    "no-language": ({"message_translations": {"German!": {"text": "x"}}}, "message_translations", "not a language"),
    "text-instead-of-a-dictionary": ({"message_translations": {"de": "x"}}, "message_translations.de", "not a dictionary"),
    "misspelt-key": ({"message_translations": {"de": {"txt": "x"}}}, "message_translations.de", "'txt' is not known"),
    "translation-without-text": ({"message_translations": {"de": {"title": "x"}}}, "message_translations.de", "no text"),
    "translation-of-nothing": ({"message_translations": {"de": {"text": ""}}}, "message_translations.de.text", "not a text"),
    "list": ({"message_translations": ["de"]}, "message_translations", "not a dictionary"),
}


@pytest.mark.parametrize(("changes", "option", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_by_name(changes: dict[str, t.Any], option: str, text: str) -> None:
    with pytest.raises(ProfileError, match=re.escape(text)) as caught:
        messages(**changes)
    assert caught.value.option == option


SCRIPT = (
    r"activate\ndisplay dialog \(character id \{([0-9, ]+)\}\) with title \(character id \{([0-9, ]+)\}\)"
    r' buttons \{"OK"\} default button 1 with icon note giving up after 480'
)


@given(st.text(min_size=1, max_size=50), st.text(min_size=1, max_size=200))
def test_whatever_the_words_are_the_script_is_the_same_and_says_them(title: str, text: str) -> None:
    script = Message(title, text).script(480)
    assert script.isascii(), "whatever encoding osascript reads its script in"
    found = re.fullmatch(SCRIPT, script)
    assert found
    said = ["".join(chr(int(number)) for number in numbers.split(", ")) for numbers in found.groups()]
    assert said == [text, title]
