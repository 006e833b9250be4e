# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine allows: whether a gateway can run here at all, and who does ESP."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil

from .process import run

CHARON = "charon-systemd"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/ipsec"
PLUGINS = pathlib.Path("/usr/lib/ipsec/plugins")
PACKAGES = "charon-systemd libcharon-extra-plugins libstrongswan-standard-plugins iproute2 iputils-ping"


def lacking() -> list[str]:
    """Return what keeps a gateway from running here, a reason each; empty when it can."""
    reasons = []
    if os.geteuid() != 0:
        reasons.append("it needs root (for network namespaces)")
    if charon() is None:
        reasons.append(f"strongSwan is missing (Debian packages: {PACKAGES})")
    elif absent := [name for name in ("openssl", "eap-tls", "kernel-libipsec") if not (PLUGINS / f"libstrongswan-{name}.so").exists()]:
        reasons.append(f"strongSwan lacks its plugins {', '.join(absent)} (Debian packages: {PACKAGES})")
    reasons += [
        f"the program {name} is missing"
        for name in ("ip", "ping", "nsenter", "unshare", "setpriv")
        if shutil.which(name, path=PATH) is None
    ]
    if not reasons and not esp_in_kernel() and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        reasons.append("the kernel has no ESP, and /dev/net/tun, which strongSwan's own ESP needs, is missing")
    return reasons


def charon() -> pathlib.Path | None:
    """Return the path of strongSwan's daemon, or ``None``."""
    found = shutil.which(CHARON, path=PATH)
    return pathlib.Path(found) if found else None


@functools.cache
def esp_in_kernel() -> bool:
    """Return whether the kernel takes an ESP association; tried in a namespace that is gone at once.

    Without ESP strongSwan's kernel-netlink still brings the IKE association up, and then answers the misleading NO_PROPOSAL_CHOSEN.
    """
    probe = ["xfrm", "state", "add", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "0x1", "mode", "tunnel"]
    key = "0x" + "00" * 36
    return run("unshare", "--net", "ip", *probe, "aead", "rfc4106(gcm(aes))", key, "128", check=False).returncode == 0
