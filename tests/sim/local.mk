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
