# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools that BSD and GNU both have, in BSD's form."""

from __future__ import annotations

import os
import re
import stat as stat_module
import sys
import time
import typing as t

from . import bsd_getopt
from .machine_context import Machine

REAL = "/.simulator/bin/"


def _options(name: str, argv: list[str], letters: str, usage: str, status: int = 1) -> tuple[list[tuple[str, str]], list[str]]:
    try:
        return bsd_getopt.parse(argv, letters)
    except bsd_getopt.OptionError as error:
        sys.stderr.write(f"{name}: {error}\n{usage}\n")
        sys.exit(status)


def stat(mac: Machine, argv: list[str]) -> int:
    """stat -f FORMAT; GNU's -c does not exist."""
    usage = "usage: stat [-FLnq] [-f format | -l | -r | -s | -x] [-t timefmt] [file ...]"
    options, files = _options("stat", argv, "FLf:lnqrst:x", usage)
    flags = dict(options)
    result = 0
    for name in files or ["(stdin)"]:
        try:
            info = os.stat(name) if "-L" in flags else os.lstat(name)
        except OSError as error:
            if "-q" not in flags:
                sys.stderr.write(f"stat: {name}: stat: {error.strerror}\n")
            result = 1
            continue
        text = format_stat(flags.get("-f", '%d %i %Sp %l %Su %Sg %r %z "%Sa" "%Sm" "%Sc" "%SB" %k %b %#Xf %N'), name, info)
        sys.stdout.write(text + ("" if "-n" in flags else "\n"))
    return result


def format_stat(form: str, name: str, info: os.stat_result) -> str:
    """Return the fields of BSD stat's format that administrators use."""
    import grp
    import pwd

    def owner(database: t.Callable[[int], t.Any], number: int, field: str) -> str:
        try:
            return str(getattr(database(number), field))
        except KeyError:
            return str(number)

    def moment(value: float) -> str:
        return time.strftime("%b %e %H:%M:%S %Y", time.localtime(value))

    def field(match: re.Match[str]) -> str:
        modifier, high, low, letter = match["fmt"], match["string"], match["sub"], match["datum"]
        if letter in "%nt" and not high:
            return {"%": "%", "n": "\n", "t": "\t"}[letter]
        values: dict[str, t.Any] = {
            "d": info.st_dev,
            "i": info.st_ino,
            "l": info.st_nlink,
            "z": info.st_size,
            "b": info.st_blocks,
            "k": info.st_blksize,
            "f": 0,
            "r": info.st_rdev,
            "N": name,
            "Y": os.readlink(name) if stat_module.S_ISLNK(info.st_mode) else "",
        }
        if letter == "u":
            values["u"] = owner(pwd.getpwuid, info.st_uid, "pw_name") if high else info.st_uid
        elif letter == "g":
            values["g"] = owner(grp.getgrgid, info.st_gid, "gr_name") if high else info.st_gid
        elif letter in "amcB":
            when = {"a": info.st_atime, "m": info.st_mtime, "c": info.st_ctime, "B": info.st_ctime}[letter]
            values[letter] = moment(when) if high else int(when)
        elif letter == "p":
            if high:
                values["p"] = stat_module.filemode(info.st_mode)
            elif low == "L":
                values["p"] = f"{info.st_mode & 0o777:o}"
            elif low == "M":
                values["p"] = f"{info.st_mode >> 9 & 7:o}"
            elif low == "H":
                values["p"] = f"{info.st_mode >> 12:o}"
            elif modifier.endswith("A"):
                values["p"] = stat_module.filemode(info.st_mode)
            else:
                values["p"] = f"{info.st_mode:o}"
        elif letter in "TH":
            suffix = "/" if stat_module.S_ISDIR(info.st_mode) else "@" if stat_module.S_ISLNK(info.st_mode) else ""
            kind = "Directory" if suffix == "/" else "Symbolic Link" if suffix else "Regular File"
            values["T"] = kind if high == "H" or letter == "H" else suffix
            letter = "T"
        return str(values[letter])

    pattern = r"%(?P<fmt>[-#+0 ]*\d*(?:\.\d+)?[OAXDU]?)(?P<string>S?)(?P<sub>[HML]?)(?P<datum>[dipluglrmamcBzbkfNYTZvn%t])"
    return re.sub(pattern, field, form)


def mktemp(mac: Machine, argv: list[str]) -> int:
    """mktemp [-d] [-q] [-u] [-t prefix | template ...]; -t takes a prefix, not a template."""
    usage = "usage: mktemp [-d] [-p tmpdir] [-q] [-t prefix] [-u] template ...\n       mktemp [-d] [-p tmpdir] [-q] [-u] -t prefix"
    options, templates = _options("mktemp", argv, "dp:qt:u" if mac.version >= (14, 0) else "dqt:u", usage)
    flags = dict(options)
    if "-t" in flags or not templates:
        folder = f"/var/folders/zz/{mac.uid}/T" if mac.uid >= 500 else os.environ.get("TMPDIR", "/tmp").rstrip("/")
        templates = [f"{folder}/{flags.get('-t', 'tmp')}.XXXXXXXXXX", *templates]
    result = 0
    import secrets

    for template in templates:
        body = template.rstrip("X")
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        path = body + "".join(secrets.choice(letters) for _mark in template[len(body) :])
        try:
            if "-u" not in flags:
                if "-d" in flags:
                    os.mkdir(path, 0o700)
                else:
                    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            if "-q" not in flags:
                sys.stderr.write(f"mktemp: {'mkdtemp' if '-d' in flags else 'mkstemp'} failed on {template}: {error.strerror}\n")
            result = 1
            continue
        print(path)
    return result


