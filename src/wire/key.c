/* SPDX-License-Identifier: ISC */
/*
 * Owns names in the form that the table looks up.
 * Never allocates; never sees a table.
 */
#include "wire/key.h"

void key_from_name(struct key *key, const uint8_t *name)
{
	uint8_t *to = key->bytes + KEY_STEP;
	unsigned len = (unsigned)name_len(name);
	memcpy(to, name, len);
	memset(to + len, 0, KEY_STEP); /* what follows the name in the last step stays zero */
	for (unsigned at = 0; at < len; at += KEY_STEP)
		copy_lower(to + at, to + at);
	key->len = len;
}

static void split(const uint8_t *name, struct key_labels *ret)
{
	unsigned at = 0;
	ret->count = 0;
	while (name[at]) {
		ret->start[ret->count++] = (uint8_t)at;
		at += 1u + name[at];
	}
	ret->start[ret->count] = (uint8_t)at;
}

void key_split(const struct key *key, struct key_labels *ret)
{
	split(key_lower(key), ret);
}

unsigned key_common_labels(
	const struct key *key, const struct key_labels *labels, const uint8_t *lower)
{
	struct key_labels other;
	split(lower, &other);
	unsigned most = labels->count < other.count ? labels->count : other.count;
	unsigned common = 0;
	while (common < most) {
		const uint8_t *a = key_lower(key) + labels->start[labels->count - common - 1];
		const uint8_t *b = lower + other.start[other.count - common - 1];
		if (a[0] != b[0] || memcmp(a + 1, b + 1, a[0]) != 0)
			break;
		common++;
	}
	return common;
}
