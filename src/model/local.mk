# Sources of src/model, headers included.
src_model_libmodel_a_SOURCES = \
	src/model/event.h \
	src/model/lacking.c src/model/lacking.h \
	src/model/model.c src/model/model.h \
	src/model/neighbour.c src/model/neighbour.h \
	src/model/relation.c src/model/relation.h \
	src/model/rtnl.c src/model/rtnl.h \
	src/model/rtnl_request.c src/model/rtnl_request.h \
	src/model/socket_line.c src/model/socket_line.h \
	src/model/sync.c src/model/sync.h \
	src/model/table.c src/model/table.h
