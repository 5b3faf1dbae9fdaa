# Sources of src/wire, headers included.
src_wire_libwire_a_SOURCES = \
	src/wire/key.c src/wire/key.h \
	src/wire/msg.c src/wire/msg.h \
	src/wire/multicast.c \
	src/wire/multicast.h \
	src/wire/name.c src/wire/name.h \
	src/wire/pack.c src/wire/pack.h \
	src/wire/rr.c src/wire/rr.h \
	src/wire/rr_reader.h \
	src/wire/rr_types.h \
	src/wire/rrset.h \
	src/wire/rrsig.h \
	src/wire/suffix.c src/wire/suffix.h \
	src/wire/tsig_key.c src/wire/tsig_key.h
