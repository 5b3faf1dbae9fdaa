/* SPDX-License-Identifier: ISC */
/*
 * What is to be said: the end of an mname. Its beginning is mdns_put().
 */
#pragma once

#include "mdns/link.h"

/* Frees an mname and what it has, without a word; its identity if nobody else needs it. */
void mname_free(struct mname *mname) NONNULL;
/* Goodbye for what was announced of the mname (§10.1). */
void mname_say_goodbye(struct mname *mname) NONNULL;
