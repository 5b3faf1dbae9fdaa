# Sources of src/zonefile, headers included.
src_zonefile_libzonefile_a_SOURCES = \
	src/zonefile/check.c src/zonefile/check.h \
	src/zonefile/collection.c src/zonefile/collection.h \
	src/zonefile/fields.c src/zonefile/fields.h \
	src/zonefile/generate.c src/zonefile/generate.h \
	src/zonefile/list.c src/zonefile/list.h \
	src/zonefile/loc.c src/zonefile/loc.h \
	src/zonefile/owner_bytes.c src/zonefile/owner_bytes.h \
	src/zonefile/params.c src/zonefile/params.h \
	src/zonefile/plain.c src/zonefile/plain.h \
	src/zonefile/reader.c src/zonefile/reader.h \
	src/zonefile/scalar.c src/zonefile/scalar.h \
	src/zonefile/source.h \
	src/zonefile/words.c src/zonefile/words.h \
	src/zonefile/zonefile.c src/zonefile/zonefile.h
