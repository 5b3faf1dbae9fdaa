#!/bin/bash
# SPDX-License-Identifier: ISC
# Runs all fuzz targets, each for its share of some hours, on all cores; merges what they have found into the
# corpora of the repository, as few files as have the same edges; and prints what each has reached.
#
# fuzz.sh --build=DIR [--hours=N] [--jobs=N] [TARGET]...      (make fuzz HOURS=N)
#
# DIR is configured with --enable-fuzzing CC=clang. All inputs stay in DIR/tests/fuzz/work, where the next run
# goes on; inputs that end a target are in DIR/tests/fuzz/found. Exit code 1: there are some.
set -u
here=$(cd "$(dirname "$0")" && pwd)
corpora=$here/corpus
build=. hours=1 jobs=$(nproc) targets=()

usage()
{
	sed -n 's/^# \(fuzz.sh .*\)/usage: \1/p' "$0" >&2
	exit 2
}

for arg; do
	case $arg in
	--build=*) build=${arg#*=} ;;
	--hours=*) hours=${arg#*=} ;;
	--jobs=*) jobs=${arg#*=} ;;
	-*) usage ;;
	*) targets+=("$arg") ;;
	esac
done
[[ $hours =~ ^[0-9]*\.?[0-9]+$ && $jobs =~ ^[1-9][0-9]*$ ]] || usage
programs=$(cd "$build/tests/fuzz" 2>/dev/null && pwd) || { echo "no tests/fuzz in $build" >&2; exit 2; }
if [ ${#targets[@]} -eq 0 ]; then
	mapfile -t targets < <(cd "$corpora" && printf '%s\n' fuzz_*)
fi
for target in "${targets[@]}"; do
	if ! "$programs/$target" -help=1 2>&1 | grep -c max_total_time >/dev/null; then
		echo "$target is no libFuzzer program: configure with --enable-fuzzing CC=clang" >&2
		exit 2
	fi
done
mkdir -p "$programs/work" "$programs/found"
logs=$(mktemp -d) || exit 2
trap 'rm -rf "$logs"' EXIT

# run_target TARGET SECONDS: its output goes to a log. It is started again after a finding.
run_target()
{
	local target=$1 left=$2 log=$logs/$1 begin
	local work=$programs/work/$target
	mkdir -p "$work"
	# Progress: each turn takes at least a second of what is left.
	while [ "$left" -gt 0 ]; do
		begin=$SECONDS
		"$programs/$target" -max_total_time="$left" -timeout=20 -rss_limit_mb=2048 -reload=0 \
			-print_final_stats=1 -artifact_prefix="$programs/found/$target-" \
			"$work" "$corpora/$target" >>"$log" 2>&1 && break
		left=$((left - (SECONDS - begin) - 1))
	done
}

# merge_target TARGET: named files are regressions and examples, and stay; those named by their content are
# replaced by the fewest files of all that reach the same edges.
merge_target()
{
	local target=$1 log=$logs/$1.merge
	local corpus=$corpora/$target new=$logs/$1.new file
	mkdir -p "$new"
	for file in "$corpus"/*; do
		[[ ${file##*/} =~ ^[0-9a-f]{40}$ ]] || cp "$file" "$new/"
	done
	if "$programs/$target" -merge=1 -use_counters=0 -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$logs/" \
		"$new" "$corpus" "$programs/work/$target" >"$log" 2>&1; then
		rm -f "$corpus"/*
		cp "$new"/* "$corpus/"
	else
		echo "$target: cannot merge: $(tail -n 1 "$log")" >&2
	fi
}

# report_target TARGET: a row of the table. The last number is that of the replay of the merged corpus.
report_target()
{
	local target=$1 log=$logs/$1
	local runs start end found files bytes
	runs=$(awk '/number_of_executed_units/ { n += $2 } END { print n + 0 }' "$log")
	start=$(sed -n 's/.*INITED cov: \([0-9]*\).*/\1/p' "$log" | head -n 1)
	end=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | sort -n | tail -n 1)
	found=$(find "$programs/found" -name "$target-*" -newer "$logs/begin" | wc -l)
	files=$(find "$corpora/$target" -type f | wc -l)
	bytes=$(cat "$corpora/$target"/* | wc -c)
	printf '%-20s %12s %7s %7s %8s %6s %8s\n' "$target" "$runs" "${start:--}" "${end:--}" "$found" \
		"$files" "$bytes"
}

export -f run_target merge_target
export programs corpora logs
touch "$logs/begin"
seconds=$(awk -v h="$hours" -v j="$jobs" -v n=${#targets[@]} \
	'BEGIN { s = h * 3600 * (j < n ? j : n) / n; print s < 1 ? 1 : int(s) }')
echo "${#targets[@]} targets, $seconds s each, $jobs at a time"
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c "run_target {} $seconds"
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'merge_target {}'
printf '%-20s %12s %7s %7s %8s %6s %8s\n' target runs edges '→' findings files bytes
for target in "${targets[@]}"; do
	report_target "$target"
done
[ -z "$(find "$programs/found" -type f -newer "$logs/begin")" ] || { echo "findings: $programs/found"; exit 1; }
