/* SPDX-License-Identifier: ISC */
/* One primary whose zone is kept equal to ours by updates: the updater (transfer/updater.h), its
 * key and its socket. */
#pragma once

#include "base/compiler.h"
#include "export/jsonw.h"
#include "io/loop.h"
#include "ontap-zone/runtime.h"

struct primary; /* opaque */

/* `key` is copied. Returns NULL if out of memory. */
struct primary *primary_open(const struct runtime *runtime, struct loop *loop,
	const struct log *log, const struct conf_peer *peer, const struct tsig_key *key) NONNULL
	MUSTCHECK;
void primary_close(struct primary *p);

/* Call it when a record changed. */
void primary_change(struct primary *p, const struct zone_change *change) NONNULL;

void primary_poll(struct primary *p, ns_t now) NONNULL;
ns_t primary_deadline(const struct primary *p) NONNULL;

/* Adds an object for `status`. */
void primary_report(const struct primary *p, struct jsonw *w) NONNULL;
