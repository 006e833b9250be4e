# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of issuers as the collection writes them, RFC 4514 text, so that one given by hand can be compared."""

from __future__ import annotations

import re

from .errors import IdentityError
from .libraries import x509

# The attributes that cryptography writes by a short name; every other one it writes by its number.
_ATTRIBUTE = r"(?:CN|OU|O|L|ST|C|STREET|DC|UID|[0-2](?:\.[0-9]+)+)=(?! )(?:[^\\,+\ud800-\udfff]|\\.)*"
_FORM = re.compile(f"{_ATTRIBUTE}(?:[,+]{_ATTRIBUTE})*", re.DOTALL)
_SEPARATOR = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)


def read(text: str, option: str) -> str:
    """Return ``text`` in the one spelling that certificates are shown in. Raises ``IdentityError`` for what is no such name."""
    try:
        return x509.Name.from_rfc4514_string(text).rfc4514_string()
    except (ValueError, KeyError):
        # It also refuses what real certificates hold in spite of the standard's limits, a country of three letters for example.
        if _FORM.fullmatch(text):
            return text
    raise IdentityError(
        f"{text!r} is not a name in the form of RFC 4514",
        "write it as the certificate's issuer is shown, for example CN=P2S Root,O=Contoso: short names in capitals, no blank "
        "beside a comma or an equals sign",
        option=option,
    )


def is_reordered(name: str, other: str) -> bool:
    """Return whether two names differ by the order of their parts alone: OpenSSL shows them the other way round."""
    return name != other and sorted(_SEPARATOR.findall(name)) == sorted(_SEPARATOR.findall(other))
