# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client package that Azure makes for a point-to-site gateway: zip or folder in, ``ClientPackage`` out.

Nothing is extracted to disk, and only the few small files that matter are read at all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import re
import stat
import typing as t

from . import package_result, package_roots, package_settings
from .errors import PackageError
from .package_archive import AGAIN, Archive, find_settings
from .package_folder import FolderArchive
from .package_settings import Settings
from .package_values import shown
from .package_zip import ZipArchive
from .pki import Certificate, utc_now

_GIVE = 'give the zip that "Download VPN client" in Azure made, or the folder it was unpacked into'
# The articles say .cer; gateways since 2022-10 write .cer_0, presumably .cer_1 and so on; people convert to PEM.
_ROOT_FILE = re.compile(r"vpnserverroot\.(?:cer|crt|der|pem)(?:_[0-9]{1,3})?")
_RADIUS_ROOT_FILE = re.compile(r"radiusserverroot\.(?:cer|crt|der|pem)(?:_[0-9]{1,3})?")


@dataclasses.dataclass(frozen=True)
class ClientPackage:
    """What a gateway expects of its clients, validated; ``server_roots`` are all currently valid when read.

    Lists keep the package's order. ``digest`` depends on the settings and all roots of the package,
    expired ones included, and on nothing else.
    """

    vpn_server: str
    vpn_types: tuple[str, ...]
    auth: str
    routes: tuple[str, ...]
    client_address_pools: tuple[str, ...]
    dns_servers: tuple[str, ...]
    vnet_name: str | None
    vnet_id: str | None
    server_roots: tuple[Certificate, ...]
    schema: str
    digest: str
    warnings: tuple[str, ...]

    def to_result(self, now: dt.datetime) -> dict[str, t.Any]:
        """Return what the module ``client_package_info`` shows, with the roots' ``days_left`` at ``now``."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            **{name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()},
            "server_roots": [{"pem": root.pem, **root.to_result(now)} for root in self.server_roots],
        }

    @classmethod
    def from_result(cls, result: object, *, now: dt.datetime | None = None) -> ClientPackage:
        """Return the package that ``to_result`` showed, or one written by hand with at least ``vpn_server`` and ``server_roots``.

        One that has been read already is returned as it is. Roots not valid at ``now`` (default: the present) are left out with a
        warning. Raises ``PackageError`` for the option ``package``.
        """
        if isinstance(result, cls):
            return result
        try:
            given = package_result.parse(result)
            return _assemble(given.settings, now or utc_now(), given.warnings, given.digest)
        except PackageError as error:
            raise error.for_option("package") from error


def read(path: str | os.PathLike[str], *, now: dt.datetime | None = None) -> ClientPackage:
    """Read a package: the zip as Azure made it or as somebody zipped it again, or an unpacked folder.

    ``now`` (aware; default: the present) decides which roots are valid. Raises ``PackageError`` for the option ``path``.
    """
    try:
        with _open(path) as archive:
            return _read(archive, now or utc_now())
    except PackageError as error:
        raise PackageError(f"{shown(os.fspath(path), 200)} {error.finding}", error.remedy, option="path") from error


@contextlib.contextmanager
def _open(path: str | os.PathLike[str]) -> t.Iterator[Archive]:
    """Open whatever ``path`` is. Raises ``PackageError``."""
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        raise PackageError("does not exist", _GIVE) from None
    except (OSError, ValueError):  # ValueError: a NUL character in the path
        raise PackageError("cannot be looked at", _GIVE) from None
    try:
        if is_folder:
            yield FolderArchive(os.fspath(path))
            return
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PackageError("is neither a file nor a folder", _GIVE)
            yield ZipArchive(file)
    except OSError as error:
        raise PackageError(f"cannot be read: {error.strerror or error}", "check the path and its rights") from error


def _read(archive: Archive, now: dt.datetime) -> ClientPackage:
    settings_name = find_settings(archive)
    settings = package_settings.parse(archive.read(settings_name))
    folder = settings_name.rpartition("/")[0] + "/"
    beside = [name for name in archive.names if name.rpartition("/")[0] + "/" == folder]
    radius = next((name for name in beside if _RADIUS_ROOT_FILE.fullmatch(name.removeprefix(folder))), None)
    if radius:
        raise PackageError(
            f"is of a gateway that leaves authentication to a RADIUS server ({archive.title(radius)} is there)",
            "set the gateway's point-to-site configuration to IKEv2 with Azure certificate authentication and download a new package",
        )
    root_files = sorted(name for name in beside if _ROOT_FILE.fullmatch(name.removeprefix(folder)))
    if len(root_files) > package_roots.MAX_ROOTS:
        raise PackageError(
            f"has {len(root_files)} server root files, more than {package_roots.MAX_ROOTS}", f"do not use this package, {AGAIN}"
        )
    warnings = package_roots.check_files(settings.roots, ((archive.title(name), archive.read(name)) for name in root_files))
    return _assemble(settings, now, tuple(warnings))


def _assemble(settings: Settings, now: dt.datetime, warnings: tuple[str, ...], digest: str | None = None) -> ClientPackage:
    """Make the package from valid settings, without the roots that are not valid now. Raises ``PackageError`` when none is left."""
    server_roots, left_out = package_roots.current(settings.roots, now)
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings) if field.name != "roots"}
    return ClientPackage(
        **values,
        server_roots=server_roots,
        digest=digest or settings.digest,
        warnings=tuple(dict.fromkeys((*warnings, *left_out))),
    )
