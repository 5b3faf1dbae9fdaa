# Sources of src/dnssec, headers included.
src_dnssec_libdnssec_a_SOURCES = \
	src/dnssec/crypt.c src/dnssec/crypt.h \
	src/dnssec/date.c src/dnssec/date.h \
	src/dnssec/key_file.c src/dnssec/key_file.h \
	src/dnssec/keys.c src/dnssec/keys.h
