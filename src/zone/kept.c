/* SPDX-License-Identifier: ISC */
/*
 * Owns what a signed zone takes from a former run, and what it shows for the next one.
 * Never decides where that is kept.
 */
#include <string.h>

#include "base/err.h"
#include "zone/canon.h"
#include "zone/signing.h"

void zone_use_kept(struct zone *z, struct zone_kept kept)
{
	z->kept = kept;
}

/* Those of this run begin an hour before they are made. */
void zone_distrust(struct zone *z)
{
	z->trusted_from_s = z->now_s - SIGN_BEFORE_S;
	LIST_EACH(s, &z->signings, struct signing, in_zone)
		refresh_restart(s);
}

/* Signatures of a node that are to be filled in. */
struct taking {
	struct zone *z;
	const struct signing *s;
	const struct node *n;
	unsigned stamp_at;
	bool is_stamped; /* some signature has the stamp: another must have its times */
	unsigned taken;
};

/* Calls it for each signature with the stamp. */
static void each_of_stamp(struct taking *t,
	void (*visit)(struct taking *t, const struct node_set *set, struct node_sig *sig))
{
	for (unsigned i = 0; i < t->n->set_count; i++) {
		const struct node_set *set = &t->n->sets[i];
		struct node_sig *sig = (struct node_sig *)(uintptr_t)node_sigs(t->n, set);
		for (bool has_more = set->is_signed; has_more; sig++) {
			has_more = sig->has_more;
			if (sig->stamp == t->stamp_at)
				visit(t, set, sig);
		}
	}
}

static void look_for_stamp(
	struct taking *t, const struct node_set *set UNUSED, struct node_sig *sig)
{
	t->is_stamped |= !sig->is_blank;
}

/* Asks whether the signature was kept, whatever its times are. */
static bool find(const struct taking *t, const struct node_set *set, const struct node_sig *sig,
	struct rrsig *ret)
{
	struct buf *bytes = &t->z->queue->bytes;
	const size_t start = bytes->len;
	*ret = node_read_sig(t->n, sig);
	bool is_there = false;
	if (!canon_add_message(t->n, set, sig, bytes, &t->z->queue->scratch)) {
		const struct zone_message message = {
			(const uint8_t *)bytes->bytes + start, bytes->len - start};
		is_there = t->z->kept.find(t->z->kept.arg, t->s->owner->name, &message, ret);
	}
	bytes->len = start;
	bytes->err = t->z->queue->scratch.err = 0;
	return is_there;
}

/* All signatures of an owner by one key were kept with the same times, those of its stamp. */
static void take(struct taking *t, const struct node_set *set, struct node_sig *sig)
{
	struct node_stamp *stamp = (struct node_stamp *)(uintptr_t)node_stamp(t->n, sig);
	struct node_stamp dated = *stamp;
	struct rrsig kept;
	if (!sig->is_blank || !find(t, set, sig, &kept))
		return;
	signing_date(&dated, kept.key, kept.inception, kept.expiration);
	if (t->is_stamped ? memcmp(&dated, stamp, sizeof(dated)) != 0
			  : !signing_is_timely(t->z, node_name(t->n), &dated))
		return;
	*stamp = dated;
	t->is_stamped = true;
	memcpy(sig->bytes, kept.bytes, sizeof(sig->bytes));
	sig->is_blank = false;
	t->taken++;
}

unsigned kept_take(struct zone *z, const struct signing *s, const struct node *n, unsigned stamp_at)
{
	struct taking t = {.z = z, .s = s, .n = n, .stamp_at = stamp_at};
	if (!z->kept.find)
		return 0;
	each_of_stamp(&t, look_for_stamp);
	each_of_stamp(&t, take);
	return t.taken;
}

/* A walk over signatures. */
struct visiting {
	void (*visit)(void *arg, const struct zone_message *message, const struct rrsig *sig);
	void *arg;
	struct buf bytes, scratch;
};

static int visit_set(struct visiting *v, const struct node *n, const struct node_set *set)
{
	const struct node_sig *sig = node_sigs(n, set);
	for (bool has_more = true; has_more; sig++) {
		const struct rrsig value = node_read_sig(n, sig);
		buf_clear(&v->bytes);
		int err = canon_add_message(n, set, sig, &v->bytes, &v->scratch);
		if (err)
			return err;
		v->visit(v->arg,
			&(struct zone_message){(const uint8_t *)v->bytes.bytes, v->bytes.len},
			&value);
		has_more = sig->has_more;
	}
	return 0;
}

static int visit_node(struct visiting *v, const struct node *n)
{
	int err = 0;
	for (unsigned i = 0; i < n->set_count && !err; i++)
		if (n->sets[i].is_signed)
			err = visit_set(v, n, &n->sets[i]);
	return err;
}

int zone_each_signature(const struct zone *z, const uint8_t *apex, struct name *at, size_t owners,
	void (*visit)(void *arg, const struct zone_message *message, const struct rrsig *sig),
	void *arg)
{
	const struct signing *s = signing_find(z, apex);
	struct visiting v = {.visit = visit, .arg = arg};
	int err = s ? 0 : ERR_ABSENT;
	while (!err && owners-- > 0) {
		const struct node *n = order_walk(s->order, at->wire);
		if (!n)
			goto end;
		name_copy(at, node_name(n));
		err = visit_node(&v, n);
	}
	err = err ? err : 1;
end:
	buf_fini(&v.bytes);
	buf_fini(&v.scratch);
	return err;
}
