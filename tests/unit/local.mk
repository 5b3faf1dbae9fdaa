# Unit tests (cmocka), one for each module. A test of one file needs only its line here:
# tests/unit/test_x is built from tests/unit/test_x.c and linked with all layers.
unit_programs += tests/unit/test_addr
unit_programs += tests/unit/test_address_names
unit_programs += tests/unit/test_arena
unit_programs += tests/unit/test_array
unit_programs += tests/unit/test_buf
collect_rig = tests/unit/collect_rig.c tests/unit/collect_rig.h
unit_programs += tests/unit/test_collect
tests_unit_test_collect_SOURCES = tests/unit/test_collect.c $(collect_rig)
unit_programs += tests/unit/test_collect_keys
tests_unit_test_collect_keys_SOURCES = tests/unit/test_collect_keys.c $(collect_rig)
unit_programs += tests/unit/test_collect_limits
tests_unit_test_collect_limits_SOURCES = tests/unit/test_collect_limits.c $(collect_rig)
unit_programs += tests/unit/test_collect_text
tests_unit_test_collect_text_SOURCES = tests/unit/test_collect_text.c $(collect_rig)
unit_programs += tests/unit/test_collect_random
tests_unit_test_collect_random_SOURCES = tests/unit/test_collect_random.c tests/unit/collect_model.c tests/unit/collect_model.h $(collect_rig)
unit_programs += tests/unit/test_collect_updates
tests_unit_test_collect_updates_SOURCES = tests/unit/test_collect_updates.c $(collect_rig)
unit_programs += tests/unit/test_conf
unit_programs += tests/unit/test_cursor
unit_programs += tests/unit/test_dnssec_keys
unit_programs += tests/unit/test_roll
unit_programs += tests/unit/test_signing
unit_programs += tests/unit/test_signed_places
unit_programs += tests/unit/test_kept
unit_programs += tests/unit/test_collecting
tests_unit_test_collecting_SOURCES = tests/unit/test_collecting.c src/ontap-zone/collecting.c src/ontap-zone/collecting_log.c \
	src/ontap-zone/collecting_text.c src/ontap-zone/collecting_trust.c $(collect_rig)
unit_programs += tests/unit/test_signatures
tests_unit_test_signatures_SOURCES = tests/unit/test_signatures.c src/ontap-zone/signatures.c src/ontap-zone/state.c
unit_programs += tests/unit/test_time_check
unit_programs += tests/unit/test_signer
tests_unit_test_signer_SOURCES = tests/unit/test_signer.c src/ontap-zone/asker.c src/ontap-zone/signer.c src/ontap-zone/signer_parent.c src/ontap-zone/signer_clock.c \
	src/ontap-zone/signer_command.c src/ontap-zone/signer_confine.c src/ontap-zone/signer_control.c src/ontap-zone/signer_host.c src/ontap-zone/signer_keys.c \
	src/ontap-zone/signer_process.c src/ontap-zone/signer_store.c src/ontap-zone/signer_zone.c \
	src/ontap-zone/state.c src/ontap-zone/state_dir.c
tests_unit_test_signer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=signer_store_write,--wrap=signer_store_remove,--wrap=clock_gettime
unit_programs += tests/unit/test_edit
unit_programs += tests/unit/test_err
unit_programs += tests/unit/test_export
unit_programs += tests/unit/test_map
unit_programs += tests/unit/test_ontap_name
tests_unit_test_ontap_name_SOURCES = tests/unit/test_ontap_name.c $(ontap_name_sources)
unit_programs += tests/unit/test_recipe
unit_programs += tests/unit/test_show
unit_programs += tests/unit/test_wires
tests_unit_test_wires_SOURCES = tests/unit/test_wires.c tests/unit/golden_file.c tests/unit/golden_file.h
unit_programs += tests/unit/test_packed
unit_programs += tests/unit/test_slabs
unit_programs += tests/unit/test_print
tests_unit_test_print_SOURCES = tests/unit/test_print.c tests/unit/golden_file.c tests/unit/golden_file.h \
	src/ontap-zone/answer.c src/ontap-zone/print_explain.c src/ontap-zone/print_graph.c src/ontap-zone/print_keys.c \
	src/ontap-zone/print_names.c src/ontap-zone/print_status.c src/ontap-zone/print_watch.c
