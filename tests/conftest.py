# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.azure_p2s.macos`` importable from any checkout, whatever its folder is called."""

from __future__ import annotations

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / ".cache" / "collections"


def _link_collection() -> None:
    """Link the repository to where a collection called azure_p2s.macos would be installed."""
    link = COLLECTIONS / "ansible_collections" / "azure_p2s" / "macos"
    if (link / "galaxy.yml").exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    # relative, so that the checkout can be moved
    link.symlink_to(os.path.relpath(ROOT, link.parent), target_is_directory=True)


_link_collection()
# For imports in the tests, and for every ansible-playbook that a test starts.
sys.path.insert(0, str(COLLECTIONS))
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
# No setting of the person who runs the tests may change what they find.
os.environ["ANSIBLE_CONFIG"] = str(ROOT / "tests" / "ansible.cfg")
os.environ["ANSIBLE_HOME"] = str(ROOT / ".cache" / "ansible")
# Ansible's own default; below a long folder name its sockets would not fit into the 108 bytes that Linux gives a name.
os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = str(pathlib.Path.home() / ".ansible" / "cp")
