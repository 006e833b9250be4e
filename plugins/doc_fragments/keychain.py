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
      - With it the keychain is opened in the connection's own security session, where nobody's dialog can come up, and locked
        again at the end if it was found locked, also after a failure. A wrong password is tried once only.
      - Without it a login keychain can be changed in the session at the Mac's screen only, by a task that runs as root (with
        become) while O(user) is logged in there and the keychain is unlocked, as it normally is.
      - Reading never needs it. The System keychain takes none.
    type: str
notes:
  - The keychain is read from a private copy, never unlocked for reading, and its items are known by SHA-256 only.
  - The user's keychain search list, default keychain and trust settings are never changed.
  - Each tool on the Mac that may have to wait has a time limit of at most a minute, so a dialog on its screen cannot hold up the run.
  - As root, a keychain that is named by its path is opened as root unless O(user) says whose it is.
"""
