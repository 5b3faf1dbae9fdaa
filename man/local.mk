# Manual pages (mdoc), installed by section.
dist_man_MANS += man/ontap-zone.8 man/ontap-zone.conf.5
