# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules say of check mode and the like, once."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes that the modules share."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the Mac.
    support: full
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row, with the same arguments, the second invocation indicates no change.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode); it never changes anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: N/A
  idempotent:
    description: When run twice in a row, with the same arguments, the second invocation returns the same.
    support: full
"""

    CONTROLLER = r"""
options: {}
requirements:
  - cryptography >= 44.0 (on the controller)
attributes:
  action:
    description: Runs on the controller and contacts no host.
    support: full
"""

    MAC = r"""
options: {}
requirements:
  - cryptography >= 44.0 (on the controller)
notes:
  - The connection has to be able to send standard input, as C(ansible.builtin.ssh) does.
  - A failed task also returns RV(ignore:error), a dictionary of C(kind), C(option), C(finding) and C(remedy), the parts of C(msg).
attributes:
  action:
    description: >-
      The work is done by an action plugin on the controller, which sends one shell script over the connection.
      Nothing is installed on the Mac, and no Python is needed there.
    support: full
  platform:
    description: The operating systems that the module can configure.
    support: full
    platforms: macOS
"""
