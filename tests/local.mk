# How tests are run. Programs have no file name extension and go through run-test, which knows
# what a fuzz target needs; scripts run as they are.
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/lib/run-test
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = bash
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	CC='$(CC)'; export CC; \
	NM='$(NM)'; export NM;

# The self-test takes half a minute of CPU: `make check LAYERS_SELF_TEST=` leaves it out.
LAYERS_SELF_TEST = tests/layers/self-test.sh
structure_checks = \
	tests/layers/check-includes.sh \
	tests/layers/check-symbols.sh \
	tests/layers/check-bpf.sh \
	tests/layers/check-circles.sh \
	tests/layers/check-contrib.sh \
	tests/layers/check-format.sh \
	tests/layers/check-help.sh \
	tests/layers/check-log.sh \
	tests/layers/check-man.sh \
	tests/layers/check-nss.sh \
	tests/layers/report-size.sh \
	$(LAYERS_SELF_TEST)
TESTS += $(structure_checks)

# The network tests need root (or user namespaces) and python3 with pytest and dnspython.
check-net: all $(check_PROGRAMS)
	cd $(top_srcdir) && /usr/bin/python3 -B -m pytest -q -p no:cacheprovider tests/net \
		--builddir=$(abs_top_builddir) $(PYTEST_ARGS)
.PHONY: check-net