unit_programs += tests/unit/test_options
zonefile_rig = tests/unit/zonefile_rig.c tests/unit/zonefile_rig.h
unit_programs += tests/unit/test_zonefile
tests_unit_test_zonefile_SOURCES = tests/unit/test_zonefile.c $(zonefile_rig)
unit_programs += tests/unit/test_zone_round_trip
unit_programs += tests/unit/test_zone_words
tests_unit_test_zone_words_SOURCES = tests/unit/test_zone_words.c $(zonefile_rig)
unit_programs += tests/unit/test_names
unit_programs += tests/unit/test_host_addrs
unit_programs += tests/unit/test_pipeline
unit_programs += tests/unit/test_zone
unit_programs += tests/unit/test_zone_random
sign_rig = tests/unit/sign_rig.c tests/unit/sign_rig.h tests/unit/zone_rig.c tests/unit/zone_rig.h
unit_programs += tests/unit/test_denial
tests_unit_test_denial_SOURCES = tests/unit/test_denial.c $(sign_rig)
unit_programs += tests/unit/test_order
tests_unit_test_order_SOURCES = tests/unit/test_order.c tests/unit/zone_rig.c tests/unit/zone_rig.h
tests_unit_test_order_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
chain_rig = tests/unit/chain_rig.c tests/unit/chain_rig.h
chain_ldflags = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
unit_programs += tests/unit/test_zone_sign
tests_unit_test_zone_sign_SOURCES = tests/unit/test_zone_sign.c $(chain_rig)
tests_unit_test_zone_sign_LDFLAGS = $(chain_ldflags)
unit_programs += tests/unit/test_zone_month
tests_unit_test_zone_month_SOURCES = tests/unit/test_zone_month.c $(chain_rig)
tests_unit_test_zone_month_LDFLAGS = $(chain_ldflags)
unit_programs += tests/unit/test_listen
unit_programs += tests/unit/test_listening
tests_unit_test_listening_SOURCES = tests/unit/test_listening.c src/ontap-zone/listening.c
tests_unit_test_listening_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=dns_serve_at,--wrap=dns_place,--wrap=watcher_look_for_owners,--wrap=loop_now
unit_programs += tests/unit/test_tcp_turns
tests_unit_test_tcp_turns_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=dns_answer
unit_programs += tests/unit/test_netns_dir
tests_unit_test_netns_dir_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=inotify_init1,--wrap=inotify_add_watch
unit_programs += tests/unit/test_spoken
tests_unit_test_spoken_SOURCES = tests/unit/test_spoken.c src/ontap-zone/spoken.c
unit_programs += tests/unit/test_turn
tests_unit_test_turn_SOURCES = tests/unit/test_turn.c src/ontap-zone/turn.c
tests_unit_test_turn_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=loop_turn,--wrap=loop_now,--wrap=watcher_is_synced,--wrap=mdns_deadline \
	-Wl,--wrap=control_deadline,--wrap=control_poll
unit_programs += tests/unit/test_lookup
unit_programs += tests/unit/test_view
unit_programs += tests/unit/test_serve
unit_programs += tests/unit/test_serve_signed
tests_unit_test_serve_signed_SOURCES = tests/unit/test_serve_signed.c $(sign_rig)
unit_programs += tests/unit/test_cookie
unit_programs += tests/unit/test_rrl
unit_programs += tests/unit/test_serve_edns
tests_unit_test_serve_edns_SOURCES = tests/unit/test_serve_edns.c tests/unit/zone_rig.c \
	tests/unit/zone_rig.h
unit_programs += tests/unit/test_model
unit_programs += tests/unit/test_relation
unit_programs += tests/unit/test_neighbour
unit_programs += tests/unit/test_rtnl
unit_programs += tests/unit/test_port_owner
unit_programs += tests/unit/test_socket_line
unit_programs += tests/unit/test_sync
unit_programs += tests/unit/test_resume
tests_unit_test_resume_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=read
unit_programs += tests/unit/test_segment
tests_unit_test_segment_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=strcmp
unit_programs += tests/unit/test_spoken_links
unit_programs += tests/unit/test_sockaddr
unit_programs += tests/unit/test_transfers
unit_programs += tests/unit/test_group
unit_programs += tests/unit/test_guests
unit_programs += tests/unit/test_budget
unit_programs += tests/unit/test_heap
unit_programs += tests/unit/test_name
if BPF
rewrite_rig = tests/unit/rewrite_rig.c tests/unit/rewrite_rig.h src/ontapd/rewrite.c src/bpf/autoconf_object.c
unit_programs += tests/unit/test_rewrite
tests_unit_test_rewrite_SOURCES = tests/unit/test_rewrite.c $(rewrite_rig)
unit_programs += tests/unit/test_rewrite_told
tests_unit_test_rewrite_told_SOURCES = tests/unit/test_rewrite_told.c src/ontapd/ring.c $(rewrite_rig)
else
EXTRA_DIST += tests/unit/test_rewrite.c tests/unit/test_rewrite_told.c tests/unit/rewrite_rig.c tests/unit/rewrite_rig.h
endif
unit_programs += tests/unit/test_learner
tests_unit_test_learner_SOURCES = tests/unit/test_learner.c src/ontapd/learner.c src/ontapd/pupil.c src/ontapd/ring.c \
	src/ontapd/confine.c
