/* SPDX-License-Identifier: ISC */
/*
 * The end of an mname. Its beginning is mdns_put().
 */
#pragma once

#include "mdns/link.h"

/* Frees an mname and all it owns without a goodbye. Also frees its identity if nothing else
 * needs it. */
void mname_free(struct mname *mname, ns_t now) NONNULL;
/* Queues goodbyes for the announced records of the mname (§10.1). */
void mname_say_goodbye(struct mname *mname) NONNULL;
