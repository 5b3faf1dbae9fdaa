# Sources of src/querier, headers included.
src_querier_libquerier_a_SOURCES = \
	src/querier/cache.c \
	src/querier/cache.h \
	src/querier/compose.c \
	src/querier/compose.h \
	src/querier/doubt.c \
	src/querier/doubt.h \
	src/querier/engine.c \
	src/querier/life.c \
	src/querier/life.h \
	src/querier/message.h \
	src/querier/querier.h \
	src/querier/query.c \
	src/querier/query.h \
	src/querier/question.c \
	src/querier/question.h \
	src/querier/response.c \
	src/querier/response.h
