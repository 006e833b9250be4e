# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of an attempt to change a keychain, in words that tell the admin what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from . import security_tool
from .changes import Change
from .errors import MacError
from .keychain import Access, Found
from .mac import TIMED_OUT, Section, usable

_SECURITY = "/usr/bin/security"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """The sections that remote/keychain_write.sh left, the keychain as it was ``before``, and how it was opened."""

    sections: Mapping[str, Section]
    before: Found
    access: Access

    def refuse_stopped(self) -> None:
        """Raise ``MacError`` when the script did not go on after one of its steps."""
        step = self.sections["finished"].text.strip()
        if step == "nothing failed":
            return
        section = self.sections[step]
        path, user = self.before.path, self.before.owner.name
        if step == "unread":
            raise self._unread()
        if section.status == TIMED_OUT and self.access.session == "gui":
            raise MacError(
                f"macOS waits for an answer at the Mac's screen before it changes {path}: the keychain seems to be locked there",
                f"let {user} unlock it in Keychain Access, or set keychain_password, and run the play again",
            )
        usable(section, _SECURITY)
        raise {
            "console": self._nobody_at_screen,
            "vanished": self._vanished,
            "lock": self._locked,
            "unlock": self._not_unlocked,
            "application": self._no_application,
            "proof": self._not_proven,
        }.get(step, self._stopped)(section)

    def refuse_undone(self, left: Sequence[Change]) -> None:
        """Raise ``MacError`` when changes are ``left`` after all was done: success is what the Mac shows, not what a tool said."""
        if not left:
            return
        if self._is_locked:
            raise self._locked(self.sections["lock"])
        steps = ("import", "add_certificates") if left[0].after == "present" else ("remove",)
        complaint = next(filter(None, map(self._complaint, steps)), "")
        raise MacError(
            f"after the change the Mac still shows: {left[0].name} {left[0].before}{complaint}",
            "see whether the keychain is read-only or managed by something else, and run the play again",
            option="keychain",
        )

    @property
    def _is_locked(self) -> bool:
        lock = self.sections.get("lock")
        return self.access.password is None and lock is not None and lock.status == security_tool.LOCKED

    def _complaint(self, step: str) -> str:
        section = self.sections.get(step)
        if section is None or section.status == 0:
            return ""
        # After an import its certificates are added once more, in case it left one out: those that are there are no trouble.
        lines = [line for line in section.err.splitlines(keepends=True) if b": already in " not in line]
        complaint = dataclasses.replace(section, err=b"".join(lines)).complaint
        return f" ({complaint})" if complaint else ""

    def _nobody_at_screen(self, _section: Section) -> MacError:
        user = self.before.owner.name
        return MacError(
            f"{user} has logged out of the Mac's screen since the keychain was looked at; nothing was changed",
            f"run the play again while {user} is logged in, or set keychain_password",
            option="keychain_password",
        )

    def _vanished(self, section: Section) -> MacError:
        return MacError(f"the keychain {section.text.strip()} has vanished since it was looked at", "run the play again", option="keychain")

    def _locked(self, _section: Section) -> MacError:
        return MacError(
            f"the keychain {self.before.path} is locked and no password for it was given; nothing was changed",
            "set keychain_password",
            option="keychain_password",
        )

    def _not_unlocked(self, section: Section) -> MacError:
        path = self.before.path
        if section.status == security_tool.WRONG_PASSWORD:
            return MacError(
                f"the password does not unlock the keychain {path}; it was tried once",
                "give the password of the keychain, which after a password reset by an admin is the user's older one",
                option="keychain_password",
            )
        return MacError(
            f"the keychain {path} cannot be unlocked (status {section.status}{self._complaint('unlock')})",
            "check on the Mac that it opens in Keychain Access",
            option="keychain",
        )

    def _no_application(self, section: Section) -> MacError:
        return no_application(section.text.strip())

    def _unread(self) -> MacError:
        return MacError(
            f"the keychain {self.before.path} could not be read after the import, so nothing was removed{self._complaint('unread')}",
            "run the play again",
            option="keychain",
        )

    def _not_proven(self, _section: Section) -> MacError:
        complaint = self._complaint("import") or self._complaint("add_certificates")
        return MacError(
            f"the identity does not show in the keychain {self.before.path} after its import{complaint}; nothing was removed",
            "put right what macOS complains of, and run the play again"
            if complaint
            else "see whether the keychain is read-only or managed by something else, and run the play again",
            option="keychain",
        )

    def _stopped(self, section: Section) -> MacError:
        return MacError(
            f"the change of the keychain {self.before.path} stopped{self._complaint(section.name)}; nothing was removed",
            "see whether the Mac's /tmp can be written to, and run the play again",
        )


def no_application(path: str) -> MacError:
    """Return the error for an application that shall have access to the key and is not there."""
    return MacError(
        f"there is no application {path} on the Mac; nothing was changed", "name paths that exist there", option="allowed_applications"
    )
