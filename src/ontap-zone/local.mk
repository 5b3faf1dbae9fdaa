# The daemon. Its main and the wiring of the parts; everything else is in the archives.
sbin_PROGRAMS += src/ontap-zone/ontap-zone
src_ontap_zone_ontap_zone_SOURCES = \
	src/ontap-zone/address_files.c src/ontap-zone/address_files.h \
	src/ontap-zone/answer.c src/ontap-zone/answer.h \
	src/ontap-zone/ask.c \
	src/ontap-zone/asker.c src/ontap-zone/asker.h \
	src/ontap-zone/collecting.c src/ontap-zone/collecting.h \
	src/ontap-zone/collecting_log.c src/ontap-zone/collecting_log.h \
	src/ontap-zone/collecting_text.c src/ontap-zone/collecting_text.h \
	src/ontap-zone/collecting_trust.c src/ontap-zone/collecting_trust.h \
	src/ontap-zone/commands.h \
	src/ontap-zone/company.c src/ontap-zone/company.h \
	src/ontap-zone/confine.c src/ontap-zone/confine.h \
	src/ontap-zone/diary_size.h \
	src/ontap-zone/daemon.c src/ontap-zone/daemon.h \
	src/ontap-zone/delegation.c src/ontap-zone/delegation.h \
	src/ontap-zone/export.c \
	src/ontap-zone/files.c src/ontap-zone/files.h \
	src/ontap-zone/grants_dir.c src/ontap-zone/grants_dir.h \
	src/ontap-zone/guest_neighbours.c src/ontap-zone/guest_neighbours.h \
	src/ontap-zone/guest_part.c src/ontap-zone/guest_part.h \
	src/ontap-zone/guest_rules.c src/ontap-zone/guest_rules.h \
	src/ontap-zone/guests.c src/ontap-zone/guests.h \
	src/ontap-zone/keeper.c src/ontap-zone/keeper.h \
	src/ontap-zone/keeper_confine.c \
	src/ontap-zone/keeper_msg.h \
	src/ontap-zone/keeper_process.c src/ontap-zone/keeper_process.h \
	src/ontap-zone/keeper_read.c src/ontap-zone/keeper_signatures.c src/ontap-zone/keeper_diary.c src/ontap-zone/keeper_write.c \
	src/ontap-zone/key_text.c src/ontap-zone/key_text.h \
	src/ontap-zone/keys.c src/ontap-zone/keys.h \
	src/ontap-zone/listening.c src/ontap-zone/listening.h \
	src/ontap-zone/live.c src/ontap-zone/live.h \
	src/ontap-zone/main.c \
	src/ontap-zone/mirror.c \
	src/ontap-zone/owners.c src/ontap-zone/owners.h \
	src/ontap-zone/peers.c src/ontap-zone/peers.h \
	src/ontap-zone/places.c src/ontap-zone/places.h \
	src/ontap-zone/primary.c src/ontap-zone/primary.h \
	src/ontap-zone/print.h \
	src/ontap-zone/print_explain.c \
	src/ontap-zone/print_graph.c \
	src/ontap-zone/print_keys.c \
	src/ontap-zone/print_names.c \
	src/ontap-zone/print_status.c \
	src/ontap-zone/print_watch.c \
	src/ontap-zone/refusal.c src/ontap-zone/refusal.h \
	src/ontap-zone/registration.c src/ontap-zone/registration.h \
	src/ontap-zone/reload.c src/ontap-zone/reload.h \
	src/ontap-zone/render.c src/ontap-zone/render.h \
	src/ontap-zone/report.c src/ontap-zone/report.h \
	src/ontap-zone/report_collected.c \
	src/ontap-zone/report_explain.c \
	src/ontap-zone/report_graph.c \
	src/ontap-zone/report_names.c \
	src/ontap-zone/report_news.c \
	src/ontap-zone/report_sandbox.c \
	src/ontap-zone/report_part.c src/ontap-zone/report_part.h \
	src/ontap-zone/resolver.c \
	src/ontap-zone/served.c src/ontap-zone/served.h \
	src/ontap-zone/runtime.c src/ontap-zone/runtime.h \
	src/ontap-zone/serve.c \
	src/ontap-zone/sig0_files.c src/ontap-zone/sig0_files.h \
	src/ontap-zone/signatures.c src/ontap-zone/signatures.h \
	src/ontap-zone/signed.c src/ontap-zone/signed.h \
	src/ontap-zone/signer.c src/ontap-zone/signer.h \
	src/ontap-zone/signer_clock.c \
	src/ontap-zone/signer_command.c \
	src/ontap-zone/signer_confine.c \
	src/ontap-zone/signer_control.c \
	src/ontap-zone/signer_host.c src/ontap-zone/signer_keys.c \
	src/ontap-zone/signer_msg.h \
	src/ontap-zone/signer_parent.c \
	src/ontap-zone/signer_process.c src/ontap-zone/signer_process.h \
	src/ontap-zone/signer_store.c src/ontap-zone/signer_store.h \
	src/ontap-zone/signer_zone.c \
	src/ontap-zone/sleep.c src/ontap-zone/sleep.h \
	src/ontap-zone/sleeper.h \
	src/ontap-zone/sockets.c src/ontap-zone/sockets.h \
	src/ontap-zone/start.c src/ontap-zone/start.h \
	src/ontap-zone/spoken.c src/ontap-zone/spoken.h \
	src/ontap-zone/state.c src/ontap-zone/state.h \
	src/ontap-zone/state_dir.c src/ontap-zone/state_dir.h \
	src/ontap-zone/terminal.c src/ontap-zone/terminal.h \
	src/ontap-zone/update_collected.c src/ontap-zone/update_collected.h \
	src/ontap-zone/update_put.c src/ontap-zone/update_put.h \
	src/ontap-zone/update_sig0.c src/ontap-zone/update_sig0.h \
	src/ontap-zone/updates.c src/ontap-zone/updates.h src/ontap-zone/report_updates.c \
	src/ontap-zone/updates_file.c src/ontap-zone/updates_file.h \
	src/ontap-zone/report_delegation.c \
	src/ontap-zone/turn.c src/ontap-zone/turn.h \
	src/ontap-zone/zones.c src/ontap-zone/zones.h
if LOGIND
src_ontap_zone_ontap_zone_SOURCES += src/ontap-zone/sleeper.c
EXTRA_DIST += src/ontap-zone/sleeper_none.c
else
src_ontap_zone_ontap_zone_SOURCES += src/ontap-zone/sleeper_none.c
EXTRA_DIST += src/ontap-zone/sleeper.c
endif

# `ontap-collect` is `ontap-zone serve --collect`.
install-exec-hook:
	cd $(DESTDIR)$(sbindir) && rm -f ontap-collect && $(LN_S) ontap-zone ontap-collect
install-data-hook:
	cd $(DESTDIR)$(man8dir) && rm -f ontap-collect.8 && $(LN_S) ontap-zone.8 ontap-collect.8
uninstall-hook:
	rm -f $(DESTDIR)$(sbindir)/ontap-collect $(DESTDIR)$(man8dir)/ontap-collect.8
