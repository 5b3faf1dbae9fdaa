/* SPDX-License-Identifier: ISC */
/*
 * What a name is called on all links, how it is renamed, and what is known to be our own.
 */
#pragma once

#include "mdns/link.h"

/* The one that is called so now, or NULL. */
struct identity *identity_find_current(const struct mdns *m, const uint8_t *name) NONNULL;
/* Found or made. NULL: no memory. */
struct identity *identity_get(struct mdns *m, const uint8_t *owner) NONNULL MUSTCHECK;
/* It has an mname, or is about to. */
void identity_use(struct mdns *m, struct identity *identity) NONNULL;
/* Frees it if it has no mnames and nothing to remember; of too many that have no mnames and are
 * remembered for their names, that one which has had none for longest. */
void identity_release(struct mdns *m, struct identity *identity) NONNULL;
/* Frees it, whatever it remembers; it has no mnames. */
void identity_free(struct mdns *m, struct identity *identity) NONNULL;
/* The next name that nobody has here: N-2, N-3 … (§9). ERR_RANGE when there are no more;
 * ERR_NOMEM. Its mnames keep their states: start them again. */
int identity_rename(struct mdns *m, struct identity *identity) NONNULL MUSTCHECK;
/* The record was ours until now. */
void identity_remember(struct identity *identity, uint64_t hash, ns_t now) NONNULL;
/* Whether that rdata is, or was a moment ago, one of ours under this name on any link (§14). */
bool identity_has(const struct mdns *m, const struct identity *identity, uint16_t type,
	const uint8_t *rdata, size_t len, ns_t now) NONNULL_ARGS(1, 2);
/* Whether that address is one that we publish for the name, or for a name that it points to:
 * then it is the workload itself that speaks (PTR of a reverse name, SRV of a service). */
bool identity_is_spoken_for_by(
	const struct mdns *m, const struct identity *identity, const struct addr *a) NONNULL;

/* All references to `identity` get its current name; their sets are announced. */
void references_rename(struct identity *identity, struct mdns *m, ns_t now) NONNULL;

/* The sum of the hashes of all unique records of an mname. */
uint64_t mname_sum(const struct mname *mname) NONNULL;
/* Records with that sum went out in one packet under this name. */
void identity_note_said(struct identity *identity, uint64_t sum) NONNULL;
/* Whether that was so lately. */
bool identity_has_said(const struct identity *identity, uint64_t sum) NONNULL;
