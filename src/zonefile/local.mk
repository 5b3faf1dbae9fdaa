# Sources of src/zonefile, headers included.
src_zonefile_libzonefile_a_SOURCES = \
	src/zonefile/check.c src/zonefile/check.h \
	src/zonefile/collection.c src/zonefile/collection.h \
	src/zonefile/list.c src/zonefile/list.h \
	src/zonefile/number.c src/zonefile/number.h \
	src/zonefile/plain.c src/zonefile/plain.h \
	src/zonefile/text.c src/zonefile/text.h \
	src/zonefile/zonefile.c src/zonefile/zonefile.h
