/* SPDX-License-Identifier: ISC */
/*
 * All data of one owner name, in one block: header, directory of sets, name, rdata. A node is
 * immutable once it is published, except for the fields that only the writer uses.
 *
 *	struct node | struct node_set × set_count | name in lower case | its spelling
 *	| struct node_stamp … | rdata, signatures …
 *
 * The spelling is stored only if it has capital letters (NODE_CASED). The signatures of a set follow
 * its rdata, without what the set, the name and a stamp say already: struct node_sig. A link of the NSEC
 * chain is stored without what the owner says already: node_write_link().
 *
 * The rdata of a set is stored back to back, without the ten bytes of type, class, TTL and
 * length that each record in a message has. These are the same for each record, so the answer
 * path writes them from the directory. A name with one A and two AAAA records takes two or three
 * cache lines.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/key.h"
#include "wire/rrset.h"
#include "wire/rrsig.h"
#include "zone/fact.h"
#include "zone/nsec.h"

enum node_flag {
	NODE_APEX = 1,         /* a zone begins here */
	NODE_CUT = 2,          /* has NS and is no apex: a delegation (RFC 1034 §4.2.1) */
	NODE_DNAME = 4,        /* names below are redirected (RFC 6672) */
	NODE_CNAME = 8,        /* this is an alias */
	NODE_VIEWS = 16,       /* some set depends on the view */
	NODE_SIGNED = 32,      /* some set has a signature: the name is in a signed zone */
	NODE_SIGNED_ZONE = 64, /* the apex of a signed zone */
	NODE_CASED = 128       /* the name was given with capital letters */
};

/* The records of one type at an owner, as seen by some views. */
struct node_set {
	uint16_t type;
	uint16_t off; /* of the first rdata, from the start of the node */
	uint16_t len; /* of each rdata; 0: each rdata has a two-byte length before it */
	uint16_t count : 12;
	uint16_t is_signed : 1; /* signatures follow the rdata */
	uint16_t
		is_near : 1; /* several addresses of workloads, some are private: see serve/near.h */
	uint16_t view : 2;
	uint32_t ttl;
};

/* What signatures of a node have in common: the key, and when they were made. Numbers are in wire format. */
struct node_stamp {
	uint8_t alg, labels;   /* alg 0: no signature has it yet */
	uint8_t times_tag[10]; /* expiration, inception, key tag */
	uint8_t signer_len;    /* length of the signer's name */
};

/* A signature of a set, as it lies behind the rdata. With its stamp, the set's type and TTL and the signer's
 * name, which is the end of the node's own name, it is the rdata of an RRSIG record (RFC 4034 §3.1). */
struct node_sig {
	uint8_t stamp : 6;    /* index */
	uint8_t has_more : 1; /* another signature of the set follows this one */
	uint8_t is_blank : 1; /* it is to be made */
	uint8_t bytes[RRSIG_BYTES];
};

struct node {
	/* Writer only: nodes and edges directly below (zone/tree.h), and which source has said all
	 * of it (enum zone_source), if only one has. */
	uint32_t children : 27;
	uint32_t is_in_slab : 1; /* its memory is: base/slabs.h */
	uint32_t source : 3;
	uint32_t is_wildcard : 1; /* a label is "*": it or an ancestor is one (RFC 4592 §2.1.1) */
	/* Nodes at and below this one with a record that the wan view has: see TABLE_HIDES. */
	_Atomic uint32_t wan_count;
	uint8_t edge; /* writer only: offset in the name where its edge begins; 0: none */
	uint8_t name_len;
	uint8_t flags;     /* enum node_flag */
	uint8_t set_count; /* 0: an empty non-terminal */
	struct node_set sets[];
};

/* Returns the name in lower case. */
static inline const uint8_t *node_name(const struct node *n)
{
	return (const uint8_t *)&n->sets[n->set_count];
}

/* Returns the name in its original spelling. */
static inline const uint8_t *node_spelling(const struct node *n)
{
	return node_name(n) + (n->flags & NODE_CASED ? n->name_len : 0);
}

/* Returns the set of that type for that view, or NULL. */
static inline const struct node_set *node_set(const struct node *n, uint16_t type, unsigned view)
{
	for (unsigned i = 0; i < n->set_count; i++)
		if (n->sets[i].type == type && n->sets[i].view & view)
			return &n->sets[i];
	return NULL;
}

/* Returns the rdata at `*at` and moves `*at` to the next one. `*at` starts at node_rdata(). */
static inline struct rdata node_next_rdata(const struct node_set *set, const uint8_t **at)
{
	struct rdata rdata = {*at, set->len};
	if (set->len == 0) {
		rdata.len = get_u16(*at);
		rdata.bytes += 2;
	}
	*at = rdata.bytes + rdata.len;
	return rdata;
}

static inline const uint8_t *node_rdata(const struct node *n, const struct node_set *set)
{
	return (const uint8_t *)n + set->off;
}

/* Returns the end of the set's rdata: where its signatures begin, if it has any. */
static inline const uint8_t *node_rdata_end(const struct node *n, const struct node_set *set)
{
	const uint8_t *at = node_rdata(n, set);
	if (set->len)
		return at + (size_t)set->len * set->count;
	for (unsigned i = 0; i < set->count; i++)
		at += 2 + get_u16(at);
	return at;
}

/* Returns the first signature of a set that is signed; the others follow it. */
static inline const struct node_sig *node_sigs(const struct node *n, const struct node_set *set)
{
	return (const struct node_sig *)node_rdata_end(n, set);
}

static inline const struct node_stamp *node_stamps(const struct node *n)
{
	return (const struct node_stamp *)(node_spelling(n) + n->name_len);
}

