/* SPDX-License-Identifier: ISC */
/*
 * Owns the content of NSEC records: which types an owner has, for each view.
 * Never knows the order of owners.
 */
#include "zone/nsec.h"

#include <string.h>

#include "base/cursor.h"

void nsec_add_type(struct nsec_types *types, uint16_t type)
{
	unsigned i = types->count;
	while (i > 0 && types->at[i - 1] > type)
		i--;
	if ((i > 0 && types->at[i - 1] == type) || types->count == ARRAY_LEN(types->at))
		return;
	memmove(&types->at[i + 1], &types->at[i], (types->count - i) * sizeof(types->at[0]));
	types->at[i] = type;
	types->count++;
}

/* Writes the types of one window, from number `*i` on, and moves `*i` behind them (RFC 4034 §4.1.2). */
static void write_window(const struct nsec_types *types, unsigned *i, struct wr *w)
{
	uint8_t bits[32] = {0};
	const unsigned window = types->at[*i] >> 8;
	unsigned last = 0;
	for (; *i < types->count && types->at[*i] >> 8 == window; ++*i) {
		const unsigned low = types->at[*i] & 255;
		bits[low >> 3] |= (uint8_t)(0x80 >> (low & 7));
		last = low >> 3;
	}
	wr_u8(w, (uint8_t)window);
	wr_u8(w, (uint8_t)(last + 1));
	wr_bytes(w, bits, last + 1);
}

void nsec_write_types(const struct nsec_types *types, struct wr *w)
{
	for (unsigned i = 0; i < types->count;)
		write_window(types, &i, w);
}

/* Writes the rdata for a view, and returns its length. */
static uint16_t write_rdata(const struct facts *facts, unsigned view, const uint8_t *next,
	bool is_cut, uint8_t out[NSEC_RDATA_MAX])
{
	struct nsec_types types = {.count = 0};
	struct wr w = wr_init(out, NSEC_RDATA_MAX);
	nsec_add_type(&types, RR_NSEC);
	nsec_add_type(&types, RR_RRSIG);
	for (size_t i = 0; i < facts->count; i++) {
		uint16_t type = facts->at[i].type;
		if (facts->at[i].view & view && (!is_cut || type == RR_NS || type == RR_DS))
			nsec_add_type(&types, type);
	}
	wr_bytes(&w, next, name_len(next));
	nsec_write_types(&types, &w);
	return (uint16_t)wr_len(&w);
}

int facts_add_nsec(struct facts *facts, const uint8_t *const next[VIEW_COUNT], uint32_t ttl,
	bool is_cut, struct nsec_rdata *made)
{
	struct fact links[VIEW_COUNT];
	for (unsigned v = 0; v < VIEW_COUNT; v++) {
		links[v] = (struct fact){.type = RR_NSEC, .view = 1u << v, .bytes = made->bytes[v]};
		links[v].ttl[v] = ttl;
		if (next[v])
			links[v].len =
				write_rdata(facts, links[v].view, next[v], is_cut, made->bytes[v]);
	}
	for (unsigned v = 0; v < VIEW_COUNT; v++) {
		int err = next[v] ? facts_add_one(facts, &links[v]) : 0;
		if (err)
			return err;
	}
	facts_settle(facts); /* makes one of two equal ones */
	return 0;
}
