/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of dumps: what to dump, when, and whether again.
 * Never sends or reads anything, never looks at the model.
 */
#include "model/sync.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"

enum state { IDLE, DRAINING, DUMP_TABLE, DUMP_LINKS, LINKS_DONE, DUMP_ADDRS };

/* A dump that may start at `due`, and the number of its failures so far. */
struct job {
	ns_t due;
	unsigned failures;
};

struct sync_ns {
	nsid_t nsid;
	struct map_node node;
	struct list in_queue; /* linked to itself: nothing to dump, or in flight */
	struct job job;
	bool is_named;       /* listed by the dump of the table, or in news since its start */
	bool has_to_repeat;  /* the dump in flight is not the last */
	bool is_interrupted; /* in the dump in flight, the part for links was interrupted */
};

struct sync {
	enum state state;
	struct map namespaces;
	struct list queue;      /* of struct sync_ns.in_queue, ordered by last failure */
	struct sync_ns *dumped; /* from DUMP_LINKS to DUMP_ADDRS, otherwise NULL */
	ns_t give_up;           /* of the dump in flight */
	bool has_table;         /* a table of namespaces exists */
	bool is_table_wanted;
	struct job table;
	size_t drain_left; /* DRAINING: datagrams that may be older than the overrun */
	unsigned overruns; /* since everything was settled */
	ns_t hold_until;   /* no dump starts before this */
	void (*sink)(void *arg, const struct event *ev);
	void *arg;
};

/* Returns 0, then 10 ms doubling up to 1 s. */
static ns_t backoff(unsigned failures)
{
	if (failures <= 1)
		return 0;
	ns_t wait = SYNC_BACKOFF_MIN;
	for (unsigned i = 2; i < failures && wait < SYNC_BACKOFF_MAX; i++)
		wait *= 2;
	return ns_min(wait, SYNC_BACKOFF_MAX);
}

static void tell(const struct sync *s, enum event_type type, nsid_t nsid)
{
	struct event ev = {.type = type, .nsid = nsid};
	s->sink(s->arg, &ev);
}

/* --- namespaces --------------------------------------------------------------------------- */

/* No seed: ids of our own table are chosen by the kernel or by us. */
static uint64_t ns_hash(nsid_t nsid)
{
	return hash_mix(0, (uint32_t)nsid);
}

static struct sync_ns *ns_find(const struct sync *s, nsid_t nsid)
{
	return MAP_FIND(&s->namespaces, ns_hash(nsid), struct sync_ns, node, ns, ns->nsid == nsid);
}

static void ns_enqueue(struct sync *s, struct sync_ns *ns, ns_t due)
{
	ns->job.due = due;
	ns->has_to_repeat = false;
	list_remove(&ns->in_queue);
	list_append(&s->queue, &ns->in_queue);
}

static void ns_free(struct sync *s, struct sync_ns *ns)
{
	map_remove(&s->namespaces, &ns->node);
	list_remove(&ns->in_queue);
	free(ns);
}

int sync_ns_appeared(struct sync *s, nsid_t nsid)
{
	struct sync_ns *ns = ns_find(s, nsid);
	if (ns) {
		ns->is_named = true;
		return 0;
	}
	if (s->namespaces.count >= LIMIT_MODEL_NAMESPACES)
		return ERR_RANGE;
	ns = calloc(1, sizeof(*ns));
	if (!ns)
		return ERR_NOMEM;
	ns->nsid = nsid;
	ns->is_named = true;
	list_init(&ns->in_queue);
	if (map_add(&s->namespaces, &ns->node, ns_hash(nsid))) {
		free(ns);
		return ERR_NOMEM;
	}
	ns_enqueue(s, ns, 0);
	return 0;
}

void sync_ns_again(struct sync *s, nsid_t nsid)
{
	struct sync_ns *ns = ns_find(s, nsid);
	if (ns && ns == s->dumped)
		ns->has_to_repeat = true;
	else if (ns)
		ns_enqueue(s, ns, 0);
}

void sync_ns_gone(struct sync *s, nsid_t nsid)
{
	struct sync_ns *ns = ns_find(s, nsid);
	if (!ns || nsid == NSID_OWN)
		return;
	if (ns == s->dumped) {
		s->dumped = NULL;
		s->state = IDLE;
	}
	ns_free(s, ns);
}

