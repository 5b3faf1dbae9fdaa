#!/bin/bash
# SPDX-License-Identifier: ISC
# Proves that each log_error(), log_warning(), log_info(), log_debug() and log_print() of the sources has a
# line of one form (io/log.h). check-log.sh [--src=DIR]
#
#	text: key=value key="value of words" … error="why" note="what to do"
set -u
here=$(dirname "$0")
src=${here}/../../src
for arg; do
	case $arg in
	--src=*) src=${arg#*=} ;;
	*) echo "usage: $0 [--src=DIR]" >&2; exit 100 ;;
	esac
done

find "$src" -name '*.c' ! -path '*/io/log.c' | LC_ALL=C sort | xargs -r awk '
	BEGIN {
		value = "(\"[^\"]*[^\". ]\"|[^\", ]+)"
		pair = "[a-z][a-z0-9_]*=" value
		quoted = "\"[^\"]*[^\". ]\""
		form = "^(%s|[a-z][a-z0-9 ,'\''-]*[a-z0-9])(:( " pair ")+)?$"
	}
	function complain(text) {
		printf "%s:%d: %s: %s\n", FILENAME, line, text, format
		bad++
	}
	# Joins the string literals at the start of `rest` that follow one another, and unescapes their quotes.
	function take_format(rest,  text) {
		text = ""
		while (match(rest, /^[ \t\n]*"([^"\\]|\\.)*"/)) {
			text = text substr(rest, index(rest, "\"") + 1, RLENGTH - index(rest, "\"") - 1)
			rest = substr(rest, RLENGTH + 1)
		}
		gsub(/\\"/, "\"", text)
		return text
	}
	function check() {
		calls++
		if (format !~ form)
			complain("not \"text: key=value ...\"")
		else if (format ~ / (reason|hint|why|cause|advice|see)=/)
			complain("the reason is error=, advice is note=")
		else if (format ~ / error=/ && format !~ (" error=(" quoted "|%s)( note=" quoted ")?$"))
			complain("error=\"...\" comes last, but for note=\"...\"")
		else if (format ~ / note=/ && format !~ (" note=" quoted "$"))
			complain("note=\"...\" comes last")
		else if (format ~ / (file|dir|path|socket|prog|user|group|value)=[^"]/)
			complain("a value that may have spaces is in quotes")
	}
	FNR == 1 { pending = "" }
	# A call may have several lines: they are joined until the format is complete.
	pending == "" && match($0, /(^|[^a-z_])log_(error|warning|info|debug|print)\(/) {
		line = FNR
		pending = substr($0, RSTART + RLENGTH)
		$0 = ""
	}
	pending != "" {
		pending = pending "\n" $0
		if (match(pending, /"([^"\\]|\\.)*"[ \t\n]*[,)]/)) {
			format = take_format(substr(pending, index(pending, "\"")))
			pending = ""
			check()
		}
	}
	END {
		printf "%d log lines, %d not of the form\n", calls, bad
		exit bad > 0 || calls == 0
	}'
