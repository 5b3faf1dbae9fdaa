/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of two policies.
 * Never knows what follows from a difference.
 */
#include "name/policy.h"

#include <string.h>

#include "name/address_names.h"

static bool has_same_texts(
	const char *const *a, unsigned a_count, const char *const *b, unsigned b_count)
{
	bool is_same = a_count == b_count;
	for (unsigned i = 0; i < a_count && is_same; i++)
		is_same = strcmp(a[i], b[i]) == 0;
	return is_same;
}

static bool has_same_addresses(const struct address_names *a, const struct address_names *b)
{
	const size_t count = a ? a->count : 0;
	bool is_same = count == (b ? b->count : 0);
	for (size_t i = 0; i < count && is_same; i++)
		is_same = addr_equal(&a->at[i].addr, &b->at[i].addr) &&
			  strcmp(a->at[i].label, b->at[i].label) == 0;
	return is_same;
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
	bool has_same_sources = a->source_count == b->source_count;
	for (unsigned i = 0; i < a->source_count && has_same_sources; i++)
		has_same_sources = a->sources[i] == b->sources[i];
	return has_same_sources && a->domain.len == b->domain.len &&
	       memcmp(a->domain.wire, b->domain.wire, a->domain.len) == 0 && a->ttl_s == b->ttl_s &&
	       a->duplicates == b->duplicates && a->rootless == b->rootless &&
	       a->hides_lan == b->hides_lan && a->has_temporary == b->has_temporary &&
	       a->has_deprecated == b->has_deprecated && a->mdns == b->mdns &&
	       strcmp(a->self, b->self) == 0 && strcmp(a->host, b->host) == 0 &&
	       a->has_self_mdns == b->has_self_mdns && a->guests == b->guests &&
	       has_same_texts(a->ignored, a->ignored_count, b->ignored, b->ignored_count) &&
	       has_same_texts(
		       a->mdns_links, a->mdns_link_count, b->mdns_links, b->mdns_link_count) &&
	       has_same_texts(
		       a->guest_links, a->guest_link_count, b->guest_links, b->guest_link_count) &&
	       has_same_addresses(a->address_names, b->address_names);
}
