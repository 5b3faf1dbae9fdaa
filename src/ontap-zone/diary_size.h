/* SPDX-License-Identifier: ISC */
/* How long a file of entries is (keeper.h), and how long it may become before it is made anew. */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/limits.h"

enum {
	/* The file may be longer than twice what it need be by so much. */
	DIARY_SLACK = 1 << 20
};

/* All zero: there is none. */
struct diary_size {
	uint64_t len, whole_len; /* now; when it was made anew, 0: not since the start */
};

static inline void diary_size_made(struct diary_size *s, uint64_t len)
{
	s->len = s->whole_len = len;
}

/* True if the file may have so many bytes more: what no start would read is no use. It is not made anew for each entry,
 * either. */
static inline bool diary_size_allows(const struct diary_size *s, uint64_t more)
{
	const uint64_t twice = 2 * s->whole_len + DIARY_SLACK, least = s->whole_len + DIARY_SLACK,
		       readable = LIMIT_DIARY_FILE - DIARY_SLACK;
	const uint64_t longest = twice < readable ? twice : least > readable ? least : readable;
	return s->len + more <= longest;
}
