/* SPDX-License-Identifier: ISC */
/*
 * Owns a turn of the daemon's loop: how long it waits, and the order of the steps after input.
 * Never does any of the steps itself.
 */
#include "ontap-zone/turn.h"

#include "base/err.h"
#include "ontap-zone/reload.h"
#include "ontap-zone/signed.h"
#include "ontap-zone/sleep.h"

/* The next deadline of the steps that wait until the watcher is synced: see daemon_turn(). */
static ns_t synced_deadline(const struct daemon *d)
{
	ns_t deadline = ns_min(mdns_deadline(d->mdns), runtime_deadline(&d->runtime));
	deadline = ns_min(deadline, daemon_sleep_deadline(d));
	deadline = ns_min(deadline, spoken_deadline(&d->spoken));
	deadline = ns_min(deadline, state_names_deadline(&d->names));
	deadline = ns_min(deadline, state_serial_deadline(&d->serial));
	deadline = ns_min(deadline, files_deadline(&d->files));
	deadline = ns_min(deadline, listening_deadline(&d->listening));
	deadline = ns_min(deadline, guests_deadline(&d->guests));
	deadline = ns_min(deadline, updates_deadline(d->updates));
	deadline = ns_min(deadline, collecting_deadline(d->collecting));
	if (d->signatures)
		deadline = ns_min(deadline, signatures_deadline(d->signatures));
	return d->peers ? ns_min(deadline, peers_deadline(d->peers)) : deadline;
}

/* When the keeper's next message is handled, apart from those that the loop sees. */
static ns_t keeper_deadline(const struct daemon *d)
{
	if (retry_has_failed(&d->keeper_retry))
		return retry_deadline(&d->keeper_retry);
	return keeper_has_more(d->keeper) ? 0 : NS_NEVER;
}

static void do_synced_steps(struct daemon *d)
{
	/* What it puts is with the keeper, then published, with what updates have instead. */
	collecting_poll(d->collecting, loop_now());
	updates_put(d->updates);
	if (runtime_is_dirty(&d->runtime) || daemon_has_signatures(d))
		daemon_flush(d);
	guests_poll(&d->guests, loop_now());
	if (runtime_is_dirty(&d->runtime))
		daemon_flush(d);
	updates_poll(d->updates, loop_now());
	listening_poll(&d->listening, loop_now());
	if (d->is_ready)
		daemon_tell_status(d);
	daemon_pump_mdns(d);
	daemon_poll_sleep(d);
	daemon_tell_watchers(d);
	files_poll(&d->files, loop_now());
	if (loop_now() >= state_serial_deadline(&d->serial))
		daemon_reserve_serial(d);
	if (d->signatures)
		signatures_poll(d->signatures, loop_now());
	if (d->peers)
		peers_poll(d->peers, loop_now());
}

int daemon_turn(struct daemon *d, ns_t deadline)
{
	deadline = ns_min(deadline, retry_deadline(&d->watcher_retry));
	deadline = ns_min(deadline, retry_deadline(&d->again_retry));
	deadline = ns_min(deadline, keeper_deadline(d));
	deadline = ns_min(deadline, daemon_signer_deadline(d));
	deadline = ns_min(deadline, control_deadline(d->control));
	deadline = ns_min(deadline, control_deadline(d->resolve));
	if (watcher_is_synced(d->watcher))
		deadline = ns_min(deadline, synced_deadline(d));
	d->has_kept = false;
	int err = loop_turn(d->loop, deadline);
	if (err) {
		log_error(d->log, "cannot wait for events: error=\"%s\"", err_text(err));
		return err;
	}
	if (loop_now() >= retry_deadline(&d->watcher_retry))
		daemon_on_watcher(d, 0);
	if (loop_now() >= retry_deadline(&d->again_retry))
		daemon_ask_again(d);
	if (!d->has_kept && loop_now() >= keeper_deadline(d))
		daemon_on_keeper(d, 0);
	daemon_hear_signer(d);
	control_poll(d->control, loop_now());
	control_poll(d->resolve, loop_now());
	if (d->has_to_reload && d->is_ready && !d->is_reloading)
		daemon_reload(d);
	if (watcher_is_synced(d->watcher))
		do_synced_steps(d);
	daemon_pump_keeper(d);
	daemon_pump_signer(d);
	return 0;
}
