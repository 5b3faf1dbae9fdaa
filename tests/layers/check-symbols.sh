#!/bin/bash
# SPDX-License-Identifier: ISC
# Proves that the core is pure: each archive of a core directory calls only its own and allowed
# lower layers and what symbols.txt permits, and has no writable globals. Also proves that other archives
# call nothing that symbols.txt forbids them.
# check-symbols.sh [--lib=DIRECTORY-NAME:ARCHIVE]...
set -u
here=$(dirname "$0")
nm=${NM:-nm}
build=${top_builddir:-.}
libs=()
for arg; do
	case $arg in
	--lib=*:*) libs+=("${arg#*=}") ;;
	*) echo "usage: $0 [--lib=NAME:ARCHIVE]..." >&2; exit 100 ;;
	esac
done

declare -A may=() defined=()
core=() shell=()
while read -r dir kind allowed; do
	[ -n "$dir" ] && [ "$kind" != offers ] && [ "$kind" != see ] || continue
	if [ "$kind" = core ]; then core+=("$dir"); else shell+=("$dir"); fi
	may[$dir]="$dir ${allowed#*:}"
done < <(sed 's/#.*//; s/:/ : /' "$here/layers.txt")

if [ ${#libs[@]} -eq 0 ]; then
	for dir in "${core[@]}" "${shell[@]}"; do
		[ -f "$build/src/$dir/lib$dir.a" ] && libs+=("$dir:$build/src/$dir/lib$dir.a")
	done
fi
[ ${#libs[@]} -gt 0 ] || { echo "no archives below $build/src: run make first"; exit 1; }

for lib in "${libs[@]}"; do
	defined[${lib%%:*}]=$("$nm" --defined-only -g -f posix "${lib#*:}" 2>/dev/null |
		awk 'NF > 1 { print $1 }')
done

# The patterns of symbols.txt for directory $1, one a line.
allowed_patterns()
{
	sed 's/#.*//' "$here/symbols.txt" | awk -v dir="$1" '$1 == "*" || $1 == dir {
		for (i = 2; i <= NF; i++) print $i }'
}

# A variant of X by _FORTIFY_SOURCE or the language version is judged as X: __printf_chk writes, too.
is_allowed()
{
	local pattern plain=$1
	[[ $plain =~ ^__(.*)_chk$ || $plain =~ ^__isoc[0-9]+_(.*)$ ]] && plain=${BASH_REMATCH[1]}
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $plain == $pattern ]] && return 0
	done
	return 1
}

# check_shell DIR ARCHIVE: of a directory outside of the core. It may call anything that is not forbidden.
check_shell()
{
	local symbol object
	mapfile -t patterns < <(allowed_patterns "$1" | sed -n 's/^!//p')
	[ ${#patterns[@]} -gt 0 ] || return
	while read -r symbol object; do
		seen=$((seen + 1))
		is_allowed "$symbol" || continue
		echo "src/$1 must not use $symbol ($object)"
		bad=$((bad + 1))
	done < <(undefined_symbols "$2")
}

# undefined_symbols ARCHIVE: each with the object that has it.
undefined_symbols()
{
	"$nm" -u -A -f posix "$1" 2>/dev/null |
		awk '{ object = $1; sub(/^.*\[/, "", object); sub(/\]:$/, "", object); print $2, object }' |
		LC_ALL=C sort -u
}

bad=0 seen=0
for lib in "${libs[@]}"; do
	dir=${lib%%:*} archive=${lib#*:}
	if [[ " ${shell[*]} " == *" $dir "* ]]; then
		check_shell "$dir" "$archive"
		continue
	fi
	mapfile -t patterns < <(allowed_patterns "$dir")
	below=$(for d in ${may[$dir]:-$dir}; do echo "${defined[$d]:-}"; done)
	while read -r symbol object; do
		seen=$((seen + 1))
		is_allowed "$symbol" && continue
		echo "src/$dir must not use $symbol ($object)"
		bad=$((bad + 1))
	done < <(undefined_symbols "$archive" | awk '
			FILENAME != "-" { below[$1]; next }
			!($1 in below)' <(echo "$below") -)

	# A table of pointers that the loader relocates is read-only afterwards (.data.rel.ro); the
	# compilers' own descriptions of globals are not our state.
	while read -r symbol section; do
		echo "src/$dir has a writable global: $symbol ($section)"
		bad=$((bad + 1))
	done < <("$nm" -f sysv --defined-only "$archive" 2>/dev/null | awk -F'|' '
		NF < 7 { next }
		{ gsub(/ /, ""); name = $1; class = $3; section = $7 }
		class !~ /^[BbDdCcSsGg]$/ || section ~ /^(\.data\.rel\.ro|asan_globals|__sancov)/ { next }
		name ~ /^(__asan|__odr_asan|__sancov|__ubsan|__unnamed_|asan\.|\.L)/ { next }
		{ print name, section }')
done
echo "${#libs[@]} archives, $seen calls outside of the layers, $bad faults"
[ $bad -eq 0 ]
