#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The pages of the modules, as HTML:  docs/_build/html/index.html
# Without the cross-references into Ansible's own documentation, which would have to be downloaded.
. "$(dirname "$0")/common.sh"

PATH=$venv/bin:$PATH
export PATH

build=$root/.build/docs
html=$root/docs/_build/html
rm -rf "$build" "$html"
mkdir -p "$build/rst" "$html"

sh scripts/collection.sh install "$build"
# it asks ansible-doc, which needs the collection alone on its path
ANSIBLE_COLLECTIONS_PATH=$build antsibull-docs collection --use-current --no-add-antsibull-docs-version --dest-dir "$build/rst" azure_p2s.macos
cat >"$build/rst/index.rst" <<'END'
azure_p2s.macos
===============

.. toctree::
   :glob:

   collections/azure_p2s/macos/index
END
sphinx-build -q -W --keep-going -C -b html \
    -D project=azure_p2s.macos -D extensions=sphinx_antsibull_ext -D html_theme=alabaster -D suppress_warnings=ref.ref,intersphinx.external \
    "$build/rst" "$html"
say "written: docs/_build/html/index.html"
