# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The message that tells a Mac's user why macOS asks to approve a profile, in that user's language where it was given in it."""

from __future__ import annotations

import dataclasses
import re
import typing as t
import unicodedata
from collections.abc import Mapping

from . import option_values
from .errors import ProfileError

MAX_TITLE, MAX_TEXT = 100, 2000
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


@dataclasses.dataclass(frozen=True)
class Message:
    """One message: a dialog's title and text."""

    title: str
    text: str

    def script(self, seconds: int) -> str:
        """Return the AppleScript that shows it for at most ``seconds``: a dialog of osascript's own, which needs no permission.

        The words go as code points (AppleScript Language Guide, class text, ``id``), so that neither a quotation mark in them nor the
        encoding that osascript reads its script in can change what it does.
        """
        return (
            f"activate\ndisplay dialog {_text(self.text)} with title {_text(self.title)}"
            f' buttons {{"OK"}} default button 1 with icon note giving up after {seconds}'
        )


@dataclasses.dataclass(frozen=True)
class Messages:
    """The message in the language of ``message_title`` and ``message_text``, and in others by lower-case language tag."""

    default: Message
    translations: Mapping[str, Message] = dataclasses.field(default_factory=dict)

    def in_language(self, language: str | None) -> Message:
        """Return the message for who prefers ``language`` (``zh-Hant-TW``): the most exact translation, or the default."""
        tag = (language or "").lower().replace("_", "-")
        while tag:
            if tag in self.translations:
                return self.translations[tag]
            tag = tag.rpartition("-")[0]
        return self.default


def from_options(options: Mapping[str, t.Any], name: str) -> Messages | None:
    """Return the messages that the ``message_*`` options give, ``None`` for none; ``name`` (the VPN's) is the title where none is given.

    Raises ``ProfileError``.
    """
    text, title = options.get("message_text"), options.get("message_title")
    translations = options.get("message_translations")
    if text is None:
        for option, value in (("message_title", title), ("message_translations", translations)):
            if value is not None:
                raise ProfileError("there is no message_text, which is for everybody without a translation", "give it", option=option)
        return None
    default = Message(_title(title, "message_title", name), _body(text, "message_text"))
    if translations is None:
        return Messages(default)
    if not isinstance(translations, Mapping):
        raise ProfileError("the value is not a dictionary", "give one by language, such as {de: {text: …}}", option="message_translations")
    return Messages(default, dict(_translation(tag, value, default) for tag, value in translations.items()))


def _translation(tag: t.Any, value: t.Any, default: Message) -> tuple[str, Message]:
    plain = str(tag).lower().replace("_", "-")
    # YAML reads the language no (Norwegian) as false.
    if not isinstance(tag, str) or not _TAG.fullmatch(plain):
        raise ProfileError(
            f"{option_values.shown(tag)} is not a language", "give tags such as de, pt-BR or 'no'", option="message_translations"
        )
    option = f"message_translations.{tag}"
    entry = option_values.table(value, option, ("title", "text"))
    if "text" not in entry:
        raise ProfileError("the translation has no text", "give it", option=option)
    return plain, Message(_title(entry.get("title"), f"{option}.title", default.title), _body(entry["text"], f"{option}.text"))


def _title(value: t.Any, option: str, otherwise: str) -> str:
    return otherwise if value is None else option_values.text(value, option, maximum=MAX_TITLE)


def _body(value: t.Any, option: str) -> str:
    """Return a text that may have several lines."""
    if not isinstance(value, str) or not value.strip():
        raise ProfileError("the value is not a text", "give a text", option=option)
    text = value.strip()
    if len(text) > MAX_TEXT:
        raise ProfileError(f"the text has {len(text)} characters, {MAX_TEXT} are allowed", "shorten it", option=option)
    if any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in text):
        raise ProfileError("the text contains a control character", "remove it", option=option)
    return text


def _text(words: str) -> str:
    return f"(character id {{{', '.join(str(ord(char)) for char in words)}}})"
