/* SPDX-License-Identifier: ISC */
/*
 * Owns the data sent to each client: the steps from the client's serial to the present one, or the
 * whole zone. Also makes this data.
 * Never changes the zone, never sends.
 *
 *	requested, no snapshot ──► wanted ──walk begins──► making ──walk ends──► snapshot, for a while
 *
 * There is one walk (transfer/snapshot_walk.h) at a time, for all zones that were wanted when it
 * began. Its snapshot has the serial of that time. A client that asks after the zone has changed
 * waits for the next walk.
 */
#include "transfer/source.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/serial.h"
#include "transfer/catalog.h"

/* Finished snapshots. */

static void drop_image(struct jzone *z)
{
	list_remove(&z->in_imaged);
	snapshot_free(z->snapshot);
	z->snapshot = NULL;
}

static void take_image(struct journal *j, struct jzone *z, struct snapshot *snapshot, ns_t now)
{
	drop_image(z);
	z->snapshot = snapshot;
	z->whole_len = snapshot->err ? 0 : snapshot->len;
	z->snapshot_until = now + LIMIT_IMAGE_KEEP_S * NS_PER_S;
	list_append(&j->imaged, &z->in_imaged);
}

void source_advance(struct journal *j UNUSED, struct jzone *z)
{
	drop_image(z);
}

void journal_trim(struct journal *j, ns_t now)
{
	LIST_EACH(z, &j->imaged, struct jzone, in_imaged) {
		if (z->snapshot_until <= now)
			drop_image(z);
	}
}

ns_t journal_deadline(const struct journal *j)
{
	ns_t deadline = NS_NEVER;
	LIST_EACH(jzone, &j->imaged, struct jzone, in_imaged)
		deadline = ns_min(deadline, jzone->snapshot_until);
	return deadline;
}

/* Making snapshots. */

/* Gives up the walk. Its zones are still wanted. */
static void abandon_survey(struct journal *j)
{
	snapshot_walk_free(j->walk);
	j->walk = NULL;
	MAP_EACH(z, &j->zones, struct jzone, in_map) {
		if (!z->making)
			continue;
		snapshot_free(z->making);
		z->making = NULL;
		list_remove(&z->in_wanted);
		list_append(&j->wanted, &z->in_wanted);
	}
}

void source_before_change(struct journal *j, const uint8_t *owner)
{
	if (j->walk && snapshot_walk_before_change(j->walk, owner))
		abandon_survey(j);
}

void source_forget(struct journal *j, struct jzone *z)
{
	drop_image(z);
	list_remove(&z->in_wanted);
	snapshot_free(z->making);
	z->making = NULL;
	j->surveyed = NULL;
}

/* Notes which zones have no other zone below them. */
static void find_leaves(struct journal *j)
{
	MAP_EACH(jzone, &j->zones, struct jzone, in_map)
		jzone->is_leaf = true;
	MAP_EACH(z, &j->zones, const struct jzone, in_map) {
		struct jzone *above =
			z->apex.wire[0] ? jzone_over(j, name_parent(z->apex.wire)) : NULL;
		if (above && !z->is_catalog)
			above->is_leaf = false;
	}
}

/* Returns the zone that contains an owner. Usually it is the zone of the previous owner; then no
 * search is needed if there is no other zone below it. */
static struct jzone *zone_of(struct journal *j, const uint8_t *owner)
{
	struct jzone *last = j->surveyed;
	if (!last || !last->is_leaf || !name_is_below(owner, last->apex.wire))
		j->surveyed = jzone_over(j, owner);
	return j->surveyed;
}

static struct walked_snapshots snapshots_of(void *arg, const uint8_t *owner)
{
	struct journal *j = arg;
	const struct jzone *own = zone_of(j, owner), *above = NULL;
	if (own && owner[0] && name_equal(own->apex.wire, owner))
		above = jzone_over(j, name_parent(owner));
	return (struct walked_snapshots){own ? own->making : NULL, above ? above->making : NULL};
}

static void begin_snapshot_walk(struct journal *j)
{
	j->walk = snapshot_walk_new(j->zone, j->seed, snapshots_of, j);
	if (!j->walk)
		return;
	find_leaves(j);
	j->surveyed = NULL;
	LIST_EACH(z, &j->wanted, struct jzone, in_wanted) {
		list_remove(&z->in_wanted);
		z->making = snapshot_new(z->soa, z->serial);
	}
}

static void end_survey(struct journal *j, ns_t now)
{
	snapshot_walk_free(j->walk);
	j->walk = NULL;
	MAP_EACH(z, &j->zones, struct jzone, in_map) {
		if (z->making)
			take_image(j, z, z->making, now);
		z->making = NULL;
	}
}

bool journal_has_work(const struct journal *j)
{
	return j->walk || !list_is_empty(&j->wanted);
}

bool journal_work(struct journal *j, ns_t now)
{
	if (!journal_has_work(j))
		return true; /* the wanted zones may be gone */
	if (!j->walk)
		begin_snapshot_walk(j);
	int more = j->walk ? snapshot_walk_work(j->walk) : 1;
	if (more < 0)
		abandon_survey(j);
	else if (more == 0)
		end_survey(j, now);
	return more == 0;
}

/* Makes a snapshot of the catalog at once: it is short, and not in the store. NULL
 * if out of memory. */