/* --- overruns ----------------------------------------------------------------------------- */

/* Gives up the dump in flight. */
static void abort_dump(struct sync *s)
{
	if (s->dumped)
		tell(s, EV_SYNC_ABORT, s->dumped->nsid);
	s->dumped = NULL;
	s->state = IDLE;
}

void sync_overrun(struct sync *s, size_t queued)
{
	abort_dump(s);
	s->state = DRAINING;
	s->drain_left = queued;
	s->overruns++;
	s->is_table_wanted = s->has_table;
	s->table = (struct job){0};
	MAP_EACH(ns, &s->namespaces, struct sync_ns, node) {
		ns->job.failures = 0;
		ns_enqueue(s, ns, 0);
	}
}

void sync_drained(struct sync *s, ns_t now)
{
	if (s->state != DRAINING)
		return;
	s->state = IDLE;
	s->hold_until = now + backoff(s->overruns);
}

void sync_received(struct sync *s, ns_t now)
{
	if (s->state != DRAINING)
		return;
	if (s->drain_left > 0)
		s->drain_left--;
	if (s->drain_left == 0)
		sync_drained(s, now);
}

/* --- dumps -------------------------------------------------------------------------------- */

bool sync_is_dumping(const struct sync *s)
{
	return s->state == DUMP_TABLE || s->state == DUMP_LINKS || s->state == DUMP_ADDRS;
}

/* Drops the namespaces that have disappeared without news. */
static void sweep_table(struct sync *s)
{
	MAP_EACH(ns, &s->namespaces, struct sync_ns, node) {
		if (ns->is_named || ns->nsid == NSID_OWN)
			continue;
		tell(s, EV_NS_GONE, ns->nsid);
		ns_free(s, ns);
	}
}

static void table_done(struct sync *s, enum sync_outcome outcome, ns_t now)
{
	s->state = IDLE;
	switch (outcome) {
	case SYNC_OK:
		sweep_table(s);
		s->is_table_wanted = false;
		break;
	case SYNC_REFUSED:
	case SYNC_ABSENT: s->is_table_wanted = false; break;
	case SYNC_INTERRUPTED:
	case SYNC_FAILED: s->table.due = now + backoff(++s->table.failures); break;
	}
}

/* The dump of the namespace has ended, but not well. */
static void retry_later(struct sync *s, ns_t now)
{
	struct sync_ns *ns = s->dumped;
	abort_dump(s);
	ns_enqueue(s, ns, now + backoff(++ns->job.failures));
}

static void links_done(struct sync *s, enum sync_outcome outcome)
{
	s->dumped->is_interrupted = outcome == SYNC_INTERRUPTED;
	if (outcome == SYNC_OK)
		tell(s, EV_SYNC_LINKS, s->dumped->nsid);
	s->state = LINKS_DONE;
}

static void addrs_done(struct sync *s, enum sync_outcome outcome, ns_t now)
{
	if (outcome == SYNC_INTERRUPTED || s->dumped->is_interrupted) {
		retry_later(s, now);
		return;
	}
	s->dumped->job.failures = 0;
	tell(s, EV_SYNC_END, s->dumped->nsid);
	if (s->dumped->has_to_repeat)
		ns_enqueue(s, s->dumped, now);
	s->dumped = NULL;
	s->state = IDLE;
}

enum sync_outcome sync_outcome_of(int error, bool is_interrupted)
{
	switch (-error) {
	case 0: return is_interrupted ? SYNC_INTERRUPTED : SYNC_OK;
	case EPERM:
	case EACCES:
	case EOPNOTSUPP: return SYNC_REFUSED;
	case EINVAL: /* the kernel's error for an id that is not in our table */
	case ENOENT:
	case ENODEV: return SYNC_ABSENT;
	default: return SYNC_FAILED; /* any other errno */
	}
}

/* The kernel does not know the namespace: its RTM_DELNSID was lost, or will follow. */
static void ns_absent(struct sync *s, ns_t now)
{
	struct sync_ns *ns = s->dumped;
	if (ns->nsid == NSID_OWN) {
		retry_later(s, now);
		return;
	}
	s->dumped = NULL;
	s->state = IDLE;
	tell(s, EV_NS_GONE, ns->nsid);
	ns_free(s, ns);
}

