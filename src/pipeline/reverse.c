/* SPDX-License-Identifier: ISC */
/*
 * Owns the coming and going of reverse zones, as far as records of zone files are concerned: there may be
 * very many, so each flush does a piece.
 * Never decides which reverse zones are ours: the name layer does.
 *
 * All jobs share one walk over the reverse names that are kept (statics.c), around as often as a job needs
 * it. A zone that goes is served until its records have been removed one by one: so its end, the removal
 * of the apex, has little left to do.
 */
#include <stdlib.h>

#include "base/array.h"
#include "base/err.h"
#include "pipeline/inside.h"

/* What one flush does: some 500 records, or a look at some thousand, less than a millisecond. */
enum { WORK_A_FLUSH = 16384, WORK_A_RECORD = 32 };

struct reverse_job {
	struct name apex;
	bool is_going;
	uint8_t passes; /* ends of the walk that it has to see */
};

static struct reverse_job *find(const struct pipeline *p, const uint8_t *apex)
{
	for (size_t i = 0; i < p->reverse.count; i++)
		if (name_equal(p->reverse.at[i].apex.wire, apex))
			return &p->reverse.at[i];
	return NULL;
}

/* Returns the job of that zone, a new one with `passes` 0. NULL: no memory. */
static struct reverse_job *find_or_add(struct pipeline *p, const uint8_t *apex)
{
	struct reverse_jobs *jobs = &p->reverse;
	struct reverse_job *job = find(p, apex);
	if (job || ARRAY_RESERVE(jobs->at, jobs->cap, jobs->count + 1))
		return job;
	if (jobs->count == 0)
		statics_rewind(p);
	job = &jobs->at[jobs->count++];
	*job = (struct reverse_job){0};
	name_copy(&job->apex, apex);
	return job;
}

static void job_end(struct reverse_jobs *jobs, struct reverse_job *job)
{
	*job = jobs->at[--jobs->count];
}

/* The walk may be anywhere: the names behind it are seen in the next one. */
static void job_begin(struct pipeline *p, struct reverse_job *job, bool is_going)
{
	job->is_going = is_going;
	job->passes = p->reverse.count > 1 || job->passes > 0 ? 2 : 1;
}

/* The place of a signed zone that is about to end is free already: others may have it. */
static bool has_to_end(const struct pipeline *p, const uint8_t *apex)
{
	struct zone_sign_stats stats;
	const struct reverse_job *job = find(p, apex);
	return job && job->is_going && zone_sign_stats(p->zone, apex, &stats) == 0;
}

static int put_zone(struct pipeline *p, const uint8_t *apex, bool has_place)
{
	const bool is_new = !zone_has_apex(p->zone, apex);
	struct reverse_job *job = is_new ? find_or_add(p, apex) : find(p, apex);
	if (is_new && !job)
		return ERR_NOMEM;
	int err = apex_put(p, apex, has_place);
	if (job && !err)
		job_begin(p, job, false);
	else if (job && is_new)
		job_end(&p->reverse, job);
	return err;
}

int reverse_put_zone(struct pipeline *p, const uint8_t *apex, enum names_zone what)
{
	if (what == NAMES_ZONE_OURS && has_to_end(p, apex))
		return ERR_EXISTS;
	if (what != NAMES_ZONE_GONE)
		return put_zone(p, apex, what == NAMES_ZONE_SIGNABLE);
	struct reverse_job *job = zone_has_apex(p->zone, apex) ? find_or_add(p, apex) : NULL;
	if (!job)
		return apex_remove(p, apex);
	job_begin(p, job, true);
	return 0;
}

/* Returns 1 if a job has put or removed what is kept of that owner. */
static int tend(struct pipeline *p, const struct static_owner *owner)
{
	for (size_t i = 0; i < p->reverse.count; i++) {
		const struct reverse_job *job = &p->reverse.at[i];
		if (!name_is_below(owner->name, job->apex.wire))
			continue;
		const struct static_owner none = {.name = owner->name, .is_reverse = true};
		int err = files_put_owner(p, job->is_going ? &none : owner);
		return err == ERR_NOMEM ? err : 1;
	}
	return 0;
}

/* The walk is at its end. */
static int end_pass(struct pipeline *p)
{
	struct reverse_jobs *jobs = &p->reverse;
	statics_rewind(p);
	for (size_t i = jobs->count; i-- > 0;) {
		struct reverse_job *job = &jobs->at[i];
		if (job->passes > 1) {
			job->passes--;
			continue;
		}
		int err = job->is_going ? apex_remove(p, job->apex.wire) : 0;
		if (err == ERR_NOMEM)
			return err;
		job_end(jobs, job);
	}
	return 0;
}

void reverse_go_on(struct pipeline *p)
{
	int err = 0;
	for (size_t work = 0; p->reverse.count > 0 && work < WORK_A_FLUSH && err >= 0;) {
		const struct static_owner *owner;
		err = statics_next(p, &owner);
		if (err)
			break;
		err = owner ? tend(p, owner) : end_pass(p);
		if (owner && err >= 0)
			statics_pass(p);
		work += 1 + p->reverse.count + (err > 0 ? WORK_A_RECORD : 0);
	}
	p->reverse.has_failed = err < 0;
}

void reverse_fini(struct reverse_jobs *jobs)
{
	free(jobs->at);
}
