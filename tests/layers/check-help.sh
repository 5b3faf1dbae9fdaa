#!/bin/bash
# SPDX-License-Identifier: ISC
# The output of the built programs for --help: no line is wider than a terminal; each option is explained in
# exactly one place of the manual, which explains no others; and a default of one word is the same there.
# check-help.sh [PROGRAM PAGE...]: of one program, with its pages, instead of all.
set -u
here=$PWD
cd "${top_srcdir:-.}" || exit 111
columns=80
failed=0

# check_width PROGRAM [COMMAND]: the lines of its help.
check_width()
{
	local wide
	wide=$("$@" --help | awk -v max=$columns 'length($0) > max')
	[ -z "$wide" ] && return
	echo "${*##*/} --help has lines of more than $columns columns:"
	echo "$wide"
	failed=1
}

# options_of_help PROGRAM: a line for each option: its key, and its default if that is one word.
options_of_help()
{
	"$1" --help | awk '
		function flush_option() {
			if (key == "")
				return
			word = ""
			if (match(text, /default: [^ );A-Z]+\)/))
				word = substr(text, RSTART + 9, RLENGTH - 10)
			print key, word
			key = ""
		}
		/^  (-[a-zA-Z], |    )--[a-z]/ {
			flush_option()
			key = $0
			sub(/^[^-]*(-[a-zA-Z], )?--/, "", key)
			text = key
			sub(/[[ =].*/, "", key)
			next
		}
		/^ / { sub(/^ +/, " "); text = text $0; next }
		{ flush_option() }
		END { flush_option() }'
}

# items_of_pages PAGE...: a line for each key that an .It explains, with the text there.
items_of_pages()
{
	awk '
		function flush_item() {
			for (i = 1; i <= count; i++)
				print keys[i], text
			count = 0
			text = ""
		}
		/^\.(It|El|Bl|S[hs])/ { flush_item() }
		/^\.It Fl / {
			for (i = 2; i <= NF; i++)
				if ($i ~ /^-[a-z][a-z0-9-]+$/)
					keys[++count] = substr($i, 2)
		}
		/^\.It Cm [a-z0-9-]+ No =/ { keys[++count] = $3 }
		{ text = text " " $0 }
		END { flush_item() }' "$@"
}

# check_pages PROGRAM PAGE...: each option once, nothing else, and the same defaults.
check_pages()
{
	local program=$1 key default items name=${1##*/}
	shift
	items=$(items_of_pages "$@")
	while read -r key default; do
		case $(grep -c "^$key " <<<"$items") in
		0) echo "$*: --$key of $name is not explained"; failed=1 ;;
		1) ;;
		*) echo "$*: --$key of $name is explained more than once"; failed=1 ;;
		esac
		[ -z "$default" ] || grep "^$key " <<<"$items" | grep -qwF -- "$default" ||
			{ echo "$*: --$key of $name: the default is not $default"; failed=1; }
		count=$((count + 1))
	done < <(options_of_help "$program")
	while read -r key _; do
		"$program" --help | grep -q "^usage: .* ${key^^}" && continue # a key for operands
		options_of_help "$program" | grep -q "^$key " ||
			{ echo "$*: $name has no --$key"; failed=1; }
	done <<<"$items"
}

# check PROGRAM PAGE...
check()
{
	check_width "$1"
	check_pages "$@"
}

count=0
if [ $# -gt 0 ]; then
	check "$@"
else
	check "$here/src/ontap/ontap" man/ontap.1
	check "$here/src/ontap-waitif/ontap-waitif" man/ontap-waitif.1
	check "$here/src/ontap-name/ontap-name" man/ontap-name.8
	check "$here/src/ontapd/ontapd" man/ontapd.8
	check "$here/src/ontap-zone/ontap-zone" man/ontap-zone.8 man/ontap-zone.conf.5
	for command in serve export check names status explain watch graph reload stop help resolver; do
		check_width "$here/src/ontap-zone/ontap-zone" $command
	done
fi
[ $failed -eq 0 ] && [ $count -gt 0 ] && echo "$count options"
