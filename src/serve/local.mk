# Sources of src/serve, headers included.
src_serve_libserve_a_SOURCES = \
	src/serve/answer.c src/serve/answer.h \
	src/serve/query.c src/serve/query.h \
	src/serve/reply.c src/serve/reply.h
