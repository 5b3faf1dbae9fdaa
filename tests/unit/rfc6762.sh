#!/bin/bash
# SPDX-License-Identifier: ISC
# Each row of tests/unit/rfc6762.txt has its tests, they passed, and doc/rfc6762.md says so.
set -u
[ -x /usr/bin/python3 ] || { echo "no /usr/bin/python3 (Debian: python3)"; exit 77; }
exec /usr/bin/python3 -B "$top_srcdir/tests/unit/rfc6762-table.py" "$top_srcdir" \
	--check "$top_builddir"
