# Fuzz targets, one line each, with seeds in tests/fuzz/corpus/fuzz_x/:
# fuzz_programs += tests/fuzz/fuzz_x
# Without --enable-fuzzing they are plain programs which `make check` runs over their corpus.
fuzz_programs =
# Those that bound the steps of a parser.
EXTRA_DIST += tests/fuzz/require.h
fuzz_steps = tests/fuzz/steps.c tests/fuzz/steps.h
fuzz_programs += tests/fuzz/fuzz_addr
fuzz_programs += tests/fuzz/fuzz_address_names
fuzz_programs += tests/fuzz/fuzz_collect
tests_fuzz_fuzz_collect_SOURCES = tests/fuzz/fuzz_collect.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_rtnl
fuzz_programs += tests/fuzz/fuzz_neighbour
fuzz_programs += tests/fuzz/fuzz_socket_line
fuzz_programs += tests/fuzz/fuzz_conf
fuzz_programs += tests/fuzz/fuzz_options
fuzz_programs += tests/fuzz/fuzz_zonefile
fuzz_programs += tests/fuzz/fuzz_serve
tests_fuzz_fuzz_serve_SOURCES = tests/fuzz/fuzz_serve.c $(fuzz_steps) tests/unit/sign_rig.c tests/unit/sign_rig.h
fuzz_programs += tests/fuzz/fuzz_msg
tests_fuzz_fuzz_msg_SOURCES = tests/fuzz/fuzz_msg.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_mdns
tests_fuzz_fuzz_mdns_SOURCES = tests/fuzz/fuzz_mdns.c $(fuzz_steps)
tests_fuzz_fuzz_mdns_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mdns_input
fuzz_programs += tests/fuzz/fuzz_querier
tests_fuzz_fuzz_querier_SOURCES = tests/fuzz/fuzz_querier.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_device
fuzz_programs += tests/fuzz/fuzz_guest
tests_fuzz_fuzz_guest_SOURCES = tests/fuzz/fuzz_guest.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_transfer
tests_fuzz_fuzz_transfer_SOURCES = tests/fuzz/fuzz_transfer.c tests/unit/secondary_rig.c \
	tests/unit/secondary_rig.h
fuzz_programs += tests/fuzz/fuzz_tsig
tests_fuzz_fuzz_tsig_SOURCES = tests/fuzz/fuzz_tsig.c $(fuzz_steps)
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
fuzz_programs += tests/fuzz/fuzz_answer
tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c $(fuzz_steps)
tests_fuzz_fuzz_answer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
fuzz_programs += tests/fuzz/fuzz_updater
tests_fuzz_fuzz_updater_SOURCES = tests/fuzz/fuzz_updater.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_srp
tests_fuzz_fuzz_srp_SOURCES = tests/fuzz/fuzz_srp.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_update
tests_fuzz_fuzz_update_SOURCES = tests/fuzz/fuzz_update.c $(fuzz_steps)
fuzz_programs += tests/fuzz/fuzz_files
tests_fuzz_fuzz_files_SOURCES = tests/fuzz/fuzz_files.c $(fuzz_steps) src/ontap-zone/key_text.c \
	src/ontap-zone/sig0_files.c src/ontap-zone/state.c src/ontap/environ.c src/ontap/lease.c src/ontapd/caller_text.c
fuzz_programs += tests/fuzz/fuzz_control
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c src/ontap-zone/answer.c \
	src/ontap-zone/print_explain.c src/ontap-zone/print_graph.c src/ontap-zone/print_keys.c src/ontap-zone/print_names.c \
	src/ontap-zone/print_status.c src/ontap-zone/print_watch.c src/ontap-zone/report_explain.c \
	src/ontap-zone/report_graph.c src/ontap-zone/report_names.c src/ontap-zone/report_part.c \
	src/ontap-zone/report_delegation.c src/ontap-zone/report_updates.c src/ontap-zone/report_collected.c \
	src/ontap-zone/collecting_text.c
fuzz_programs += tests/fuzz/fuzz_signer
tests_fuzz_fuzz_signer_SOURCES = tests/fuzz/fuzz_signer.c $(fuzz_steps) src/ontap-zone/signer_command.c \
	src/ontap-zone/signer_host.c src/ontap-zone/signer_keys.c src/ontap-zone/signer_parent.c src/ontap-zone/signer_zone.c
fuzz_programs += tests/fuzz/fuzz_kept
tests_fuzz_fuzz_kept_SOURCES = tests/fuzz/fuzz_kept.c $(fuzz_steps)
channel_stream = tests/fuzz/channel_stream.c tests/fuzz/channel_stream.h
fuzz_programs += tests/fuzz/fuzz_channel
tests_fuzz_fuzz_channel_SOURCES = tests/fuzz/fuzz_channel.c $(channel_stream) src/ontap-zone/owners.c
fuzz_programs += tests/fuzz/fuzz_keeper
tests_fuzz_fuzz_keeper_SOURCES = tests/fuzz/fuzz_keeper.c $(channel_stream) src/ontap-zone/address_files.c \
	src/ontap-zone/key_text.c src/ontap-zone/keeper_confine.c src/ontap-zone/keeper_read.c src/ontap-zone/keeper_signatures.c src/ontap-zone/keeper_diary.c src/ontap-zone/keeper_write.c src/ontap-zone/keys.c src/ontap-zone/sig0_files.c src/ontap-zone/owners.c \
	src/ontap-zone/state.c src/ontap-zone/state_dir.c src/ontap-zone/zones.c
tests_fuzz_fuzz_keeper_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=file_write,--wrap=file_write_in,--wrap=file_append_in,--wrap=file_begin_in,--wrap=file_add_piece,--wrap=file_end_in,--wrap=file_run_command,--wrap=keeper_read_again

fuzz_programs += tests/fuzz/fuzz_lines tests/fuzz/fuzz_grants tests/fuzz/fuzz_learner tests/fuzz/fuzz_proc

check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay_main.c
if FUZZING
test_main = $(FUZZ_ENGINE)
else
test_main = tests/fuzz/libreplay.a
endif

check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)

# For instance: make fuzz HOURS=0.5
HOURS = 1
fuzz: $(fuzz_programs)
	bash $(top_srcdir)/tests/fuzz/fuzz.sh --build=. --hours=$(HOURS) $(FUZZ_ARGS)
.PHONY: fuzz

# The lines that each target reaches, against the floors in doc/security.md.
fuzz-coverage:
	bash $(top_srcdir)/tests/fuzz/coverage.sh --build=coverage $(FUZZ_ARGS)
.PHONY: fuzz-coverage
EXTRA_DIST += tests/fuzz/fuzz.sh tests/fuzz/coverage.sh
