# Sources of src/serve, headers included.
src_serve_libserve_a_SOURCES = \
	src/serve/answer.c src/serve/answer.h \
	src/serve/chaos.c src/serve/chaos.h \
	src/serve/common.h \
	src/serve/cookie.c src/serve/cookie.h \
	src/serve/counts.c \
	src/serve/edns_options.c src/serve/edns_options.h \
	src/serve/extension.c src/serve/extension.h \
	src/serve/fastpath.c src/serve/fastpath.h \
	src/serve/near.c src/serve/near.h \
	src/serve/proof.c src/serve/proof.h \
	src/serve/query.c src/serve/query.h \
	src/serve/reply.c src/serve/reply.h \
	src/serve/rrl.c src/serve/rrl.h
