/* SPDX-License-Identifier: ISC */
/*
 * Cached replies to one-shot queries for addresses (RFC 6762 §6.7).
 */
#pragma once

#include "mdns/link.h"

struct query;

/* Answers a one-shot query for an address with the cached reply to the same query. Returns false
 * if it is another kind of query or has no cached reply; nothing has happened then. */
bool oneshot_answer(struct mlink *link, const struct mdns_path *from, const uint8_t *packet,
	size_t len) NONNULL MUSTCHECK;
/* Caches the reply that was written to that query, if the next query of this kind would get the
 * same reply. */
void oneshot_keep(const struct query *q, const uint8_t *reply, size_t len) NONNULL;
/* Drops the cached replies of the mname. To be called when its sets, its name or whether it is
 * held may have changed. */
void oneshot_forget(struct mname *mname) NONNULL;
