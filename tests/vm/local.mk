# Helper programs of the tests in a virtual machine (pytest, run by ./check).
check_PROGRAMS += tests/vm/storm
tests_vm_storm_SOURCES = tests/vm/storm.c
tests_vm_storm_LDADD =
