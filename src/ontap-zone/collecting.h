/* SPDX-License-Identifier: ISC */
/*
 * The collector (collect/collect.h) and what it needs from outside: packets, the querier, the zone, the configuration, the
 * clock, the log, and its file.
 *
 *	mDNS sockets ──► collect ──► pipeline ──► zone
 *	      ▲             │ asks       └─► keeper ──► STATE/collected
 *	      └── querier ◄─┘
 *
 * What changes is sent to the keeper before the zone has it, and readers see it before the disk does: if this process is
 * killed, nothing is lost that anybody was answered. If the machine is, the names of the last moment come with the next
 * packets of their hosts. A write that fails changes nothing of what is served, and is tried again.
 *
 * Where a struct collecting may be NULL, nothing is collected.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "collect/collect.h"
#include "name/names.h"
#include "net/mdns.h"
#include "ontap-zone/keeper.h"
#include "ontap-zone/runtime.h"
#include "ontap-zone/update_collected.h"
#include "update/signer_key.h"
#include "wire/multicast.h"

struct collecting; /* opaque */

struct collecting_config {
	const struct runtime *runtime;
	struct keeper *const *keeper; /* of the daemon: NULL when it has ended */
	const struct log *log;
	const struct update_collected *updates; /* which names they have */
	/* What has changed, for `watch`. */
	void (*on_news)(void *arg, const struct collect_news *news);
	/* What collecting_forget() has begun is written, or not. */
	void (*on_forgotten)(void *arg, bool is_done);
	void *arg;
};

/* Makes the collector of runtime->conf. NULL if out of memory. All that is borrowed must outlive it. */
struct collecting *collecting_new(const struct collecting_config *config) NONNULL MUSTCHECK;
void collecting_free(struct collecting *c);

/* Takes the text of the file, at the start. Returns how many names it has. */
size_t collecting_load(struct collecting *c, const char *text, size_t len) NONNULL_ARGS(2);
/* Takes the keys of files, in place of those before (`trusted` is empty then), and what runtime->conf says now. */
void collecting_configure(struct collecting *c, struct signer_keys *trusted) NONNULL_ARGS(2);

/* The responder speaks on that link, or does not any more. */
void collecting_link(struct collecting *c, const struct mdns_link *link, const char *name)
	NONNULL_ARGS(2, 3);
void collecting_link_gone(struct collecting *c, uint32_t ifindex);
/* The machine has slept. */
void collecting_restart(struct collecting *c);
/* Takes a packet that was received. */
void collecting_hear(struct collecting *c, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL_ARGS(3, 4);
/* Sends the queries that are due. */
void collecting_send(struct collecting *c, ns_t now, struct mdns_net *net) NONNULL_ARGS(3);

/* Does what is due, and sends what has changed to the keeper. To be called before a flush. */
void collecting_poll(struct collecting *c, ns_t now);
ns_t collecting_deadline(const struct collecting *c);
/* The keeper has written, or not. */
void collecting_written(struct collecting *c, int err);
/* The state directory is another one: the file is made there. */
void collecting_write_again(struct collecting *c);

/* Forgets a name of the domain, or the keys of that signer's name. ERR_ABSENT: there is none. 0: on_forgotten() tells the
 * outcome. */
int collecting_forget(struct collecting *c, const uint8_t *name) NONNULL_ARGS(2) MUSTCHECK;

/* For updates (update_collected.h); NULL: nothing is collected. */
struct collect *collecting_collect(struct collecting *c);
/* For reports; NULL: nothing is collected. */
const struct collect *collecting_engine(const struct collecting *c);
/* True if the file could not be written last time. */
bool collecting_is_failing(const struct collecting *c);
