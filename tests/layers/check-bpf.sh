#!/bin/bash
# The compiled BPF programs in the tree are those that the compiler makes of their sources.
# SPDX-License-Identifier: ISC
# Another version of clang makes other bytes: then nothing can be said, and the check is skipped.
cd "${top_srcdir:-.}" || exit 1
command -v clang >/dev/null && command -v llvm-strip >/dev/null || { echo "no clang"; exit 77; }
[ -e /usr/include/bpf/bpf_helpers.h ] || { echo "no headers of libbpf"; exit 77; }
status=0
for source in src/bpf/*.bpf.c; do
	name=$(basename "$source" .bpf.c)
	shipped=src/bpf/${name}_object.c
	if ! grep -q "with clang $(clang -dumpversion):" "$shipped"; then
		echo "$shipped: made with another clang than $(clang -dumpversion)"
		[ $status -ne 0 ] || status=77
	elif ! src/bpf/make-object.sh . "$name" | cmp - "$shipped"; then
		echo "$shipped: not made of $source (make bpf-object)"
		status=1
	fi
done
exit $status
