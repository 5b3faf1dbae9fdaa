/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision which clients may transfer.
 * Never verifies a signature.
 */
#include "transfer/policy.h"

#include <stdlib.h>
#include <string.h>

static void *copy_array(const void *from, size_t count, size_t size)
{
	void *copy = calloc(count + 1, size);
	if (copy && count > 0)
		memcpy(copy, from, count * size);
	return copy;
}

struct transfer_policy *transfer_policy_new(const struct transfer_policy *from)
{
	struct transfer_policy *p = malloc(sizeof(*p));
	if (!p)
		return NULL;
	*p = *from;
	p->keys = copy_array(from->keys, from->key_count, sizeof(*from->keys));
	p->allow = copy_array(from->allow, from->allow_count, sizeof(*from->allow));
	if (p->catalog_soa)
		records_ref(p->catalog_soa);
	if (p->keys && p->allow)
		return p;
	transfer_policy_free(p);
	return NULL;
}

void transfer_policy_free(struct transfer_policy *p)
{
	if (!p)
		return;
	tsig_keys_free(p->keys, p->key_count);
	free(p->allow);
	records_unref(p->catalog_soa);
	free(p);
}

static bool is_allowed_by(
	const struct policy_allow *a, const struct addr *client, const uint8_t *key)
{
	if (a->prefix.addr.family != ADDR_NONE)
		return prefix_has(&a->prefix, client);
	return key && name_equal(a->key.wire, key);
}

bool transfer_policy_allows(
	const struct transfer_policy *p, const struct addr *client, const uint8_t *key)
{
	for (size_t i = 0; i < p->allow_count; i++)
		if (is_allowed_by(&p->allow[i], client, key))
			return true;
	return false;
}
