# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an IKEv2 connection did not come up: what macOS's log says, and what that means to the admin.

The texts are NetworkExtension's own (its strings VPN_DISCONNECT_ERROR_*, in English whatever the Mac's language is where a daemon
logs them), the stop reasons that nesessionmanager logs, and two of the IKEv2 provider: its error 3 has been seen when the gateway
answers AUTHENTICATION_FAILED. What has not been seen is quoted as it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

_SESSION_END = re.compile(r"(?:disconnected with reason|last stop reason) (.+)$")
_ERROR = re.compile(r'changed from (?:"[^"]*"|\S+) to "?(.+?)"?$')
_CERTIFICATE_VERDICT = "Certificate evaluation error"


@dataclasses.dataclass(frozen=True)
class Cause:
    """Why a connection is down, and what the admin does about it; both without a final full stop."""

    finding: str
    remedy: str


_REFUSED = Cause(
    "the gateway refused the client",
    "see whether its certificate is revoked or has expired, whether the root of that certificate is uploaded to the gateway, and whether"
    " authentication, remote_identifier and local_identifier are what the gateway expects",
)
_UNTRUSTED = Cause(
    "the Mac does not trust the gateway's certificate",
    "download the client package again, as the gateway may show a certificate of a new root, and bring the new profile to the Mac;"
    " a profile that was installed by hand is trusted only when the administrator's password was given",
)
_SILENT = Cause(
    "the gateway did not answer",
    "see whether the gateway is up and the Mac's network lets UDP 500 and 4500 out, and whether a dialog waits on the Mac's screen",
)
_CERTIFICATE = "renew the client certificate, and bring the new profile to the Mac"

# The first that is found in the log counts; what says more stands before what says less.
_SIGNS = (
    (
        "hostname could not be resolved",
        Cause("the Mac cannot resolve the gateway's name", "see the Mac's DNS, and whether the gateway still exists"),
    ),
    ("client certificate has expired", Cause("the client certificate has expired", _CERTIFICATE)),
    ("client certificate is not yet valid", Cause("the client certificate is not yet valid", "see the Mac's clock")),
    (
        "client certificate is missing",
        Cause("the client certificate is no longer on the Mac", "remove the profile and bring it to the Mac again"),
    ),
    ("client certificate is invalid", Cause("the Mac cannot use the client certificate", _CERTIFICATE)),
    ("server certificate has expired", Cause("the gateway's certificate has expired", "see the Mac's clock, and ask Azure's support")),
    ("server certificate is not yet valid", Cause("the gateway's certificate is not yet valid", "see the Mac's clock")),
    ("server certificate is invalid", _UNTRUSTED),
    (_CERTIFICATE_VERDICT, _UNTRUSTED),
    ("IKEv2ProviderDisconnectionErrorDomain error 3", _REFUSED),
    ("credentials are invalid", _REFUSED),
    (
        "protocol negotiation with the VPN server failed",
        Cause(
            "Mac and gateway have no common proposal",
            "the gateway probably has a custom IPsec policy: give ike, child and pfs of the profile the policy's values",
        ),
    ),
    (
        "configuration is invalid",
        Cause(
            "macOS cannot use the profile's settings",
            "bring the profile to the Mac again: an upgrade of macOS may have dropped an algorithm",
        ),
    ),
    ("Server is not responding", _SILENT),
    ("server is not responding", _SILENT),
    ("server stopped responding", _SILENT),
    ("aborted by the VPN server", Cause("the gateway ended the connection", "see its point-to-site sessions and limits")),
    ("terminated by the server", Cause("the gateway ended the connection", "see its point-to-site sessions and limits")),
    (
        "Plugin failed",
        Cause("macOS's IKEv2 provider failed", "run the play again; when another IKEv2 VPN ends, it can take this one along"),
    ),
)


def known(log: str, name: str) -> Cause | None:
    """Return the cause that lines of macOS's log name for the connection ``name``, if they name one."""
    said = "\n".join(_said(log, name))
    return next((cause for sign, cause in _SIGNS if sign in said), None)


def explain(log: str, name: str, *, seconds: int, told: str | None) -> Cause:
    """Return why the connection ``name`` did not come up within ``seconds``, from macOS's log and vpnutil's last word."""
    if cause := known(log, name):
        return cause
    words = [said for said in _said(log, name) if said != "none"]
    if words and "Stop command received" not in words[-1]:
        said = "".join(char for char in words[-1] if char.isprintable())[:150]
        return Cause(f"macOS says only: {said}", "see the Mac's log (subsystem com.apple.networkextension) and the gateway's")
    if told == "Connecting":
        finding = f"the connection was still being made after {seconds} s, and macOS does not say what it waits for"
        return Cause(finding, "see whether a dialog about a key or a keychain waits on the Mac's screen, and give timeout more seconds")
    return Cause("macOS does not say why", "see the Mac's log (subsystem com.apple.networkextension) and the gateway's")


def _said(log: str, name: str) -> Iterator[str]:
    """Return what is said of this connection now: not of another one, and not which error it had before."""
    for line in log.splitlines():
        text = line.rstrip()
        match = None
        if f"Last disconnect error for {name} changed from " in text:
            match = _ERROR.search(text)
        elif f":{name}:" in text:
            match = _SESSION_END.search(text)
        if match:
            yield match[1]
        elif _CERTIFICATE_VERDICT in text:
            yield text[text.index(_CERTIFICATE_VERDICT) :]
