/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of strings that are stored as they differ from the one before.
 * Never allocates.
 */
#include "base/ends.h"

#include <string.h>

struct ends ends_of(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t most = a_len < b_len ? a_len : b_len;
	struct ends e = {0};
	while (e.last < most && e.last < ENDS_MAX && a[a_len - e.last - 1] == b[b_len - e.last - 1])
		e.last++;
	most -= e.last;
	while (e.first < most && e.first < ENDS_MAX && a[e.first] == b[e.first])
		e.first++;
	return e;
}

size_t ends_put(uint8_t *to, const uint8_t *last, size_t last_len, const uint8_t *bytes, size_t len)
{
	const struct ends e = ends_of(last, last_len, bytes, len);
	const size_t own = len - e.first - e.last;
	uint8_t head[ENDS_HEAD_MAX] = {(uint8_t)e.first, (uint8_t)e.last};
	size_t n = 2;
	for (size_t left = own;; left >>= 7) {
		head[n++] = (uint8_t)((left & 127) | (left > 127 ? 128 : 0));
		if (left <= 127)
			break;
	}
	if (to)
		memcpy(mempcpy(to, head, n), bytes + e.first, own);
	return n + own;
}

struct ends_stored ends_next(const uint8_t **at)
{
	const uint8_t *from = *at;
	struct ends_stored s = {.ends = {from[0], from[1]}};
	unsigned shift = 0;
	from += 2;
	for (;; shift += 7) {
		s.own_len |= (size_t)(*from & 127) << shift;
		if (!(*from++ & 128))
			break;
	}
	s.own = from;
	*at = from + s.own_len;
	return s;
}

void ends_apply(const struct ends_stored *s, uint8_t *bytes, size_t len)
{
	memmove(bytes + s->ends.first + s->own_len, bytes + len - s->ends.last, s->ends.last);
	memcpy(bytes + s->ends.first, s->own, s->own_len);
}
