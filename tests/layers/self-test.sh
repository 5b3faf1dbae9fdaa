#!/bin/bash
# SPDX-License-Identifier: ISC
# The structure checks detect faults: each must fail on a bad example, with a message that names the fault,
# and must pass on a good one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
work=$(mktemp -d) || exit 111
trap 'rm -rf "$work"' EXIT
faults=0

# expect pass|fail PATTERN COMMAND...: the command passes or fails, and its output matches PATTERN.
expect()
{
	local want=$1 pattern=$2 output status
	shift 2
	output=$("$@" 2>&1) && status=pass || status=fail
	if [ "$status" != "$want" ] || ! grep -q -- "$pattern" <<<"$output"; then
		printf 'expected %s and /%s/ of: %s\ngot %s: %s\n' "$want" "$pattern" "$*" "$status" "$output"
		faults=$((faults + 1))
	fi
}

# header_in DIRECTORY INCLUDE-LINE: the only file of a tree for the checks.
header_in()
{
	rm -rf "$work/src"
	mkdir -p "$work/src/$1"
	echo "$2" >"$work/src/$1/x.c"
}

includes()
{
	bash "$here/check-includes.sh" --src="$work/src" --tests="$work/tests"
}
mkdir -p "$work/tests/unit"
echo >"$work/tests/unit/unit.h"

header_in wire '#include "base/addr.h"';       expect pass '0 not allowed' includes
header_in wire '#include <stdio.h>';           expect pass '0 not allowed' includes
header_in net '#include "mdns/mdns.h"';        expect pass '0 not allowed' includes
header_in watch '#include "io/netlink.h"';     expect pass '0 not allowed' includes
header_in io '#include "mdns/mdns.h"';         expect fail 'io must not use src/mdns' includes
header_in watch '#include "net/dns.h"';        expect fail 'watch must not use src/net' includes
header_in watch '#include "wire/msg.h"';       expect fail 'watch must not use src/wire' includes
header_in net '#include "watch/watcher.h"';    expect fail 'net must not use src/watch' includes
header_in net '#include "io/netlink.h"';       expect fail 'net must not use src/io/netlink.h' includes
header_in net '#include "io/netns.h"';         expect fail 'net must not use src/io/netns.h' includes
header_in mdns '#include "zone/zone.h"';       expect fail 'mdns must not use src/zone' includes
header_in ontapd '#include "serve/answer.h"';  expect fail 'ontapd must not use src/serve' includes
header_in ontapd '#include "net/dns.h"';       expect fail 'ontapd must not use src/net' includes
header_in ontap '#include "wire/msg.h"';       expect fail 'ontap must not use src/wire' includes
header_in zonefile '#include "io/file.h"';     expect fail 'zonefile must not use src/io' includes
header_in base '#include "wire/msg.h"';        expect fail 'base must not use src/wire' includes
header_in mdns '#include "serve/answer.h"';    expect fail 'mdns must not use src/serve' includes
header_in zone '  #  include "model/model.h"'; expect fail 'zone must not use src/model' includes
header_in wire '#include "../model/model.h"';  expect fail 'not relative to src' includes
header_in wire '#include "sibling.h"';         expect fail 'not relative to src' includes
header_in novel '#include "base/addr.h"';      expect fail 'no line in layers.txt' includes
header_in net '#include "mdns/link.h"';         expect fail 'net must not use src/mdns/link.h, which' includes
header_in mdns '#include "mdns/link.h"';       expect pass '0 not allowed' includes
header_in net '#include "mdns/mdns.h"';         expect pass '0 not allowed' includes
header_in transfer '#include "zone/store.h"';  expect fail 'which src/zone does not offer' includes
header_in wire '#include "unit.h"';            expect fail 'not relative to src' includes
header_in wire '#include <unit.h>';            expect fail 'ours is included in quotes: unit.h' includes
header_in wire '#include <string.h>';          expect pass '0 not allowed' includes
echo '#include "zone/store.h"' >"$work/tests/unit/x.c"
expect pass '0 not allowed' includes
echo '#include "mdns/link.h"' >"$work/tests/unit/x.c"
expect fail 'tests must not use src/mdns/link.h' includes
rm "$work/tests/unit/x.c"

# archive NAME SOURCE: compiles it as the only object of the archive of that directory.
archive()
{
	rm -f "$work/$1.a"
	# shellcheck disable=SC2086 # CC may hold options
	printf '%s\n' "$2" | $cc -xc -O1 -w -c -o "$work/$1.o" - && ar cr "$work/$1.a" "$work/$1.o"
}

