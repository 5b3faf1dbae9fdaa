# Units, a service directory, a sample of a rules file: to be copied and changed, not installed in place.
dist_contrib_DATA = \
	contrib/ontap-zone.service \
	contrib/ontap@.service \
	contrib/ontapd@.service \
	contrib/ontapd@.socket \
	contrib/rules
contribdir = $(docdir)/contrib
EXTRA_DIST += contrib/s6
