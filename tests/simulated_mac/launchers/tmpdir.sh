# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Prints the private temporary folder of the user, as confstr(_CS_DARWIN_USER_TEMP_DIR) does on macOS.
echo "/var/folders/zz/$(/.simulator/bin/id -u)/T/"
