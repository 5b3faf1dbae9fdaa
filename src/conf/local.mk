# Sources of src/conf, headers included.
src_conf_libconf_a_SOURCES = \
	src/conf/check.c src/conf/check.h \
	src/conf/conf.c src/conf/conf.h \
	src/conf/links.c \
	src/conf/signs.c \
	src/conf/schema.c \
	src/conf/trust.c \
	src/conf/value.c src/conf/value.h
