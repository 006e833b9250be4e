# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of one IKEv2 profile, read from the options of the module ``vpn_profile``; nothing in them is secret."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t
import uuid
from collections.abc import Mapping

from . import on_demand, option_values, profile_dns, profile_names, profile_payloads, proposals
from .errors import IdentityError, ProfileError
from .identity import Identity
from .option_values import MAX_COMMON_NAME
from .pki import Certificate, iso, utc_now
from .proposals import SecurityParameters, Version

AUTHENTICATION = ("certificate", "eap_tls")
SCOPES = ("user", "system")
MIN_MTU, MAX_MTU = 1280, 1400
# The timer is an integer in Apple's schema, without a limit of its own.
_MAX_SECONDS = 2**31 - 1
_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
IDENTIFIER_PREFIX = "io.github.azure-p2s.macos"
_MACOS_11: Version = (11, 0)


@dataclasses.dataclass(frozen=True)
class ProfileSettings:
    """Everything that decides what a profile says. ``warnings`` (whole sentences) do not.

    ``certificate`` and ``chain`` are the client identity's, ``certificate_type`` is Apple's ``CertificateType`` (``None`` for RSA, its
    default), ``disconnect_on_idle`` is in seconds, ``mtu`` in bytes; ``None`` leaves either to macOS.
    """

    name: str
    identifier: str
    server: str
    remote_identifier: str
    local_identifier: str
    server_roots: tuple[Certificate, ...]
    certificate: Certificate
    chain: tuple[Certificate, ...]
    certificate_type: str | None
    authentication: str
    ike: SecurityParameters
    child: SecurityParameters
    pfs: bool
    dns: profile_dns.Dns | None
    on_demand_rules: tuple[on_demand.OnDemandRule, ...]
    include_all_networks: bool
    server_certificate_common_name: str | None
    server_certificate_issuer_common_name: str | None
    mtu: int | None
    disconnect_on_idle: int | None
    scope: str
    warnings: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    @property
    def profile_uuid(self) -> str:
        """The ``PayloadUUID`` of the whole profile: another one for another content, the same for another encoding of the same key."""
        return profile_payloads.content_uuid(self)


def default_identifier(server: str, client_name: str) -> str:
    """Return the ``PayloadIdentifier`` for this client at this gateway; renewing the certificate does not change it."""
    return f"{IDENTIFIER_PREFIX}.{uuid.uuid5(profile_payloads.NAMESPACE, f'{server.lower()}/{client_name.casefold()}')}"


def settings_from_options(
    options: Mapping[str, t.Any], identity: Identity, *, macos: Version | None = None, now: dt.datetime | None = None
) -> ProfileSettings:
    """Read the options that concern the profile's content (others are not looked at), for a client with ``identity``.

    ``macos`` is the version of the Mac it is for; without it the profile has to work on all from 10.15 to 26. An option that is missing or
    ``None`` is not set. ``server_roots`` holds PEM texts, or dictionaries with a ``pem``, as ``client_package_info`` returns them; those
    that are not valid ``now`` are left out. The identity's own warnings are among those of the settings.
    Raises ``ProfileError`` with the option's name for all that macOS would refuse or silently take for something else.
    """
    read = _Reader(options)
    server, remote = profile_names.server_and_remote(options.get("server"), options.get("remote_identifier"))
    local, local_warnings = profile_names.local_identifier(options.get("local_identifier"), identity)
    agreed = proposals.from_options(options, macos)
    issuer = read.common_name("server_certificate_issuer_common_name")
    roots, root_warnings = _server_roots(options.get("server_roots"), now or utc_now())
    client = identity.certificate.common_name or identity.local_identifier
    settings = ProfileSettings(
        name=option_values.text(options.get("name"), "name"),
        identifier=default_identifier(server, client) if options.get("identifier") is None else checked_identifier(options["identifier"]),
        server=server,
        remote_identifier=remote,
        local_identifier=local,
        server_roots=roots,
        certificate=identity.certificate,
        chain=identity.chain,
        certificate_type=_certificate_type(identity, issuer),
        authentication=read.choice("authentication", AUTHENTICATION),
        ike=agreed.ike,
        child=agreed.child,
        pfs=agreed.pfs,
        dns=profile_dns.from_option(options.get("dns")),
        on_demand_rules=on_demand.from_option(options.get("on_demand_rules")),
        include_all_networks=read.flag("include_all_networks"),
        server_certificate_common_name=read.common_name("server_certificate_common_name"),
        server_certificate_issuer_common_name=issuer,
        mtu=read.integer("mtu", MIN_MTU, MAX_MTU),
        disconnect_on_idle=read.integer("disconnect_on_idle", 0, _MAX_SECONDS) or None,
        scope=read.choice("scope", SCOPES),
    )
    found = (*local_warnings, *root_warnings, *agreed.warnings, *_warnings(settings, macos))
    return dataclasses.replace(settings, warnings=found)


