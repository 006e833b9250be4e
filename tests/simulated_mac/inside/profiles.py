# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""profiles(1): lists, shows and removes configuration profiles; installs them up to 10.15 only."""

from __future__ import annotations

import plistlib
import sys
import time
import typing as t

from . import bsd_getopt, profile_store
from .machine_context import Machine

VERBS = ("status", "list", "show", "install", "remove", "sync", "renew", "version", "help", "validate")
REFUSAL = "profiles tool no longer supports installs.  Use System {} Profiles to add configuration profiles."
_OPTIONS = ("type", "user", "identifier", "uuid", "path", "output", "password")
_FLAGS = ("forced", "all", "verbose", "quiet", "cached")


class Wrong(Exception):
    """The command line is not understood."""


def main(mac: Machine, argv: list[str]) -> int:
    """Run ``profiles``."""
    try:
        verb, options = _parse(argv)
    except Wrong as error:
        sys.stderr.write(f"profiles: {error}\nprofiles: the command could not be understood. Use 'profiles help'.\n")
        return 1
    if verb in ("list", "show"):
        return _list(mac, verb, options)
    if verb == "install":
        return _install(mac, options)
    if verb == "remove":
        return _remove(mac, options)
    if verb == "status":
        return _status(mac, options)
    if verb == "version":
        print("profiles: version: 8.0")
        return 0
    if verb == "help":
        print("profiles allows you to manage configuration, provisioning, bootstrap token, or enrollment profiles.")
        return 0
    return 1


def _parse(argv: list[str]) -> tuple[str, dict[str, t.Any]]:
    """Return (verb, options) of the new form (-type=x or -type x) or of the old one (-C, -L, -P, -I, -R)."""
    if not argv:
        return "help", {}
    if argv[0] not in VERBS:
        return _old(argv)
    options: dict[str, t.Any] = {}
    rest = argv[1:]
    while rest:
        word = rest.pop(0)
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            raise Wrong(f"unexpected argument '{word}'")
        # Words in full, after one dash: whether macOS takes less is not known.
        if name not in _OPTIONS + _FLAGS or word.startswith("--"):
            raise Wrong(f"unknown option '{word}'")
        if name in _FLAGS:
            options[name] = True
        elif equals:
            options[name] = value
        elif rest:
            options[name] = rest.pop(0)
        else:
            raise Wrong(f"option '{word}' needs a value")
    if options.get("type", "configuration") not in ("configuration", "provisioning", "enrollment", "bootstraptoken", "startup"):
        raise Wrong(f"unknown type '{options['type']}'")
    return argv[0], _with_known_output(options)


def _with_known_output(options: dict[str, t.Any]) -> dict[str, t.Any]:
    if options.get("output", "stdout-xml") != "stdout-xml":
        raise Wrong(f"simulated for stdout-xml only, not for '{options['output']}'")
    return options


def _old(argv: list[str]) -> tuple[str, dict[str, t.Any]]:
    try:
        found, _rest = bsd_getopt.parse(argv, "CLPIRSDHcU:F:p:o:u:vf")
    except bsd_getopt.OptionError as error:
        raise Wrong(str(error)) from None
    flags = dict(found)
    options: dict[str, t.Any] = {}
    for flag, name in (("-U", "user"), ("-F", "path"), ("-p", "identifier"), ("-o", "output"), ("-u", "uuid")):
        if flag in flags:
            options[name] = flags[flag]
    if "-P" in flags:
        options["all"] = True
    if "-C" in flags:
        options["device"] = True
    if "-f" in flags:
        options["forced"] = True
    if "-I" in flags:
        return "install", options
    if "-R" in flags:
        return "remove", options
    if flags.keys() & {"-C", "-L", "-P"}:
        return "list", _with_known_output(options)
    raise Wrong("no command")


# -- list ----------------------------------------------------------------------------------------------------------


def _wanted(mac: Machine, options: dict[str, t.Any], installed: dict[str, list[t.Any]]) -> list[str] | None:
    """Return the domains to list; ``None`` for what only root may see."""
    if options.get("all"):
        return [profile_store.DEVICE, *(name for name in installed if name != profile_store.DEVICE)] if mac.uid == 0 else None
    if options.get("device"):
        return [profile_store.DEVICE] if mac.uid == 0 or mac.version < (11, 0) else None
    if "user" in options:
        return [options["user"]] if mac.uid == 0 or options["user"] == mac.user else None
    return [profile_store.DEVICE] if mac.uid == 0 else [mac.user]


def _list(mac: Machine, verb: str, options: dict[str, t.Any]) -> int:
    if options.get("type", "configuration") != "configuration":
        print("There are no provisioning profiles installed")
        return 0
    with mac.state() as data:
        installed: dict[str, list[t.Any]] = data["profiles"]
    domains = _wanted(mac, options, installed)
    if domains is None:
        print("profiles: this command requires root privileges.")
        return 1
    if options.get("output") == "stdout-xml":
        return _xml(domains, installed)
    total = sum(len(installed.get(domain, [])) for domain in domains)
    if not total:
        print(_none(mac, options, domains))
        return 0
    for domain in domains:
        for number, entry in enumerate(installed.get(domain, []), 1):
            print(f"{domain}[{number}] attribute: profileIdentifier: {entry['identifier']}")
            if verb == "show":
                _show(domain, number, entry)
        count = len(installed.get(domain, []))
        if domain == profile_store.DEVICE:
            print(f"There are {count} system configuration profiles installed")
        else:
            print(f"There are {count} user configuration profiles installed for '{domain}'")
    return 0