# report OUTPUT: the output of a check that has run and failed.
report()
{
	echo "$1"
	return 1
}

symbols()
{
	local name libs=()
	for name; do libs+=("--lib=$name:$work/$name.a"); done
	bash "$here/check-symbols.sh" "${libs[@]}"
}

archive base 'int f(const char *s, const char *t) { return __builtin_strcmp(s, t) + 1; }'
expect pass '0 faults' symbols base
archive wire 'int f(const char *, const char *); int g(void) { return f("a", "b"); }'
expect pass '0 faults' symbols base wire
archive base 'int g(void); int h(void) { return g(); }'
expect fail 'base must not use g ' symbols base wire
# All in one object, since a run of the check takes long. exit is the last: compilers drop what comes after it.
forbidden="time clock_gettime getrandom rand getenv open read write socket printf
	fopen pthread_create syslog localtime strtok strerror __printf_chk __read_chk mnl_socket_open exit"
# shellcheck disable=SC2086 # words are meant
archive wire "$(printf 'int %s();\n' $forbidden) int g(void) { return $(printf '%s() + ' $forbidden) 0; }"
output=$(symbols wire)
for call in $forbidden; do
	expect fail "wire must not use $call" report "$output"
done
archive wire 'int __snprintf_chk(); int __isoc23_strtol();
	int g(void) { return __snprintf_chk() + __isoc23_strtol(); }'
expect pass '0 faults' symbols wire
archive export 'int json_dump_file(); int g(void) { return json_dump_file(); }'
expect fail "export must not use json_dump_file" symbols export
archive export 'int json_dumps(); int g(void) { return json_dumps(); }'
expect pass '0 faults' symbols export
archive wire 'int counter; int g(void) { return ++counter; }'
expect fail 'writable global: counter' symbols wire
archive wire 'static int cache = 7; int g(int i) { return cache += i; }'
expect fail 'writable global: cache' symbols wire
archive wire '__thread int each; int g(void) { return ++each; }'
expect fail 'writable global: each' symbols wire
archive wire 'static const int table[] = {1, 2}; int g(int i) { return table[i]; }'
expect pass '0 faults' symbols wire
archive wire 'const char *const names[] = {"a", "b"};'
expect pass '0 faults' symbols wire

archive net 'int mnl_socket_open(); int g(void) { return mnl_socket_open(); }'
expect fail 'net must not use mnl_socket_open' symbols net
archive net 'int setns(); int g(void) { return setns(); }'
expect fail 'net must not use setns' symbols net
archive net 'int recvmmsg(); int counter; int g(void) { return recvmmsg() + ++counter; }'
expect pass '0 faults' symbols net

# object DIRECTORY-NAME FILE-NAME SOURCE: compiles it as that file of a tree in which circles are looked for.
object()
{
	mkdir -p "$work/src/$1" "$work/build/src/$1"
	printf '%s\n' "$3" >"$work/src/$1/$2.c"
	# shellcheck disable=SC2086 # CC may hold options
	$cc -O1 -w -c -o "$work/build/src/$1/$2.o" "$work/src/$1/$2.c"
}

circles()
{
	bash "$here/check-circles.sh" --src="$work/src" --build="$work/build"
}

