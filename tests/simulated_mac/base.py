# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the read-only root that all simulated Macs of a fleet share, from a whitelist of this machine's programs."""

from __future__ import annotations

import compileall
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from . import tools

PACKAGE = pathlib.Path(__file__).resolve().parent
HIDDEN = ".simulator"
PYTHON = f"/{HIDDEN}/python/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
_STARTERS = {"env", "nohup", "xargs", "find", "sudo"}
_FOLDERS = (
    "bin",
    "sbin",
    "usr/bin",
    "usr/sbin",
    "usr/libexec",
    "usr/lib",
    "usr/local/bin",
    "opt",
    "cores",
    "dev",
    "lib64",
    "Applications",
    "Library/Keychains",
    "Library/Preferences",
    "Library/Managed Preferences",
    "Library/Security/Trust Settings",
    "System/Library/Keychains",
    "System/Library/PreferencePanes",
    "System/Library/CoreServices",
    "Users/Shared",
    "Volumes",
    "private/etc/ssh",
    "private/etc/sudoers.d",
    "private/etc/pam.d",
    "private/tmp",
    "private/var/root",
    "private/var/folders",
    "private/var/empty",
    "private/var/db/ConfigurationProfiles",
    "private/var/run",
    f"{HIDDEN}/bin",
    f"{HIDDEN}/lib",
    f"{HIDDEN}/libraries",
    f"{HIDDEN}/pam",
    f"{HIDDEN}/python",
    f"{HIDDEN}/site",
    f"{HIDDEN}/proc",
    f"{HIDDEN}/state",
    f"{HIDDEN}/run",
)
# Where macOS keeps the IKEv2 provider (it spells the folder "PlugIns") and its helpers: paths that `security import -T` checks.
PROVIDER = "System/Library/Frameworks/NetworkExtension.framework/PlugIns/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider"
_PROGRAM_FILES = (PROVIDER, "usr/libexec/neagent", "usr/libexec/nesessionmanager", "usr/libexec/nehelper", "usr/libexec/configd")


def host_program(name: str) -> str:
    """Return the path of this machine's program ``name``; ``FileNotFoundError`` names the missing one."""
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin")
    if found is None:
        raise FileNotFoundError(f"this machine has no {name}; a simulated Mac needs it")
    return os.path.realpath(found)


def build(root: pathlib.Path) -> None:
    """Fill ``root`` with everything that is the same in each Mac of the fleet."""
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for link in ("etc", "tmp", "var"):
        (root / link).symlink_to(f"private/{link}")
    (root / "run").symlink_to(f"{HIDDEN}/run")
    for path in _PROGRAM_FILES:
        _script(root / path, "exit 1\n")
    binaries = _copy_programs(root)
    _tools(root)
    _libraries(root, binaries)
    _simulator(root)
    for path in ("private/tmp", "Users/Shared"):
        (root / path).chmod(0o1777)
    (root / "private/var/root").chmod(0o750)


