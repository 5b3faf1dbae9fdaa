# The chain loader.
bin_PROGRAMS += src/ontap/ontap
src_ontap_ontap_SOURCES = \
	src/ontap/dhcp.c src/ontap/dhcp.h \
	src/ontap/environ.c src/ontap/environ.h \
	src/ontap/lease.c src/ontap/lease.h \
	src/ontap/list.c src/ontap/list.h \
	src/ontap/main.c \
	src/ontap/settings.c src/ontap/settings.h \
	src/ontap/space.c src/ontap/space.h
src_ontap_ontap_LDADD = src/libontap/libontap.a $(LDADD)
