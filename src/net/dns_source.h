/* SPDX-License-Identifier: ISC */
/* What counts as one source of connections: an IPv4 address, or an IPv6 network of 64 bits. */
#pragma once

#include <string.h>

#include "base/addr.h"
#include "base/hash.h"

static inline size_t dns_source_len(const struct addr *a)
{
	return a->family == ADDR_V4 ? 4 : 8;
}

static inline uint64_t dns_source_hash(uint64_t seed, const struct addr *a)
{
	return hash_bytes(seed ^ a->family, a->bytes, dns_source_len(a));
}

static inline bool dns_is_same_source(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, dns_source_len(a)) == 0;
}
