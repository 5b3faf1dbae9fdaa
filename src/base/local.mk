# Sources of src/base, headers included.
src_base_libbase_a_SOURCES = \
	src/base/addr.c src/base/addr.h \
	src/base/arena.c src/base/arena.h \
	src/base/array.c src/base/array.h \
	src/base/buf.c src/base/buf.h \
	src/base/compiler.h \
	src/base/cursor.h \
	src/base/edit.c src/base/edit.h \
	src/base/budget.h \
	src/base/ends.c src/base/ends.h \
	src/base/entry.c src/base/entry.h \
	src/base/err.c src/base/err.h \
	src/base/hash.h \
	src/base/heap.c src/base/heap.h \
	src/base/limits.h \
	src/base/list.h \
	src/base/map.c src/base/map.h \
	src/base/random.h \
	src/base/retry.h \
	src/base/serial.h \
	src/base/share.c src/base/share.h \
	src/base/siphash.c src/base/siphash.h \
	src/base/slabs.c src/base/slabs.h \
	src/base/steps.h \
	src/base/time.h
