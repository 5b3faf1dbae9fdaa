#!/bin/bash
# SPDX-License-Identifier: ISC
# The module for the C library exports only its functions, and needs only the C library, except functions that
# allocate, start or stop anything, or handle signals: it is in other people's processes.
# check-nss.sh [MODULE]
set -u
nm=${NM:-nm}
module=${1:-${top_builddir:-.}/src/nss/libnss_ontap.so.2}
[ -e "$module" ] || { echo "there is no module: no nss.h on this system"; exit 77; }

may_use='^(memcpy|memchr|memset|memmove|str(len|nlen|chr|cmp|cpy)|snprintf|inet_ntop|inet_pton
	|socket|connect|[gs]etsockopt|fcntl(64)?|send|poll|recv|close|clock_gettime|getpid|secure_getenv
	|pthread_setcancelstate|__errno_location|__stack_chk_fail|__tls_get_addr)$'
may_use=$(tr -d '\n\t' <<<"$may_use")

shown=$("$nm" -D --defined-only -f posix "$module" | awk '{ print $1 }')
used=$("$nm" -D --undefined-only -f posix "$module" |
	awk '$2 == "U" { sub(/@.*/, "", $1); print $1 }' | sed -E 's/^__(.*)_chk$/\1/')
bad=$(grep -v '^_nss_ontap_' <<<"$shown" | sed 's/^/is shown: /'
	grep -vE "$may_use" <<<"$used" | sed 's/^/must not be used: /'
	"${OBJDUMP:-objdump}" -p "$module" | awk '$1 == "NEEDED" && $2 !~ /^(libc\.so|libpthread\.so|ld-linux)/ { print "is needed: " $2 }')
[ -z "$bad" ] || { echo "$bad"; exit 1; }
echo "$(wc -l <<<"$shown") functions, $(wc -l <<<"$used") of the C library"
[ "$(wc -l <<<"$shown")" -ge 6 ]