rm -rf "$work/src"
object ontapd high 'int low(); int high(void) { return low() + 1; }'
object ontapd low 'static int other(void) { return 2; } int low(void) { return other() + 1; }'
object ontapd aside 'static int other(void) { return 3; } int aside(void) { return other() + getpid(); }'
expect pass '1 directories, 0 with circles' circles
object ontapd low 'extern int limit; int low(void) { return limit + 1; }'
object ontapd aside 'int high(); int limit = 1; int aside(void) { return high() + 1; }'
expect fail 'src/ontapd has a circle of files: aside.c high.c low.c$' circles
expect fail 'high.c needs low of low.c' circles
expect fail 'low.c needs limit of aside.c' circles
object ontapd low 'int high(); __attribute__((weak)) int low(void) { return high() + 1; }'
object ontapd aside 'int aside(void) { return 1; }'
expect pass '0 with circles' circles
object mdns put 'int tie(); int put(void) { return tie() + 1; }'
object mdns tie 'int put(); int tie(void) { return put() + 1; }'
object mdns tc 'int engine(); int put(); int tc(void) { return engine() + put(); }'
object mdns engine 'int tc(); int engine(void) { return tc() + 1; }'
ar cr "$work/build/src/mdns/libmdns.a" "$work"/build/src/mdns/*.o
expect fail 'src/mdns has a circle of files: put.c tie.c$' circles
expect fail 'src/mdns has a circle of files: engine.c tc.c$' circles
expect fail 'tie.c needs put of put.c' circles
rm "$work/src/ontapd/"*.c "$work/build/src/mdns/libmdns.a"
mv "$work/build/src/ontapd" "$work/build/src/ontap"
object ontap main 'int main(void) { return 0; }'
rm -r "$work/src/mdns"
expect pass '1 directories, 0 with circles' circles

# log FORMAT: the output of the check for a call with that format.
log()
{
	header_in net "	log_error(d->log,
		$1, a, b);"
	bash "$here/check-log.sh" --src="$work/src"
}

expect pass '0 not of the form' log '"listening"'
expect pass '0 not of the form' log '"not updated: name=%s count=%zu"'
expect pass '0 not of the form' log '"%s: file=\"%s\" " "error=\"%s\" note=\"stop it, or use --socket\""'
expect pass '0 not of the form' log '"rules: line=%u error=%s"'
expect fail 'not "text: key=value' log '"Listening: address=%s"'
expect fail 'not "text: key=value' log '"listening."'
expect fail 'not "text: key=value' log '"listening address=%s"'
expect fail 'not "text: key=value' log '"listening: address=%s, port=%u"'
expect fail 'not "text: key=value' log '"listening: address %s"'
expect fail 'not "text: key=value' log '"listening: error=\"it failed.\""'
expect fail 'not "text: key=value' log '"cannot read %s: error=%s"'
expect fail 'the reason is error=' log '"not updated: reason=\"%s\""'
expect fail 'the reason is error=' log '"not updated: hint=\"%s\""'
expect fail 'error="..." comes last' log '"not updated: error=\"%s\" name=%s"'
expect fail 'error="..." comes last' log '"not updated: error=%d"'
expect fail 'note="..." comes last' log '"not updated: note=\"%s\" name=%s"'
expect fail 'may have spaces is in quotes' log '"not read: file=%s"'

if command -v mandoc >/dev/null; then
	printf '.Dd $Mdocdate$\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd does it\n.Xyzzy\n' >"$work/bad.8"
	expect fail 'unknown macro' bash "$here/check-man.sh" "$work/bad.8"
fi

# program_and_page OPTION-LINE PAGE-LINE: a program with that help, and a page that explains it.
program_and_page()
{
	printf '#!/bin/sh\ncat <<END\nusage: x [options]\n\noptions:\n%s\nEND\n' "$1" >"$work/x"
	chmod +x "$work/x"
	printf '.Bl -tag\n%s\nThe default is 5.\n.El\n' "$2" >"$work/x.8"
}

help()
{
	bash "$here/check-help.sh" "$work/x" "$work/x.8"
}

program_and_page '      --ttl=N    what (default: 5)' '.It Fl -ttl Ns = Ns Ar N'
expect pass '1 options' help
program_and_page '      --ttl=N    what (default: 6)' '.It Fl -ttl Ns = Ns Ar N'
expect fail 'the default is not 6' help
program_and_page '  -t, --ttl=N    what' '.It Fl -tttl Ns = Ns Ar N'
expect fail '--ttl of x is not explained' help
program_and_page '      --ttl=N    what' '.It Fl -ttl , -tll'
expect fail 'x has no --tll' help
program_and_page '      --ttl=N    what' '.It Fl -ttl
.It Cm ttl No = Ar N'
expect fail 'explained more than once' help
program_and_page "      --ttl=N    $(printf '%80s' what)" '.It Fl -ttl'
expect fail 'more than 80 columns' help

if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	cp "$here/../../.clang-format" "$work"
	printf 'int f(void)\n{\n\treturn 1;\n}\n' >"$work/good.c"
	printf 'int f( void ) {\n  return 1; }\n' >"$work/bad.c"
	expect pass '1 files' bash "$here/check-format.sh" "$work/good.c"
	expect fail 'bad.c:1: not formatted' bash "$here/check-format.sh" "$work/bad.c"
fi

echo "$faults faults in the checks"
[ $faults -eq 0 ]