def _copy(source: str, target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(os.path.realpath(source), target)
    target.chmod(os.stat(source).st_mode & 0o7777)


def _copy_programs(root: pathlib.Path) -> list[str]:
    copied = []
    for inside, candidates in tools.COPIED.items():
        source = next((path for path in candidates if os.path.exists(path)), None)
        if source is None:
            if inside in tools.OPTIONAL:
                continue
            raise FileNotFoundError(f"this machine has no {candidates[0]}; install openssh-server, sudo and dash")
        _copy(source, root / inside.lstrip("/"))
        copied.append(source)
    for name in [os.path.basename(path) for path in tools.PLAIN] + list(tools.HIDDEN):
        source = host_program("[" if name == "test" else name)
        _copy(source, root / HIDDEN / "bin" / name)
        copied.append(source)
    ping = shutil.which("ping", path="/usr/bin:/bin:/sbin:/usr/sbin")
    if ping is not None:
        _copy(ping, root / HIDDEN / "bin" / "ping")
        copied.append(ping)
    shutil.copy(root / HIDDEN / "bin" / "test", root / HIDDEN / "bin" / "[")
    for module in ("pam_unix.so", "pam_permit.so", "pam_deny.so"):
        source = next(str(path) for path in pathlib.Path("/").glob(f"usr/lib*/**/security/{module}"))
        _copy(source, root / HIDDEN / "pam" / module)
        copied.append(source)
    return copied


def add_tool(root: pathlib.Path, path: str) -> None:
    """Give one Mac a tool that not every Mac has."""
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy(str(root / HIDDEN / "lib" / "tool"), target)


def _script(path: pathlib.Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/{HIDDEN}/bin/sh\n{body}")
    path.chmod(0o755)


def _rows() -> dict[str, tuple[str, str, str]]:
    """Return path -> (kind, program, options) of every tool: see ``launchers/tool.c``."""
    rows = {}
    for path, options in {**tools.PLAIN, tools.PING: "c:nq", "/bin/[": "*", "/usr/bin/sudo": "*"}.items():
        name = os.path.basename(path)
        rows[path] = ("STARTER" if name in _STARTERS else "REAL", name, options)
    # macOS's sh is bash 3.2 in POSIX mode: here a newer bash, in that mode too. dash stands for zsh as login shell: it knows less.
    for path, shell in {"/bin/sh": "bash", "/bin/bash": "bash", "/bin/dash": "sh", "/bin/zsh": "sh"}.items():
        rows[path] = ("SHELL", shell, "*")
    for path, script in tools.SCRIPTS.items():
        rows[path] = ("SCRIPT", script, "*")
    for path, entry in {**tools.STAND_INS, tools.VPNUTIL[0]: tools.VPNUTIL[1]}.items():
        rows[path] = ("STAND_IN", entry, "*")
    return rows


def _tools(root: pathlib.Path) -> None:
    rows = _rows()
    program = _compile(root / HIDDEN / "lib" / "tool", rows)
    for path in rows.keys() - {tools.PING, tools.VPNUTIL[0]}:
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(program, target)


def _compile(program: pathlib.Path, rows: dict[str, tuple[str, str, str]]) -> pathlib.Path:
    compiler = next((path for name in ("cc", "gcc", "clang", "tcc") if (path := shutil.which(name))), None)
    if compiler is None:
        raise FileNotFoundError("this machine has no C compiler; a simulated Mac's tools need one: install tcc and libc6-dev, or gcc")
    table = "".join(f'{{"{path}", {kind}, "{name}", "{options}"}},\n' for path, (kind, name, options) in rows.items())
    header = f'#define PYTHON "{PYTHON}"\nstatic const struct tool TOOLS[] = {{\n{table}{{0, REAL, 0, 0}}}};\n'
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "tools.h").write_text(header)
        command = [compiler, "-O2", "-I", folder, "-o", str(program), str(PACKAGE / "launchers" / "tool.c")]
        # Linked statically it starts faster; not every machine has the library for it.
        if subprocess.run([*command, "-static"], capture_output=True, check=False).returncode != 0:
            subprocess.run(command, check=True)
    program.chmod(0o755)
    return program


def _libraries(root: pathlib.Path, binaries: list[str]) -> None:
    dynload = [
        str(path)
        for path in pathlib.Path(sys.base_prefix).glob(f"lib/python3.{sys.version_info[1]}/lib-dynload/*.so")
        if "tkinter" not in path.name
    ]
    site = _site()
    dynload += [str(path) for pattern in ("_cffi_backend*.so", "cryptography/**/*.so") for path in site.glob(pattern)]
    listed = subprocess.run(
        ["ldd", os.path.realpath(sys.executable), *binaries, *dynload], capture_output=True, text=True, check=False
    ).stdout
    for path in set(re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listed, re.MULTILINE)):
        name = os.path.basename(path)
        folder = (
            root / "lib64"
            if name.startswith("ld-linux-x86-64")
            else root / "lib"
            if name.startswith("ld-linux")
            else root / HIDDEN / "libraries"
        )
        _copy(path, folder / name)
    etc = root / "private/etc"
    (etc / "ld.so.conf").write_text(f"/{HIDDEN}/libraries\n")
    # libnss_* are loaded by name; "files" has been part of the C library itself since glibc 2.34.
    subprocess.run([host_program("ldconfig"), "-r", str(root)], check=True, capture_output=True)
    (etc / "ld.so.conf").unlink()
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\n")


def _simulator(root: pathlib.Path) -> None:
    code = root / HIDDEN / "lib" / "simulated_mac"
    shutil.copytree(PACKAGE, code, ignore=shutil.ignore_patterns("__pycache__", "launchers", "conformance", "ruff.toml", "*.md"))
    for script in (PACKAGE / "launchers").glob("*.sh"):
        shutil.copyfile(script, root / HIDDEN / "lib" / script.name)
    (root / HIDDEN / "lib" / "stand_in.py").write_text(
        f"import sys\nsys.path.insert(0, '/{HIDDEN}/lib')\nfrom simulated_mac.inside import run\nrun.start()\n"
    )
    compileall.compile_dir(str(code), quiet=2, ddir="/.simulator/lib/simulated_mac", invalidation_mode=None)


def _site() -> pathlib.Path:
    spec = importlib.util.find_spec("cryptography")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("this Python has no cryptography; the simulated keychain needs it")
    return pathlib.Path(spec.origin).parent.parent


def python_mounts() -> list[tuple[str, str]]:
    """Return what to show, read-only, in each Mac so that the stand-ins' Python runs: (path here, path in the Mac)."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    prefix = pathlib.Path(sys.base_prefix)
    site = (str(_site()), f"/{HIDDEN}/site")
    if prefix == pathlib.Path("/usr"):  # the distribution's Python: only its own files, not all of /usr
        return [(f"/usr/bin/{version}", PYTHON), (f"/usr/lib/{version}", f"/{HIDDEN}/python/lib/{version}"), site]
    return [(str(prefix), f"/{HIDDEN}/python"), site]
