# Host names by BPF. object.c is the compiled hostnames.bpf.c as an array: in the tree and the tarball,
# so that building needs neither clang nor a kernel with BTF. `make bpf-object` makes it again.
bpf_sources = \
	src/bpf/hostnames.bpf.c \
	src/bpf/hostnames.h \
	src/bpf/object.c \
	src/bpf/object.h
EXTRA_DIST += $(bpf_sources)

if BPF
src_watch_libwatch_a_SOURCES += src/watch/tasks_bpf.c src/bpf/hostnames.h src/bpf/object.c src/bpf/object.h
EXTRA_DIST += src/watch/tasks_bpf_none.c
else
src_watch_libwatch_a_SOURCES += src/watch/tasks_bpf_none.c
EXTRA_DIST += src/watch/tasks_bpf.c
endif

bpf-object:
	clang -O2 -g -target bpf -D__TARGET_ARCH_x86 -I$(top_srcdir)/src -Wall -Werror \
		-c $(top_srcdir)/src/bpf/hostnames.bpf.c -o hostnames.bpf.o
	llvm-strip -g hostnames.bpf.o
	( echo "/* SPDX-License-Identifier: ISC */"; \
	  echo "/* Made of hostnames.bpf.c by 'make bpf-object': not to be edited. */"; \
	  echo '#include "bpf/object.h"'; echo; \
	  echo "_Alignas(8) const unsigned char bpf_object_bytes[] = {"; \
	  od -An -v -tu1 -w24 hostnames.bpf.o | sed 's/  */,/g; s/^,/\t/; s/$$/,/'; \
	  echo "};"; echo "const size_t bpf_object_len = sizeof(bpf_object_bytes);" \
	) >$(top_srcdir)/src/bpf/object.c
	rm -f hostnames.bpf.o
.PHONY: bpf-object
