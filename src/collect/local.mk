# Sources of src/collect, headers included.
src_collect_libcollect_a_SOURCES = \
	src/collect/ask.c src/collect/ask.h \
	src/collect/ckey.c src/collect/ckey.h \
	src/collect/collect.h \
	src/collect/engine.c \
	src/collect/gate.c src/collect/gate.h \
	src/collect/heard.c src/collect/heard.h \
	src/collect/input.c \
	src/collect/label.c src/collect/label.h \
	src/collect/packet.c src/collect/packet.h \
	src/collect/report.c \
	src/collect/said.c src/collect/said.h \
	src/collect/state.c src/collect/state.h \
	src/collect/text.c \
	src/collect/word.c
