# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Run by tool.c for tools, $1, whose operands, or whose options' arguments, GNU's take in more forms than BSD's.
name=$1
shift
refuse() {
  echo "$name: $1" >&2
  exit "${2:-1}"
}
case $name in
find)
  for argument do
    case $argument in
    -printf | -fprintf | -fprint | -fprint0 | -fls | -regextype | -executable | -readable | -writable | -noleaf | -daystart)
      refuse "$argument: unknown primary or operator" ;;
    esac
  done ;;
head)
  previous=
  for argument do
    case $previous in
    -n) case $argument in '' | *[!0-9]*) refuse "illegal line count -- $argument" ;; esac ;;
    -c) case $argument in '' | *[!0-9]*) refuse "illegal byte count -- $argument" ;; esac ;;
    esac
    case $argument in
    -n?*) case ${argument#-n} in *[!0-9]*) refuse "illegal line count -- ${argument#-n}" ;; esac ;;
    -c?*) case ${argument#-c} in *[!0-9]*) refuse "illegal byte count -- ${argument#-c}" ;; esac ;;
    esac
    previous=$argument
  done ;;
expr)
  case ${1-}:$# in
  length:2 | index:3 | match:3 | substr:4) refuse 'syntax error' 2 ;;
  esac ;;
dd)
  for argument do
    case $argument in
    status=* | iflag=* | oflag=*) refuse "unknown operand ${argument%%=*}" ;;
    esac
  done ;;
touch)
  previous=
  for argument do
    case $previous:$argument in
    -d:[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T\ ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]*) ;;
    -d:*) refuse 'out of range or illegal time specification: YYYY-MM-DDThh:mm:SS[.frac][tz]' ;;
    esac
    previous=$argument
  done ;;
od)
  previous=
  for argument do
    case $previous:$argument in
    -t:*z | *:-t*z) refuse 'unrecognised format character: z' ;;
    esac
    previous=$argument
  done ;;
esac