static struct snapshot *snapshot_catalog(const struct journal *j, const struct jzone *catalog)
{
	struct catalog_member member;
	struct snapshot *snapshot = snapshot_new(catalog->soa, catalog->serial);
	if (!snapshot)
		return NULL;
	catalog_head(catalog->apex.wire, snapshot);
	MAP_EACH(z, &j->zones, const struct jzone, in_map) {
		if (jzone_is_member(z) &&
			catalog_member(catalog->apex.wire, z->apex.wire, &member) == 0)
			snapshot_add(snapshot, &member.record);
	}
	return snapshot;
}

/* Ensures that the zone has a snapshot that is not older than the request. JOURNAL_LATER: it will
 * be made; ERR_NOMEM. */
static int want_image(struct journal *j, struct jzone *z, const struct xfr_ask *ask, ns_t now)
{
	if (z->snapshot && !serial_is_after(ask->since, z->snapshot->serial)) {
		/* A request does not prolong the life of a snapshot that is incomplete
		 * for lack of memory. */
		if (!z->snapshot->err)
			z->snapshot_until = now + LIMIT_IMAGE_KEEP_S * NS_PER_S;
		return z->snapshot->err;
	}
	if (z->is_catalog) {
		struct snapshot *snapshot = snapshot_catalog(j, z);
		if (snapshot)
			take_image(j, z, snapshot, now);
		return snapshot ? snapshot->err : ERR_NOMEM;
	}
	bool is_under_way = z->making && !serial_is_after(ask->since, z->making->serial);
	if (!is_under_way && list_is_empty(&z->in_wanted))
		list_append(&j->wanted, &z->in_wanted);
	return JOURNAL_LATER;
}

/* Data to send. */

static struct xfr_source *source_new(struct records *soa, size_t blocks)
{
	struct xfr_source *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->blocks = calloc(blocks + 1, sizeof(struct records *));
	if (!s->blocks) {
		free(s);
		return NULL;
	}
	s->soa = records_ref(soa);
	return s;
}

static struct xfr_source *source_whole(const struct snapshot *snapshot)
{
	struct xfr_source *s = source_new(snapshot->soa, snapshot->count);
	if (!s)
		return NULL;
	for (size_t i = 0; i < snapshot->count; i++)
		s->blocks[s->block_count++] = records_ref(snapshot->blocks[i]);
	return s;
}

static struct xfr_source *source_single(const struct jzone *z)
{
	struct xfr_source *s = source_new(z->soa, 0);
	if (s)
		s->is_single = true;
	return s;
}

/* Returns the length of all steps, beginning with `first`. */
static size_t steps_len(const struct jzone *z, const struct step *first)
{
	size_t len = 0;
	for (const struct list *p = &first->in_history; p != &z->history.steps; p = p->next)
		len += container_of(p, struct step, in_history)->records->len;
	return len;
}

/* True if the whole zone is shorter than the steps (RFC 1995 §4 allows to send it). Its length is
 * estimated: that of its last transfer, or at most that of all zones. If the steps are short, it
 * does not matter. */
static bool is_whole_shorter(
	const struct journal *j, const struct jzone *z, const struct step *first)
{
	enum { FEW = 64 * 1024 };
	size_t len = steps_len(z, first);
	return len > FEW && (z->whole_len ? z->whole_len : zone_stats(j->zone).bytes) < len;
}

static struct xfr_source *source_steps(const struct jzone *z, struct step *first)
{
	struct xfr_source *s = source_new(z->soa, z->history.step_count);
	if (!s)
		return NULL;
	s->is_incremental = true;
	for (struct list *p = &first->in_history; p != &z->history.steps; p = p->next)
		s->blocks[s->block_count++] =
			records_ref(container_of(p, struct step, in_history)->records);
	return s;
}

/* Returns the first step to send to the client; NULL if it needs the whole zone. */
static struct step *first_step(
	const struct journal *j, const struct jzone *z, const struct xfr_ask *ask)
{
	struct step *first = ask->type == RR_IXFR ? history_from(&z->history, ask->serial) : NULL;
	if (!first || !history_is_followed(&z->history, first, &ask->client, ask->view))
		return NULL;
	return is_whole_shorter(j, z, first) ? NULL : first;
}

/* Makes the data that brings the client to serial `*ret_given`; 0 if it is only a SOA. */
static int make_source(struct journal *j, struct jzone *z, const struct xfr_ask *ask, ns_t now,
	struct xfr_source **ret, uint32_t *ret_given)
{
	struct step *first = first_step(j, z, ask);
	*ret_given = 0;
	/* A client with the same serial, or a later one by RFC 1982, is up to date (RFC 1995
	 * §2). */
	if (ask->type == RR_IXFR && !serial_is_after(z->serial, ask->serial)) {
		*ret = source_single(z);
	} else if (first) {
		*ret = source_steps(z, first);
		*ret_given = z->serial;
	} else {
		int err = want_image(j, z, ask, now);
		if (err)
			return err;
		*ret = source_whole(z->snapshot);
		*ret_given = z->snapshot->serial;
	}
	return *ret ? 0 : ERR_NOMEM;
}

int journal_source(struct journal *j, struct xfr_ask *ask, ns_t now, struct xfr_source **ret)
{
	struct jzone *z = jzone_find(j, ask->zone.wire);
	struct xfr_source *source;
	uint32_t given;
	if (!z || z->serial == 0)
		return ERR_ABSENT;
	if (!ask->since)
		ask->since = z->serial;
	int err = make_source(j, z, ask, now, &source, &given);
	if (err)
		return err;
	if (given)
		history_note_given(&z->history, given, &ask->client, ask->view);
	*ret = source;
	return 0;
}
