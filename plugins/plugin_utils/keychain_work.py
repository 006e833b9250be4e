# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a keychain of a Mac in one remote script, and look again."""

from __future__ import annotations

import base64
import dataclasses
import re
import typing as t
from collections.abc import Callable, Mapping, Sequence

from . import security_tool
from .changes import Change
from .errors import MacError
from .identity import Identity, new_passphrase
from .keychain import Access, Found, Target, found_in, split_removal
from .keychain_attempt import Attempt, no_application
from .mac import Mac, Script, Section, words
from .pki import Certificate, iso

# Who uses the key of an IKEv2 identity, by release; the spelling of the folder differs too.
IKEV2_PROVIDERS = (
    "/System/Library/Frameworks/NetworkExtension.framework/PlugIns/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider",
    "/System/Library/Frameworks/NetworkExtension.framework/Plugins/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider",
    "/usr/libexec/neagent",
)
# The partitions of /usr/bin/security and of Apple's other binaries (securityd, clientid.cpp).
PARTITIONS = ("apple-tool:", "apple:")


@dataclasses.dataclass(frozen=True)
class Work:
    """What is to be done to a keychain, in secret-bearing detail."""

    add_certificates: tuple[Certificate, ...] = ()
    remove_certificates: tuple[Certificate, ...] = ()
    import_identity: Identity | None = None
    prove: Certificate | None = None
    remove_identities: tuple[Certificate, ...] = ()
    applications: tuple[str, ...] | None = None
    partitions: tuple[str, ...] = PARTITIONS


def check_options(options: Mapping[str, t.Any]) -> None:
    """Raise ``MacError`` for applications or partitions that security(1) cannot take."""
    for path in options["allowed_applications"] or ():
        if not path.startswith("/") or any(char in path for char in '"\\\n\r'):
            raise MacError(
                f"{path} is not a plain absolute path", "name applications by absolute paths without quotes", option="allowed_applications"
            )
    for partition in options["partition_list"]:
        if not re.fullmatch(r"[A-Za-z-]+:[A-Za-z0-9.]*", partition):
            raise MacError(
                f"{partition} is not a partition", "write apple:, apple-tool:, unsigned: or teamid:ABCDE12345", option="partition_list"
            )


def identity_work(identity: Identity, found: Found, options: Mapping[str, t.Any]) -> Work:
    """Return the work that brings ``identity`` with its chain into a keychain.

    Raises ``MacError`` when its key would have to be opened to an application that is not on the Mac.
    """
    applications = options["allowed_applications"]
    certificate = identity.certificate
    # A renewal can keep its key. That is in the keychain, then, and imports of it fail: the certificate alone makes the identity.
    key_is_there = found.holds_identity(certificate) or bool(found.sharing_key(certificate))
    if found.missing_applications and not key_is_there:
        raise no_application(found.missing_applications[0])
    superseded = found.superseded_by(certificate) if options["remove_superseded"] else ()
    with_key, without_key = split_removal(superseded, found.with_identity(certificate))
    return Work(
        import_identity=None if key_is_there else identity,
        add_certificates=tuple(one for one in (certificate, *identity.chain) if not found.holds(one)),
        prove=certificate,
        remove_identities=with_key,
        remove_certificates=without_key,
        applications=tuple(applications) if applications is not None else None,
        partitions=tuple(options["partition_list"]),
    )


def removal_work(unwanted: Sequence[Certificate], found: Found) -> Work:
    """Return the work that takes the identities ``unwanted`` out of a keychain, and no key that another identity uses."""
    with_key, without_key = split_removal(unwanted, found)
    return Work(remove_identities=with_key, remove_certificates=without_key)


def apply(mac: Mac, target: Target, access: Access, work: Work, found: Found, left: Callable[[Found], list[Change]]) -> Found:
    """Do ``work`` and look again: one round trip. Return the keychain as it then is, with ``notes`` for the admin.

    ``left`` says what is still to be done in a keychain. Raises ``MacError`` when anything is.
    """
    steps = ("find_owner", "find_keychain", "open_keychain", "import_identity", "add_certificates", "prove_identity")
    script = Script(
        ("owner", "keychain_read", "keychain_write"),
        (*steps, "set_partition_list", "remove_items", "read_keychain"),
        # Not the console user of now, who may be another than the one whose keychain was looked at.
        {**target.variables, "user": found.owner.name, "read_identities": "yes", **_variables(access, work, found.path)},
    )
    sections = mac.run(script)
    attempt = Attempt(sections, found, access)
    attempt.refuse_stopped()
    now = found_in(sections, target)
    attempt.refuse_undone(left(now))
    return dataclasses.replace(now, notes=expected_notes(work, access, sections))


