# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# A fault set from outside for a plain tool, $1, with its arguments after it: the file's first line says which, the second has its
# details as JSON. tool.c reads the status: 100 nothing is wrong, 101 hang, 102 sleep shortly, any other is the tool's.
name=$1
shift
{ read -r fault; read -r details; } < "/.simulator/state/faults/$name"
case $details in *'"after": '[1-9]*)
  after=${details#*'"after": '}
  rest=${after#"${after%%[!0-9]*}"}
  after=${after%%[!0-9]*}
  # This call still works.
  printf '%s\n%s"after": %s%s\n' "$fault" "${details%%'"after": '*}" "$((after - 1))" "$rest" > "/.simulator/state/faults/$name"
  exit 100 ;;
esac
case $details in *'"once": true'*) /.simulator/bin/rm -f "/.simulator/state/faults/$name" ;; esac
case $fault in
hang) exit 101 ;;
fast) exit 102 ;;
fail) echo "$name: simulated failure" >&2; exit 1 ;;
torn) # a copy taken while the file is being written: the last argument ends up cut short
  PATH=/.simulator/bin "$name" "$@" || exit
  for target do :; done
  : > "$target" ;;
kill) kill -KILL $$ ;;
*) exit 100 ;;
esac
