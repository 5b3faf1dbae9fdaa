# Sources of src/show, headers included.
src_show_libshow_a_SOURCES = \
	src/show/dot.c src/show/dot.h \
	src/show/layout.c src/show/layout.h \
	src/show/markup.c src/show/markup.h \
	src/show/natural.c src/show/natural.h \
	src/show/outline.c src/show/outline.h \
	src/show/svg.c src/show/svg.h \
	src/show/table.c src/show/table.h \
	src/show/text.c src/show/text.h \
	src/show/wires.c src/show/wires.h
