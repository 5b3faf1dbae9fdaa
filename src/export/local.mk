# Sources of src/export, headers included.
src_export_libexport_a_SOURCES = \
	src/export/erecord.c src/export/erecord.h \
	src/export/export.c src/export/export.h \
	src/export/formats.h \
	src/export/hosts.c \
	src/export/json.c \
	src/export/jsonw.c src/export/jsonw.h \
	src/export/text.c src/export/text.h \
	src/export/tinydns.c \
	src/export/zone.c
