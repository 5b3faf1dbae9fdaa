#!/bin/bash
# SPDX-License-Identifier: ISC
# The C sources are formatted by .clang-format. Only one version of clang-format is used, because versions
# differ in details: without it, this is skipped. check-format.sh [FILE]...
set -u
cd "${top_srcdir:-.}" || exit 111
version=14
tool=
for name in clang-format-$version clang-format; do
	"$name" --version 2>/dev/null | grep -q "version $version\." && tool=$name && break
done
[ -n "$tool" ] || { echo "no clang-format $version (Debian: clang-format)"; exit 77; }
[ $# -gt 0 ] || mapfile -t files < <(find src tests -name '*.[ch]' ! -name '*_object.c')
[ $# -eq 0 ] || files=("$@")
bad=$("$tool" --dry-run "${files[@]}" 2>&1 | sed -n 's/: warning: code should be clang-formatted.*//p' |
	sort -t: -k1,1 -u | sed 's/:[0-9]*$//')
[ -z "$bad" ] || { echo "$bad" | sed 's/$/: not formatted: clang-format -i/'; exit 1; }
echo "${#files[@]} files"
