# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a tunnel is down, in macOS's terms, and how charon's log tells which it was.

Codes and texts are those of NetworkExtension's NEVPNConnectionErrorDomainPlugin (its strings VPN_DISCONNECT_ERROR_*, as macOS 26 has
them). The IKEv2 provider has a domain of its own; of that only code 3, for the gateway's AUTHENTICATION_FAILED, has been seen.
"""

from __future__ import annotations

import dataclasses
import enum


@dataclasses.dataclass(frozen=True)
class _Row:
    """``message`` is what the user reads, ``stop_reason`` what nesessionmanager logs."""

    domain: str
    code: int
    message: str
    stop_reason: str


def _plugin(code: int, message: str, stop_reason: str = "Plugin initiated") -> _Row:
    return _Row("NEVPNConnectionErrorDomainPlugin", code, message, stop_reason)


class Cause(enum.Enum):
    """A cause of disconnection."""

    INTERNAL = _plugin(7, "The VPN session failed because an internal error occurred.", "Plugin failed")
    CONFIGURATION = _plugin(10, "The VPN session disconnected because the configuration is invalid.")
    NAME_RESOLUTION = _plugin(17, "The VPN server hostname could not be resolved to an IP address.")
    NEGOTIATION = _plugin(18, "The VPN protocol negotiation with the VPN server failed.")
    NOT_RESPONDING = _plugin(20, "The VPN server is not responding.", "Server is not responding")
    ENDED_BY_SERVER = _plugin(21, "The VPN session was aborted by the VPN server.", "Tunnel was terminated by the server")
    CLIENT_CERTIFICATE_MISSING = _plugin(24, "The VPN client certificate is missing from the configuration.")
    CLIENT_CERTIFICATE_INVALID = _plugin(25, "The VPN client certificate is invalid.")
    CLIENT_CERTIFICATE_NOT_YET_VALID = _plugin(26, "The VPN client certificate is not yet valid.")
    CLIENT_CERTIFICATE_EXPIRED = _plugin(27, "The VPN client certificate has expired.")
    SERVER_CERTIFICATE = _plugin(28, "The VPN server certificate is invalid.")
    REFUSED_BY_SERVER = _Row(
        "IKEv2ProviderDisconnectionErrorDomain",
        3,
        "The operation couldn\u2019t be completed. (IKEv2ProviderDisconnectionErrorDomain error 3.)",
        "Plugin initiated",
    )


class RefusedError(Exception):
    """The provider does not even try; ``cause`` is what the user is told, the text says what was wrong."""

    def __init__(self, cause: Cause, text: str) -> None:
        self.cause = cause
        super().__init__(f"{cause.name}: {text}")


# In order of weight: charon goes on after some of these and names another failure at the end.
_SIGNS = (
    ("unable to resolve", Cause.NAME_RESOLUTION),
    ("no issuer certificate found for", Cause.SERVER_CERTIFICATE),
    ("certificate is invalid", Cause.SERVER_CERTIFICATE),
    ("subject certificate invalid", Cause.SERVER_CERTIFICATE),
    ("no trusted RSA public key found", Cause.SERVER_CERTIFICATE),
    ("no trusted ECDSA public key found", Cause.SERVER_CERTIFICATE),
    ("server certificate does not match", Cause.SERVER_CERTIFICATE),
    ("received AUTHENTICATION_FAILED", Cause.REFUSED_BY_SERVER),
    ("EAP method not supported", Cause.REFUSED_BY_SERVER),
    ("received fatal TLS alert", Cause.REFUSED_BY_SERVER),
    ("received EAP_FAILURE", Cause.REFUSED_BY_SERVER),
    ("received NO_PROPOSAL_CHOSEN", Cause.NEGOTIATION),
    ("giving up after", Cause.NOT_RESPONDING),
)


def from_log(log: str) -> Cause:
    """Return the cause that a client's log of one failed attempt shows."""
    return next((cause for sign, cause in _SIGNS if sign in log), Cause.INTERNAL)
