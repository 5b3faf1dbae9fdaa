/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of links of the NSEC chain into a reply.
 * Never decides which links.
 */
#include "serve/proof.h"

static bool is_noted(const struct proof *p, const struct node *n)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->links[i].node == n)
			return true;
	return p->count == PROOF_LINKS_MAX;
}

void proof_note(struct proof *p, const struct zone_denial *denial, const struct node *apex,
	const struct key *key, unsigned name_off)
{
	for (unsigned i = 0; i < denial->count; i++) {
		const struct node *n = denial->at[i];
		if (is_noted(p, n))
			continue;
		/* All of its labels are there, or those of the apex: others are few. */
		bool is_name = n->name_len == key->len && key_is_at(key, 0, node_name(n), key->len);
		unsigned rest_len = is_name ? key->len : apex->name_len;
		p->links[p->count].node = n;
		p->links[p->count].first_len = n->name_len - rest_len;
		p->links[p->count].rest_off = name_off + key->len - rest_len;
		p->count++;
	}
}

/* Writes the labels of the owner that are not in the reply; a record that follows begins with a pointer to
 * the rest. Returns false if they do not fit. */
static bool add_first_labels(struct reply *r, const struct node *n, unsigned len)
{
	if ((size_t)(r->end - r->at) < len)
		return false;
	r->at = mempcpy(r->at, node_name(n), len);
	return true;
}

static bool add_link(
	struct reply *r, const struct node *n, unsigned first_len, unsigned rest_off, unsigned view)
{
	const struct node_set *set = node_set(n, RR_NSEC, view);
	unsigned name_off = first_len > 0 ? reply_off(r) : rest_off;
	if (!set || !set->is_signed)
		return true;
	if (!add_first_labels(r, n, first_len) ||
		!reply_add_set(r, SECTION_AUTHORITY, rest_off, n, set, set->ttl))
		return false;
	for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
		/* Pointers do not reach far: then the labels are written again. */
		bool is_near = name_off <= POINTER_OFFSET_MAX;
		if (!is_near && !add_first_labels(r, n, first_len))
			return false;
		if (!reply_add_sig(r, SECTION_AUTHORITY, is_near ? name_off : rest_off, n, set, sig,
			    set->ttl))
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
		if (!add_link(
			    r, p->links[i].node, p->links[i].first_len, p->links[i].rest_off, view))
			return false;
	return true;
}
