# Manual pages (mdoc), installed by section.
dist_man_MANS += man/ontap-zone.8 man/ontap-zone.conf.5 man/libnss_ontap.8
dist_man_MANS += man/ontapd.8 man/ontap.1 man/ontap-name.8 man/ontap-cni.8 man/ontap-waitif.1 man/ontapd-protocol.7 man/libontap.3
