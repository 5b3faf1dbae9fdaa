/* SPDX-License-Identifier: ISC */
/*
 * Owns the blocks that hold a whole zone for sending.
 * Never knows the records of the zone.
 */
#include "transfer/snapshot.h"

#include <stdlib.h>

#include "base/array.h"
#include "wire/rr.h"
#include "zone/node.h"

/* Small enough that adding a block is quick, large enough that a zone has few. */
enum { BLOCK_CAP = 64 * 1024 };

struct snapshot *snapshot_new(struct records *soa, uint32_t serial)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return NULL;
	snapshot->soa = records_ref(soa);
	snapshot->serial = serial;
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->count; i++)
		records_unref(snapshot->blocks[i]);
	free(snapshot->blocks);
	records_unref(snapshot->soa);
	free(snapshot);
}

/* Adds an empty block with room for at least `len` bytes. ERR_NOMEM. */
static int add_block(struct snapshot *snapshot, size_t len)
{
	if (ARRAY_RESERVE(snapshot->blocks, snapshot->cap, snapshot->count + 1))
		return ERR_NOMEM;
	struct records *block = records_alloc(len > BLOCK_CAP ? len : BLOCK_CAP);
	if (!block)
		return ERR_NOMEM;
	snapshot->blocks[snapshot->count++] = block;
	return 0;
}

void snapshot_add(struct snapshot *snapshot, const struct record *r)
{
	size_t len = record_len(r);
	struct records *last = snapshot->count > 0 ? snapshot->blocks[snapshot->count - 1] : NULL;
	if (!snapshot->err && (!last || last->len + len > BLOCK_CAP))
		snapshot->err = add_block(snapshot, len);
	if (snapshot->err)
		return;
	records_put(snapshot->blocks[snapshot->count - 1], r);
	snapshot->len += len;
}

/* Adds the signatures of a set as records; `r` is one of the set. */
static void add_sigs(struct snapshot *snapshot, const struct node *n, const struct node_set *set,
	struct record r)
{
	uint8_t rdata[RRSIG_RDATA_MAX];
	r.type = RR_RRSIG;
	for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
		r.rdata = (struct rdata){rdata, (uint16_t)node_write_rrsig(n, set, sig, rdata)};
		snapshot_add(snapshot, &r);
		if (!sig->has_more)
			return;
	}
}

void snapshot_add_node(struct snapshot *snapshot, const struct node *n, uint16_t type)
{
	struct record r = {.owner = node_spelling(n)};
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		if (type != RR_ANY && set->type != type)
			continue;
		r.type = set->type;
		r.view = set->view;
		r.ttl = set->ttl;
		if (set->is_signed && type == RR_ANY)
			add_sigs(snapshot, n, set, r);
		if (set->type == RR_SOA)
			continue;
		for (unsigned k = 0; k < set->count; k++) {
			r.rdata = node_read_rdata(n, set, &at, snapshot->link);
			snapshot_add(snapshot, &r);
		}
	}
}
