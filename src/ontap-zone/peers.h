/* SPDX-License-Identifier: ISC */
/*
 * Everything that goes to other name servers: transfers to secondaries, NOTIFY to secondaries, and
 * updates of primaries. Updates from others take the way of transfers, and are passed on (updates.h). It follows the changes of the zone. It does nothing if none of these is
 * configured.
 */
#pragma once

#include "base/compiler.h"
#include "export/jsonw.h"
#include "io/loop.h"
#include "net/transfers.h"
#include "ontap-zone/keys.h"
#include "ontap-zone/runtime.h"

struct peers; /* opaque */
struct updates;

struct peers_config {
	const struct runtime *runtime;
	struct loop *loop;
	const struct log *log;
	struct updates *updates;
	/* Asks for the signature of a message by the key pair of this host. Returns a ticket, with which peers_signed() gets
	 * it; 0: there is no such key now. */
	uint64_t (*sign)(void *arg, const uint8_t *msg, size_t len);
	void *sign_arg;
};

/* Call it before the first answering thread starts, and after the first dump: records that are
 * missing then would be treated as deleted. Takes over the keys. ERR_NOMEM, -errno: the reason is logged,
 * and the keys are still the caller's. */
int peers_open(struct peers **ret, const struct peers_config *config,
	struct conf_keys *keys) NONNULL MUSTCHECK;
/* Call it after the last answering thread has ended. */
void peers_close(struct peers *o);

/* Returns the transfers, which the answering threads need. */
struct transfers *peers_transfers(const struct peers *o) NONNULL;

/* Applies the current configuration of the runtime, and the keys, which it takes over. */
void peers_configure(struct peers *o, struct conf_keys *keys) NONNULL;

/* Call these when a record changed, and when a batch was published. `o` may be NULL: peers_open()
 * has not returned yet. */
void peers_change(struct peers *o, const struct zone_change *change) NONNULL_ARGS(2);
void peers_published(struct peers *o);

/* Call it when clients may have moved to another view, before a batch is committed. `o` may be
 * NULL. */
void peers_views(struct peers *o);

/* Takes the data of a SIG, NULL: there will be none. Tickets of others are ignored. `o` may be NULL. */
void peers_signed(struct peers *o, uint64_t ticket, const uint8_t *rdata, size_t len);
/* The network may be another one: who has not answered is asked again. `o` may be NULL. */
void peers_hurry(struct peers *o);

/* Sends everything that is due. */
void peers_poll(struct peers *o, ns_t now) NONNULL;
ns_t peers_deadline(const struct peers *o) NONNULL;

/* For `status`: adds members to an object. `o` may be NULL. */
void peers_report(const struct peers *o, struct jsonw *w) NONNULL_ARGS(2);
