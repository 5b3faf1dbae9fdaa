#!/bin/bash -eu
# SPDX-License-Identifier: ISC
# Builds the fuzz targets as OSS-Fuzz wants them: programs, their libraries and corpora in $OUT. CC, CFLAGS and
# LIB_FUZZING_ENGINE are OSS-Fuzz's; elsewhere, for instance:
#
#	CC=clang LIB_FUZZING_ENGINE=-fsanitize=fuzzer OUT=/tmp/out contrib/oss-fuzz/build.sh
top=$(cd "$(dirname "$0")/../.." && pwd)
# OSS-Fuzz copies this script to $SRC, and runs it in the directory of the sources.
[ -f "$top/configure.ac" ] || top=$PWD
: "${OUT:?is the directory for the programs}" "${LIB_FUZZING_ENGINE:?is what targets are linked with}"
export CC=${CC:-clang} LIB_FUZZING_ENGINE
export CFLAGS=${CFLAGS:--O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined}
work=${WORK:-$(mktemp -d)}/ontap
mkdir -p "$OUT/lib" "$work"
OUT=$(cd "$OUT" && pwd)

[ -x "$top/configure" ] || (cd "$top" && autoreconf -fi)
cd "$work"
# The runner has none of our libraries: programs look for them beside themselves.
"$top/configure" -q --enable-fuzzing --without-bpf LDFLAGS='-Wl,-rpath,\$$ORIGIN/lib'
mapfile -t targets < <(cd "$top/tests/fuzz/corpus" && printf '%s\n' fuzz_*)
make -s -j"$(nproc)" "${targets[@]/#/tests/fuzz/}"
for target in "${targets[@]}"; do
	cp "tests/fuzz/$target" "$OUT/"
	(cd "$top/tests/fuzz/corpus/$target" && python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" ./*)
done
# Those that are linked, and ldns, which is loaded (src/io/dynlib.h).
{
	ldd "${targets[@]/#/tests/fuzz/}" | awk '$2 == "=>" { print $3 }'
	ldconfig -p | awk '$1 ~ /^libldns\.so\.[0-9]+$/ { print $NF }'
} | grep -E '/lib(mnl|nettle|hogweed|gmp|urcu|jansson|cap-ng|ldns)[-.]' | sort -u | xargs -I{} cp -L {} "$OUT/lib/"
echo "${#targets[@]} targets in $OUT"
