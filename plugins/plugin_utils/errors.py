# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one family of errors that the collection raises for bad input and for a Mac that says no."""

from __future__ import annotations

import typing as t


class P2SError(Exception):
    """Something that the admin can put right.

    ``option`` is the module option concerned (``None`` when it is the Mac, not an option),
    ``finding`` what was found, ``remedy`` what to do about it; both without a final full stop.
    None of the three may carry a secret: they are shown and logged.
    """

    def __init__(self, finding: str, remedy: str, *, option: str | None = None) -> None:
        self.finding = finding
        self.remedy = remedy
        self.option = option
        super().__init__(finding, remedy, option)

    def __str__(self) -> str:
        """Return the one sentence that the admin reads: option, finding, remedy."""
        sentence = f"{self.finding}; {self.remedy}."
        return f"{self.option}: {sentence}" if self.option else sentence

    def for_option(self, option: str) -> t.Self:
        """Return the same error, said of ``option``; for callers that know the option's name when the library does not."""
        return type(self)(self.finding, self.remedy, option=option)

    def as_result(self) -> dict[str, t.Any]:
        """Return the result of the failed task."""
        return {
            "failed": True,
            "msg": str(self),
            "error": {"kind": type(self).__name__, "option": self.option, "finding": self.finding, "remedy": self.remedy},
        }


class PackageError(P2SError):
    """The Azure client profile package cannot be used."""


class IdentityError(P2SError):
    """A certificate, key or PKCS#12 cannot be used."""


class ProfileError(P2SError):
    """The settings do not make an IKEv2 profile that macOS and Azure accept."""


class MacError(P2SError):
    """The Mac cannot be brought, or cannot be seen to be, in the wanted state."""
