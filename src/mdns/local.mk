# Sources of src/mdns, headers included.
src_mdns_libmdns_a_SOURCES = \
	src/mdns/compose.c \
	src/mdns/compose.h \
	src/mdns/conflict.c \
	src/mdns/conflict.h \
	src/mdns/engine.c \
	src/mdns/identity.c \
	src/mdns/identity.h \
	src/mdns/link.c \
	src/mdns/link.h \
	src/mdns/lookup.c \
	src/mdns/mdns.h \
	src/mdns/message.h \
	src/mdns/mrecord.c \
	src/mdns/mrecord.h \
	src/mdns/neighbour.c \
	src/mdns/neighbour.h \
	src/mdns/nsec.c \
	src/mdns/nsec.h \
	src/mdns/oneshot.c \
	src/mdns/oneshot.h \
	src/mdns/probe.c \
	src/mdns/probe.h \
	src/mdns/put.c \
	src/mdns/put.h \
	src/mdns/query.c \
	src/mdns/query.h \
	src/mdns/respond.c \
	src/mdns/respond.h \
	src/mdns/state.c \
	src/mdns/state.h \
	src/mdns/tc.c \
	src/mdns/tc.h \
	src/mdns/tie.c \
	src/mdns/tie.h \
	src/mdns/yield.c \
	src/mdns/yield.h
