# Sources of src/dnssec, headers included.
src_dnssec_libdnssec_a_SOURCES = \
	src/dnssec/crypt.c src/dnssec/crypt.h \
	src/dnssec/date.c src/dnssec/date.h \
	src/dnssec/ds_answer.c src/dnssec/ds_answer.h \
	src/dnssec/kept.c src/dnssec/kept.h \
	src/dnssec/key_file.c src/dnssec/key_file.h \
	src/dnssec/keys.c src/dnssec/keys.h \
	src/dnssec/keyset.c src/dnssec/keyset.h \
	src/dnssec/roll.c src/dnssec/roll.h \
	src/dnssec/roll_text.c \
	src/dnssec/sig0.c src/dnssec/sig0.h \
	src/dnssec/signing.c src/dnssec/signing.h \
	src/dnssec/time_check.c src/dnssec/time_check.h
