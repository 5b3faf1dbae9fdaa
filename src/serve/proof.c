/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of links of the NSEC chain into a reply.
 * Never decides which links.
 */
#include "serve/proof.h"

void proof_note(struct proof *p, const struct zone_denial *denial, unsigned near_off)
{
	for (unsigned i = 0; i < denial->count; i++) {
		bool is_new = p->count < PROOF_LINKS_MAX;
		for (unsigned k = 0; k < p->count; k++)
			is_new &= p->links[k].node != denial->at[i];
		if (!is_new)
			continue;
		p->links[p->count].node = denial->at[i];
		p->links[p->count++].near_off = near_off;
	}
}

/* Adds the labels of the owner's name that are not in the name at `near_off`, and finds where the others
 * are. A record that follows begins with a pointer to these. Returns false if they do not fit. */
static bool add_first_labels(
	struct reply *r, const struct node *n, unsigned near_off, unsigned *ret_rest_off)
{
	const uint8_t *near = r->start + near_off;
	struct key key;
	struct key_labels labels;
	key_from_message(&key, near, (unsigned)name_len(near));
	key_split(&key, &labels);
	unsigned common = key_common_labels(&key, &labels, node_name(n));
	unsigned start = labels.start[labels.count - common];
	unsigned len = n->name_len - (key.len - start);
	if ((size_t)(r->end - r->at) < len)
		return false;
	memcpy(r->at, node_name(n), len);
	r->at += len;
	*ret_rest_off = near_off + start;
	return true;
}

static bool add_link(struct reply *r, const struct node *n, unsigned near_off, unsigned view)
{
	const struct node_set *set = node_set(n, RR_NSEC, view);
	unsigned name_off = reply_off(r), rest_off;
	if (!set || !set->is_signed)
		return true;
	if (!add_first_labels(r, n, near_off, &rest_off))
		return false;
	if (name_off == reply_off(r))
		name_off = rest_off; /* all of the name is there already */
	if (!reply_add_set(r, SECTION_AUTHORITY, rest_off, n, set, set->ttl))
		return false;
	for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
		/* Pointers do not reach far: then the name is written again. */
		if (name_off > POINTER_OFFSET_MAX && !add_first_labels(r, n, near_off, &rest_off))
			return false;
		unsigned off = name_off > POINTER_OFFSET_MAX ? rest_off : name_off;
		if (!reply_add_sig(r, SECTION_AUTHORITY, off, n, set, sig, set->ttl))
			return false;
		if (!sig->has_more)
			return true;
	}
}

bool proof_add(struct proof *p, struct reply *r, unsigned view)
{
	unsigned count = p->count;
	p->count = 0;
	for (unsigned i = 0; i < count; i++)
		if (!add_link(r, p->links[i].node, p->links[i].near_off, view))
			return false;
	return true;
}
