# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say which keychain is meant."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the keychain modules."""

    DOCUMENTATION = r"""
options:
  keychain:
    description:
      - Which keychain is meant.
      - V(login) is the login keychain of O(user), V(System) the Mac's own (needs become); anything else is the absolute
        path of a keychain file.
    type: str
    default: login
  user:
    description:
      - Short name of the user whose login keychain is meant.
      - The default is the user logged in at the Mac's screen when the task runs as root (with become), and the
        connecting user otherwise.
    type: str
  keychain_password:
    description:
      - Password of the keychain. For a login keychain that is the user's login password, except after an admin has reset it.
      - It is needed to change a login keychain unless the task runs as root (with become) while O(user) is logged in at the
        Mac's screen. Reading never needs it.
      - A keychain that was locked is locked again at the end. A wrong password is tried once only.
    type: str
notes:
  - The keychain is read from a private copy, never unlocked for reading, and its items are known by SHA-256 only.
  - The user's keychain search list, default keychain and trust settings are never changed.
"""
