# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that give a client identity."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that take a PKCS#12."""

    DOCUMENTATION = r"""
options:
  pkcs12_path:
    description:
      - Path of the PKCS#12 (.p12, .pfx) on the controller, searched for as in C(files/). It may be encrypted with ansible-vault.
      - Any PKCS#12 that the controller's OpenSSL opens will do. It is written anew for macOS, whose importers read fewer
        algorithms.
    type: path
  pkcs12_content:
    description: The PKCS#12 itself in base64, for example from a secrets manager through the P(ansible.builtin.b64encode#filter) filter.
    type: str
  passphrase:
    description: Passphrase of the PKCS#12. Leave it out for one without.
    type: str
"""
