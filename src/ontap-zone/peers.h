/* SPDX-License-Identifier: ISC */
/*
 * What goes out to other name servers: transfers to those who ask, NOTIFY to those who shall ask,
 * and updates of primaries. It listens to the zone, and does nothing where nothing of it is
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

/* Before the first thread that answers, and after the first dump: what is not there yet would be
 * taken for gone. ERR_SYNTAX (a key is faulty or missing) and others, with the reason logged. */
int peers_open(struct peers **ret, const struct runtime *runtime, struct loop *loop,
	const struct log *log) NONNULL MUSTCHECK;
/* After the last such thread has ended. */
void peers_close(struct peers *o);

/* What the answering threads need. */
struct transfers *peers_transfers(const struct peers *o) NONNULL;

/* Takes the runtime's configuration as it is now, and the keys, which it takes over. */
void peers_configure(struct peers *o, struct conf_keys *keys) NONNULL;

/* A record changed; a batch was published. Each may be called before
 * peers_open() has returned, with NULL. */
void peers_change(struct peers *o, const struct zone_change *change) NONNULL_ARGS(2);
void peers_published(struct peers *o);

/* The same: clients may stand elsewhere, and a batch is about to be committed. */
void peers_views(struct peers *o);

/* Sends what is due. */
void peers_poll(struct peers *o, ns_t now) NONNULL;
ns_t peers_deadline(const struct peers *o) NONNULL;

/* For `status`: adds members to an object. `o` may be NULL. */
void peers_report(const struct peers *o, struct jsonw *w) NONNULL_ARGS(2);
