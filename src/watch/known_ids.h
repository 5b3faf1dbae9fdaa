/* SPDX-License-Identifier: ISC */
/*
 * The ids of namespaces that the census knows, with what it knows about each, and how many of them it
 * has given to strangers: each user has a share (LIMIT_NSID_ROOTLESS).
 */
#pragma once

#include "base/share.h"
#include "model/event.h"

struct known_id; /* opaque */

/* All zero bytes: none. */
struct known_ids {
	struct map by_nsid;
	struct shares given; /* ids, by user; pot 0 */
};

/* Forgets all. */
void known_ids_fini(struct known_ids *k) NONNULL;

/* Returns what is known about the namespace, or NULL. Borrowed until the next call that changes it. */
const struct event_ns *known_ids_info(const struct known_ids *k, nsid_t nsid) NONNULL;

/* Sets it. `is_given`: we gave the id, or may give it, to a namespace that is not the host's. ERR_NOMEM. */
int known_ids_set(struct known_ids *k, nsid_t nsid, const struct event_ns *info,
	bool is_given) NONNULL MUSTCHECK;

/* The id is gone. Returns true if there is room for another one of a stranger because of that. */
bool known_ids_forget(struct known_ids *k, nsid_t nsid) NONNULL;

/* True if such a namespace, of another user namespace, may get an id. */
bool known_ids_has_share(const struct known_ids *k, const struct event_ns *info) NONNULL;
