# Sources of src/io, headers included.
src_io_libio_a_SOURCES = \
	src/io/channel.c src/io/channel.h \
	src/io/cmdline.c src/io/cmdline.h \
	src/io/control.c src/io/control.h \
	src/io/dynlib.c src/io/dynlib.h \
	src/io/empty_root.c src/io/empty_root.h \
	src/io/exit.h \
	src/io/file.c src/io/file.h \
	src/io/ifwait.c src/io/ifwait.h \
	src/io/log.c src/io/log.h \
	src/io/loop.c src/io/loop.h \
	src/io/netlink.c src/io/netlink.h \
	src/io/netns.c src/io/netns.h \
	src/io/packet.c src/io/packet.h \
	src/io/privilege.c src/io/privilege.h \
	src/io/process.c src/io/process.h \
	src/io/rcu.h \
	src/io/ready.c src/io/ready.h \
	src/io/resume.c src/io/resume.h \
	src/io/sandbox.c src/io/sandbox.h \
	src/io/sandbox_lists.c src/io/sandbox_lists.h \
	src/io/sandbox_numbers.h \
	src/io/sandbox_tell.c src/io/sandbox_tell.h \
	src/io/zoneldns.c src/io/zoneldns.h

if TSAN
src_io_libio_a_SOURCES += src/io/rcu_tsan.c
else
src_io_libio_a_SOURCES += src/io/rcu.c
endif

if LOGIND
src_io_libio_a_SOURCES += src/io/logind.c src/io/logind.h
else
EXTRA_DIST += src/io/logind.c src/io/logind.h
endif
