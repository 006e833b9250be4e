# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of security(1): global options, the command table, ``-i``, errors and exit status."""

from __future__ import annotations

import importlib
import sys

from .. import bsd_getopt
from ..machine_context import Machine
from . import readline, status

# In Apple's order, in which a prefix takes the first: name -> module (None: exists on macOS, not simulated).
COMMANDS: dict[str, str | None] = {
    "help": "misc",
    "list-keychains": "lists",
    "list-smartcards": None,
    "default-keychain": "lists",
    "login-keychain": "lists",
    "create-keychain": "keychains",
    "delete-keychain": "keychains",
    "lock-keychain": "keychains",
    "unlock-keychain": "keychains",
    "set-keychain-settings": "keychains",
    "set-keychain-password": "keychains",
    "show-keychain-info": "keychains",
    "dump-keychain": "keys",
    "create-keypair": None,
    "add-generic-password": None,
    "add-internet-password": None,
    "add-certificates": "certificates",
    "find-generic-password": None,
    "delete-generic-password": None,
    "set-generic-password-partition-list": None,
    "find-internet-password": None,
    "delete-internet-password": None,
    "set-internet-password-partition-list": None,
    "find-key": "keys",
    "set-key-partition-list": "keys",
    "find-certificate": "certificates",
    "find-identity": "identities",
    "delete-certificate": "certificates",
    "delete-identity": "identities",
    "set-identity-preference": None,
    "get-identity-preference": None,
    "create-db": None,
    "export": None,
    "import": "importing",
    "export-smartcard": None,
    "cms": "cms",
    "install-mds": None,
    "add-trusted-cert": "trust",
    "remove-trusted-cert": "trust",
    "dump-trust-settings": "trust",
    "user-trust-settings-enable": None,
    "trust-settings-export": "trust",
    "trust-settings-import": None,
    "verify-cert": "verify",
    "authorize": None,
    "authorizationdb": "misc",
    "execute-with-privileges": None,
    "leaks": "misc",
    "error": "misc",
    "create-filevaultmaster-keychain": None,
    "smartcards": None,
    "translocate-create": None,
    "requirement-evaluate": None,
    "filevault": None,
    "platformsso": None,
}
USAGE = """Usage: security [-h] [-i] [-l] [-p prompt] [-q] [-v] [command] [opt ...]
    -i    Run in interactive mode.
    -l    Run /usr/bin/leaks -nocontext before exiting.
    -p    Set the prompt to "prompt" (implies -i).
    -q    Be less verbose.
    -v    Be more verbose about what's going on.
security commands are:
"""


def main(mac: Machine, argv: list[str]) -> int:
    """Run ``security`` with ``argv`` and return its exit status."""
    try:
        options, rest = bsd_getopt.parse(argv, "hilp:qv")
    except bsd_getopt.OptionError as error:
        sys.stderr.write(f"security: {error}\n")
        return usage()
    flags = dict(options)
    if "-h" in flags:
        return usage()
    quiet, verbose = "-q" in flags, "-v" in flags
    mac.quiet = quiet
    if rest:
        return run(mac, rest, quiet=quiet, verbose=verbose) & 0xFF
    if "-i" in flags or "-p" in flags:
        return _interactive(mac, flags.get("-p", "security> "), quiet=quiet, verbose=verbose) & 0xFF
    return usage()


def usage() -> int:
    """Print the general usage on stdout, as Apple's tool does, and return 2."""
    sys.stdout.write(USAGE + "".join(f"    {name}\n" for name in COMMANDS))
    return 2


def _interactive(mac: Machine, prompt: str, *, quiet: bool, verbose: bool) -> int:
    result = 0
    if sys.stdin.isatty():
        sys.stderr.write(prompt)
        sys.stderr.flush()
    for line in readline.lines(sys.stdin.buffer.read()):
        arguments = readline.split(line)
        result = 0
        if not arguments:
            continue
        result = run(mac, arguments, quiet=quiet, verbose=verbose)
        if result == -1:
            return 0
        if result and not quiet:
            sys.stdout.flush()
            sys.stderr.write(f"{arguments[0]}: returned {result}\n")
    return result


def run(mac: Machine, argv: list[str], *, quiet: bool, verbose: bool) -> int:
    """Run one command; returns what the command's function returns on macOS (an OSStatus or a small number)."""
    if verbose:
        sys.stderr.write("security " + " ".join(f'"{argument}"' for argument in argv) + "\n")
    name = argv[0] if argv[0] in COMMANDS else next((name for name in COMMANDS if name.startswith(argv[0])), None)
    if name is None:
        sys.stderr.write(f'security: unknown command "{argv[0]}"\n')
        return 1
    module = COMMANDS[name]
    if module is None:
        # Loud, and unlike anything that macOS says: a test that comes here has to be seen.
        sys.stderr.write(f"simulated Mac: `security {name}` is not simulated\n")
        return 99
    from .. import run as runner

    runner.misbehave(f"security {name}")
    function = getattr(
        importlib.import_module(f"simulated_mac.inside.security.{module}"), name.replace("-", "_") + ("_" if name == "import" else "")
    )
    try:
        return int(function(mac, argv[1:]))
    except status.Usage:
        from . import usages

        sys.stdout.flush()
        sys.stderr.write(usages.text(name))
        return 2
    except status.Failure as failure:
        sys.stdout.flush()
        if failure.what is not None:
            status.complain(mac, failure.what, failure.status, prefix=failure.prefix)
        return failure.result


def options(argv: list[str], letters: str) -> tuple[list[tuple[str, str]], list[str]]:
    """BSD getopt(3): options first, then operands. Raises ``Usage``."""
    try:
        found, operands = bsd_getopt.parse(argv, letters)
    except bsd_getopt.OptionError as error:
        sys.stderr.write(f"security: {error}\n")
        raise status.Usage from None
    if any(flag == "-h" for flag, _value in found):
        raise status.Usage
    return found, operands
