# Units, a service directory, a sample of a rules file: to be copied and changed, not installed in place.
dist_contrib_DATA = \
	contrib/ontap-zone.service \
	contrib/ontap@.service \
	contrib/ontapd@.service \
	contrib/ontapd@.socket \
	contrib/rules \
	contrib/sysusers.conf
contribdir = $(docdir)/contrib
# For OSS-Fuzz: of use in the sources only.
EXTRA_DIST += contrib/oss-fuzz
oci_contribdir = $(contribdir)/oci
dist_oci_contrib_DATA = contrib/oci/ontap-name.json
dist_oci_contrib_SCRIPTS = contrib/oci/ontap-runtime
# Its plugin "ontap" is ontap-cni(8), by a link in the directory of plugins.
cni_contribdir = $(contribdir)/cni
dist_cni_contrib_DATA = contrib/cni/lan.conflist
# /etc/libvirt/hooks/qemu: the name of a domain is the alias of its links.
libvirt_contribdir = $(contribdir)/libvirt
dist_libvirt_contrib_SCRIPTS = contrib/libvirt/qemu
# Certificates by DNS-01.
acme_contribdir = $(contribdir)/acme
dist_acme_contrib_DATA = contrib/acme/README.md contrib/acme/certbot.ini contrib/acme/lego.env
dist_acme_contrib_SCRIPTS = contrib/acme/ontap-acme-hook
resolver_contribdir = $(contribdir)/resolver
dist_resolver_contrib_DATA = \
	contrib/resolver/dnsmasq.conf \
	contrib/resolver/networkmanager.conf \
	contrib/resolver/ontap.dns-delegate \
	contrib/resolver/openwrt.sh \
	contrib/resolver/resolved.conf \
	contrib/resolver/unbound.conf
EXTRA_DIST += contrib/s6
