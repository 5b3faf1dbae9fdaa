#!/bin/bash
# SPDX-License-Identifier: ISC
# mandoc's lint finds no faults in the manual pages. check-man.sh [FILE]...
set -u
cd "${top_srcdir:-.}" || exit 111
[ $# -gt 0 ] || set -- man/*.[1-8]
[ -e "$1" ] || { echo "no manual pages yet"; exit 77; }
command -v mandoc >/dev/null || { echo "no mandoc (Debian: mandoc)"; exit 77; }
mandoc -Tlint -Wwarning "$@" && echo "$# pages"
