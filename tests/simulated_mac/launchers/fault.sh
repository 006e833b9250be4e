# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154
# A fault set from outside for this plain tool: the file's first line says which, the second has its details as JSON.
{ read -r fault; read -r details; } < "/.simulator/state/faults/$name"
case $details in *'"after": '[1-9]*)
  after=${details#*'"after": '}
  rest=${after#"${after%%[!0-9]*}"}
  after=${after%%[!0-9]*}
  # This call still works.
  printf '%s\n%s"after": %s%s\n' "$fault" "${details%%'"after": '*}" "$((after - 1))" "$rest" > "/.simulator/state/faults/$name"
  fault= ;;
esac
case $details in *'"once": true'*) [ -z "$fault" ] || /.simulator/bin/rm -f "/.simulator/state/faults/$name" ;; esac
case $fault in
hang) exec /.simulator/bin/sleep 86400 ;;
fast) exec /.simulator/bin/sleep 0.1 ;; # sleep: time limits that count seconds come soon
fail) echo "$name: simulated failure" >&2; exit 1 ;;
torn) # a copy taken while the file is being written: the last argument ends up cut short
  PATH=/.simulator/bin "$name" "$@" || exit
  for target do :; done
  : > "$target"
  exit 0 ;;
kill) kill -KILL $$ ;;
esac
