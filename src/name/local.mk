# Sources of src/name, headers included.
src_name_libname_a_SOURCES = \
	src/name/address_names.c src/name/address_names.h \
	src/name/assign.c \
	src/name/bound.c \
	src/name/claim.c \
	src/name/client_link.c src/name/client_link.h \
	src/name/collected.c \
	src/name/explain.c \
	src/name/gather.c \
	src/name/group.c \
	src/name/guest_link.c src/name/guest_link.h \
	src/name/host.c \
	src/name/index.c src/name/index.h \
	src/name/judge.c src/name/judge.h \
	src/name/label.c src/name/label.h \
	src/name/listen.c src/name/listen.h \
	src/name/names.c src/name/names.h \
	src/name/policy.c src/name/policy.h \
	src/name/reverse.c src/name/rzone.c \
	src/name/segment.c src/name/segment.h \
	src/name/onlink.c \
	src/name/topology.c
