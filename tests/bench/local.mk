# Measurements, never part of `make check`. Programs: EXTRA_PROGRAMS += tests/bench/x
