# Sources of src/pipeline, headers included.
src_pipeline_libpipeline_a_SOURCES = \
	src/pipeline/apex.c \
	src/pipeline/explain.c src/pipeline/explain.h \
	src/pipeline/files.c \
	src/pipeline/inside.h \
	src/pipeline/local.c \
	src/pipeline/nearest.c \
	src/pipeline/packed.c src/pipeline/packed.h \
	src/pipeline/pipeline.c src/pipeline/pipeline.h \
	src/pipeline/public.c \
	src/pipeline/resolve.c src/pipeline/resolve.h \
	src/pipeline/reverse.c \
	src/pipeline/services.c \
	src/pipeline/statics.c \
	src/pipeline/unicast.c \
	src/pipeline/views.c
