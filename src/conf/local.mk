# Sources of src/conf, headers included.
src_conf_libconf_a_SOURCES = \
	src/conf/args.c \
	src/conf/conf.h \
	src/conf/error.c src/conf/error.h \
	src/conf/help.c \
	src/conf/load.c \
	src/conf/schema.c src/conf/schema.h \
	src/conf/value.c src/conf/value.h
