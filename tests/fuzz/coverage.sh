#!/bin/bash
# SPDX-License-Identifier: ISC
# Builds the fuzz targets with clang's coverage, replays the corpora, and compares how many lines of the files that each
# target is for it reaches with the floor in the table of doc/security.md:
#
#	| `fuzz_x` | `room/file.c` `room/*.c` | 90 % |
#
# coverage.sh --build=DIR [TARGET]...      (make fuzz-coverage; DIR is made, and its build is kept)
#
# Exit code 1: a target is below its floor, or has no row. 77: a tool is missing, which it names.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
table=$top/doc/security.md
build=build/coverage targets=()
for arg; do
	case $arg in
	--build=*) build=${arg#*=} ;;
	-*) sed -n 's/^# \(coverage.sh [^(]*\).*/usage: \1/p' "$0" >&2; exit 2 ;;
	*) targets+=("$arg") ;;
	esac
done
mkdir -p "$build" && build=$(cd "$build" && pwd) || exit 2

# shellcheck source=tools/packages.sh
. "$top/tools/packages.sh"
have_tools()
{
	command -v clang >/dev/null && command -v llvm-profdata >/dev/null && command -v llvm-cov >/dev/null
}
if ! have_tools; then
	package_log=$build/packages.log
	if ! need_packages clang llvm libclang-rt-dev || ! have_tools; then
		echo "skipped: coverage of the fuzz targets: ${package_fault:-no clang, llvm-profdata, llvm-cov}"
		exit 77
	fi
fi

if [ ${#targets[@]} -eq 0 ]; then
	mapfile -t targets < <(cd "$top/tests/fuzz/corpus" && printf '%s\n' fuzz_*)
fi
flags='-fprofile-instr-generate -fcoverage-mapping'
if ! (
	cd "$build" || exit 1
	[ -f Makefile ] || "$top/configure" -q CC=clang CFLAGS="-O1 -g $flags" LDFLAGS="$flags" || exit 1
	make -s -j"$(nproc)" "${targets[@]/#/tests/fuzz/}"
) >"$build/coverage.log" 2>&1; then
	echo "cannot build: $(tail -n 1 "$build/coverage.log"); see $build/coverage.log" >&2
	exit 2
fi

# measure TARGET NAMED FILE...: prints "LINES MISSED" of these files below src. The program must have at least NAMED of
# them: of those that match a pattern it may lack some.
measure()
{
	local target=$1 named=$2 program=$build/tests/fuzz/$1 profile=$build/$1.profraw
	shift 2
	rm -f "$profile"
	LLVM_PROFILE_FILE=$profile "$program" "$top/tests/fuzz/corpus/$target"/* >"$build/$target.log" 2>&1 || return 1
	llvm-profdata merge -sparse -o "$build/$target.profdata" "$profile" || return 1
	llvm-cov report "$program" -instr-profile="$build/$target.profdata" >"$build/$target.report" || return 1
	awk -v files="$*" -v named="$named" 'BEGIN { split(files, list, " "); for (i in list) wanted[list[i]] }
		{ name = $1; sub(/^.*src\//, "", name) }
		name in wanted { lines += $8; missed += $9; seen++ }
		END { if (seen > 0 && seen >= named) print lines, missed }' "$build/$target.report"
}

bad=0
printf '%-20s %8s %8s %7s %7s\n' target lines reached '' floor
for target in "${targets[@]}"; do
	row=$(grep "^| \`$target\` |" "$table" | head -n 1)
	floor=$(sed -n 's/.*| *\([0-9]*\) % *|$/\1/p' <<<"$row")
	patterns=$(cut -d'|' -f3 <<<"$row" | tr -d '`')
	files=() named=0
	for pattern in $patterns; do
		[[ $pattern == *\** ]] || named=$((named + 1))
		for file in "$top"/src/$pattern; do
			[ -f "$file" ] && files+=("${file#"$top/src/"}")
		done
	done
	if [ -z "$floor" ] || [ ${#files[@]} -eq 0 ]; then
		echo "$target has no row with files and a floor in ${table#"$top"/}"
		bad=$((bad + 1))
		continue
	fi
	read -r lines missed < <(measure "$target" "$named" "${files[@]}")
	if [ -z "${lines:-}" ] || [ "$lines" -eq 0 ]; then
		echo "$target cannot be measured: $(tail -n 1 "$build/$target.log")"
		bad=$((bad + 1))
		continue
	fi
	percent=$(((lines - missed) * 100 / lines))
	verdict=
	[ "$percent" -ge "$floor" ] || { verdict='below its floor'; bad=$((bad + 1)); }
	printf '%-20s %8d %8d %5d %% %5d %%  %s\n' "$target" "$lines" $((lines - missed)) "$percent" "$floor" "$verdict"
done
[ $bad -eq 0 ]
