# Sources of src/options, headers included.
src_options_liboptions_a_SOURCES = \
	src/options/args.c \
	src/options/error.c \
	src/options/file.c src/options/file.h \
	src/options/help.c \
	src/options/load.c \
	src/options/nearest.c src/options/nearest.h \
	src/options/options.h \
	src/options/table.c \
	src/options/type.c
