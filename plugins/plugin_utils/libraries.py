# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that imports cryptography, so that its absence is a sentence and not a traceback.

Ansible loads a plugin before it can report anything: an import that fails there reaches the admin as an unexpected failure.
Without the library each name is ``Missing``, which can stand in tables and annotations, and says what to install when it is first called.
"""

from __future__ import annotations

import typing as t

from .errors import P2SError


class _AnyName(type):
    """Makes a class that is its own attributes and cannot be called. ``found`` says what is wrong with the library."""

    found = "missing"

    def __getattr__(cls, name: str) -> _AnyName:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __call__(cls, *_arguments: t.Any, **_named: t.Any) -> t.NoReturn:
        raise P2SError(
            f"the Python library cryptography is {cls.found} on the controller",
            "install requirements.txt of the collection for the Python that runs Ansible",
        )


class Missing(Exception, metaclass=_AnyName):  # noqa: N818  # no error: what stands for one, too
    """Stands for every name of the library. A class, and of an exception, so that it can be united, compared and caught."""


if t.TYPE_CHECKING:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7, pkcs12
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, PublicKeyAlgorithmOID
else:
    try:
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7, pkcs12
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, PublicKeyAlgorithmOID
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError):
            _AnyName.found = "older than 44.0, or damaged,"
        x509 = hashes = serialization = ec = padding = rsa = Encoding = PublicFormat = pkcs7 = pkcs12 = Missing
        ExtendedKeyUsageOID = NameOID = PublicKeyAlgorithmOID = InvalidSignature = UnsupportedAlgorithm = Missing

__all__ = [
    "Encoding",
    "ExtendedKeyUsageOID",
    "InvalidSignature",
    "NameOID",
    "PublicFormat",
    "PublicKeyAlgorithmOID",
    "UnsupportedAlgorithm",
    "ec",
    "hashes",
    "padding",
    "pkcs7",
    "pkcs12",
    "rsa",
    "serialization",
    "x509",
]
