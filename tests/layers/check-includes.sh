#!/bin/bash
# SPDX-License-Identifier: ISC
# Proves that each directory of src includes only what its layer allows, and from other directories only
# the headers that they offer; and that tests include only the private headers listed in layers.txt.
# check-includes.sh [--src=DIR] [--tests=DIR]
set -u
here=$(dirname "$0")
src=$here/../../src
tests=$here/..
for arg; do
	case $arg in
	--src=*) src=${arg#*=} ;;
	--tests=*) tests=${arg#*=} ;;
	*) echo "usage: $0 [--src=DIR] [--tests=DIR]" >&2; exit 100 ;;
	esac
done

# Included names are relative to src, so the directory is the part before the first slash. In src, a directory
# without a line in layers.txt is an error, and so is an include that climbs or names no directory (like those
# of the tests' own headers): nothing escapes the table by being unknown to it.
find "$src" "$tests" -name '*.[ch]' | LC_ALL=C sort | xargs -r awk -v src="$src" '
	BEGIN {
		for (i = 1; i < ARGC; i++) {
			name = ARGV[i]
			if (index(name, src "/") == 1)
				name = substr(name, length(src) + 2)
			else
				sub(/.*\//, "", name)
			ours[name] = 1
		}
	}
	FILENAME ~ /layers\.txt$/ {
		sub(/#.*/, "")
		if (NF == 0)
			next
		if ($2 == "offers" || $2 == "see") {
			if ($2 == "offers")
				has_private[$1] = 1
			for (i = 3; i <= NF; i++)
				offered[$2 == "offers" ? $1 "/" $i ".h" : $1 " " $i ".h"] = 1
			next
		}
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
	function is_private(header, directory) {
		return directory in has_private && !(header in offered)
	}
	FNR == 1 {
		files++
		is_src = index(FILENAME, src "/") == 1
		dir = substr(FILENAME, length(src) + 2)
		if (is_src && (!sub(/\/.*/, "", dir) || !(dir in known)))
			complain("directory has no line in layers.txt: " dir)
	}
	is_src && /^[ \t]*#[ \t]*include[ \t]*</ {
		split($0, quoted, /[<>]/)
		if (quoted[2] in ours)
			complain("a header of ours is included in quotes: " quoted[2])
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		includes++
		split($0, quoted, "\"")
		target = quoted[2]
		has_directory = target !~ /\.\./ && sub(/\/.*/, "", target)
		if (!is_src) {
			if (quoted[2] ~ /\.h$/ && is_private(quoted[2], target) && !("tests " quoted[2] in offered))
				complain("tests must not use src/" quoted[2] ", which src/" target " does not offer")
		} else if (!has_directory)
			complain("include path is not relative to src: " quoted[2])
		else if (!((dir, target) in may))
			complain("src/" dir " must not use src/" target ": " quoted[2])
		else if ((dir, quoted[2]) in never)
			complain("src/" dir " must not use src/" quoted[2])
		else if (dir != target && is_private(quoted[2], target))
			complain("src/" dir " must not use src/" quoted[2] ", which src/" target " does not offer")
	}
	END {
		printf "%d includes in %d files, %d not allowed\n", includes, files, bad
		exit bad > 0 || files == 0
	}' "$here/layers.txt"
