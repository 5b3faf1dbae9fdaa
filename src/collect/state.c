/* SPDX-License-Identifier: ISC */
/*
 * Owns the look-ups in the state.
 * Never changes it.
 */
#include "collect/state.h"

#include <string.h>

int link_slot(const struct collect *c, uint32_t id)
{
	for (int i = 0; i < LIMIT_COLLECT_LINKS; i++)
		if (c->links[i].id == id && id != 0)
			return i;
	return SLOT_NONE;
}

struct label *label_find(const struct collect *c, const struct wire_label *name)
{
	return MAP_FIND(&c->labels, wire_label_hash(c->seed, name), struct label, in_labels, l,
		wire_label_equal(&l->wire, name));
}

struct label *label_find_text(const struct collect *c, const char *text)
{
	struct wire_label name;
	return wire_label_from_text(text, &name) ? label_find(c, &name) : NULL;
}

void wire_label_fill(struct wire_label *ret, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	ret->bytes[0] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		ret->bytes[1 + i] = byte_lower(at[i]);
}

bool wire_label_from_text(const char *text, struct wire_label *ret)
{
	const size_t len = strlen(text);
	if (len == 0 || len > LABEL_CAP)
		return false;
	wire_label_fill(ret, text, len);
	return true;
}

struct said *said_find(
	const struct collect *c, const struct ckey *key, const struct wire_label *name)
{
	return MAP_FIND(&c->said, said_hash(c, key, name), struct said, in_said, s,
		s->key == key && wire_label_equal(&s->name, name));
}

uint64_t wall_of(const struct collect *c, ns_t at)
{
	const int64_t left_s = (at - c->now) / NS_PER_S;
	return left_s < 0 && (uint64_t)-left_s > c->now_s ? 0 : c->now_s + (uint64_t)left_s;
}

uint64_t state_end_s(const struct collect *c, const struct label *l)
{
	return l->until == NS_NEVER ? 0 : wall_of(c, l->until);
}
