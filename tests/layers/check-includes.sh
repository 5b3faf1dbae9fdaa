#!/bin/bash
# SPDX-License-Identifier: ISC
# Proves that each directory of src includes only what its layer allows (layers.txt).
# check-includes.sh [--src=DIR]
set -u
here=$(dirname "$0")
src=${here}/../../src
for arg; do
	case $arg in
	--src=*) src=${arg#*=} ;;
	*) echo "usage: $0 [--src=DIR]" >&2; exit 100 ;;
	esac
done

# Included names are relative to src, so the directory is what stands before the first slash. A
# directory without a line in layers.txt, and an include that climbs or names no directory, are
# errors too: nothing gets past the table by being unknown to it.
find "$src" -name '*.[ch]' | LC_ALL=C sort | xargs -r awk -v src="$src" '
	FILENAME ~ /layers\.txt$/ {
		sub(/#.*/, "")
		if (NF == 0)
			next
		split($0, half, ":")
		split(half[1], head, " ")
		known[head[1]] = 1
		may[head[1], head[1]] = 1
		n = split(half[2], list, " ")
		for (i = 1; i <= n; i++)
			if (sub(/^!/, "", list[i]))
				never[head[1], list[i] ".h"] = 1
			else
				may[head[1], list[i]] = 1
		next
	}
	function complain(text) {
		printf "%s:%d: %s\n", FILENAME, FNR, text
		bad++
	}
	FNR == 1 {
		files++
		dir = substr(FILENAME, length(src) + 2)
		if (!sub(/\/.*/, "", dir) || !(dir in known))
			complain("directory has no line in layers.txt: " dir)
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		includes++
		split($0, quoted, "\"")
		target = quoted[2]
		if (target ~ /\.\./ || !sub(/\/.*/, "", target))
			complain("include path is not relative to src: " quoted[2])
		else if (!((dir, target) in may))
			complain("src/" dir " must not use src/" target ": " quoted[2])
		else if ((dir, quoted[2]) in never)
			complain("src/" dir " must not use src/" quoted[2])
	}
	END {
		printf "%d includes in %d files, %d not allowed\n", includes, files, bad
		exit bad > 0 || files == 0
	}' "$here/layers.txt"