def key_label(certificate: Certificate) -> str:
    """Return the label of the private key in the keychain: it must name this one key, as partition lists go by label.

    Plain ASCII, of which no tool makes anything else; a person knows the key by it.
    """
    name = "".join(char if char.isascii() and char.isprintable() else "?" for char in certificate.common_name or "Azure VPN")
    return f"{name[:64]} {certificate.sha256[:16]}"


def _variables(access: Access, work: Work, path: str) -> dict[str, str]:
    quoted_path = security_tool.argument(path, "keychain")
    added = work.add_certificates
    variables = {
        "session": access.session,
        "unlock": "",
        "certificates": words([base64.b64encode(certificate.der).decode() for certificate in added]),
        "pkcs12": "",
        "import_options": "",
        "applications": words(work.applications or ()),
        "default_applications": words(IKEV2_PROVIDERS if work.applications is None else ()),
        "partition": "",
        "prove_sha256": work.prove.sha256.upper() if work.prove else "",
        "prove_sha1": work.prove.sha1.upper() if work.prove else "",
        "undo": words([certificate.sha256.upper() for certificate in added]) if work.prove else "",
        "remove_certificates": words([certificate.sha256.upper() for certificate in work.remove_certificates]),
        "remove_identities": words([certificate.sha256.upper() for certificate in work.remove_identities]),
    }
    password = security_tool.argument(access.password, "keychain_password") if access.password is not None else None
    if password:
        variables["unlock"] = security_tool.command("unlock-keychain", "-p", password, quoted_path)
    if work.import_identity:
        label, passphrase = key_label(work.import_identity.certificate), new_passphrase()
        variables["pkcs12"] = base64.b64encode(work.import_identity.for_macos(passphrase, label=label)).decode()
        # No -f: by the suffix .p12 every release from 10.15 on reads the 3DES form, and the older duplicate rules hold.
        options = ("-k", quoted_path, "-P", security_tool.argument(passphrase, "passphrase"))
        variables["import_options"] = security_tool.command(*options)
        # The shell puts file and applications around these: the whole has to fit as well.
        trusted = [word for path in work.applications or IKEV2_PROVIDERS for word in ("-T", f'"{path}"')]
        security_tool.command("import", '"/private/tmp/p2s.12345678.12345678/identity.p12"', *options, *trusted)
        if password and work.partitions:
            variables["partition"] = security_tool.command(
                *("set-key-partition-list", "-S", security_tool.argument(",".join(work.partitions), "partition_list")),
                *("-k", password, "-l", security_tool.argument(label, "pkcs12_content"), quoted_path),
            )
    return variables


def newer_notes(identity: Identity, found: Found) -> tuple[str, ...]:
    """Return a sentence for the admin who brings an identity that is older than one of the same client in the keychain."""
    return tuple(
        f"The keychain holds a newer identity of this name, from {iso(newer.not_before)} ({newer.sha256[:16]}), which stays; "
        "this PKCS#12 is older."
        for newer in found.newer_than(identity.certificate)[-1:]
    )


def expected_notes(work: Work, access: Access, sections: Mapping[str, Section] | None = None) -> tuple[str, ...]:
    """Return what the Mac's user will notice of an import, in whole sentences; without ``sections`` before it is made."""
    if not work.import_identity:
        return ()
    effect = "at the first connection macOS may ask the user for the login keychain password; the user should choose Always Allow"
    texts = []
    if sections is not None and work.applications is None and not sections["trusted"].text.strip():
        texts.append(f"No application was given access to the key, because none of them is on the Mac: {effect}.")
    partition = sections.get("partition") if sections else None
    if work.partitions and access.password is None:
        texts.append(f"The partition list of the key was not set (no keychain_password was given): {effect}.")
    elif work.partitions and sections is not None and (partition is None or partition.status != 0):
        complaint = f", saying: {partition.complaint}" if partition and partition.complaint else ""
        texts.append(f"The partition list of the key was not set (the Mac refused it{complaint}): {effect}.")
    return tuple(texts)
