# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154
# A fault set from outside for this plain tool; the file's first line says which.
read -r fault < "/.simulator/state/faults/$name"
case $fault in
hang) exec /.simulator/bin/sleep 86400 ;;
fail) echo "$name: simulated failure" >&2; exit 1 ;;
torn) # a copy taken while the file is being written: the last argument ends up cut short
  PATH=/.simulator/bin "$name" "$@" || exit
  for target do :; done
  : > "$target"
  exit 0 ;;
kill) kill -KILL $$ ;;
esac
