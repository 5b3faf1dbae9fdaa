# Sources of src/guest, headers included.
src_guest_libguest_a_SOURCES = \
	src/guest/filter.c src/guest/filter.h \
	src/guest/guest.c src/guest/guest.h \
	src/guest/policy.c src/guest/policy.h