def readlink(mac: Machine, argv: list[str]) -> int:
    """readlink [-n] file; -f came with macOS 12.3."""
    options, files = _options("readlink", argv, "fn" if mac.version >= (12, 3) else "n", "usage: readlink [-fn] [file ...]")
    flags = dict(options)
    result = 0
    for name in files:
        try:
            text = os.path.realpath(name, strict=True) if "-f" in flags else os.readlink(name)
        except OSError:
            result = 1
            continue
        sys.stdout.write(text + ("" if "-n" in flags else "\n"))
    return result


def shasum(mac: Machine, argv: list[str]) -> int:
    """shasum -a ALGORITHM: Perl's script, with SHA-1 as default."""
    import hashlib

    usage = "Usage: shasum [OPTION]... [FILE]..."
    options, files = _options("shasum", argv, "a:bctUps0w", usage)
    algorithm = dict(options).get("-a", "1")
    if algorithm not in ("1", "224", "256", "384", "512"):
        sys.stderr.write("shasum: Unrecognized algorithm\n")
        return 1
    result = 0
    for name in files or ["-"]:
        try:
            if name == "-":
                data = sys.stdin.buffer.read()
            else:
                with open(name, "rb") as file:
                    data = file.read()
        except OSError as error:
            sys.stderr.write(f"shasum: {name}: {error.strerror}\n")
            result = 1
            continue
        print(f"{hashlib.new('sha' + algorithm, data).hexdigest()}  {name}")
    return result


def uuidgen(mac: Machine, argv: list[str]) -> int:
    """A random UUID, upper case as on macOS."""
    import uuid

    _options("uuidgen", argv, "", "usage: uuidgen [-hdr]")
    print(str(uuid.uuid4()).upper())
    return 0


def wc(mac: Machine, argv: list[str]) -> int:
    """wc pads its numbers to eight columns."""
    options, files = _options("wc", argv, "clmwL", "usage: wc [-Lclmw] [file ...]")
    wanted = {flag for flag, _value in options} or {"-l", "-w", "-c"}
    result = 0
    for name in files or [""]:
        try:
            if name:
                with open(name, "rb") as file:
                    data = file.read()
            else:
                data = sys.stdin.buffer.read()
        except OSError as error:
            sys.stderr.write(f"wc: {name}: open: {error.strerror}\n")
            result = 1
            continue
        counts = {"-l": data.count(b"\n"), "-w": len(data.split()), "-c": len(data), "-m": len(data.decode("utf-8", "replace"))}
        print("".join(f" {counts[flag]:7d}" for flag in ("-l", "-w", "-c", "-m") if flag in wanted) + (f" {name}" if name else ""))
    return result


def sed(mac: Machine, argv: list[str]) -> int:
    """GNU sed without its extensions; -i takes its suffix as an argument of its own, as BSD's does."""
    _options("sed", argv, "Eae:f:i:I:lnru", "usage: sed script [-EHalnru] [-i extension] [file ...]")
    words: list[str] = []
    rest = list(argv)
    while rest and rest[0].startswith("-") and len(rest[0]) > 1 and rest[0] != "--":
        word = rest.pop(0)
        if word in ("-i", "-I"):
            words.append("-i" + rest.pop(0))
        elif word in ("-e", "-f"):
            words += [word, rest.pop(0)]
        else:
            words.append(word)
    sys.stdout.flush()
    os.execv(REAL + "sed", ["sed", "--posix", *words, *rest])


def date(mac: Machine, argv: list[str]) -> int:
    """date [-ju] [-r seconds] [-v adjustment] [-f format date] [+format]."""
    usage = (
        "usage: date [-jnRu] [-I[date|hours|minutes|seconds]] [-f input_fmt]\n"
        "            [-r filename|seconds] [-v[+|-]val[y|m|w|d|H|M|S]]\n            [new_date] [+output_fmt]"
    )
    options, operands = _options("date", argv, "f:jnRr:uv:", usage)
    flags = dict(options)
    now = mac.now()
    clock: t.Callable[[float], time.struct_time] = time.gmtime if "-u" in flags else time.localtime
    if "-r" in flags:
        try:
            now = float(int(flags["-r"])) if flags["-r"].lstrip("-").isdigit() else os.stat(flags["-r"]).st_mtime
        except OSError as error:
            sys.stderr.write(f"date: {flags['-r']}: {error.strerror}\n")
            return 1
    if "-f" in flags:
        if not operands:
            sys.stderr.write(usage + "\n")
            return 1
        text = operands.pop(0)
        try:
            import calendar

            parsed = time.strptime(text, flags["-f"])
            now = calendar.timegm(parsed) if "-u" in flags or "%z" in flags["-f"] else time.mktime(parsed)
        except ValueError:
            sys.stderr.write(f"date: Failed conversion of ``{text}'' using format ``{flags['-f']}''\n{usage}\n")
            return 1
    for flag, value in options:
        if flag == "-v":
            match = re.fullmatch(r"([+-]\d+)([wdHMS])", value)
            if match is None:
                sys.stderr.write(f"{value}: Cannot apply date adjustment\n{usage}\n")
                return 1
            now += int(match[1]) * {"w": 604800, "d": 86400, "H": 3600, "M": 60, "S": 1}[match[2]]
    if operands and not operands[0].startswith("+"):
        sys.stderr.write(
            "date: settimeofday: Operation not permitted\n" if operands[0].isdigit() else f"date: illegal time format\n{usage}\n"
        )
        return 1
    form = operands[0][1:] if operands else "%a %b %e %H:%M:%S %Z %Y"
    # %N is GNU's; BSD prints the letter.
    print(time.strftime(form.replace("%N", "N").replace("%s", str(int(now))), clock(now)))
    return 0