static inline const struct node_stamp *node_stamp(const struct node *n, const struct node_sig *sig)
{
	return &node_stamps(n)[sig->stamp];
}

/* Returns the name of the zone that the stamp is of. */
static inline const uint8_t *node_signer(const struct node *n, const struct node_stamp *stamp)
{
	return node_name(n) + n->name_len - stamp->signer_len;
}

/* True if the set is a link of the zone's NSEC chain, and not from a source. */
static inline bool node_is_chain(const struct node_set *set)
{
	return set->type == RR_NSEC && set->is_signed;
}

/* The name that a link leads to. What it has in common with the owner's at its beginning and at its end is stored only
 * there:
 *
 *	bytes in common at the beginning | at the end, if NODE_HAS_LAST | the bytes between them
 *
 * Without NODE_HAS_LAST, the end in common is the owner's parent. */
struct node_next {
	unsigned first, last, own_len;
	const uint8_t *own;
};

enum { NODE_HAS_LAST = 128 };

static inline struct node_next node_next(const struct node *n, const struct node_set *link)
{
	const uint8_t *stored = node_rdata(n, link);
	const unsigned has_last = stored[0] & NODE_HAS_LAST ? 1 : 0;
	return (struct node_next){.first = stored[0] & (NODE_HAS_LAST - 1),
		.last = has_last ? stored[1] : n->name_len - 1u - node_name(n)[0],
		.own_len = link->len - 1u - has_last,
		.own = stored + 1 + has_last};
}

static inline unsigned node_next_len(const struct node_next *next)
{
	return next->first + next->own_len + next->last;
}

/* Copies in steps; there is room for one step more behind both. */
static inline void node_copy_steps(uint8_t *to, const uint8_t *from, unsigned len)
{
	for (unsigned at = 0; at < len; at += KEY_STEP)
		memcpy(to + at, from + at, KEY_STEP);
}

enum { NODE_NEXT_ROOM = NAME_CAP + KEY_STEP };

/* Writes the name; what is behind it in `out` is not defined. */
static inline void node_write_next(
	const struct node *n, const struct node_next *next, uint8_t out[NODE_NEXT_ROOM])
{
	const unsigned middle = next->first + next->own_len;
	node_copy_steps(out, node_name(n), next->first);
	node_copy_steps(out + next->first, next->own, next->own_len);
	node_copy_steps(out + middle, node_name(n) + n->name_len - next->last, next->last);
}

/* Writes the rdata of a link, and returns its length: most NSEC_RDATA_MAX. Its types are those of the node's
 * sets. 0: there is no room for it. */
unsigned node_write_link(
	const struct node *n, const struct node_set *link, uint8_t *out, size_t room) NONNULL;
/* True if two links of the same owner say the same. */
bool node_same_link(const struct node *a, const struct node_set *x, const struct node *b,
	const struct node_set *y) NONNULL;

/* node_next_rdata() for any set. A link is written to `link`, where there is room for NSEC_RDATA_MAX bytes. */
static inline struct rdata node_read_rdata(
	const struct node *n, const struct node_set *set, const uint8_t **at, uint8_t *link)
{
	if (node_is_chain(set))
		return (struct rdata){
			link, (uint16_t)node_write_link(n, set, link, NSEC_RDATA_MAX)};
	return node_next_rdata(set, at);
}

/* Writes the rdata of the RRSIG record of that signature to `out`, and returns its length. */
size_t node_write_rrsig(const struct node *n, const struct node_set *set,
	const struct node_sig *sig, uint8_t out[RRSIG_RDATA_MAX]) NONNULL;
/* Returns the value of a signature of the node. */
struct rrsig node_read_sig(const struct node *n, const struct node_sig *sig) NONNULL;

/* True if a source says something that clients in that view get. */
static inline bool node_has_view(const struct node *n, unsigned view)
{
	for (unsigned i = 0; i < n->set_count; i++)
		if (n->sets[i].view & view && !node_is_chain(&n->sets[i]))
			return true;
	return false;
}

/* Returns the total size in bytes. */
size_t node_size(const struct node *n) NONNULL;

/* Returns the number of records. A record that differs by view counts once per view. */
size_t node_records(const struct node *n) NONNULL;

struct slabs;

/* How a node is made. */
struct node_form {
	struct slabs *slabs; /* where its memory is taken; NULL: from malloc */
	bool is_apex;
	bool sends_all; /* no address is from the kernel: clients get all, as who wrote them wants */
	unsigned source; /* enum zone_source, if only one has said all of it */
	/* Signatures: room for `key_count` of each set that is to be signed (RFC 4035 §2.2) is left. They are
	 * blank, and have the first stamps in turn; these are zero but for `signer_len` and `labels`. 0: the
	 * node is not signed. */
	unsigned key_count, stamp_count, signer_len;
};

/* Makes a node of settled facts (facts_settle()). Copies the rdata. ERR_NOMEM. ERR_RANGE if a
 * node cannot hold them (64 KiB, 4095 records per set; this is more than a message can hold). */
int node_new(const uint8_t *name, const struct facts *facts, struct node_form form,
	struct node **ret) NONNULL MUSTCHECK;
/* On any thread. */
void node_free(struct node *n);

/* Whether the sources say the same at both, which are of one name, spelling included. Signatures and the
 * chain do not count. */
bool node_equal(const struct node *a, const struct node *b) NONNULL;

/* Adds what the sources say at the node: everything but signatures and the chain. ERR_NOMEM. */
int facts_add_node(struct facts *facts, const struct node *n) NONNULL MUSTCHECK;

/* Adds all records, also those of the chain, and the signatures as RRSIG. `facts` is empty before. They are
 * valid until the next call with the same `facts`. ERR_NOMEM. */
int facts_add_all(struct facts *facts, const struct node *n) NONNULL MUSTCHECK;
