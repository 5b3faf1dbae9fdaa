/* SPDX-License-Identifier: ISC */
/*
 * Pending questions into messages (RFC 6762 §5.3, §7.1, §7.2).
 */
#pragma once

#include "querier/cache.h"

/* Writes one query with as many of the lane's pending questions as it has room for, and what is known of their answers,
 * to the outbox: in one packet, or in several. ERR_NOMEM: nothing is written. */
int compose_query(struct qlink *link, enum lane lane, ns_t now) NONNULL MUSTCHECK;
