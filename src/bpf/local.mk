# BPF programs: host names (ontap-zone), guests that configure themselves (ontapd). NAME_object.c is the
# compiled NAME.bpf.c as an array: in the tree and the tarball, so that building needs neither clang nor a
# kernel with BTF. `make bpf-object` makes it again; tests/layers/check-bpf.sh compares.
bpf_sources = \
	src/bpf/autoconf.bpf.c \
	src/bpf/autoconf.h \
	src/bpf/autoconf_object.c \
	src/bpf/claims.bpf.h \
	src/bpf/frames.bpf.h \
	src/bpf/hostnames.bpf.c \
	src/bpf/hostnames.h \
	src/bpf/hostnames_object.c \
	src/bpf/make-object.sh \
	src/bpf/object.h \
	src/bpf/probes.bpf.h \
	src/bpf/told.bpf.h \
	src/bpf/types.bpf.h
EXTRA_DIST += $(bpf_sources)

if BPF
src_watch_libwatch_a_SOURCES += src/watch/tasks_bpf.c src/bpf/hostnames.h src/bpf/hostnames_object.c src/bpf/object.h
EXTRA_DIST += src/watch/tasks_bpf_none.c
else
src_watch_libwatch_a_SOURCES += src/watch/tasks_bpf_none.c
EXTRA_DIST += src/watch/tasks_bpf.c
endif

bpf-object:
	for name in autoconf hostnames; do \
		$(top_srcdir)/src/bpf/make-object.sh $(top_srcdir) $$name >object.new && \
		mv object.new $(top_srcdir)/src/bpf/$${name}_object.c || exit 1; \
	done
.PHONY: bpf-object
