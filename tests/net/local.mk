# Network tests (pytest); `make check-net` or ./check runs them. Helper programs in C for them:
# check_PROGRAMS += tests/net/x
check_PROGRAMS += tests/net/model-dump
tests_net_model_dump_SOURCES = tests/net/model-dump.c
EXTRA_DIST += tests/net/kernel_lib.py tests/net/test_kernel.py
