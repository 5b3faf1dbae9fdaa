# Measurements: `make bench`; BENCH_ARGS are those of tests/bench/bench.py. `make check` runs only the smoke
# test, which shows that the harness works; `make check BENCH_SMOKE=` leaves it out.
bench_programs = \
	tests/bench/change \
	tests/bench/echo \
	tests/bench/echo-tcp \
	tests/bench/fetch \
	tests/bench/follow \
	tests/bench/guest-flood \
	tests/bench/guest-loop \
	tests/bench/hostname \
	tests/bench/lease \
	tests/bench/load \
	tests/bench/load-tcp \
	tests/bench/order-loop \
	tests/bench/serve-loop \
	tests/bench/sign-loop
check_PROGRAMS += $(bench_programs)
BENCH_SMOKE = tests/bench/smoke.sh
TESTS += $(BENCH_SMOKE)

asked = tests/bench/asked.c tests/bench/asked.h
tests_bench_echo_tcp_SOURCES = tests/bench/echo-tcp.c $(asked)
tests_bench_fetch_SOURCES = tests/bench/fetch.c $(asked)
tests_bench_follow_SOURCES = tests/bench/follow.c $(asked)
tests_bench_hostname_SOURCES = tests/bench/hostname.c $(asked)
tests_bench_lease_SOURCES = tests/bench/lease.c $(asked)
tests_bench_serve_loop_SOURCES = tests/bench/serve-loop.c tests/unit/sign_rig.c tests/unit/sign_rig.h
tests_bench_load_SOURCES = tests/bench/load.c $(asked)
tests_bench_load_tcp_SOURCES = tests/bench/load-tcp.c $(asked)

bench: all $(bench_programs)
	/usr/bin/python3 -B $(top_srcdir)/tests/bench/bench.py --builddir=$(abs_top_builddir) $(BENCH_ARGS)
.PHONY: bench
