# Sources of src/io, headers included.
src_io_libio_a_SOURCES = \
	src/io/file.c \
	src/io/file.h \
	src/io/zonefile.c \
	src/io/zonefile.h \
	src/io/zonetext.c \
	src/io/zonetext.h \
	src/io/control.c \
	src/io/control.h \
	src/io/log.c \
	src/io/log.h \
	src/io/loop.c \
	src/io/loop.h \
	src/io/mdns.c \
	src/io/mdns.h \
	src/io/privilege.c \
	src/io/privilege.h \
	src/io/ready.c \
	src/io/ready.h \
	src/io/resume.c \
	src/io/resume.h \
	src/io/kernel.c \
	src/io/kernel.h \
	src/io/netlink.c \
	src/io/netlink.h \
	src/io/netns.c \
	src/io/netns.h \
	src/io/netns_dir.c \
	src/io/netns_dir.h \
	src/io/dns.c \
	src/io/dns.h \
	src/io/dns_part.h \
	src/io/dns_tcp.c \
	src/io/dns_udp.c \
	src/io/rcu.c \
	src/io/rcu.h
