# Fuzz targets, one line each, with seeds in tests/fuzz/corpus/fuzz_x/:
# fuzz_programs += tests/fuzz/fuzz_x
# Without --enable-fuzzing they are plain programs which `make check` runs over their corpus.
fuzz_programs =
fuzz_programs += tests/fuzz/fuzz_addr
fuzz_programs += tests/fuzz/fuzz_address_names
fuzz_programs += tests/fuzz/fuzz_rtnl
fuzz_programs += tests/fuzz/fuzz_neighbour
fuzz_programs += tests/fuzz/fuzz_socket_line
fuzz_programs += tests/fuzz/fuzz_conf
fuzz_programs += tests/fuzz/fuzz_options
fuzz_programs += tests/fuzz/fuzz_zonefile
fuzz_programs += tests/fuzz/fuzz_serve
fuzz_programs += tests/fuzz/fuzz_msg
fuzz_programs += tests/fuzz/fuzz_mdns
fuzz_programs += tests/fuzz/fuzz_device
fuzz_programs += tests/fuzz/fuzz_guest
fuzz_programs += tests/fuzz/fuzz_transfer
tests_fuzz_fuzz_transfer_SOURCES = tests/fuzz/fuzz_transfer.c tests/unit/secondary_rig.c \
	tests/unit/secondary_rig.h
fuzz_programs += tests/fuzz/fuzz_tsig
fuzz_programs += tests/fuzz/fuzz_tcp
fuzz_programs += tests/fuzz/fuzz_whole
tests_fuzz_fuzz_whole_SOURCES = tests/fuzz/fuzz_whole.c $(whole_sources)
tests_fuzz_fuzz_whole_LDADD = tests/sim/libsim.a $(LDADD)
fuzz_programs += tests/fuzz/fuzz_group
fuzz_programs += tests/fuzz/fuzz_oci
tests_fuzz_fuzz_oci_SOURCES = tests/fuzz/fuzz_oci.c $(ontap_name_sources)
fuzz_programs += tests/fuzz/fuzz_cni
tests_fuzz_fuzz_cni_SOURCES = tests/fuzz/fuzz_cni.c $(ontap_cni_sources)
fuzz_programs += tests/fuzz/fuzz_nss
tests_fuzz_fuzz_nss_SOURCES = tests/fuzz/fuzz_nss.c src/nss/answer.c src/nss/fill.c
tests_fuzz_fuzz_mdns_LDADD = tests/sim/libsim.a $(LDADD)

check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay_main.c
if FUZZING
test_main = $(FUZZ_ENGINE)
else
test_main = tests/fuzz/libreplay.a
endif

check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
