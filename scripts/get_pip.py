# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pip bootstrap that ansible-test would download, made of what is here: ensurepip and the configured package index.

ansible-test looks for it as ~/.ansible/test/cache/get_pip_<version>.py before it downloads one (bootstrap() in
ansible_test/_util/target/setup/requirements.py of ansible-core) and runs it, through quiet_pip.py, with pip's own options
and the pinned ``pip==<version>``.
"""

from __future__ import annotations

import subprocess
import sys


def main(arguments: list[str]) -> None:
    """Give the interpreter that runs this the pip that the arguments pin."""
    pins = [argument for argument in arguments if argument.startswith("pip==")]
    if not pins:
        sys.exit(f"no pip version among the arguments: {arguments}")
    subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins])


if __name__ == "__main__":
    main(sys.argv[1:])
