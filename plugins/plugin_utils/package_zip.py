# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading single files of a zip, in memory, without trusting anything that the zip declares.

Not ``zipfile``: it keeps an object for every entry before any limit can apply, which a hostile
directory of millions of entries turns into gigabytes. The format is PKWARE's APPNOTE.TXT, 4.3.
"""

from __future__ import annotations

import io
import stat
import struct
import typing as t
import zlib

from .errors import PackageError
from .package_archive import AGAIN, MAX_FILE, MAX_NAME, Catalogue, normalise, too_big
from .package_values import shown

MAX_RATIO = 200  # inflated : deflated; real settings have 3, deflate itself can reach 1032

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_UTF8 = 1 << 11
_STORED, _DEFLATED = 0, 8
_UNIX_MADE = 3


class _Member(t.NamedTuple):
    """Where a file lies, and what the directory says of it."""

    raw_name: bytes
    method: int
    crc: int
    packed: int
    offset: int


class ZipArchive:
    """A zip file, open for reading. Raises ``PackageError`` for whatever is wrong with it."""

    def __init__(self, file: t.BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._catalogue: Catalogue[_Member] = Catalogue()
        self._base = self._read_directory()

    @property
    def names(self) -> t.Iterable[str]:
        """Names of all files: lower case, ``/`` between folders."""
        return self._catalogue

    def title(self, name: str) -> str:
        """Return ``name`` as it stands in the zip, fit for a message."""
        return self._catalogue.title(name)

    def read(self, name: str) -> bytes:
        """Return the content, at most ``MAX_FILE`` bytes. Raises ``PackageError``."""
        member, title = self._catalogue.where(name), self.title(name)
        if member.method not in (_STORED, _DEFLATED):
            raise PackageError(f"has {title} packed with method {member.method}, which Azure does not use", AGAIN)
        if member.packed > MAX_FILE:
            raise too_big(title)
        packed = self._packed(member, title)
        content = packed if member.method == _STORED else _inflate(packed, title)
        if zlib.crc32(content) != member.crc:
            raise PackageError(f"is damaged: the checksum of {title} does not match", AGAIN)
        return content

    def _packed(self, member: _Member, title: str) -> bytes:
        start = self._base + member.offset
        header = self._at(start, _LOCAL.size)
        if len(header) == _LOCAL.size:
            magic, _version, flags, method, *_sizes, name_size, extra_size = _LOCAL.unpack(header)
            start += _LOCAL.size
            if (magic, method, self._at(start, name_size)) == (b"PK\3\4", member.method, member.raw_name):
                if flags & _ENCRYPTED:
                    raise _encrypted()
                packed = self._at(start + name_size + extra_size, member.packed)
                if len(packed) == member.packed:
                    return packed
        raise PackageError(f"is damaged: {title} is not where the zip's directory says", AGAIN)

    def _at(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)

    def _read_directory(self) -> int:
        """Fill the catalogue; return what to add to every offset (data may precede the zip)."""
        end_at, count, size, offset = self._end_record()
        base = end_at - size - offset
        if base < 0:
            raise _truncated()
        position = base + offset
        for _index in range(count):
            self._catalogue.count()
            position = self._read_entry(position, end_at)
        if position != end_at:
            raise _damaged_directory()
        return base

    def _end_record(self) -> tuple[int, int, int, int]:
        tail_at = max(0, self._size - _END.size - 0xFFFF)
        tail = self._at(tail_at, _END.size + 0xFFFF)
        found = tail.rfind(b"PK\5\6", 0, max(0, len(tail) - _END.size + 4))
        if found < 0:
            raise self._not_a_zip()
        _magic, disk, first_disk, here, count, size, offset, _comment = _END.unpack_from(tail, found)
        if 0xFFFF in (here, count) or 0xFFFFFFFF in (size, offset):
            raise PackageError("is a ZIP64 archive, made for more files than a client package has", AGAIN)
        if disk or first_disk or here != count:
            raise PackageError("is one part of a zip in several parts", AGAIN)
        return tail_at + found, count, size, offset

    def _not_a_zip(self) -> PackageError:
        begin = self._at(0, 512)
        if not begin:
            return PackageError("is an empty file", AGAIN)
        if begin.startswith(b"PK\3\4"):
            return _truncated()
        text = begin.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if b"<vpnprofile" in text:
            return PackageError(
                "is a VpnSettings.xml on its own, not a zip", "give the zip, or the folder that contains the Generic folder"
            )
        if text.startswith(b"<"):
            return PackageError("is a web page or an XML message, not a zip", f"{AGAIN}: its download link is valid for one hour only")
        return PackageError("is not a zip", 'give the zip that "Download VPN client" in Azure made, or its unpacked folder')

    def _read_entry(self, position: int, end_at: int) -> int:
        """Read the directory entry at ``position``; return where the next one begins."""
        header = self._at(position, _CENTRAL.size)
        if position + _CENTRAL.size > end_at or header[:4] != b"PK\1\2":
            raise _damaged_directory()
        (_magic, made_by, _needs, flags, method, _time, _date, crc, packed, _size,
         name_size, extra_size, comment_size, _disk, _internal, attributes, offset) = _CENTRAL.unpack(header)  # fmt: skip
        if flags & _ENCRYPTED:
            raise _encrypted()
        raw_name = self._file.read(min(name_size, 4 * MAX_NAME + 1))
        name = raw_name.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
        if made_by >> 8 == _UNIX_MADE and stat.S_ISLNK(attributes >> 16):
            raise PackageError(f"holds a symbolic link, {shown(name)}, where Azure has files only", AGAIN)
        if name.endswith(("/", "\\")):
            normalise(name)  # a folder of its own is no file, but may not lead out of the package either
        else:
            self._catalogue.add(name, _Member(raw_name, method, crc, packed, offset))
        after: int = position + _CENTRAL.size + name_size + extra_size + comment_size
        return after


def _inflate(packed: bytes, title: str) -> bytes:
    """Undo deflate with a bounded amount of memory, whatever the sizes in the zip say."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = stream.decompress(packed, MAX_FILE + 1)
    except zlib.error:
        raise PackageError(f"is damaged: {title} cannot be inflated", AGAIN) from None
    if len(content) > MAX_FILE:
        raise too_big(title)
    if len(content) > MAX_RATIO * len(packed):
        raise PackageError(f"has {title} packed more than {MAX_RATIO}:1, as no settings can be", f"do not use this package, {AGAIN}")
    if not stream.eof or stream.unused_data:
        raise PackageError(f"is damaged: {title} ends too early or too late", AGAIN)
    return content


def _truncated() -> PackageError:
    return PackageError("is a zip that was cut short", AGAIN)


def _damaged_directory() -> PackageError:
    return PackageError("is a zip with a damaged directory", AGAIN)


def _encrypted() -> PackageError:
    return PackageError("is an encrypted zip", "give the package as Azure made it, without a password")
