/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision which target is notified of which zone, when it is notified again, and which
 * message is its answer.
 * Never sends.
 */
#include "transfer/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/heap.h"
#include "base/map.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum errand_state { ERRAND_IDLE, ERRAND_DUE, ERRAND_WAITING };

/* A zone and a target that has to be notified of it. */
struct errand {
	struct map_node in_map;   /* key: hash of the apex */
	struct heap_node in_heap; /* unless IDLE: when to send, or send again */
	struct name apex;
	struct records *soa; /* the SOA in the last message */
	size_t target;
	enum errand_state state;
	uint16_t id; /* of the last message */
	uint8_t mac[TSIG_MAC_CAP],
		mac_len; /* of the last message, if signed: its answer is chained to it */
	bool was_sent;
	bool is_unanswered; /* since `since` */
	bool is_refused;    /* the last answer was an error */
	bool is_failing;    /* counted in its target */
	ns_t since;
	ns_t sent;  /* time of the last message */
	ns_t retry; /* how long to wait for the answer */
};

struct target {
	const struct tsig_key *key; /* NULL: none */
	size_t failing;             /* its errands that are */
};

struct notify {
	uint64_t seed, count; /* for message ids */
	struct target *target;
	size_t targets;
	notify_health_fn *on_health; /* may be NULL */
	void *arg;
	struct map errands;
	struct heap due;
	struct notify_stats stats;
};

struct notify *notify_new(uint64_t seed)
{
	struct notify *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->seed = seed;
	map_init(&n->errands);
	return n;
}

void notify_set_listener(struct notify *n, notify_health_fn *on_health, void *arg)
{
	n->on_health = on_health;
	n->arg = arg;
}

static void errand_fails(struct notify *n, struct errand *e)
{
	if (e->is_failing)
		return;
	e->is_failing = true;
	if (n->target[e->target].failing++ == 0 && n->on_health)
		n->on_health(n->arg, e->target, e->apex.wire,
			e->is_refused ? NOTIFY_REFUSING : NOTIFY_SILENT);
}

static void errand_is_well(struct notify *n, struct errand *e)
{
	e->is_unanswered = e->is_refused = false;
	if (!e->is_failing)
		return;
	e->is_failing = false;
	if (--n->target[e->target].failing == 0 && n->on_health)
		n->on_health(n->arg, e->target, e->apex.wire, NOTIFY_WELL);
}

static void errand_free(struct notify *n, struct errand *e)
{
	n->target[e->target].failing -= e->is_failing;
	heap_remove(&n->due, &e->in_heap);
	map_remove(&n->errands, &e->in_map);
	records_unref(e->soa);
	free(e);
}

static void forget_all(struct notify *n)
{
	MAP_EACH(errand, &n->errands, struct errand, in_map)
		errand_free(n, errand);
	free(n->target);
	n->target = NULL;
	n->targets = 0;
}

int notify_set_targets(struct notify *n, const struct tsig_key *const *keys, size_t count)
{
	forget_all(n);
	n->target = calloc(count + 1, sizeof(*n->target));
	if (!n->target)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		n->target[i].key = keys[i];
	n->targets = count;
	return 0;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	forget_all(n);
	map_fini(&n->errands);
	free(n);
}

static struct errand *find(const struct notify *n, const uint8_t *apex, size_t target)
{
	uint64_t hash = name_hash(n->seed, apex);
	return MAP_FIND(&n->errands, hash, struct errand, in_map, e,
		e->target == target && name_equal(e->apex.wire, apex));
}

static struct errand *find_or_add(struct notify *n, const uint8_t *apex, size_t target)
{
	struct errand *e = find(n, apex, target);
	if (e || !(e = calloc(1, sizeof(*e))))
		return e;
	name_copy(&e->apex, apex);
	e->target = target;
	if (map_add(&n->errands, &e->in_map, name_hash(n->seed, apex)) == 0)
		return e;
	free(e);
	return NULL;
}

int notify_zone(struct notify *n, ns_t now, const uint8_t *apex, struct records *soa)
{
	for (size_t target = 0; target < n->targets; target++) {
		struct errand *e = find_or_add(n, apex, target);
		if (!e)
			return ERR_NOMEM;
		records_unref(e->soa);
		e->soa = records_ref(soa);
		if (e->state == ERRAND_DUE)
			continue;
		ns_t due =
			e->was_sent && e->sent + NOTIFY_PAUSE > now ? e->sent + NOTIFY_PAUSE : now;
		e->state = ERRAND_DUE;
		e->retry = NOTIFY_RETRY_MIN;
		heap_put(&n->due, &e->in_heap, due);
	}
	return 0;
}

void notify_forget(struct notify *n, const uint8_t *apex)
{
	for (size_t target = 0; target < n->targets; target++) {
		struct errand *e = find(n, apex, target);
		if (e)
			errand_free(n, e);
	}
}

