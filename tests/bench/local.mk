# Measurements: `make bench` takes some eight minutes; BENCH_ARGS are those of tests/bench/bench.py. Of
# all that `make check` runs only the smoke test, which shows that the harness works.
bench_programs = \
	tests/bench/change \
	tests/bench/echo \
	tests/bench/hostname \
	tests/bench/load \
	tests/bench/serve-loop
check_PROGRAMS += $(bench_programs)
TESTS += tests/bench/smoke.sh

bench: all $(bench_programs)
	/usr/bin/python3 -B $(top_srcdir)/tests/bench/bench.py --builddir=$(abs_top_builddir) $(BENCH_ARGS)
.PHONY: bench
