# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154,SC1091
# Sourced by the launcher of every plain tool: $tool is its path, $options what BSD's getopt(3) accepts there.
# Unit, group and record separators (0x1f 0x1d 0x1e) keep arguments, environment and calls apart.
record=$tool
for argument do record="$record$argument"; done
printf '%s\036' "$record$(export -p)" >> /.simulator/state/calls
name=${tool##*/}
[ ! -e "/.simulator/state/faults/$name" ] || . /.simulator/lib/fault.sh
if [ "$options" != '*' ]; then
  while getopts ":$options" flag; do
    case $flag in
    '?') echo "$name: illegal option -- $OPTARG
usage: $name [-$options] ..." >&2; exit "${usage_status:-64}" ;;
    :) echo "$name: option requires an argument -- $OPTARG
usage: $name [-$options] ..." >&2; exit "${usage_status:-64}" ;;
    esac
  done
fi
case $name in sleep | find | head | expr | dd | touch | od) . /.simulator/lib/gnu.sh ;; esac
for argument do
  case $argument in
  /Library/Preferences/com.apple.networkextension.* | /var/db/ConfigurationProfiles/*) ;;
  */Library/Keychains/*) [ -e /.simulator/state/no-full-disk-access ] || continue ;;
  *) continue ;;
  esac
  # Protected by the system, even from root; or SSH has not been given Full Disk Access.
  case $name in
  echo | printf | expr | test | '[' | env | sh | zsh | dash | sudo | nohup | xargs) ;;
  *) echo "$name: $argument: Operation not permitted" >&2; exit 1 ;;
  esac
done
# As BSD's tools do, the real one takes no option after the first operand.
export POSIXLY_CORRECT=1
