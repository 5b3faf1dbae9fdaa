#!/bin/bash
# SPDX-License-Identifier: ISC
# Proves that the files of each directory of src stand on floors: if one file needs another, directly or not,
# that one does not need the first. A file needs another if its object has an undefined symbol that
# the other's object defines. Looks at the archive of a directory, or at a program's objects.
# check-circles.sh [--build=DIR] [--src=DIR]
set -u
here=$(dirname "$0")
nm=${NM:-nm}
build=${top_builddir:-.}
src=$here/../../src
for arg; do
	case $arg in
	--build=*) build=${arg#*=} ;;
	--src=*) src=${arg#*=} ;;
	*) echo "usage: $0 [--build=DIR] [--src=DIR]" >&2; exit 100 ;;
	esac
done

# objects_of DIRECTORY-NAME: its archive, otherwise the objects whose sources still exist.
objects_of()
{
	local object name
	if compgen -G "$build/src/$1/*.a"; then
		return
	fi
	for object in "$build/src/$1"/*.o; do
		name=${object##*/}
		[ ! -e "$src/$1/${name%.o}.c" ] || echo "$object"
	done
}

# symbols_of FILE...: "object symbol class" of each symbol that is global and strong, or undefined; without
# the symbols that sanitizers add.
symbols_of()
{
	"$nm" -A -g -f posix "$@" 2>/dev/null | awk '
		{ object = $1; sub(/\]?:$/, "", object); sub(/^.*[[\/:]/, "", object) }
		$2 !~ /^(__asan|__odr_asan|__ubsan|__sanitizer|__sancov|asan\.)/ && $3 ~ /^[UTDRBSGC]$/ {
			print object, $2, $3 }'
}

# Files that need each other are in one group, the lowest one's. Each group's files are named, and each
# use within it.
find_circles()
{
	LC_ALL=C sort | awk -v dir="$1" '
		!($1 in seen) { seen[$1]; file[++count] = $1; sub(/\.o$/, ".c", file[count]); number[$1] = count }
		$3 == "U" { user[++uses] = number[$1]; used[uses] = $2 }
		$3 != "U" { home[$2] = number[$1] }
		END {
			for (i = 1; i <= uses; i++)
				if (used[i] in home && home[used[i]] != user[i]) {
					by[user[i], home[used[i]]] = used[i]
					needs[user[i], home[used[i]]] = 1
				}
			for (k = 1; k <= count; k++)
				for (i = 1; i <= count; i++)
					for (j = 1; (i, k) in needs && j <= count; j++)
						if ((k, j) in needs)
							needs[i, j] = 1
			for (i = 1; i <= count; i++) {
				if (!((i, i) in needs) || group[i])
					continue
				names = ""
				for (j = i; j <= count; j++)
					if ((i, j) in needs && (j, i) in needs) {
						names = names " " file[j]
						group[j] = i
					}
				print "src/" dir " has a circle of files:" names
				for (j = i; j <= count; j++)
					for (k = i; k <= count; k++)
						if (group[j] == i && group[k] == i && (j, k) in by)
							print "  " file[j] " needs " by[j, k] " of " file[k]
				circles++
			}
			exit circles > 0
		}'
}

directories=0 bad=0
for path in "$src"/*/; do
	dir=$(basename "$path")
	mapfile -t objects < <(objects_of "$dir")
	[ ${#objects[@]} -gt 0 ] || continue
	directories=$((directories + 1))
	symbols_of "${objects[@]}" | find_circles "$dir" || bad=$((bad + 1))
done
echo "$directories directories, $bad with circles"
[ $bad -eq 0 ] && [ $directories -gt 0 ]
