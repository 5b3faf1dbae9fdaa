# The clients' library: complete, without any other of our archives.
lib_LIBRARIES = src/libontap/libontap.a
src_libontap_libontap_a_SOURCES = \
	src/libontap/client.c \
	src/base/err.c src/base/err.h \
	src/device/message.c src/device/message.h \
	src/io/packet.c src/io/packet.h
include_HEADERS = src/libontap/ontap.h
pkgconfig_DATA = src/libontap/libontap.pc
pkgconfigdir = $(libdir)/pkgconfig
EXTRA_DIST += src/libontap/libontap.pc.in
CLEANFILES = src/libontap/libontap.pc

src/libontap/libontap.pc: $(srcdir)/src/libontap/libontap.pc.in Makefile
	@mkdir -p src/libontap
	$(AM_V_GEN)sed -e 's,[@]prefix@,$(prefix),' -e 's,[@]includedir@,$(includedir),' \
		-e 's,[@]libdir@,$(libdir),' -e 's,[@]version@,$(PACKAGE_VERSION),' \
		$(srcdir)/src/libontap/libontap.pc.in >$@
