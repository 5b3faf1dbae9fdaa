/* SPDX-License-Identifier: ISC */
/*
 * What updates have added, beside what is served: also names in zones that are not ours at the moment. For
 * each set of records it knows which key has changed it last, and when.
 *
 *	owner ── sets, each: type, TTL, time, key, records
 *
 * A record may have a lease (RFC 9664): then it goes when that ends, unless it is added again.
 *
 * A change is made in a draft, which has copies of the owners that it touches. Then it is taken as a whole,
 * or dropped:
 *
 *	added_draft_owner ─► owner_put_set … ─► (journal) ─► added_take ─► added_put_all
 *
 * Nothing here is published: added_put_all() passes each owner whose records are not in the zone yet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "wire/rrset.h"

/* What a key is. Its name alone does not tell who has signed: each can be given any name. */
enum added_kind {
	ADDED_BY_SECRET,       /* shared (TSIG); or none, or of a file that does not tell */
	ADDED_BY_PAIR,         /* SIG(0), known here by other means than the update */
	ADDED_BY_REGISTRATION, /* the pair of a host that has registered (update/srp.h) */
	ADDED_KINDS
};

/* The records of a type. Immutable. */
struct added_set {
	uint16_t type;
	uint16_t count;
	uint32_t ttl;
	uint64_t when_s; /* seconds since 1970 of the last change */
	uint32_t len;    /* of the records */
	uint8_t key_len; /* 0: no key, which is no name */
	uint8_t kind;    /* enum added_kind, of the key */
	/* The name of the key; and records, each: a two-byte length, the end of its lease in four bytes (seconds since 1970;
	 * 0: it has none), and the rdata. */
	uint8_t bytes[];
};

struct added_owner {
	struct map_node in_map;
	struct list in_unput;    /* while the zone may have something else */
	struct heap_node due;    /* the first end of a lease, in seconds since 1970 */
	struct added_set **sets; /* no two of one type, in no order; owned */
	unsigned set_count;
	uint8_t name[]; /* in its first spelling */
};

/* Returns the key's name, or NULL. */
static inline const uint8_t *added_set_key(const struct added_set *set)
{
	return set->key_len > 0 ? set->bytes : NULL;
}

/* Moves to the next record: `*at` is 0 at first. Call it `count` times. */
struct rdata added_set_next(const struct added_set *set, size_t *at) NONNULL;
/* Returns the end of the lease of the record at `at`, which is the next one; 0: it has none. */
uint32_t added_set_until(const struct added_set *set, size_t at) NONNULL;

/* True if both are the same record: names in it may differ in case (RFC 4343). */
bool added_is_same_rdata(uint16_t type, struct rdata a, struct rdata b);

/* Returns the set of that type, or NULL. */
const struct added_set *added_owner_set(const struct added_owner *o, uint16_t type) NONNULL;

/* Bytes of all records of the owner, with their lengths. */
size_t added_owner_bytes(const struct added_owner *o) NONNULL;

/* The last change of a set. */
struct added_by {
	const uint8_t *key; /* NULL: none */
	enum added_kind kind;
	uint64_t when_s;
	uint32_t until_s; /* the end of the lease of what is added; 0: it has none */
};

static inline struct added_by added_set_by(const struct added_set *set)
{
	return (struct added_by){.key = added_set_key(set),
		.kind = (enum added_kind)set->kind,
		.when_s = set->when_s};
}

/* Change an owner of a draft. ERR_NOMEM: nothing has changed. added_owner_add() adds a record, or replaces an equal
 * one; a type that may have only one record loses the others (RFC 2136 §3.4.2.2). The TTL becomes that of the
 * set. ERR_RANGE: the set, or the owner, has as much as it may have. */
int added_owner_add(struct added_owner *o, uint16_t type, uint32_t ttl, struct rdata rdata,
	struct added_by by) NONNULL_ARGS(1) MUSTCHECK;
/* Replaces the set of that type; `count` 0: removes it. `until_s`: the end of the lease of each record; NULL: as in `by`. */
int added_owner_put(struct added_owner *o, uint16_t type, uint32_t ttl, const struct rdata *rdata,
	const uint32_t *until_s, size_t count, struct added_by by) NONNULL_ARGS(1) MUSTCHECK;
