/* SPDX-License-Identifier: ISC */
/*
 * Owns the canonical form of a set of records, as signatures want it.
 * Never signs.
 */
#include "zone/canon.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Record data in canonical form, borrowed. */
struct canonical {
	const uint8_t *bytes;
	uint16_t len;
};

static int canonical_cmp(const void *a, const void *b)
{
	const struct canonical *x = a, *y = b;
	return rdata_cmp(x->bytes, x->len, y->bytes, y->len);
}

static void add_u16(struct buf *out, unsigned value)
{
	uint8_t bytes[2];
	put_u16(bytes, (uint16_t)value);
	buf_add(out, bytes, sizeof(bytes));
}

static void add_record(struct buf *out, const struct node *n, const struct node_set *set,
	const struct canonical *rdata)
{
	uint8_t ttl[4];
	put_u32(ttl, set->ttl);
	buf_add(out, node_name(n), n->name_len);
	add_u16(out, set->type);
	add_u16(out, CLASS_IN);
	buf_add(out, ttl, sizeof(ttl));
	add_u16(out, rdata->len);
	buf_add(out, rdata->bytes, rdata->len);
}

/* Adds all records. The scratch has room for a list of them and their rdata. */
static void add_records(
	const struct node *n, const struct node_set *set, struct buf *out, void *scratch)
{
	struct canonical *list = scratch;
	uint8_t *to = (uint8_t *)(list + set->count);
	const uint8_t *at = node_rdata(n, set);
	for (unsigned i = 0; i < set->count; i++) {
		struct rdata rdata = node_read_rdata(n, set, &at, to);
		memmove(to, rdata.bytes, rdata.len);
		rdata_to_canonical(set->type, to, rdata.len);
		list[i] = (struct canonical){to, rdata.len};
		to += rdata.len;
	}
	qsort(list, set->count, sizeof(*list), canonical_cmp);
	for (unsigned i = 0; i < set->count; i++)
		if (i == 0 || canonical_cmp(&list[i - 1], &list[i]) != 0)
			add_record(out, n, set, &list[i]);
}

int canon_add_message(const struct node *n, const struct node_set *set, const struct node_sig *sig,
	struct buf *out, struct buf *scratch)
{
	uint8_t head[RRSIG_RDATA_MAX];
	size_t head_len = node_write_rrsig(n, set, sig, head) - RRSIG_BYTES;
	size_t room = set->count * sizeof(struct canonical);
	room += node_is_chain(set) ? NSEC_RDATA_MAX
				   : (size_t)(node_rdata_end(n, set) - node_rdata(n, set));
	buf_add(out, head, head_len);
	if (buf_reserve(scratch, room))
		return ERR_NOMEM;
	add_records(n, set, out, scratch->bytes);
	return out->err;
}
