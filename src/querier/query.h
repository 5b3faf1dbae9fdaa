/* SPDX-License-Identifier: ISC */
/*
 * Queries of others (RFC 6762 §7.3, §10.5).
 */
#pragma once

#include "querier/message.h"

/* Notes which of our questions the query asks, and what is doubted if nobody answers it. */
void query_hear(struct message *m) NONNULL;
