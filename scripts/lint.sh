#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every check that reads the code without running it. All run, even when one fails; the last line names the failed ones.
#   lint.sh [check...]    (default: all; the names are those of the functions below)
. "$(dirname "$0")/common.sh"

PATH=$venv/bin:$PATH
export PATH

# The tools see the project's files and no others, at the place where an installed collection would be:
# ansible-test refuses any other, and follows no symbolic link.
tree=$root/.build/lint
copy=$tree/ansible_collections/azure_p2s/macos

ruff_check() { ruff check --quiet --cache-dir .cache/ruff . && ruff format --check --quiet --diff --cache-dir .cache/ruff .; }

mypy_check() (
    cd "$tree"
    MYPYPATH=$tree:$copy/tests
    export MYPYPATH
    set -- --package ansible_collections.azure_p2s.macos.plugins
    [ ! -d "$copy/tests/simulated_mac" ] || set -- "$@" --package simulated_mac
    [ ! -d "$copy/tests/gateway" ] || set -- "$@" --package gateway
    mypy --config-file "$root/pyproject.toml" --cache-dir "$root/.cache/mypy" --no-error-summary "$@"
)

# Every file that is a shell script by its name or its first line, the scripts that run on the Mac among them.
shellcheck_check() {
    # shellcheck disable=SC2016  # the inner shell expands them
    project_files | xargs -0 sh -c '
        for file do
            case $file in
                *.sh) printf "%s\0" "$file" ;;
                *) head -n 1 "$file" | LC_ALL=C grep -aqE "^#! ?/.*/(env )?(ba)?sh( |$)" && printf "%s\0" "$file" || : ;;
            esac
        done' sh | xargs -0 shellcheck --external-sources
}

yamllint_check() { (cd "$copy" && yamllint --strict .); }

ansible_lint_check() {
    # it looks for collections beside the one it checks
    (cd "$copy" && ANSIBLE_COLLECTIONS_PATH=$tree ansible-lint --offline --profile production --strict --nocolor)
}

docs_check() {
    [ -d "$copy/plugins/modules" ] || { echo "no module yet"; return 0; }
    (cd "$copy" && ANSIBLE_COLLECTIONS_PATH=$tree antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self .)
}

changelog_check() { (cd "$copy" && antsibull-changelog lint); }

collection_check() { sh scripts/collection.sh check; }

# The whole of ansible-test's sanity tests. It keeps its environments in the home folder: here that is one of our own.
sanity_check() (
    home=$root/.cache/home
    mkdir -p "$home/.ansible/test/cache" "$home/.config"
    # pip in that home must find the package index that the user configured
    for settings in .config/pip .pip; do
        [ ! -e "$HOME/$settings" ] || [ -e "$home/$settings" ] || ln -s "$HOME/$settings" "$home/$settings"
    done
    # the version of pip that this ansible-core pins
    pip=$(python -c 'from ansible_test._internal.python_requirements import get_venv_packages as packages
from types import SimpleNamespace
import sys
print(packages(SimpleNamespace(version="%d.%d" % sys.version_info[:2]))["pip"].replace(".", "_"))')
    cp scripts/get_pip.py "$home/.ansible/test/cache/get_pip_$pip.py"
    cd "$copy"
    HOME=$home
    export HOME
    ansible-test sanity --color no --truncate 0 --requirements \
        --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
)

[ $# -gt 0 ] || set -- ruff mypy shellcheck yamllint changelog docs collection ansible_lint sanity
copy_project "$copy"
# without a repository of its own the copy would be a part of the one around it, which ignores it
git init --quiet "$copy"

failed=''
for check in "$@"; do
    say "$check"
    "${check}_check" </dev/null || failed="$failed $check"
done
[ -z "$failed" ] || die "lint failed:$failed"
say "lint passed: $*"
