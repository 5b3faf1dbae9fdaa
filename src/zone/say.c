/* SPDX-License-Identifier: ISC */
/*
 * Owns what one source says of one owner: from sets of records to a change.
 * Never merges it with what others say.
 */
#include "base/err.h"
#include "zone/store.h"

/* Makes a node of the records that a source has now; NULL if it has none. */
static int make_saying(struct zone *z, unsigned say, const uint8_t *name, const struct rrset *sets,
	size_t count, struct node **ret)
{
	z->facts.count = 0;
	for (size_t i = 0; i < count; i++) {
		int err = facts_add(&z->facts, &sets[i]);
		if (err)
			return err;
	}
	*ret = NULL;
	if (z->facts.count == 0)
		return 0;
	facts_settle(&z->facts);
	const struct node_form form = {
		.slabs = z->slabs, .sends_all = say != SAY_DERIVED, .source = say};
	return node_new(name, &z->facts, form, ret);
}

bool zone_says_same(const struct node *a, const struct node *b)
{
	return a && b ? node_equal(a, b) : a == b;
}

int zone_say(
	struct zone *z, unsigned say, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	struct update u;
	struct node *saying;
	z->last_sum = NULL;
	update_begin(z, &u, owner);
	if (!u.place.apex)
		return ERR_RANGE;
	int err = make_saying(z, say, owner, sets, count, &saying);
	if (err)
		return err;
	if (zone_says_same(saying, u.said[say])) {
		node_free(saying);
		return 0;
	}
	u.dropped = u.said[say];
	u.said[say] = saying;
	err = update_prepare(z, &u);
	if (err) {
		node_free(saying);
		return err;
	}
	if (u.apex && say == SAY_STATIC && saying)
		apex_serial_of(saying, &u.apex->serial_floor);
	if (!zone_says_same(update_present(&u), u.sum))
		zone_touch(z, &u.place);
	z->last_sum = u.needs_owner && !(u.signing && u.apex) ? u.sum : NULL;
	update_publish(z, &u);
	return 0;
}

int zone_try(struct zone *z, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	struct update u;
	struct node *saying;
	update_begin(z, &u, owner);
	if (!u.place.apex)
		return ERR_RANGE;
	int err = make_saying(z, source, owner, sets, count, &saying);
	if (err)
		return err;
	u.said[source] = saying;
	err = update_try(z, &u);
	node_free(saying);
	return err;
}
