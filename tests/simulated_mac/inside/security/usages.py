# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wrongly called command prints on stderr."""

from __future__ import annotations

SYNTAX = {
    "list-keychains": "[-d user|system|common|dynamic] [-s [keychain...]]",
    "default-keychain": "[-d user|system|common|dynamic] [-s [keychain]]",
    "login-keychain": "[-d user|system|common|dynamic] [-s [keychain]]",
    "create-keychain": "[-P] [-p password] [keychains...]",
    "delete-keychain": "[keychains...]",
    "lock-keychain": "[-a | keychain]",
    "unlock-keychain": "[-u] [-p password] [keychain]",
    "set-keychain-settings": "[-lu] [-t timeout] [keychain]",
    "set-keychain-password": "[-o oldPassword] [-p newPassword] [keychain]",
    "show-keychain-info": "[keychain]",
    "dump-keychain": "[-adhir] [-o file] [keychain...]",
    "find-certificate": "[-h] [-a] [-c name] [-e emailAddress] [-m] [-p] [-Z] [keychain...]",
    "find-identity": "[-h] [-p policy] [-s string] [-v] [keychain...]",
    "find-key": "[options...] [keychain...]",
    "set-key-partition-list": "[-S partition-list] [-k password] [options...] [keychain]",
    "add-certificates": "[-h] [-k keychain] file...",
    "delete-certificate": "[-h] [-c name] [-Z hash] [-t] [keychain...]",
    "delete-identity": "[-h] [-c name] [-Z hash] [-t] [keychain...]",
    "import": "inputfile [-k keychain] [-t type] [-f format] [-w] [-P passphrase] [options...]",
    "add-trusted-cert": "[<options>] [certFile]",
    "remove-trusted-cert": "[-d] [certFile]",
    "dump-trust-settings": "[-s] [-d]",
    "trust-settings-export": "[-s|-d] settings_file",
    "verify-cert": "[<options>] [<url>]",
    "authorizationdb": (
        "read <right-name>\n       authorizationdb remove <right-name>\n       authorizationdb write <right-name> [allow|deny|<rulename>]"
    ),
    "error": "<error code(s)...>",
    "help": "[command ...]",
    "leaks": "[-cycles] [-nocontext] [-nostacks] [-exclude symbol]",
}
HELP = {
    "list-keychains": "Display or manipulate the keychain search list.",
    "default-keychain": "Display or set the default keychain.",
    "login-keychain": "Display or set the login keychain.",
    "create-keychain": "Create keychains and add them to the search list.",
    "delete-keychain": "Delete keychains and remove them from the search list.",
    "lock-keychain": "Lock the specified keychain.",
    "unlock-keychain": "Unlock the specified keychain.",
    "set-keychain-settings": "Set settings for a keychain.",
    "set-keychain-password": "Set password for a keychain.",
    "show-keychain-info": "Show the settings for keychain.",
    "dump-keychain": "Dump the contents of one or more keychains.",
    "find-certificate": "Find a certificate item.",
    "find-identity": "Find an identity (certificate + private key).",
    "find-key": "Find keys in the keychain.",
    "set-key-partition-list": "Set the partition list of a key.",
    "add-certificates": "Add certificates to a keychain.",
    "delete-certificate": "Delete a certificate from a keychain.",
    "delete-identity": "Delete a certificate and its private key from a keychain.",
    "import": "Import items into a keychain.",
    "add-trusted-cert": "Add trusted certificate(s).",
    "remove-trusted-cert": "Remove trusted certificate(s).",
    "dump-trust-settings": "Display contents of trust settings.",
    "trust-settings-export": "Export trust settings.",
    "verify-cert": "Verify certificate(s).",
    "authorizationdb": "Make changes to the authorization policy database.",
    "error": "Display a descriptive message for the given error code(s).",
    "help": "Show all commands, or show usage for a command.",
    "leaks": "Run /usr/bin/leaks on this process.",
}


def text(name: str) -> str:
    """Return the usage text of the command ``name``."""
    return f"Usage: {name} {SYNTAX.get(name, '[options...]')}\n        {HELP.get(name, '')}\n"
