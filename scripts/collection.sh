#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the collection, offline, from the project's files alone.
#   collection.sh build            .build/collection/azure_p2s-macos-VERSION.tar.gz; prints its path
#   collection.sh install FOLDER   builds and installs it under FOLDER/ansible_collections; FOLDER goes on the collections path
#   collection.sh check            builds and installs it, and looks for what must and what must not be in it
. "$(dirname "$0")/common.sh"

PATH=$venv/bin:$PATH
export PATH

version=$(sed -n 's/^version: *//p' galaxy.yml)
tarball=$root/.build/collection/azure_p2s-macos-$version.tar.gz

build() {
    copy_project "$root/.build/source"
    ansible-galaxy collection build --force --output-path "$root/.build/collection" "$root/.build/source" >/dev/null
}

install_into() {
    mkdir -p "$1"
    # it warns when the folder is not on the path
    ANSIBLE_COLLECTIONS_PATH=$1 ansible-galaxy collection install --offline --force --collections-path "$1" "$tarball" >/dev/null
}

# What belongs to development, to one machine, or to nobody else.
unwanted='(^|/)(\.[^/]+|__pycache__|output|Makefile|scripts|requirements|benchmarks|_build)(/|$)|\.(py[cod]|p12|pfx|key|tar\.gz|mobileconfig)$'
golden='^tests/unit/.*/golden/'

check() {
    build
    listing=$root/.build/collection/listing
    tar --list --gzip --file "$tarball" | sed 's|^\./||; s|/$||' | sort >"$listing"

    if grep -E "$unwanted" "$listing" | grep -vE "$golden"; then
        die "the tarball holds the files above; name them in build_ignore of galaxy.yml"
    fi
    if tar --extract --gzip --to-stdout --file "$tarball" | grep -aE -- '-----BEGIN ([A-Z]+ )*PRIVATE KEY-----[[:space:]]*$'; then
        die "the tarball holds a private key"
    fi
    for file in MANIFEST.json README.md LICENSE CHANGELOG.md meta/runtime.yml requirements.txt roles/vpn_client/README.md plugins/plugin_utils/errors.py; do
        grep -qxF "$file" "$listing" || die "the tarball lacks $file"
    done

    # who builds in a used checkout must get the same
    ansible-galaxy collection build --force --output-path "$root/.build/used" "$root" >/dev/null
    tar --list --gzip --file "$root/.build/used/${tarball##*/}" | sed 's|^\./||; s|/$||' | sort \
        | diff "$listing" - || die "a build in this folder differs from one in a fresh clone (> only here); name the files in build_ignore of galaxy.yml"

    rm -rf "$root/.build/installed"
    install_into "$root/.build/installed"
    for module in plugins/modules/*.py; do
        [ -e "$module" ] || continue
        ANSIBLE_COLLECTIONS_PATH=$root/.build/installed ansible-doc "azure_p2s.macos.$(basename "$module" .py)" >/dev/null \
            || die "ansible-doc cannot show $module as installed"
    done
    importable
    say "the tarball holds $(wc -l <"$listing") files and folders; it installs offline"
}

# What Ansible Galaxy and Automation Hub do with an uploaded tarball; the linters that they call run here by themselves.
importable() {
    settings=$root/.build/collection/importer.cfg
    printf '%s\n' '[galaxy-importer]' 'CHECK_REQUIRED_TAGS = True' 'CHECK_CHANGELOG = True' 'RUN_FLAKE8 = False' \
        'RUN_ANSIBLE_LINT = False' 'RUN_ANSIBLE_TEST = False' >"$settings"
    # it writes its result into the current folder
    (cd "${settings%/*}" && GALAXY_IMPORTER_CONFIG=$settings python -m galaxy_importer.main "$tarball" >importer.log 2>&1) || {
        cat "${settings%/*}/importer.log" >&2
        die "Galaxy would not import the tarball"
    }
}

case ${1-} in
    build)
        build
        printf '%s\n' "$tarball"
        ;;
    install)
        [ $# -eq 2 ] || die "collection.sh install FOLDER"
        build
        install_into "$2"
        ;;
    check) check ;;
    *) die "collection.sh knows build, install FOLDER and check" ;;
esac
