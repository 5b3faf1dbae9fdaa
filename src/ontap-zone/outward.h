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
#include "io/transfers.h"
#include "ontap-zone/keys.h"
#include "ontap-zone/world.h"

struct outward; /* opaque */

/* Before the first thread that answers, and after the first dump: what is not there yet would be
 * taken for gone. ERR_SYNTAX (a key is faulty or missing) and others, with the reason logged. */
int outward_open(struct outward **ret, struct world *world, struct loop *loop,
	const struct log *log) NONNULL MUSTCHECK;
/* After the last such thread has ended. */
void outward_close(struct outward *o);

/* What the answering threads need. */
struct transfers *outward_transfers(const struct outward *o) NONNULL;

/* Takes the world's configuration as it is now, and the keys, which it takes over. */
void outward_configure(struct outward *o, struct conf_keys *keys) NONNULL;

/* The world's hooks: a record changed, a batch was published. Each may be called before
 * outward_open() has returned, with NULL. */
void outward_change(struct outward *o, const struct zone_change *change) NONNULL_ARGS(2);
void outward_published(struct outward *o);

/* The same: the world has new views, and is about to commit. */
void outward_views(struct outward *o);

/* Sends what is due. */
void outward_poll(struct outward *o, ns_t now) NONNULL;
ns_t outward_deadline(const struct outward *o) NONNULL;

/* For `status`: adds members to an object. `o` may be NULL. */
void outward_report(const struct outward *o, struct jsonw *w) NONNULL_ARGS(2);
