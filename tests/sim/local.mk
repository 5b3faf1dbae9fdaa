# Simulations in virtual time. libsim has messages as text, and the simulated network.
check_LIBRARIES += tests/sim/libsim.a
tests_sim_libsim_a_SOURCES = \
	tests/sim/msgtext.c \
	tests/sim/msgtext.h \
	tests/sim/simcheck.c \
	tests/sim/simnet.c \
	tests/sim/simnet.h

check_PROGRAMS += tests/sim/sim_mdns
TESTS += tests/sim/sim_mdns
tests_sim_sim_mdns_SOURCES = tests/sim/sim_mdns.c tests/sim/scenario.c tests/sim/scenario.h
tests_sim_sim_mdns_LDADD = tests/sim/libsim.a $(LDADD)
EXTRA_DIST += tests/sim/scenarios

check_PROGRAMS += tests/sim/sim_querier
TESTS += tests/sim/sim_querier
tests_sim_sim_querier_SOURCES = tests/sim/sim_querier.c
tests_sim_sim_querier_LDADD = tests/sim/libsim.a $(LDADD)

check_PROGRAMS += tests/sim/sim_peace
TESTS += tests/sim/sim_peace
tests_sim_sim_peace_SOURCES = tests/sim/sim_peace.c
tests_sim_sim_peace_LDADD = tests/sim/libsim.a $(LDADD)

# The whole daemon. simkernel.c replaces io/netlink.c and watch/census.c: a program that is linked with it
# must name it before the archives.
whole_sources = \
	tests/sim/naive.c tests/sim/naive.h \
	tests/sim/simkernel.c tests/sim/simkernel.h \
	tests/sim/whole.c tests/sim/whole.h \
	tests/sim/wholeask.c \
	tests/sim/wholecheck.c tests/sim/wholecheck.h \
	tests/sim/wholestep.c
check_PROGRAMS += tests/sim/sim_whole
TESTS += tests/sim/sim_whole
tests_sim_sim_whole_SOURCES = tests/sim/sim_whole.c $(whole_sources)
tests_sim_sim_whole_LDADD = tests/sim/libsim.a $(LDADD)

# The same, with allocations that fail.
check_PROGRAMS += tests/sim/sim_shortage
TESTS += tests/sim/sim_shortage
tests_sim_sim_shortage_SOURCES = tests/sim/sim_shortage.c $(whole_sources)
tests_sim_sim_shortage_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_sim_sim_shortage_LDADD = tests/sim/libsim.a $(LDADD)