def _show(domain: str, number: int, entry: dict[str, t.Any]) -> None:
    for name, value in (
        ("name", entry["name"]),
        ("profileUUID", mixed_case(entry["uuid"])),
        ("removalDisallowed", str(entry["removal_disallowed"]).upper()),
    ):
        print(f"{domain}[{number}] attribute: {name}: {value}")


def _none(mac: Machine, options: dict[str, t.Any], domains: list[str]) -> str:
    if options.get("all"):
        return "There are no configuration profiles installed" + ("" if mac.version >= (26, 0) else " on this system")
    if domains == [profile_store.DEVICE]:
        return "There are no configuration profiles installed in the system domain"
    return f"There are no configuration profiles installed for user '{domains[0]}'"


def mixed_case(text: str) -> str:
    """Return a UUID as one should expect to meet it: in neither case throughout."""
    return text[: len(text) // 2].lower() + text[len(text) // 2 :].upper()


def _xml(domains: list[str], installed: dict[str, list[t.Any]]) -> int:
    result = {domain: [as_listed(entry) for entry in installed[domain]] for domain in domains if installed.get(domain)}
    # Text around the XML has been seen: readers have to cut it out.
    print("profiles: listing configuration profiles")
    sys.stdout.flush()
    sys.stdout.buffer.write(plistlib.dumps(result, sort_keys=True))
    sys.stdout.flush()
    print("profiles: done")
    return 0


def as_listed(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return an installed profile with the keys of ``-output stdout-xml``; no secret is ever there."""
    items = []
    for item in entry["items"]:
        content = {
            name: _plain(value) for name, value in item.items() if not name.startswith("Payload") or name == "PayloadCertificateUUID"
        }
        shown: dict[str, t.Any] = {"PayloadContent": content}
        for name in (
            "PayloadDisplayName",
            "PayloadIdentifier",
            "PayloadType",
            "PayloadVersion",
            "PayloadDescription",
            "PayloadOrganization",
        ):
            if name in item:
                shown[name] = item[name]
        shown["PayloadUUID"] = mixed_case(item["PayloadUUID"])
        items.append(shown)
    result = {
        "ProfileDisplayName": entry["name"],
        "ProfileIdentifier": entry["identifier"],
        "ProfileInstallDate": time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(entry["date"])),
        "ProfileItems": items,
        "ProfileRemovalDisallowed": "true" if entry["removal_disallowed"] else "false",
        "ProfileType": "Configuration",
        "ProfileUUID": mixed_case(entry["uuid"]),
        "ProfileVerificationState": entry["state"],
        "ProfileVersion": entry["version"],
    }
    for name, value in (("ProfileDescription", entry["description"]), ("ProfileOrganization", entry["organization"])):
        if value:
            result[name] = value
    return result


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["(data)"]) if "(data)" in value else {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value


# -- change --------------------------------------------------------------------------------------------------------


def _install(mac: Machine, options: dict[str, t.Any]) -> int:
    if mac.version >= (11, 0):
        # The word for the application on 11 and 12 is inferred from its name there.
        text = REFUSAL.format("Settings" if mac.version >= (13, 0) else "Preferences")
        (sys.stderr if mac.mode("install_refusal_stream") == "stderr" else sys.stdout).write(text + "\n")
        return 1
    path = options.get("path")
    user = options.get("user", mac.user)
    try:
        with open(path or "", "rb") as file:
            content = file.read()
    except OSError:
        print(f"profiles install for file:'{path}' and user:'{user}' returned -43 (Error = -43)")
        return 1
    if mac.uid != 0 and user != mac.user:
        print(f"profiles install for file:'{path}' and user:'{user}' returned -60005 (Error = -60005)")
        return 1
    try:
        profile, _signed = profile_store.parse(content)
        system = str(profile.get("PayloadScope", "User")).lower() == "system" or user == "root"
        if system and mac.uid != 0:
            print(f"profiles install for file:'{path}' and user:'{user}' returned -60005 (Error = -60005)")
            return 1
        with mac.state() as data:
            profile_store.install(
                "",
                mac.spec,
                data,
                content,
                scope="system" if system else "user",
                user=None if system else user,
                source="manual",
                now=time.time(),
            )
    except profile_store.Refused:
        print(f"profiles install for file:'{path}' and user:'{user}' returned -319 (Error = -319)")
        return 1
    return 0


def _remove(mac: Machine, options: dict[str, t.Any]) -> int:
    domain = options.get("user", mac.user if mac.uid else profile_store.DEVICE)
    if mac.uid != 0 and domain != mac.user:
        print("profiles: this command requires root privileges.")
        return 1
    if not options.get("forced"):
        from . import tty

        if tty.getpass("Are you sure you want to remove this profile? [y/n] ") != "y":
            return 1
    with mac.state() as data:
        entry = next(
            (
                entry
                for entry in data["profiles"].get(domain, [])
                if entry["identifier"] == options.get("identifier")
                or ("uuid" in options and entry["uuid"].lower() == options["uuid"].lower())
            ),
            None,
        )
        if entry is None or entry["source"] == "MDM" or entry["removal_disallowed"]:
            print("profiles: the operation could not be completed (simulated text)")
            return 1
        profile_store.remove("", data, domain, entry)
    return 0


def _status(mac: Machine, options: dict[str, t.Any]) -> int:
    if options.get("type") == "bootstraptoken":
        print("profiles: Bootstrap Token supported on server: NO\nprofiles: Bootstrap Token escrowed to server: NO")
        return 0
    print("Enrolled via DEP: No")
    if mac.spec["mdm"]:
        print("MDM enrollment: Yes (User Approved)\nMDM server: https://mdm.example.com/mdm/ServerURL")
    else:
        print("MDM enrollment: No")
    return 0
