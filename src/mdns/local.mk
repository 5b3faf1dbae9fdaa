# Sources of src/mdns, headers included.
src_mdns_libmdns_a_SOURCES = \
	src/mdns/compose.c \
	src/mdns/conflict.c \
	src/mdns/engine.c \
	src/mdns/engine.h \
	src/mdns/identity.c \
	src/mdns/mdns.h \
	src/mdns/nsec.c \
	src/mdns/oneshot.c \
	src/mdns/probe.c \
	src/mdns/put.c \
	src/mdns/query.c \
	src/mdns/mrecord.c \
	src/mdns/respond.c \
	src/mdns/tc.c \
	src/mdns/tie.c \
	src/mdns/yield.c
