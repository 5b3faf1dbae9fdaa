/* SPDX-License-Identifier: ISC */
/*
 * Owns the look at a whole signed zone for owners whose place in the chain is not what it should be.
 * Never changes the chain.
 */
#include <stdlib.h>

#include "base/err.h"
#include "zone/signing.h"

/* Lets an owner wait for a generation, with what is said of it now. */
static int wait_as_is(struct zone *z, struct signing *s, const struct node *n)
{
	struct key key;
	key_from_name(&key, node_name(n));
	if (pending_find(z, &key))
		return 0;
	struct node *truth = signing_copy(z, n);
	struct pending *p = truth ? pending_new(z, s, &key) : NULL;
	if (!p) {
		node_free(truth);
		return ERR_NOMEM;
	}
	pending_set(z, p, truth);
	return 0;
}

int signing_scan(struct zone *z, struct signing *s)
{
	const struct table *table = atomic_load_explicit(&z->reader.table, memory_order_relaxed);
	const uint8_t *apex = s->owner->name;
	size_t i = 0;
	for (struct node *n; (n = table_next(table, &i));) {
		struct place place;
		if (n->set_count == 0 || n->flags & NODE_APEX || !name_is_below(node_name(n), apex))
			continue;
		bool is_in = order_find(s->order, node_name(n), NULL);
		tree_locate(&z->tree, node_name(n), &place);
		if (signing_over(z, &place) != s || is_in == !signing_is_hidden(z, s, node_name(n)))
			continue;
		int err = wait_as_is(z, s, n);
		if (err)
			return err;
	}
	return 0;
}