unit_programs += tests/unit/test_rr
unit_programs += tests/unit/test_msg
unit_programs += tests/unit/test_pack
unit_programs += tests/unit/test_codec
tests_unit_test_codec_LDADD = $(LDADD) $(LDNS_LIBS)
unit_programs += tests/unit/test_rr_types
tests_unit_test_rr_types_LDADD = $(LDADD) $(LDNS_LIBS)

# The mDNS engine: each test with the rig, which has libsim's text of messages.
mdns_rig = tests/unit/mdns_rig.c tests/unit/mdns_rig.h
unit_programs += tests/unit/test_mdns_announce
tests_unit_test_mdns_announce_SOURCES = tests/unit/test_mdns_announce.c $(mdns_rig)
tests_unit_test_mdns_announce_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_answer
tests_unit_test_mdns_answer_SOURCES = tests/unit/test_mdns_answer.c $(mdns_rig)
tests_unit_test_mdns_answer_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_conflict
tests_unit_test_mdns_conflict_SOURCES = tests/unit/test_mdns_conflict.c $(mdns_rig)
tests_unit_test_mdns_conflict_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_yield
tests_unit_test_mdns_yield_SOURCES = tests/unit/test_mdns_yield.c $(mdns_rig)
tests_unit_test_mdns_yield_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_known
tests_unit_test_mdns_known_SOURCES = tests/unit/test_mdns_known.c $(mdns_rig)
tests_unit_test_mdns_known_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_lookup
tests_unit_test_mdns_lookup_SOURCES = tests/unit/test_mdns_lookup.c $(mdns_rig)
tests_unit_test_mdns_lookup_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_neighbour
tests_unit_test_mdns_neighbour_SOURCES = tests/unit/test_mdns_neighbour.c $(mdns_rig)
tests_unit_test_mdns_neighbour_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_oneshot
tests_unit_test_mdns_oneshot_SOURCES = tests/unit/test_mdns_oneshot.c $(mdns_rig)
tests_unit_test_mdns_oneshot_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_probe
tests_unit_test_mdns_probe_SOURCES = tests/unit/test_mdns_probe.c $(mdns_rig)
tests_unit_test_mdns_probe_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_public
tests_unit_test_mdns_public_SOURCES = tests/unit/test_mdns_public.c $(mdns_rig)
tests_unit_test_mdns_public_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_rules
tests_unit_test_mdns_rules_SOURCES = tests/unit/test_mdns_rules.c $(mdns_rig)
tests_unit_test_mdns_rules_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_mdns_steps
tests_unit_test_mdns_steps_SOURCES = tests/unit/test_mdns_steps.c $(mdns_rig)
tests_unit_test_mdns_steps_LDADD = tests/sim/libsim.a $(LDADD)
tests_unit_test_mdns_steps_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=rdata_cmp,--wrap=rd_rr,--wrap=pack_rr,--wrap=map_remove
unit_programs += tests/unit/test_state
tests_unit_test_state_SOURCES = tests/unit/test_state.c src/ontap-zone/state.c
tests_unit_test_state_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_ontap_settings
tests_unit_test_ontap_settings_SOURCES = tests/unit/test_ontap_settings.c src/ontap/settings.c
unit_programs += tests/unit/test_ontapd_settings
tests_unit_test_ontapd_settings_SOURCES = tests/unit/test_ontapd_settings.c src/ontapd/settings.c
tests_unit_test_zone_SOURCES = tests/unit/test_zone.c tests/unit/zone_rig.c tests/unit/zone_rig.h
tests_unit_test_lookup_SOURCES = tests/unit/test_lookup.c tests/unit/zone_rig.c tests/unit/zone_rig.h
tests_unit_test_serve_SOURCES = tests/unit/test_serve.c tests/unit/zone_rig.c tests/unit/zone_rig.h
unit_programs += tests/unit/test_resync
unit_programs += tests/unit/test_log
unit_programs += tests/unit/test_owners
tests_unit_test_owners_SOURCES = tests/unit/test_owners.c src/ontap-zone/owners.c
tests_unit_test_owners_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_render
tests_unit_test_render_SOURCES = tests/unit/test_render.c src/ontap-zone/render.c
unit_programs += tests/unit/test_sandbox
guest_rig = tests/unit/guest_rig.c tests/unit/guest_rig.h
unit_programs += tests/unit/test_guest
tests_unit_test_guest_SOURCES = tests/unit/test_guest.c $(guest_rig)
tests_unit_test_guest_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=array_reserve,--wrap=strdup
unit_programs += tests/unit/test_guest6
tests_unit_test_guest6_SOURCES = tests/unit/test_guest6.c $(guest_rig)
unit_programs += tests/unit/test_guest_lost
tests_unit_test_guest_lost_SOURCES = tests/unit/test_guest_lost.c $(guest_rig)
unit_programs += tests/unit/test_guest_filter
tests_unit_test_guest_filter_SOURCES = tests/unit/test_guest_filter.c $(guest_rig)
unit_programs += tests/unit/test_guest_random
tests_unit_test_guest_random_SOURCES = tests/unit/test_guest_random.c $(guest_rig)
unit_programs += tests/unit/test_guest_recorded
tests_unit_test_guest_recorded_SOURCES = tests/unit/test_guest_recorded.c $(guest_rig) \
	tests/unit/golden_file.c tests/unit/golden_file.h
