/* SPDX-License-Identifier: ISC */
/*
 * Ready replies to one-shot queries for addresses (RFC 6762 §6.7).
 */
#pragma once

#include "mdns/link.h"

struct query;

/* Answers a one-shot query for an address that was answered before, as it was then. False: it is
 * another query, or not known yet; nothing has happened. */
bool oneshot_answer(struct mlink *link, const struct mdns_path *from, const uint8_t *packet,
	size_t len) NONNULL MUSTCHECK;
/* The reply to that query has been written: it is kept if the next one like it gets the same. */
void oneshot_keep(const struct query *q, const uint8_t *reply, size_t len) NONNULL;
/* What is kept of the mname may not be true any more: of its sets, its name, whether it is held. */
void oneshot_forget(struct mname *mname) NONNULL;
