/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of what was sent with what is to be said.
 * Never sends.
 */
#include "ontap-zone/owners.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/ends.h"
#include "base/hash.h"

/* That another content has the same hash is less likely than a fault of the machine: 2^-40. */
enum { HASH_LEN = 5 };

struct owners_sent {
	uint8_t (*content)
		[HASH_LEN]; /* a hash of each owner's records, in canonical order of the names */
	size_t count;
	uint8_t *names; /* likewise, as base/ends.h */
};

static uint64_t hash_sets(const struct static_owner *o)
{
	uint64_t h = hash_mix(0, o->count);
	for (size_t i = 0; i < o->count; i++) {
		const struct rrset *set = &o->sets[i];
		h = hash_mix(h, (uint64_t)set->ttl << 16 | set->type);
		for (size_t j = 0; j < set->count; j++)
			h = hash_bytes(h, set->rdata[j].bytes, set->rdata[j].len);
	}
	return h;
}

static void hash_owner(uint8_t to[HASH_LEN], const struct static_owner *o)
{
	const uint64_t h = htole64(hash_sets(o));
	memcpy(to, &h, HASH_LEN);
}

/* Puts all names. Returns how many bytes they take. */
static size_t put_names(uint8_t *to, const struct collection *c)
{
	const uint8_t *last = NULL;
	size_t last_len = 0, bytes = 0;
	for (size_t i = 0; i < collection_count(c); i++) {
		const uint8_t *name = collection_at(c, i)->name;
		bytes += ends_put(to ? to + bytes : NULL, last, last_len, name, name_len(name));
		last = name;
		last_len = name_len(name);
	}
	return bytes;
}

struct owners_sent *owners_sent_new(const struct collection *c)
{
	struct owners_sent *sent = calloc(1, sizeof(*sent));
	if (!sent)
		return NULL;
	sent->count = collection_count(c);
	sent->content = calloc(sent->count + 1, sizeof(*sent->content));
	sent->names = malloc(put_names(NULL, c) + 1);
	if (!sent->content || !sent->names) {
		owners_sent_free(sent);
		return NULL;
	}
	put_names(sent->names, c);
	for (size_t i = 0; i < sent->count; i++)
		hash_owner(sent->content[i], collection_at(c, i));
	return sent;
}

void owners_sent_free(struct owners_sent *sent)
{
	if (!sent)
		return;
	free(sent->content);
	free(sent->names);
	free(sent);
}

/* A walk along the names. All zero but `left`: before the first one. */
struct sent_walk {
	const uint8_t *at;
	size_t left, len;
	uint8_t name[NAME_CAP];
};

/* Goes to the next name. */
static void walk_next(struct sent_walk *w)
{
	if (w->left == 0)
		return;
	const struct ends_stored name = ends_next(&w->at);
	ends_apply(&name, w->name, w->len);
	w->len = ends_len(&name);
}

/* Both are sorted: one walk along both finds the differences. */
void owners_each_change(const struct owners_sent *before, const struct owners_sent *after,
	const struct collection *c,
	void (*put)(void *arg, const uint8_t *name, const struct rrset *sets, size_t count),
	void *arg)
{
	struct sent_walk old = {
		.at = before ? before->names : NULL, .left = before ? before->count : 0};
	size_t new = 0;
	walk_next(&old);
	while (old.left > 0 || new < after->count) {
		const struct static_owner *o = new < after->count ? collection_at(c, new) : NULL;
		const int order = old.left == 0 ? 1 : !o ? -1 : name_cmp(old.name, o->name);
		if (order < 0)
			put(arg, old.name, NULL, 0);
		else if (order > 0 || memcmp(before->content[before->count - old.left],
					      after->content[new], HASH_LEN) != 0)
			put(arg, o->name, o->sets, o->count);
		new += order >= 0;
		if (order <= 0) {
			old.left--;
			walk_next(&old);
		}
	}
}
