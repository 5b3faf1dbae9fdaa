/* SPDX-License-Identifier: ISC */
/*
 * Owns the memory of messages that were answered.
 * Never verifies one.
 */
#include "update/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/map.h"
#include "wire/name.h"

/* A message. */
struct mark {
	struct map_node in_all;
	struct heap_node in_key; /* by the second until which it is valid */
	const struct share *share;
	uint8_t mac[SEEN_MAC];
	uint8_t rcode;
};

/* What is known of one key. */
struct share {
	struct map_node in_shares;
	struct heap marks; /* of struct mark.in_key */
	size_t count;
	uint64_t forgotten_s; /* all that are valid for longer are remembered; 0: all */
	bool is_pair;
	uint8_t name[];
};

struct seen {
	struct map shares; /* of struct share.in_shares */
	struct map all;    /* of struct mark.in_all */
	uint64_t seed, start_s, latest_s;
};

struct seen *seen_new(uint64_t seed, uint64_t start_s)
{
	struct seen *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->seed = seed;
	s->start_s = start_s;
	return s;
}

static struct mark *first_of(const struct share *share)
{
	struct heap_node *n = heap_first(&share->marks);
	return n ? (struct mark *)((char *)n - offsetof(struct mark, in_key)) : NULL;
}

static void drop_first(struct seen *s, struct share *share)
{
	struct mark *m = first_of(share);
	heap_remove(&share->marks, &m->in_key);
	map_remove(&s->all, &m->in_all);
	share->count--;
	free(m);
}

static void drop_share(struct seen *s, struct share *share)
{
	while (share->count > 0)
		drop_first(s, share);
	map_remove(&s->shares, &share->in_shares);
	free(share);
}

static void drop_all(struct seen *s)
{
	MAP_EACH(share, &s->shares, struct share, in_shares)
		drop_share(s, share);
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	drop_all(s);
	map_fini(&s->shares);
	map_fini(&s->all);
	free(s);
}

static struct share *find_share(const struct seen *s, const uint8_t *name, bool is_pair)
{
	return MAP_FIND(&s->shares, name_hash(s->seed, name), struct share, in_shares, share,
		share->is_pair == is_pair && name_equal(share->name, name));
}

/* What is not valid any more needs no memory. */
static void drop_old(struct seen *s, struct share *share, uint64_t now_s)
{
	while (share->count > 0 && (uint64_t)first_of(share)->in_key.at < now_s)
		drop_first(s, share);
}

static uint64_t hash_of(const struct seen *s, const struct seen_message *m)
{
	return hash_mix(s->seed, (uint64_t)get_u32(m->mac) << 32 | get_u32(m->mac + 4));
}

static void follow_clock(struct seen *s, uint64_t now_s)
{
	if (now_s + LIMIT_TSIG_FUDGE_S < s->latest_s || now_s < s->start_s) {
		drop_all(s);
		s->start_s = 0;
		s->latest_s = now_s;
	}
	s->latest_s = now_s > s->latest_s ? now_s : s->latest_s;
}

/* True if the message was signed before the start. A client's clock may be a little behind. */
static bool is_of_before(const struct seen *s, const struct seen_message *m)
{
	return !m->is_pair && m->until_s + LIMIT_UPDATES_SLACK_S < s->start_s + LIMIT_TSIG_FUDGE_S;
}

int seen_find(struct seen *s, const struct seen_message *m, uint64_t now_s)
{
	follow_clock(s, now_s);
	const struct mark *found = MAP_FIND(&s->all, hash_of(s, m), struct mark, in_all, mark,
		mark->share->is_pair == m->is_pair && name_equal(mark->share->name, m->key) &&
			memcmp(mark->mac, m->mac, SEEN_MAC) == 0);
	if (found)
		return found->rcode;
	const struct share *share = find_share(s, m->key, m->is_pair);
	return is_of_before(s, m) || (share && m->until_s <= share->forgotten_s) ? SEEN_FORGOTTEN
										 : SEEN_NOT;
}

/* Makes room for one more key: of those with nothing to be remembered; else the one with the fewest messages goes. */
static void make_room(struct seen *s, uint64_t now_s)
{
	struct share *fewest = NULL;
	MAP_EACH(share, &s->shares, struct share, in_shares) {
		drop_old(s, share, now_s);
		if (share->count == 0 && share->forgotten_s < now_s)
			drop_share(s, share);
		else if (!fewest || share->count < fewest->count)
			fewest = share;
	}
	if (s->shares.count >= LIMIT_UPDATES_SEEN_KEYS && fewest)
		drop_share(s, fewest);
}

static struct share *add_share(struct seen *s, const struct seen_message *m, uint64_t now_s)
{
	if (s->shares.count >= LIMIT_UPDATES_SEEN_KEYS)
		make_room(s, now_s);
	const size_t len = name_len(m->key);
	struct share *share = calloc(1, sizeof(*share) + len);
	if (!share)
		return NULL;
	share->is_pair = m->is_pair;
	memcpy(share->name, m->key, len);
	if (map_add(&s->shares, &share->in_shares, name_hash(s->seed, m->key))) {
		free(share);
		return NULL;
	}
	return share;
}

static void forget_first(struct seen *s, struct share *share)
{
	const uint64_t until_s = (uint64_t)first_of(share)->in_key.at;
	if (until_s > share->forgotten_s)
		share->forgotten_s = until_s;
	drop_first(s, share);
}

void seen_note(struct seen *s, const struct seen_message *m, unsigned rcode, uint64_t now_s)
{
	struct share *share = find_share(s, m->key, m->is_pair);
	if (!share)
		share = add_share(s, m, now_s);
	struct mark *mark = share ? calloc(1, sizeof(*mark)) : NULL;
	if (!mark)
		return;
	drop_old(s, share, now_s);
	if (share->count >= LIMIT_UPDATES_SEEN)
		forget_first(s, share);
	mark->share = share;
	mark->rcode = (uint8_t)rcode;
	memcpy(mark->mac, m->mac, SEEN_MAC);
	if (map_add(&s->all, &mark->in_all, hash_of(s, m))) {
		free(mark);
		return;
	}
	heap_put(&share->marks, &mark->in_key, (ns_t)m->until_s);
	share->count++;
}
