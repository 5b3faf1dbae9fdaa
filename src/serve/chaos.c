/* SPDX-License-Identifier: ISC */
/*
 * Owns the only record of class CHAOS.
 * Never looks at zones.
 */
#include "serve/chaos.h"

bool chaos_is_asked(const struct serve_policy *policy, const struct query *query)
{
	/* The second is the name used before there was an RFC (RFC 4892 §2). */
	static const uint8_t standard[] = "\2id\6server", former[] = "\10hostname\4bind";
	const uint8_t *name = query->bytes + MSG_HEADER_LEN;
	return policy->identity.len > 0 && query->class == CLASS_CH &&
	       (query->type == RR_TXT || query->type == RR_ANY) &&
	       (name_equal(name, standard) || name_equal(name, former));
}

void chaos_add(struct reply *r, const struct serve_text *identity)
{
	uint8_t *p = r->at;
	put_u16(p, 0xc000 | MSG_HEADER_LEN);
	put_u16(p + 2, RR_TXT);
	put_u16(p + 4, CLASS_CH);
	put_u32(p + 6, 0);
	put_u16(p + 10, (uint16_t)(1 + identity->len));
	p[RR_HEAD_LEN] = identity->len;
	memcpy(p + RR_HEAD_LEN + 1, identity->bytes, identity->len);
	r->at = p + RR_HEAD_LEN + 1 + identity->len;
	r->count[SECTION_ANSWER]++;
}