@dataclasses.dataclass(frozen=True)
class _Reader:
    """Reads single options, ``None`` being "not set"; the first of several choices is the default."""

    options: Mapping[str, t.Any]

    def choice(self, option: str, choices: tuple[str, ...]) -> str:
        value = self.options.get(option)
        return choices[0] if value is None else option_values.choice(value, option, choices)

    def flag(self, option: str) -> bool:
        value = self.options.get(option)
        return False if value is None else option_values.flag(value, option)

    def integer(self, option: str, low: int, high: int) -> int | None:
        value = self.options.get(option)
        return None if value is None else option_values.integer(value, option, low, high)

    def common_name(self, option: str) -> str | None:
        value = self.options.get(option)
        return None if value is None else option_values.text(value, option, maximum=MAX_COMMON_NAME)


def checked_identifier(value: t.Any) -> str:
    """Return ``value``, a ``PayloadIdentifier`` that somebody chose; it becomes part of a file name too. Raises ``ProfileError``."""
    identifier = option_values.text(value, "identifier")
    if not _IDENTIFIER.fullmatch(identifier) or ".." in identifier:
        raise ProfileError(
            f"{option_values.shown(identifier)} is not a profile identifier",
            "use letters, digits, dots and hyphens, for example com.example.vpn",
            option="identifier",
        )
    return identifier


def _server_roots(value: t.Any, now: dt.datetime) -> tuple[tuple[Certificate, ...], tuple[str, ...]]:
    """Return the roots and what there is to warn of.

    Each once, in the order of their fingerprints: Azure may list them in another order the next time.
    """
    if value is None or value == []:
        return (), ()
    roots: dict[str, Certificate] = {}
    for index, entry in enumerate(option_values.entries(value, "server_roots")):
        option = f"server_roots[{index}]"
        pem = entry.get("pem") if isinstance(entry, Mapping) else entry
        if not isinstance(pem, str):
            raise ProfileError("the value is not a PEM certificate", "give its text, or what client_package_info returned", option=option)
        try:
            root = Certificate.from_pem_or_der(pem.encode("utf-8", "replace"))
        except IdentityError as error:
            raise ProfileError(error.finding, error.remedy, option=option) from None
        if root.x509.subject != root.x509.issuer:
            raise ProfileError(
                f"'{root.common_name or root.subject}' is not a root: it was issued by '{root.issuer}'",
                "give the root's own certificate",
                option=option,
            )
        roots[root.sha256] = root
    every = [roots[fingerprint] for fingerprint in sorted(roots)]
    current = tuple(root for root in every if root.is_current(now))
    if not current:
        raise ProfileError("no root is valid at present", "give a root that is, or an empty list for none", option="server_roots")
    return current, tuple(
        f"The server root '{root.common_name or root.subject}' is valid from {iso(root.not_before)} to {iso(root.not_after)} only,"
        " and was left out."
        for root in every
        if root not in current
    )


def _certificate_type(identity: Identity, issuer: str | None) -> str | None:
    """Return Apple's ``CertificateType``: needed for all but RSA, and macOS takes it together with the issuer's name only."""
    if identity.key_type.startswith("rsa"):
        return None
    kind = identity.key_type.upper()
    if issuer is None:
        raise ProfileError(
            f"the client's key is {kind}, and for such a key macOS must be told who issued the gateway's certificate",
            "give the common name of that CA, or use an RSA certificate",
            option="server_certificate_issuer_common_name",
        )
    return kind


def _warnings(settings: ProfileSettings, macos: Version | None) -> t.Iterator[str]:
    """Yield what works, but perhaps not as expected. Refuses what a Mac before macOS 11 would silently leave out."""
    encrypted_dns = settings.dns is not None and settings.dns.protocol != "Cleartext"
    for option, is_set in (("mtu", settings.mtu is not None), ("dns.protocol", encrypted_dns)):
        if is_set and macos is not None and macos < _MACOS_11:
            raise ProfileError(
                "macOS knows this setting from version 11 on and would ignore it", "leave it out for this Mac", option=option
            )
        if is_set and macos is None:
            yield f"The option {option} works from macOS 11 on; an older Mac ignores it."
    if settings.certificate_type is not None:
        yield (
            f"For the client's {settings.certificate_type} key the profile has to say CertificateType, and macOS then refuses a gateway"
            " that proves itself with a key of another type, such as RSA."
        )
    if not settings.server_roots:
        yield "The profile carries no server root: the gateway's certificate must come from a root that macOS trusts by itself."
    if settings.include_all_networks:
        yield "With include_all_networks a Mac reaches only what the gateway routes, and Azure does not route to the internet by default."
        if settings.dns is not None and settings.dns.supplemental_match_domains:
            yield "With include_all_networks macOS asks the VPN's name servers for all names and ignores dns.supplemental_match_domains."
