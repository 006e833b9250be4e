#!/bin/sh
# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sets up what the other scripts need, and says what it installs. Does nothing when all is there.
#   setup.sh [packages] [browser] [gateway|try-gateway] [main] [floor]
#     packages   Debian packages for the simulated Macs
#     browser    Chromium, which looks at the audit's report in the tests
#     gateway    strongSwan, for the gateway that takes the delivered profile; try-gateway: if it can be installed
#     main       .venv: the newest ansible-core that a Python found here can run, and the development tools
#     floor      .cache/venv-floor: the oldest ansible-core that the collection promises
. "$(dirname "$0")/common.sh"

# --- Debian packages ---------------------------------------------------------------------------------------------

apt_updated=no

apt_install() {
    command -v apt-get >/dev/null || die "missing here: $*; install what your system calls these Debian packages"
    say "installing Debian packages: $*"
    if [ "$apt_updated" = no ]; then
        as_root apt-get -qq update
        apt_updated=yes
    fi
    log=$root/.cache/apt.log
    mkdir -p "$root/.cache"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "$@" </dev/null >"$log" 2>&1 || {
        cat "$log" >&2
        die "the packages could not be installed: $*"
    }
}

# apt_install_idle SERVICES PACKAGE...: Debian starts a service that it installs, and opens its port; only the programs are
# wanted here.
apt_install_idle() {
    services=$1
    shift
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        apt_install "$@"
    else
        printf '#!/bin/sh\nexit 101\n' | as_root sh -c "cat >$policy && chmod 755 $policy"
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
        apt_install "$@"
        as_root rm -f "$policy"
        trap - EXIT
    fi
    if [ -d /run/systemd/system ]; then
        # shellcheck disable=SC2086  # a list of words
        as_root systemctl --quiet disable $services || true
    fi
    say "installed, but neither started nor enabled: $services"
}

setup_browser() {
    command -v chromium >/dev/null || command -v google-chrome >/dev/null || apt_install chromium
}

setup_packages() {
    missing=''
    PATH=$PATH:/usr/sbin:/sbin
    for pair in git:git openssl:openssl ssh:openssh-client sudo:sudo ip:iproute2 unshare:util-linux mount:mount newuidmap:uidmap; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
    done
    # shellcheck disable=SC2086  # a list of words
    [ -z "$missing" ] || apt_install $missing
    # for the tools of the simulated Macs, one small C program; tcc is a compiler of 1 MB
    command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || command -v tcc >/dev/null \
        || apt_install tcc libc6-dev
    [ -x /usr/sbin/sshd ] || apt_install_idle 'ssh.service ssh.socket' openssh-server
}

# tests/gateway/machine.py looks for the same.
gateway_is_here() {
    [ -x /usr/sbin/charon-systemd ] || return 1
    for plugin in openssl eap-tls kernel-libipsec; do
        [ -e "/usr/lib/ipsec/plugins/libstrongswan-$plugin.so" ] || return 1
    done
}

setup_gateway() {
    gateway_is_here || apt_install_idle strongswan.service charon-systemd libcharon-extra-plugins libstrongswan-standard-plugins
    PATH=$PATH:/usr/sbin:/sbin
    command -v ping >/dev/null || apt_install iputils-ping
}

# --- Python environments -----------------------------------------------------------------------------------------

# python_here VERSION: the path of a real interpreter of that version. pyenv's shims are passed over: they exist for
# versions that are not selected, too, and fail.
python_here() {
    for candidate in "$(command -v "python$1" || true)" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python"$1" \
        "/usr/local/bin/python$1" "/usr/bin/python$1"; do
        case $candidate in '' | */shims/*) continue ;; esac
        if "$candidate" -c 'import sys; sys.exit(sys.prefix != sys.base_prefix)' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

find_python() {
    for version in "$@"; do
        if python_here "$version"; then
            return 0
        fi
    done
    return 1
}

# make_venv FOLDER PYTHON
make_venv() {
    # Debian ships Python without ensurepip; python3.X-venv brings it.
    if ! "$2" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install "$("$2" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "making ${1#"$root"/} with $("$2" --version)"
    "$2" -m venv --clear "$1"
}

# setup_venv FOLDER REQUIREMENTS VERSION...: the first of the versions that is here
setup_venv() {
    folder=$1 requirements=$2
    shift 2
    # a folder that was moved keeps its old name in every program of the environment: make it anew
    if ! "$folder/bin/python" -c 'import pip' 2>/dev/null || ! grep -qF "$folder" "$folder/bin/activate"; then
        if ! python=$(find_python "$@"); then
            apt_install python3 python3-venv
            python=$(find_python "$@") || die "no Python of $* found; install one (Debian 12 and later have python3)"
        fi
        make_venv "$folder" "$python"
    fi
    # pip runs again only when the wanted packages or the interpreter changed
    wanted=$({ cat requirements.txt "$requirements"; "$folder/bin/python" --version; } | cksum)
    if [ "$(cat "$folder/.installed" 2>/dev/null)" != "$wanted" ]; then
        say "installing the Python packages of $requirements into ${folder#"$root"/}"
        "$folder/bin/python" -m pip install --quiet --quiet --requirement "$requirements" </dev/null
        printf '%s\n' "$wanted" >"$folder/.installed"
        say "installed: $("$folder/bin/python" -m pip list --format=freeze | grep -E '^(ansible-core|cryptography|lxml|pytest)=' | paste -sd' ' -)"
    fi
}

# The repository looks like an installed collection through this link, whatever its own folder is called.
link_collection() {
    mkdir -p "$collections/ansible_collections/azure_p2s"
    [ -e "$collections/ansible_collections/azure_p2s/macos/galaxy.yml" ] \
        || ln -sfn ../../../.. "$collections/ansible_collections/azure_p2s/macos"
}

# pip writes the folder into the first lines of programs, and paths are joined with colons.
case $root in
    *[\$\`\"\\:]* | *"
"*) die "the folder $root has a character in its name that Python environments cannot live with: one of \$ \` \" \\ : or a line break; rename it" ;;
esac

[ $# -gt 0 ] || set -- packages browser gateway main floor
for part in "$@"; do
    case $part in
        packages) setup_packages ;;
        browser) setup_browser ;;
        gateway) setup_gateway ;;
        # The demo shows the rest without it, and says so.
        try-gateway) (setup_gateway) || say "strongSwan could not be installed; it is gone on without the gateway" ;;
        # ansible-core 2.20 and later want 3.12
        main) setup_venv "$venv" requirements/dev.txt 3.13 3.12 3.11 ;;
        floor) setup_venv "$floor" requirements/floor.txt 3.11 3.12 3.13 ;;
        *) die "setup.sh knows packages, browser, gateway, try-gateway, main and floor, not $part" ;;
    esac
done
link_collection
