# Sources of src/watch, headers included.
src_watch_libwatch_a_SOURCES = \
	src/watch/bridge_ports.c src/watch/bridge_ports.h \
	src/watch/census.c src/watch/census.h \
	src/watch/confine.c src/watch/confine.h \
	src/watch/grants.c src/watch/grants.h \
	src/watch/guest_socket.c src/watch/guest_socket.h \
	src/watch/kernel.c src/watch/kernel.h \
	src/watch/known_ids.c src/watch/known_ids.h \
	src/watch/neighbour_news.c src/watch/neighbour_news.h \
	src/watch/netns_dir.c src/watch/netns_dir.h \
	src/watch/subscription.c src/watch/subscription.h \
	src/watch/pidwatch.c src/watch/pidwatch.h \
	src/watch/port_owner.c src/watch/port_owner.h \
	src/watch/remover.c src/watch/remover.h \
	src/watch/tasks.c src/watch/tasks.h \
	src/watch/tasks_bpf.h \
	src/watch/tasks_proc.c src/watch/tasks_proc.h \
	src/watch/watcher.c src/watch/watcher.h
