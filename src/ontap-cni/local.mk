# The plugin for container runtimes.
sbin_PROGRAMS += src/ontap-cni/ontap-cni
ontap_cni_sources = \
	src/ontap-cni/request.c src/ontap-cni/request.h
src_ontap_cni_ontap_cni_SOURCES = $(ontap_cni_sources) \
	src/ontap-cni/attach.c src/ontap-cni/attach.h \
	src/ontap-cni/lease.c src/ontap-cni/lease.h \
	src/ontap-cni/main.c
src_ontap_cni_ontap_cni_LDADD = src/libontap/libontap.a $(LDADD)