/* Returns an id that cannot be guessed without the seed (RFC 5452 §4.3). */
static uint16_t next_id(struct notify *n)
{
	return (uint16_t)(hash_mix(n->seed, ++n->count) >> 24);
}

/* RFC 1996 §3.7: a question for SOA with AA set, and the SOA itself in the answer section. Its
 * serial tells a secondary that is just transferring that there is a newer version. */
static size_t make_message(struct notify *n, struct errand *e, uint8_t *out, size_t cap)
{
	struct pack p;
	struct record soa;
	struct rd r = rd_init(e->soa->bytes, e->soa->len);
	rd_record(&r, &soa);
	e->id = next_id(n);
	pack_init(&p, out, cap, e->id, OPCODE_NOTIFY << 11 | MSG_AA);
	if (pack_question(&p, e->apex.wire, RR_SOA, CLASS_IN))
		return 0;
	/* The SOA is a hint: left out if it does not fit. */
	(void)!pack_rr(&p, SECTION_ANSWER,
		&(struct pack_rr){.owner = soa.owner,
			.type = soa.type,
			.class = CLASS_IN,
			.ttl = soa.ttl,
			.rdata = soa.rdata.bytes,
			.rdata_len = soa.rdata.len});
	return p.len;
}

static size_t sign(
	struct notify *n, struct errand *e, uint64_t now_s, uint8_t *out, size_t len, size_t cap)
{
	const struct tsig_key *key = n->target[e->target].key;
	struct tsig tsig;
	if (!key || len == 0)
		return len;
	len = tsig_sign_request(&tsig, key, out, len, cap, now_s);
	memcpy(e->mac, tsig.mac, sizeof(e->mac));
	e->mac_len = tsig.mac_len;
	explicit_bzero(&tsig, sizeof(tsig));
	return len;
}

static bool is_signed_as_needed(const struct notify *n, const struct errand *e, uint64_t now_s,
	const uint8_t *msg, size_t len)
{
	const struct tsig_key *key = n->target[e->target].key;
	if (!key)
		return true;
	struct tsig tsig = {.key = *key, .mac_len = e->mac_len};
	memcpy(tsig.mac, e->mac, sizeof(tsig.mac));
	bool is_right = tsig_verify_reply(&tsig, msg, len, now_s);
	explicit_bzero(&tsig, sizeof(tsig));
	return is_right;
}

size_t notify_poll(
	struct notify *n, ns_t now, uint64_t now_s, size_t *ret_target, uint8_t *out, size_t cap)
{
	struct heap_node *first = heap_first(&n->due);
	if (!first || first->at > now)
		return 0;
	struct errand *e = container_of(first, struct errand, in_heap);
	e->state = ERRAND_WAITING;
	if (!e->is_unanswered)
		e->since = now;
	else if (now - e->since >= NOTIFY_PATIENCE)
		errand_fails(n, e);
	e->was_sent = e->is_unanswered = true;
	e->sent = now;
	heap_put(&n->due, &e->in_heap, now + e->retry);
	e->retry = ns_min(2 * e->retry, NOTIFY_RETRY_MAX);
	n->stats.sent++;
	*ret_target = e->target;
	return sign(n, e, now_s, out, make_message(n, e, out, cap), cap);
}

ns_t notify_deadline(const struct notify *n)
{
	return heap_deadline(&n->due);
}

bool notify_input(struct notify *n, uint64_t now_s, size_t target, const uint8_t *msg, size_t len)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct question question;
	rd_header(&r, &header);
	rd_question(&r, &question);
	if (r.err || !(header.flags & MSG_QR) || msg_opcode(&header) != OPCODE_NOTIFY)
		return false;
	struct errand *e = find(n, question.name.wire, target);
	if (!e || !e->is_unanswered || e->id != header.id || question.type != RR_SOA ||
		!is_signed_as_needed(n, e, now_s, msg, len))
		return false;
	if (e->state == ERRAND_DUE) {
		/* It is about the serial before. But who answers is well. */
		if (msg_rcode(&header) == RCODE_NOERROR)
			errand_is_well(n, e);
		return false;
	}
	if (msg_rcode(&header) != RCODE_NOERROR) {
		/* The target does not know the zone, or us. It may know them later: a
		 * catalog takes time. */
		n->stats.refused++;
		e->is_refused = true;
		return true;
	}
	n->stats.acknowledged++;
	errand_is_well(n, e);
	e->state = ERRAND_IDLE;
	heap_remove(&n->due, &e->in_heap);
	return true;
}

struct notify_stats notify_stats(const struct notify *n)
{
	struct notify_stats stats = n->stats;
	MAP_EACH(errand, &n->errands, struct errand, in_map)
		stats.waiting += errand->state != ERRAND_IDLE;
	for (size_t i = 0; i < n->targets; i++)
		stats.failing += n->target[i].failing > 0;
	return stats;
}
