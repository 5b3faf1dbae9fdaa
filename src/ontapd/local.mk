# The daemon that makes devices.
sbin_PROGRAMS += src/ontapd/ontapd
src_ontapd_ontapd_SOURCES = \
	src/ontapd/account.c src/ontapd/account.h \
	src/ontapd/admit.c src/ontapd/admit.h \
	src/ontapd/adopt.c \
	src/ontapd/autoconf.c src/ontapd/autoconf.h \
	src/ontapd/caller.c src/ontapd/caller.h \
	src/ontapd/client.c \
	src/ontapd/caller_text.c src/ontapd/caller_text.h \
	src/ontapd/closer.c src/ontapd/closer.h \
	src/ontapd/confine.c src/ontapd/confine.h \
	src/ontapd/create.c src/ontapd/create.h \
	src/ontapd/existing.c \
	src/ontapd/fit.c src/ontapd/fit.h \
	src/ontapd/daemon.h \
	src/ontapd/grant.c src/ontapd/grant.h \
	src/ontapd/job.c src/ontapd/job.h \
	src/ontapd/learner.c src/ontapd/learner.h \
	src/ontapd/list.c src/ontapd/list.h \
	src/ontapd/listener.c \
	src/ontapd/lookup.c src/ontapd/lookup.h \
	src/ontapd/main.c \
	src/ontapd/netns_visit.c src/ontapd/netns_visit.h \
	src/ontapd/news.c \
	src/ontapd/nursery.c src/ontapd/nursery.h \
	src/ontapd/outage.c src/ontapd/outage.h \
	src/ontapd/permit.c \
	src/ontapd/port.c src/ontapd/port.h \
	src/ontapd/pupil.c src/ontapd/pupil.h \
	src/ontapd/recall.c src/ontapd/recall.h \
	src/ontapd/registry.c src/ontapd/registry.h \
	src/ontapd/resume.c src/ontapd/resume.h \
	src/ontapd/rewrite.h \
	src/ontapd/ring.c src/ontapd/ring.h \
	src/ontapd/secret.c \
	src/ontapd/settings.c src/ontapd/settings.h \
	src/ontapd/taken.c src/ontapd/taken.h \
	src/ontapd/tap.c src/ontapd/tap.h \
	src/ontapd/tun.c src/ontapd/tun.h \
	src/ontapd/ward.c src/ontapd/ward.h \
	src/ontapd/wish.c src/ontapd/wish.h
if BPF
src_ontapd_ontapd_SOURCES += src/ontapd/rewrite.c src/bpf/autoconf.h src/bpf/autoconf_object.c src/bpf/object.h
EXTRA_DIST += src/ontapd/rewrite_none.c
else
src_ontapd_ontapd_SOURCES += src/ontapd/rewrite_none.c
EXTRA_DIST += src/ontapd/rewrite.c
endif
