#!/bin/bash
# SPDX-License-Identifier: ISC
# Lists files over 600 lines and functions over 50 in src: places to look, not faults.
set -u
cd "${top_srcdir:-.}" || exit 111
find src -name '*.[ch]' | LC_ALL=C sort | xargs -r awk '
	FNR == 1 { report_file(); file = FILENAME; start = 0 }
	{ lines = FNR }
	/^[A-Za-z_].*\(/ && !/;[ \t]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{/ { start = FNR }
	/^\}/ {
		if (start && FNR - start > 50)
			printf "%s:%d: %s has %d lines\n", FILENAME, start, name, FNR - start
		start = 0
	}
	END { report_file() }
	function report_file() {
		if (file && lines > 600)
			printf "%s: %d lines\n", file, lines
	}'
exit 0
