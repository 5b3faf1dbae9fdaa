#!/bin/sh
# Prints NAME.bpf.c, compiled, as an array in C. Usage: make-object.sh TOP_SRCDIR NAME
# SPDX-License-Identifier: ISC
# The same compiler makes the same bytes anywhere: no path of the machine is in them.
set -eu
cd "$1"
name=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clang -O2 -g -target bpf -D__TARGET_ARCH_x86 -Isrc -Wall -Werror -ffile-prefix-map="$PWD"=. \
	-fdebug-compilation-dir=. -c "src/bpf/$name.bpf.c" -o "$work/object"
llvm-strip -g "$work/object"
echo "/* SPDX-License-Identifier: ISC */"
echo "/* Made of $name.bpf.c by 'make bpf-object' with clang $(clang -dumpversion): not to be edited. */"
echo '#include "bpf/object.h"'
echo
echo "_Alignas(8) const unsigned char bpf_${name}_bytes[] = {"
od -An -v -tu1 -w24 "$work/object" | sed 's/  */,/g; s/^,/\t/; s/$/,/'
echo "};"
echo "const size_t bpf_${name}_len = sizeof(bpf_${name}_bytes);"
