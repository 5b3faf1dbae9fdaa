/* SPDX-License-Identifier: ISC */
/*
 * Owns the NSEC record, which asserts that a name has these types and no others (RFC 6762 §6.1).
 * Never sends it.
 */
#include "mdns/nsec.h"

bool nsec_is_possible(const struct mname *mname)
{
	for (const struct recset *set = mname->sets; set; set = set->next)
		if (!set->is_unique || set->type > 255)
			return false;
	return mname->sets;
}

/* The restricted form: the next name is the name itself, and there is one window. The bit of NSEC
 * itself is clear. */
uint16_t nsec_write(const struct mname *mname, uint8_t out[NSEC_RDATA_CAP])
{
	const uint8_t *name = mname->identity->current;
	size_t name_bytes = name_len(name);
	uint8_t *window = out + name_bytes, *bitmap = window + 2;
	memcpy(out, name, name_bytes);
	memset(window, 0, 2 + 32);
	for (const struct recset *set = mname->sets; set; set = set->next) {
		uint8_t byte = (uint8_t)(set->type / 8);
		bitmap[byte] |= (uint8_t)(0x80 >> set->type % 8);
		if (byte + 1 > window[1])
			window[1] = byte + 1;
	}
	return (uint16_t)(name_bytes + 2 + window[1]);
}

/* Returns the TTL that the absent records would have: the TTL of the existing records of the
 * name. */
uint32_t nsec_ttl(const struct mname *mname)
{
	uint32_t ttl = mname->sets->ttl;
	for (const struct recset *set = mname->sets; set; set = set->next)
		ttl = set->ttl < ttl ? set->ttl : ttl;
	return ttl;
}