/* Removes the records whose lease has ended by `now_s`. */
int added_owner_expire(struct added_owner *o, uint64_t now_s) NONNULL MUSTCHECK;
/* Returns when the first lease of its records ends, in seconds since 1970; UINT64_MAX: none has one. */
uint64_t added_owner_next_end(const struct added_owner *o) NONNULL;
/* Removes the record, if it is there. */
int added_owner_drop(struct added_owner *o, uint16_t type, struct rdata rdata, struct added_by by)
	NONNULL_ARGS(1) MUSTCHECK;

struct added; /* opaque */

struct added *added_new(uint64_t seed) MUSTCHECK;
void added_free(struct added *a);

/* Returns the owner, NULL: it has nothing of updates. */
const struct added_owner *added_find(const struct added *a, const uint8_t *name) NONNULL;
void added_each(const struct added *a, void (*visit)(void *arg, const struct added_owner *o),
	void *arg) NONNULL_ARGS(1, 2);

/* Owners to be changed together. */
struct added_draft {
	struct added *added;
	struct map owners; /* copies, of struct added_owner.in_map */
};

void added_draft_init(struct added_draft *d, struct added *a) NONNULL;
void added_draft_fini(struct added_draft *d) NONNULL;
/* Returns the draft's copy of that owner, which is made if need be. NULL if out of memory. */
struct added_owner *added_draft_owner(struct added_draft *d, const uint8_t *name) NONNULL MUSTCHECK;
/* Removes copies that are equal to what is there. Returns how many are left. */
size_t added_draft_settle(struct added_draft *d) NONNULL;
/* Moves the owners of `from` to `into`, which has none of them. ERR_NOMEM: nothing is moved. */
int added_draft_merge(struct added_draft *into, struct added_draft *from) NONNULL MUSTCHECK;
/* True if both have an owner of one name. */
bool added_draft_overlaps(const struct added_draft *d, const struct added_draft *other) NONNULL;
/* True if the draft has an owner of that name. */
bool added_draft_has(const struct added_draft *d, const uint8_t *name) NONNULL;
/* True if there is room for the draft, after `before` (NULL: nothing) is taken: in all, and of the key that makes the
 * change. What only removes has room. */
bool added_draft_fits(const struct added_draft *d, const struct added_draft *before,
	const struct added_by *by) NONNULL_ARGS(1, 3);
/* Makes the draft the present state, and empties it. ERR_NOMEM: nothing has changed. */
int added_take(struct added_draft *d) NONNULL MUSTCHECK;

/* Passes each owner that the zone may not have as it is: `put` as zone_put(). What returns ERR_NOMEM is passed
 * again by the next call. Returns ERR_NOMEM in that case. Other errors are for `put` to tell: they are kept, and
 * not served. */
typedef int added_put_fn(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count);
int added_put_all(struct added *a, added_put_fn *put, void *arg) NONNULL_ARGS(1, 2) MUSTCHECK;
/* Passes each owner of the draft that has records: `try` as zone_try(). Returns its first error. */
int added_draft_try(const struct added_draft *d, added_put_fn *try, void *arg) NONNULL_ARGS(1, 2)
	MUSTCHECK;
/* Removes the records whose lease has ended by `now_s`, seconds since 1970. Returns how many owners have changed: they are to
 * be put. Without memory for a change, the owner is left for the next call. */
size_t added_expire(struct added *a, uint64_t now_s) NONNULL;
/* When the next lease ends, in seconds since 1970; UINT64_MAX: there is none. */
uint64_t added_next_end(const struct added *a) NONNULL;

/* Passes that owner again, if it has something. */
void added_touch(struct added *a, const uint8_t *name) NONNULL;
/* Zones have come or gone: all is passed again. */
void added_zones_changed(struct added *a) NONNULL;

struct added_stats {
	size_t owners, sets, records, bytes;
	size_t leased, leased_bytes; /* sets with a lease, and their bytes */
};
struct added_stats added_stats(const struct added *a) NONNULL;
