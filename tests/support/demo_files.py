# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout starts from, made up: a client package as Azure zips it, and one PKCS#12 file per Mac.

    python tests/support/demo_files.py FOLDER NAME...

writes FOLDER/azure.zip, FOLDER/client-root.pem and FOLDER/NAME.p12 for each name. All PKCS#12 files have the passphrase ``PASSPHRASE``.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Sequence

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import azure_package, demo_pki

PASSPHRASE = "Looking-glass 1871"


def write(folder: pathlib.Path, names: Sequence[str]) -> None:
    """Write the package and the identities. The gateway's root and the clients' root differ, as they do at Azure."""
    root = demo_pki.write_demo(folder, names, passphrase=PASSPHRASE)
    (folder / "client-root.pem").write_text(root.pem)
    spec = azure_package.Spec(roots=(azure_package.make_root(),))
    (folder / "azure.zip").write_bytes(azure_package.package(spec))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    write(pathlib.Path(sys.argv[1]), sys.argv[2:])
