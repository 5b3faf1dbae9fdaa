bin_PROGRAMS += src/ontap-waitif/ontap-waitif
src_ontap_waitif_ontap_waitif_SOURCES = src/ontap-waitif/main.c