unit_programs += tests/unit/test_device
unit_programs += tests/unit/test_device_await
unit_programs += tests/unit/test_device_message
unit_programs += tests/unit/test_device_rules
unit_programs += tests/unit/test_zone_race
tests_unit_test_zone_race_SOURCES = tests/unit/test_zone_race.c tests/unit/zone_rig.c tests/unit/zone_rig.h

unit_programs += tests/unit/test_nss
tests_unit_test_nss_SOURCES = tests/unit/test_nss.c src/nss/answer.c src/nss/fill.c
unit_programs += tests/unit/test_resolve
tests_unit_test_resolve_SOURCES = tests/unit/test_resolve.c tests/unit/zone_rig.c tests/unit/zone_rig.h \
	src/nss/answer.c

# Transfers: the tests of the journal use a strict secondary.
unit_programs += tests/unit/test_journal
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c tests/unit/secondary_rig.c \
	tests/unit/secondary_rig.h tests/unit/zone_rig.c tests/unit/zone_rig.h
unit_programs += tests/unit/test_tsig
unit_programs += tests/unit/test_notify
unit_programs += tests/unit/test_updater
tests_unit_test_updater_SOURCES = tests/unit/test_updater.c tests/unit/zone_rig.c tests/unit/zone_rig.h

querier_rig = tests/unit/querier_rig.c tests/unit/querier_rig.h $(mdns_rig)
unit_programs += tests/unit/test_querier_ask
tests_unit_test_querier_ask_SOURCES = tests/unit/test_querier_ask.c $(querier_rig)
tests_unit_test_querier_ask_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_querier_known
tests_unit_test_querier_known_SOURCES = tests/unit/test_querier_known.c $(querier_rig)
tests_unit_test_querier_known_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_querier_doubt
tests_unit_test_querier_doubt_SOURCES = tests/unit/test_querier_doubt.c $(querier_rig)
tests_unit_test_querier_doubt_LDADD = tests/sim/libsim.a $(LDADD)
unit_programs += tests/unit/test_querier_cache
tests_unit_test_querier_cache_SOURCES = tests/unit/test_querier_cache.c $(querier_rig)
tests_unit_test_querier_cache_LDADD = tests/sim/libsim.a $(LDADD)

# RFC 6762, row by row: made of the tests' names, checked against their results.
mdns_logs = tests/unit/test_mdns_yield.log tests/unit/test_mdns_announce.log tests/unit/test_mdns_answer.log \
	tests/unit/test_mdns_conflict.log tests/unit/test_mdns_known.log \
	tests/unit/test_mdns_probe.log tests/unit/test_mdns_rules.log tests/unit/test_querier_ask.log \
	tests/unit/test_querier_cache.log tests/unit/test_querier_doubt.log tests/unit/test_querier_known.log
EXTRA_DIST += tests/unit/rfc6762.sh tests/unit/rfc6762.txt tests/unit/rfc6762-table.py
if HAVE_CMOCKA
TESTS += tests/unit/rfc6762.sh
tests/unit/rfc6762.log: $(mdns_logs) tests/unit/test_serve.log
endif

doc/rfc6762.md:
	/usr/bin/python3 -B $(top_srcdir)/tests/unit/rfc6762-table.py $(top_srcdir) >$(top_srcdir)/$@.new
	mv $(top_srcdir)/$@.new $(top_srcdir)/$@
.PHONY: doc/rfc6762.md
unit_programs += tests/unit/test_seen
tests_unit_test_seen_SOURCES = tests/unit/test_seen.c
unit_programs += tests/unit/test_update
tests_unit_test_update_SOURCES = tests/unit/test_update.c tests/unit/zone_rig.c tests/unit/zone_rig.h
unit_programs += tests/unit/test_srp
tests_unit_test_srp_SOURCES = tests/unit/test_srp.c tests/unit/zone_rig.c tests/unit/zone_rig.h
