# The hook for container engines.
sbin_PROGRAMS += src/ontap-name/ontap-name
ontap_name_sources = \
	src/ontap-name/choose.c src/ontap-name/choose.h
src_ontap_name_ontap_name_SOURCES = $(ontap_name_sources) \
	src/ontap-name/links.c src/ontap-name/links.h \
	src/ontap-name/main.c
