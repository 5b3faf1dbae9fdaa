/* SPDX-License-Identifier: ISC */
/*
 * The inside of the model, for model.c, lacking.c and table.c only: its objects, and the tables to find them.
 * A table contains not only present objects, but also links of which only addresses were reported,
 * addresses held back until their link is known, and the tombstones of both.
 */
#pragma once

#include "base/share.h"
#include "model/model.h"

/* The pots of which strangers have shares (LIMIT_MODEL_STRANGERS_PART, _USER_PART). */
enum table_pot { POT_NAMESPACES, POT_LINKS, POT_ADDRS };
_Static_assert((int)POT_ADDRS < (int)SHARE_POTS, "one count too few in struct share");

struct model {
	struct map namespaces;
	struct map links;
	struct map addrs;
	struct map holders; /* the addresses, by address alone */
	struct model_limits limits;
	struct shares strangers;
	size_t lacking;   /* namespaces with `lacks` */
	bool has_lost_ns; /* a whole namespace was refused */
	uint64_t seed;
	uint64_t last_guest_name;
	struct model_listener listener;
	size_t links_present;
	size_t addrs_present; /* those of links that are present */
};

/* Finds an object, present or not; NULL if there is none. */
struct model_ns *table_find_ns(const struct model *m, nsid_t nsid) NONNULL;
struct model_link *table_find_link(const struct model *m, nsid_t nsid, uint32_t ifindex) NONNULL;

/* Finds exactly this address. As in the kernel, IPv4 addresses also differ by prefix length and
 * peer. */
struct model_addr *table_find_addr(
	const struct model *m, nsid_t nsid, const struct event_addr *info) NONNULL;

/* Makes a namespace, which must not exist yet, and reports it to the listener. `info` may be NULL.
 * ERR_RANGE at the limit, ERR_NOMEM. */
int table_make_ns(struct model *m, nsid_t nsid, const struct event_ns *info, struct model_ns **ret)
	NONNULL_ARGS(1, 4) MUSTCHECK;

/* Sets what is known about a namespace. ERR_NOMEM: nothing changed. */
int table_set_ns(struct model *m, struct model_ns *ns, const struct event_ns *info) NONNULL
	MUSTCHECK;

/* True if there is room for one more link and address in that namespace. */
bool table_ns_has_room(const struct model *m, const struct model_ns *ns) NONNULL;

/* Takes a namespace without links out of its table. The caller frees it. */
void table_remove_ns(struct model *m, struct model_ns *ns) NONNULL;

/* Finds a namespace or makes it. */
int table_get_ns(struct model *m, nsid_t nsid, struct model_ns **ret) NONNULL MUSTCHECK;

/* Makes a link that is not present, and its namespace if necessary. Errors change nothing. */
int table_make_link(struct model *m, nsid_t nsid, uint32_t ifindex, struct model_link **ret) NONNULL
	MUSTCHECK;

/* Makes an address that is not present, and its link and namespace if necessary. Errors change
 * nothing. */
int table_make_addr(struct model *m, nsid_t nsid, const struct event_addr *info,
	struct model_addr **ret) NONNULL MUSTCHECK;

/* Take an object out of its tables and free it. A link must have no addresses left. */
void table_free_link(struct model *m, struct model_link *link) NONNULL;
void table_free_addr(struct model *m, struct model_addr *a) NONNULL;
