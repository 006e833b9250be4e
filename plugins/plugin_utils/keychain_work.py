# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a keychain of a Mac in one remote script, and look again."""

from __future__ import annotations

import base64
import dataclasses
import re
import typing as t
from collections.abc import Mapping

from . import security_tool
from .errors import MacError
from .identity import Identity, new_passphrase
from .keychain import Access, Found, Target, found_in
from .mac import Mac, Script, Section, usable, words
from .pki import Certificate

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
    passphrase: str = dataclasses.field(default="", repr=False)
    prove: Certificate | None = None
    remove_identities: tuple[Certificate, ...] = ()
    applications: tuple[str, ...] | None = None
    partitions: tuple[str, ...] = PARTITIONS


def identity_work(identity: Identity, found: Found, options: Mapping[str, t.Any]) -> Work:
    """Return the work that brings ``identity`` with its chain into a keychain.

    Raises ``MacError`` for options that security(1) cannot take.
    """
    applications = options["allowed_applications"]
    for path in applications or ():
        if not path.startswith("/") or any(char in path for char in '"\\\n\r'):
            raise MacError(
                f"{path} is not a plain absolute path", "name applications by absolute paths without quotes", option="allowed_applications"
            )
    for partition in options["partition_list"]:
        if not re.fullmatch(r"[A-Za-z-]+:[A-Za-z0-9.]*", partition):
            raise MacError(
                f"{partition} is not a partition", "write apple:, apple-tool:, unsigned: or teamid:ABCDE12345", option="partition_list"
            )
    importing = not found.holds_identity(identity.certificate)
    return Work(
        import_identity=identity if importing else None,
        passphrase=new_passphrase(),
        add_certificates=() if importing else tuple(certificate for certificate in identity.chain if not found.holds(certificate)),
        prove=identity.certificate,
        remove_identities=found.superseded_by(identity.certificate) if options["remove_superseded"] else (),
        applications=tuple(applications) if applications is not None else None,
        partitions=tuple(options["partition_list"]),
    )


def apply(mac: Mac, target: Target, access: Access, work: Work, path: str) -> tuple[Found, list[str]]:
    """Do ``work`` and look again: one round trip. Return the keychain as it now is, and warnings. Raises ``MacError``."""
    steps = ("find_owner", "find_keychain", "open_keychain", "add_certificates", "import_identity", "set_partition_list")
    script = Script(
        ("owner", "keychain_read", "keychain_write"),
        (*steps, "prove_identity", "remove_items", "read_keychain"),
        {**target.variables, "read_identities": "yes", **_variables(access, work, path)},
    )
    sections = mac.run(script)
    _refuse_failed(sections, path)
    return found_in(sections, target), _warnings(sections, access, work)


def key_label(certificate: Certificate) -> str:
    """Return the label of the private key in the keychain: it must name this one key, as partition lists go by label."""
    return f"{certificate.common_name or 'Azure VPN'} {certificate.sha256[:16]}"


def _variables(access: Access, work: Work, path: str) -> dict[str, str]:
    quoted_path = security_tool.argument(path, "keychain")
    variables = {
        "session": access.session,
        "unlock": "",
        "certificates": words([base64.b64encode(certificate.der).decode() for certificate in work.add_certificates]),
        "pkcs12": "",
        "import_options": "",
        "applications": words(work.applications or ()),
        "default_applications": words(IKEV2_PROVIDERS if work.applications is None else ()),
        "partition": "",
        "prove_sha256": work.prove.sha256.upper() if work.prove else "",
        "prove_sha1": work.prove.sha1.upper() if work.prove else "",
        "remove_certificates": words([certificate.sha256.upper() for certificate in work.remove_certificates]),
        "remove_identities": words([certificate.sha256.upper() for certificate in work.remove_identities]),
    }
    quoted_password = security_tool.argument(access.password, "keychain_password") if access.password is not None else None
    if quoted_password:
        variables["unlock"] = security_tool.command("unlock-keychain", "-p", quoted_password, quoted_path)
    if work.import_identity:
        label = key_label(work.import_identity.certificate)
        variables["pkcs12"] = base64.b64encode(work.import_identity.for_macos(work.passphrase, label=label)).decode()
        # No -f: by the suffix .p12 every release from 10.15 on reads the 3DES form, and the older duplicate rules hold.
        variables["import_options"] = security_tool.command("-k", quoted_path, "-P", security_tool.argument(work.passphrase, "passphrase"))
        if quoted_password and work.partitions:
            variables["partition"] = security_tool.command(
                *("set-key-partition-list", "-S", security_tool.argument(",".join(work.partitions), "partition_list")),
                *("-k", quoted_password, "-l", security_tool.argument(label, "pkcs12_content"), quoted_path),
            )
    return variables


def _refuse_failed(sections: Mapping[str, Section], path: str) -> None:
    failed = sections["finished"].text.strip()
    if failed == "nothing failed":
        return
    section = sections.get(failed)
    if section is not None:
        usable(section, "/usr/bin/security")
    if failed == "unlock" and section is not None:
        if section.status == security_tool.WRONG_PASSWORD:
            raise MacError(
                f"the password does not unlock the keychain {path}; it was tried once",
                "give the password of the keychain, which after a password reset by an admin is the user's older one",
                option="keychain_password",
            )
        raise MacError(
            f"the keychain {path} cannot be unlocked (status {section.status})", "check on the Mac that it opens in Keychain Access"
        )
    if failed == "application" and section is not None:
        raise MacError(
            f"there is no application {section.text.strip()} on the Mac", "name paths that exist there", option="allowed_applications"
        )
    if failed == "proof":
        raise MacError(
            f"the identity does not show in the keychain {path} after its import{_import_complaint(sections)}; nothing was removed",
            "unlock the keychain for the import: set keychain_password, or let the user log in at the Mac",
        )
    status = f" ({section.complaint or f'status {section.status}'})" if section is not None else ""
    raise MacError(
        f"the step {failed} failed in the keychain {path}{status}",
        "check that the keychain is unlocked and not read-only; the rest was left as it was",
    )


def _import_complaint(sections: Mapping[str, Section]) -> str:
    section = sections.get("import")
    if section is None:
        return ""
    usable(section, "/usr/bin/security import")
    return f" ({section.complaint})" if section.complaint else ""


def _warnings(sections: Mapping[str, Section], access: Access, work: Work) -> list[str]:
    if not work.import_identity or not work.partitions:
        return []
    partition = sections.get("partition")
    if partition is not None and partition.status == 0:
        return []
    reason = "no keychain_password was given" if access.password is None else "the Mac refused it"
    effect = "at the first connection macOS may ask the user for the login keychain password; the user should choose Always Allow"
    return [f"The partition list of the key was not set ({reason}): {effect}."]
