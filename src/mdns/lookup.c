/* SPDX-License-Identifier: ISC */
/*
 * Owns the lookup of our own records for programs on this machine, not for the network.
 * Never changes anything.
 */
#include "mdns/identity.h"
#include "mdns/state.h"

static void visit_set(const struct mname *mname, const struct recset *set,
	void (*visit)(void *arg, const struct mdns_held *held), void *arg)
{
	for (uint16_t i = 0; i < set->count; i++)
		visit(arg, &(struct mdns_held){.link = mname->link->id,
				   .type = set->type,
				   .ttl_s = set->ttl,
				   .rdata = {set->records[i].rdata, set->records[i].len}});
}

void mdns_each_held(const struct mdns *m, const uint8_t *name,
	void (*visit)(void *arg, const struct mdns_held *held), void *arg)
{
	const struct identity *identity = identity_find_current(m, name);
	if (!identity)
		return;
	LIST_EACH(mname, &identity->mnames, const struct mname, of_identity) {
		if (!mname_is_held(mname) && mname->state != MDNS_YIELDED &&
			mname->state != MDNS_DEFERRED)
			continue;
		for (const struct recset *set = mname->sets; set; set = set->next)
			visit_set(mname, set, visit, arg);
	}
}
