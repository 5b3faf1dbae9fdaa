/* SPDX-License-Identifier: ISC */
/*
 * Identities: the current name of an owner on all links, renaming, and recognising our own
 * records.
 */
#pragma once

#include "mdns/link.h"

/* Returns the identity whose current name is `name`, or NULL. */
struct identity *identity_find_current(const struct mdns *m, const uint8_t *name) NONNULL;
/* Returns the identity of `owner`; makes it if it does not exist. NULL if out of memory. */
struct identity *identity_get(struct mdns *m, const uint8_t *owner) NONNULL MUSTCHECK;
/* Marks the identity as used: it has an mname, or will have one soon. */
void identity_use(struct mdns *m, struct identity *identity) NONNULL;
/* Frees the identity if it has no mnames and nothing to remember: no other name, nothing that was said
 * and may come back, no workload that speaks for itself. If too many identities without
 * mnames are kept for their names, frees the one that has been without mnames for the longest
 * time. */
void identity_release(struct mdns *m, struct identity *identity, ns_t now) NONNULL;
/* Frees the identity, even if it has a name to remember. It must have no mnames. */
void identity_free(struct mdns *m, struct identity *identity) NONNULL;
/* Renames the identity to the next name that is unused here: N-2, N-3 … (§9). ERR_RANGE if there
 * are no more; ERR_NOMEM. The mnames keep their states: the caller must start them again. */
int identity_rename(struct mdns *m, struct identity *identity) NONNULL MUSTCHECK;
/* Remembers that the record was ours until now, for as long as peers may have it: its TTL, in seconds. */
void identity_remember(struct identity *identity, uint64_t hash, uint32_t ttl_s, ns_t now) NONNULL;
/* True if that rdata is one of our records under this name on any link, or was a moment ago
 * (§14). */
bool identity_has(const struct mdns *m, const struct identity *identity, uint16_t type,
	const uint8_t *rdata, size_t len, ns_t now) NONNULL_ARGS(1, 2);
/* True if we publish that address for the name, or for a name that it points to (PTR of a
 * reverse name, SRV of a service). Then the sender with this address is the workload itself. */
bool identity_is_spoken_for_by(
	const struct mdns *m, const struct identity *identity, const struct addr *a) NONNULL;

/* Changes all references to `identity` to its current name, and announces their sets. */
void references_rename(struct identity *identity, struct mdns *m, ns_t now) NONNULL;

/* Returns the sum of the hashes of all unique records of an mname. */
uint64_t mname_sum(const struct mname *mname) NONNULL;
/* True if the unique records of the name on any link have that sum. */
bool identity_says(const struct identity *identity, uint64_t sum) NONNULL;
/* Remembers that records with that sum were sent in one packet under this name. */
void identity_note_said(struct identity *identity, uint64_t sum, ns_t now) NONNULL;
/* Returns when records with that sum were sent last, as far as that is remembered; LONG_AGO: never. */
ns_t identity_last_said(const struct identity *identity, uint64_t sum) NONNULL;
