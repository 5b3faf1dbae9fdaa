# Sources of src/serve, headers included.
src_serve_libserve_a_SOURCES = \
	src/serve/answer.c src/serve/answer.h \
	src/serve/cookie.c src/serve/cookie.h \
	src/serve/extension.c src/serve/extension.h \
	src/serve/identity.c src/serve/identity.h \
	src/serve/options.c src/serve/options.h \
	src/serve/policy.h \
	src/serve/query.c src/serve/query.h \
	src/serve/ready.c src/serve/ready.h \
	src/serve/reply.c src/serve/reply.h \
	src/serve/rrl.c src/serve/rrl.h
