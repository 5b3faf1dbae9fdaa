/* SPDX-License-Identifier: ISC */
/*
 * Owns the records at the apex of a zone: the generated SOA and NS, and the rules for the serial.
 * Never publishes.
 */
#include "base/serial.h"
#include "zone/store.h"

/* The serial is the first of the five numbers at the end of SOA. */
enum { SOA_SERIAL_FROM_END = 20, SOA_LEN_MIN = 2 + SOA_FIXED_LEN };

static size_t write_soa(uint8_t out[SOA_CAP], const struct zone_apex *params)
{
	struct wr w = wr_init(out, SOA_CAP);
	wr_bytes(&w, params->mname, name_len(params->mname));
	wr_bytes(&w, params->rname, name_len(params->rname));
	wr_u32(&w, 0);
	wr_u32(&w, params->refresh_s);
	wr_u32(&w, params->retry_s);
	wr_u32(&w, params->expire_s);
	wr_u32(&w, params->minimum_s);
	return wr_len(&w);
}

int apex_generate(struct zone *z, const struct zone_apex *params, struct node **ret)
{
	uint8_t soa[SOA_CAP];
	struct rdata soa_rdata = {soa, (uint16_t)write_soa(soa, params)};
	struct rdata ns_rdata = {params->mname, (uint16_t)name_len(params->mname)};
	const struct rrset sets[] = {
		{.type = RR_SOA,
			.view = VIEW_ANY,
			.ttl = params->ttl_s,
			.count = 1,
			.rdata = &soa_rdata},
		{.type = RR_NS,
			.view = VIEW_ANY,
			.ttl = params->ttl_s,
			.count = 1,
			.rdata = &ns_rdata},
	};
	z->facts.count = 0;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		int err = facts_add(&z->facts, &sets[i]);
		if (err)
			return err;
	}
	facts_settle(&z->facts);
	return node_new(params->name, &z->facts, (struct node_form){.is_apex = true}, ret);
}

void apex_fill_serial(struct apex *apex, struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		struct fact *fact = &facts->at[i];
		if (fact->type != RR_SOA || fact->len < SOA_LEN_MIN || fact->len > SOA_CAP)
			continue;
		memcpy(apex->soa, fact->bytes, fact->len);
		put_u32(apex->soa + fact->len - SOA_SERIAL_FROM_END, apex->serial);
		fact->bytes = apex->soa;
	}
}

bool apex_serial_of(const struct node *n, uint32_t *ret)
{
	const struct node_set *set = node_set(n, RR_SOA, VIEW_ANY);
	if (!set)
		return false;
	const uint8_t *at = node_rdata(n, set);
	struct rdata rdata = node_next_rdata(set, &at);
	if (rdata.len < SOA_LEN_MIN)
		return false;
	*ret = get_u32(rdata.bytes + rdata.len - SOA_SERIAL_FROM_END);
	return true;
}

uint32_t apex_next_serial(const struct apex *apex, uint32_t floor)
{
	uint32_t next = floor;
	/* 0 means no serial: it is neither before nor after the floor. */
	if (apex->serial_floor != 0)
		next = serial_later(next, apex->serial_floor);
	if (apex->serial != 0)
		next = serial_later(next, apex->serial + 1);
	return next ? next : 1;
}