static void ns_dump_done(struct sync *s, enum sync_outcome outcome, ns_t now)
{
	switch (outcome) {
	case SYNC_OK:
	case SYNC_INTERRUPTED:
		if (s->state == DUMP_LINKS)
			links_done(s, outcome);
		else
			addrs_done(s, outcome, now);
		break;
	case SYNC_FAILED: retry_later(s, now); break;
	case SYNC_REFUSED: abort_dump(s); break;
	case SYNC_ABSENT: ns_absent(s, now); break;
	}
}

void sync_dump_done(struct sync *s, enum sync_outcome outcome, ns_t now)
{
	if (!sync_is_dumping(s))
		return;
	if (s->state == DUMP_TABLE)
		table_done(s, outcome, now);
	else
		ns_dump_done(s, outcome, now);
	if (s->state == IDLE && !s->is_table_wanted && list_is_empty(&s->queue))
		s->overruns = 0;
}

/* --- next request ------------------------------------------------------------------------- */

static struct sync_request begin_table(struct sync *s, ns_t now)
{
	MAP_EACH(sync_ns, &s->namespaces, struct sync_ns, node)
		sync_ns->is_named = false;
	s->state = DUMP_TABLE;
	s->give_up = now + SYNC_PATIENCE;
	return (struct sync_request){.ask = SYNC_ASK_TABLE};
}

static struct sync_request begin_links(struct sync *s, struct sync_ns *ns, ns_t now)
{
	list_remove(&ns->in_queue);
	s->dumped = ns;
	s->state = DUMP_LINKS;
	s->give_up = now + SYNC_PATIENCE;
	tell(s, EV_SYNC_BEGIN, ns->nsid);
	return (struct sync_request){.ask = SYNC_ASK_LINKS, .nsid = ns->nsid};
}

static struct sync_request begin_addrs(struct sync *s, ns_t now)
{
	s->state = DUMP_ADDRS;
	s->give_up = now + SYNC_PATIENCE;
	return (struct sync_request){.ask = SYNC_ASK_ADDRS, .nsid = s->dumped->nsid};
}

struct sync_request sync_next(struct sync *s, ns_t now)
{
	const struct sync_request nothing = {.ask = SYNC_ASK_NOTHING};
	if (sync_is_dumping(s) && now >= s->give_up)
		sync_dump_done(s, SYNC_FAILED, now);
	if (s->state == LINKS_DONE)
		return begin_addrs(s, now);
	if (s->state != IDLE || now < s->hold_until)
		return nothing;
	if (s->is_table_wanted && s->table.due <= now)
		return begin_table(s, now);
	LIST_EACH(ns, &s->queue, struct sync_ns, in_queue) {
		if (ns->job.due <= now)
			return begin_links(s, ns, now);
	}
	return nothing;
}

ns_t sync_deadline(const struct sync *s)
{
	if (sync_is_dumping(s))
		return s->give_up;
	if (s->state == DRAINING)
		return NS_NEVER;
	if (s->state == LINKS_DONE)
		return 0;
	ns_t due = s->is_table_wanted ? s->table.due : NS_NEVER;
	LIST_EACH(sync_ns, &s->queue, struct sync_ns, in_queue)
		due = ns_min(due, sync_ns->job.due);
	return due != NS_NEVER && due < s->hold_until ? s->hold_until : due;
}

bool sync_has_table(const struct sync *s)
{
	return !s->is_table_wanted && s->state != DRAINING;
}

bool sync_is_settled(const struct sync *s)
{
	if (!sync_has_table(s) || (s->dumped && s->dumped->job.failures < SYNC_READY_FAILURES))
		return false;
	LIST_EACH(sync_ns, &s->queue, struct sync_ns, in_queue)
		if (sync_ns->job.failures < SYNC_READY_FAILURES)
			return false;
	return true;
}

/* --- life --------------------------------------------------------------------------------- */

struct sync *sync_new(bool has_table, void (*sink)(void *arg, const struct event *ev), void *arg)
{
	struct sync *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->has_table = s->is_table_wanted = has_table;
	s->sink = sink;
	s->arg = arg;
	list_init(&s->queue);
	if (sync_ns_appeared(s, NSID_OWN)) {
		sync_free(s);
		return NULL;
	}
	return s;
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	MAP_EACH(sync_ns, &s->namespaces, struct sync_ns, node)
		free(sync_ns);
	map_fini(&s->namespaces);
	free(s);
}
