# The module by which the C library resolves names of ontap-zone: libnss_ontap(8). It is linked only with the
# C library, because it is loaded into other people's programs, and without sanitizers, which cannot be loaded.
# Automake supports shared libraries only through libtool. This one is for one system and of one kind, so it
# is a "program" that the linker is told to make as a library.
nss_sources = \
	src/nss/answer.c src/nss/answer.h \
	src/nss/ask.c src/nss/ask.h \
	src/nss/fill.c src/nss/fill.h
EXTRA_DIST += src/nss/libnss_ontap.map

if NSS
nssdir = $(libdir)
nss_PROGRAMS = src/nss/libnss_ontap.so.2
src_nss_libnss_ontap_so_2_SOURCES = $(nss_sources) src/nss/nss.c src/nss/nss.h
src_nss_libnss_ontap_so_2_CFLAGS = $(filter-out -fPIE -fsanitize=% -fno-sanitize-recover=%,$(AM_CFLAGS)) -fPIC
src_nss_libnss_ontap_so_2_LDFLAGS = $(filter-out -pie,$(AM_LDFLAGS)) -shared -Wl,-soname,libnss_ontap.so.2 \
	-Wl,-z,defs -Wl,--version-script=$(srcdir)/src/nss/libnss_ontap.map
src_nss_libnss_ontap_so_2_LDADD =
src_nss_libnss_ontap_so_2_DEPENDENCIES = $(srcdir)/src/nss/libnss_ontap.map
else
EXTRA_DIST += $(nss_sources) src/nss/nss.c src/nss/nss.h
endif
