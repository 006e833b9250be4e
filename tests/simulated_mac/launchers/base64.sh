# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# base64 as macOS has it: -D decodes, -d since 13 only, -i and -o name files, no line breaks unless -b asks for them.
# Without options tool.c does it itself.
PATH=/.simulator/bin
usage() {
  echo "Usage:	base64 [-h | -D | -d] [-b count] [-i in_file] [-o out_file]" >&2
  exit 64
}
read -r major < /.simulator/state/major
letters=':Db:hi:o:'
[ "$major" -lt 13 ] || letters=':Ddb:hi:o:'
decode='' width=0 in='' out=''
case "${1-}" in
--decode) shift; set -- -D "$@" ;;
esac
while getopts "$letters" flag; do
  case $flag in
  D | d) decode=-d ;;
  b) width=$OPTARG ;;
  i) in=$OPTARG ;;
  o) out=$OPTARG ;;
  '?') echo "base64: illegal option -- $OPTARG" >&2; usage ;;
  *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# = 0 ] || { echo "base64: invalid argument $1" >&2; usage; }
case $in in '' | -) ;; *) exec < "$in" || exit 66 ;; esac
case $out in '' | -) ;; *) exec > "$out" || exit 73 ;; esac
if [ -n "$decode" ]; then
  base64 -d 2>/dev/null && exit 0
  echo "base64: stdin: (null): error decoding base64 input stream" >&2
  exit 65
fi
base64 -w "$width" || exit 1
[ "$width" != 0 ] || echo
