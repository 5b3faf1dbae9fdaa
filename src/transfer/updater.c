/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of our names at a primary, and the choice of the next update for each.
 * Never signs, never sends.
 */
#include "transfer/updater.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "base/serial.h"
#include "transfer/update_msg.h"
#include "zone/node.h"

enum item_state { ITEM_CLEAN, ITEM_QUEUED, ITEM_SENT, ITEM_HELD, ITEM_REFUSED };

/* What the next message is about. */
enum stage {
	STAGE_SERIAL, /* the zone's serial: is there any need to look at the index? */
	STAGE_INDEX,  /* a part of the index */
	STAGE_WORK    /* names */
};

/* A name at the primary. */
struct item {
	struct map_node in_map;
	struct list in_queue;     /* QUEUED */
	struct heap_node in_heap; /* HELD, REFUSED: when to try it again */
	enum item_state state;
	enum update_kind kind; /* of its last message */
	bool is_owned;         /* as far as we know */
	bool has_changed;      /* changed while SENT */
	bool was_refused;      /* one of CLAIM and RENEW was refused: the other is tried */
	bool is_listed;        /* it is in part `part` of the index */
	ns_t patience;         /* REFUSED: how long it waits; 0: it is not refused */
	unsigned part;
	struct name name;
};

/* Greatest length of a part of the index: the answer that contains it must fit in a message. */
enum { PART_CAP = 48 * 1024 };

struct updater {
	struct updater_config config;
	struct update_names names;
	uint64_t id_count;
	uint16_t id; /* of the message in flight */
	unsigned view;
	enum stage stage;
	bool has_index;                        /* it has been read once */
	ns_t check_at;                         /* when the serial is asked for */
	uint32_t serial;                       /* of the primary at the last check; 0: none yet */
	bool is_old;                           /* the serial has gone back */
	size_t lost;                           /* names that the index lacks */
	unsigned row;                          /* names refused since the last success */
	unsigned parts;                        /* parts of the index that were read or begun */
	uint32_t part_len[LIMIT_UPDATE_PARTS]; /* length of each */
	bool is_out;                           /* a message is in flight */
	struct item *sent;                     /* the name in it; NULL: it is about the index */
	unsigned sent_part;                    /* the part that will list this name */
	struct map items;
	struct list queue;
	struct heap held;
	ns_t not_before, retry, failed_at;
	struct updater_stats stats;
};

struct updater *updater_new(const struct updater_config *config)
{
	struct updater *u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->config = *config;
	u->retry = UPDATER_RETRY_MIN;
	u->stage = STAGE_INDEX;
	u->check_at = NS_NEVER;
	list_init(&u->queue);
	if (update_names_init(&u->names, config->apex, config->host) == 0)
		return u;
	free(u);
	return NULL;
}

/* Changes the state and the counts of states. */
static void set_state(struct updater *u, struct item *i, enum item_state state)
{
	const bool was_queued = i->state == ITEM_QUEUED || i->state == ITEM_SENT;
	const bool is_queued = state == ITEM_QUEUED || state == ITEM_SENT;
	u->stats.held += state == ITEM_HELD;
	u->stats.held -= i->state == ITEM_HELD;
	u->stats.queued += is_queued;
	u->stats.queued -= was_queued;
	i->state = state;
}

static void list_in(struct updater *u, struct item *i, unsigned part)
{
	if (i->is_listed)
		return;
	i->is_listed = true;
	i->part = part;
	u->part_len[part] += (uint32_t)update_index_len(i->name.wire);
}

static void unlist(struct updater *u, struct item *i)
{
	if (i->is_listed)
		u->part_len[i->part] -= (uint32_t)update_index_len(i->name.wire);
	i->is_listed = false;
}

static void set_patience(struct updater *u, struct item *i, ns_t patience)
{
	u->stats.refused += patience > 0;
	u->stats.refused -= i->patience > 0;
	i->patience = patience;
}

static void item_free(struct updater *u, struct item *i)
{
	set_state(u, i, ITEM_CLEAN);
	set_patience(u, i, 0);
	unlist(u, i);
	u->stats.owned -= i->is_owned;
	list_remove(&i->in_queue);
	heap_remove(&u->held, &i->in_heap);
	map_remove(&u->items, &i->in_map);
	free(i);
}

void updater_free(struct updater *u)
{
	if (!u)
		return;
	MAP_EACH(item, &u->items, struct item, in_map)
		item_free(u, item);
	map_fini(&u->items);
	free(u);
}

static struct item *item_get(struct updater *u, const uint8_t *name)
{
	uint64_t hash = name_hash(u->config.seed, name);
	struct item *i =
		MAP_FIND(&u->items, hash, struct item, in_map, it, name_equal(it->name.wire, name));
	if (i)
		return i;
	i = calloc(1, sizeof(*i));
	if (!i || map_add(&u->items, &i->in_map, hash)) {
		free(i);
		return NULL;
	}
	name_copy(&i->name, name);
	list_init(&i->in_queue);
	return i;
}

static void set_owned(struct updater *u, struct item *i, bool is_owned)
{
	u->stats.owned += is_owned;
	u->stats.owned -= i->is_owned;
	i->is_owned = is_owned;
}

static void enqueue(struct updater *u, struct item *i)
{
	heap_remove(&u->held, &i->in_heap);
	list_remove(&i->in_queue);
	list_append(&u->queue, &i->in_queue);
	set_state(u, i, ITEM_QUEUED);
	i->has_changed = false;
}

void updater_hurry(struct updater *u)
{
	if (!u->stats.is_failing || u->stats.rcode >= 0)
		return;
	u->not_before = u->failed_at + UPDATER_RETRY_MIN;
	u->retry = UPDATER_RETRY_MIN;
}

void updater_touch(struct updater *u, const uint8_t *owner)
{
	/* Before the index has been read, nothing is known; afterwards all names are examined. The
	 * apex belongs to the primary. */
	if (!u->has_index || !name_is_below(owner, u->names.zone.wire) ||
		name_equal(owner, u->names.zone.wire))
		return;
	struct item *i = item_get(u, owner);
	if (!i)
		return;
	i->was_refused = false;
	if (i->state == ITEM_SENT)
		i->has_changed = true;
	else
		enqueue(u, i);
}

static void touch_node(void *arg, const struct node *n)
{
	updater_touch(arg, node_spelling(n));
}

static void touch_all(struct updater *u)
{
	zone_each_node(u->config.zone, touch_node, u);
	MAP_EACH(i, &u->items, struct item, in_map) {
		if (i->state == ITEM_CLEAN)
			enqueue(u, i);
	}
}

void updater_set_view(struct updater *u, unsigned view)
{
	if (u->view == view)
		return;
	u->view = view;
	if (u->has_index)
		touch_all(u);
}

static struct update_choice choice_of(const struct updater *u)
{
	return (struct update_choice){
		.view = u->view, .takes = u->config.takes, .arg = u->config.arg};
}

/* Returns the update that the name needs now. */
static enum update_kind kind_of(const struct updater *u, const struct item *i)
{
	const struct update_choice choice = choice_of(u);
	if (!update_has_records(u->config.zone, i->name.wire, &choice))
		return UPDATE_REMOVE;
	if (!i->was_refused)
		return i->is_owned ? UPDATE_RENEW : UPDATE_CLAIM;
	return i->kind == UPDATE_CLAIM ? UPDATE_RENEW : UPDATE_CLAIM;
}

/* Returns the part of the index that lists the name, or will list it. ERR_SPACE (below
 * zero): none has room. */
static int part_of(const struct updater *u, const struct item *i)
{
	size_t len = update_index_len(i->name.wire);
	if (i->is_listed)
		return (int)i->part;
	for (unsigned part = 0; part <= u->parts && part < LIMIT_UPDATE_PARTS; part++)
		if (u->part_len[part] + len <= PART_CAP)
			return (int)part;
	return ERR_SPACE;
}

static uint16_t next_id(struct updater *u)
{
	return u->id = (uint16_t)(hash_mix(u->config.seed, ++u->id_count) >> 24);
}

/* Makes the message about a name. 0 if none is needed, or none can be made. */
static size_t make_message(struct updater *u, struct item *i, uint8_t *out, size_t cap)
{
	int part = part_of(u, i);
	size_t len = 0;
	i->kind = kind_of(u, i);
	bool is_moot = i->kind == UPDATE_REMOVE && !i->is_owned;
	if (!is_moot && part >= 0) {
		u->sent_part = (unsigned)part;
		len = update_make(&u->names, u->config.zone,
			&(struct update_order){.name = i->name.wire,
				.kind = i->kind,
				.choice = choice_of(u),
				.part = u->sent_part,
				.is_new_part = u->sent_part == u->parts},
			next_id(u), out, cap);
	}
	list_remove(&i->in_queue);
	set_state(u, i, len > 0 ? ITEM_SENT : ITEM_CLEAN);
	if (len == 0 && !is_moot)
		u->stats.limited++;
	if (is_moot)
		item_free(u, i);
	return len;
}

static void requeue_held(struct updater *u, ns_t now)
{
	for (struct heap_node *n; (n = heap_first(&u->held)) && n->at <= now;) {
		struct item *i = container_of(n, struct item, in_heap);
		i->was_refused = false;
		enqueue(u, i);
	}
}

size_t updater_poll(struct updater *u, ns_t now, uint8_t *out, size_t cap)
{
	size_t len = 0;
	if (u->is_out || now < u->not_before)
		return 0;
	requeue_held(u, now);
	if (now >= u->check_at)
		u->stage = STAGE_SERIAL;
	u->sent = NULL;
	if (u->stage == STAGE_SERIAL)
		len = update_make_serial_query(&u->names, next_id(u), out, cap);
	else if (u->stage == STAGE_INDEX)
		len = update_make_index_query(&u->names, u->parts, next_id(u), out, cap);
	while (len == 0 && u->stage == STAGE_WORK && !list_is_empty(&u->queue)) {
		struct item *i = container_of(u->queue.next, struct item, in_queue);
		len = make_message(u, i, out, cap);
		u->sent = len > 0 ? i : NULL;
	}
	u->is_out = len > 0;
	u->stats.sent += len > 0;
	return len;
}

static void back_off(struct updater *u, ns_t now, int rcode)
{
	u->stats.failed++;
	u->stats.rcode = rcode;
	u->stats.is_failing = true;
	u->failed_at = now;
	u->not_before = now + u->retry;
	u->retry = ns_min(2 * u->retry, UPDATER_RETRY_MAX);
	if (u->sent)
		enqueue(u, u->sent);
}

/* One name is refused, and waits alone. A row of them is the server's fault: it has trouble, or refuses
 * all that we send. */
static void refuse(struct updater *u, struct item *i, ns_t now, int rcode)
{
	const bool is_told = i->patience > 0, has_changed = i->has_changed;
	set_patience(
		u, i, is_told ? ns_min(2 * i->patience, UPDATER_RETRY_MAX) : UPDATER_RETRY_MIN);
	u->row++;
	if (u->row >= UPDATER_ROW && (rcode != RCODE_REFUSED || u->stats.done == 0)) {
		back_off(u, now, rcode);
	} else {
		u->stats.failed++;
		u->stats.rcode = rcode;
	}
	if (has_changed) {
		enqueue(u, i);
	} else {
		list_remove(&i->in_queue);
		set_state(u, i, ITEM_REFUSED);
		heap_put(&u->held, &i->in_heap, now + i->patience);
	}
	if (!is_told && u->config.on_refused)
		u->config.on_refused(u->config.arg, i->name.wire, rcode);
}

static void settle(struct updater *u, struct item *i)
{
	bool is_removed = i->kind == UPDATE_REMOVE;
	u->stats.done++;
	set_owned(u, i, !is_removed);
	if (is_removed) {
		unlist(u, i);
	} else {
		list_in(u, i, u->sent_part);
		u->parts += u->sent_part == u->parts;
	}
	i->was_refused = false;
	set_patience(u, i, 0);
	set_state(u, i, ITEM_CLEAN);
	if (i->has_changed)
		enqueue(u, i);
	else if (is_removed)
		item_free(u, i);
}

/* A prerequisite was not met: the name is not in the state that we assumed. */
static void turn_round(struct updater *u, struct item *i, ns_t now)
{
	set_owned(u, i, false);
	if (i->kind == UPDATE_REMOVE) {
		settle(u, i);
	} else if (!i->was_refused || i->has_changed) {
		i->was_refused = !i->has_changed;
		enqueue(u, i);
	} else {
		set_state(u, i, ITEM_HELD);
		heap_put(&u->held, &i->in_heap, now + UPDATER_HELD);
		if (u->config.on_held)
			u->config.on_held(u->config.arg, i->name.wire);
	}
}

static void take_name(void *arg, const uint8_t *name)
{
	struct updater *u = arg;
	struct item *i = name_is_below(name, u->names.zone.wire) ? item_get(u, name) : NULL;
	if (!i)
		return;
	list_in(u, i, u->parts);
	if (u->has_index && !i->is_owned && i->state == ITEM_CLEAN)
		enqueue(u, i);
	set_owned(u, i, true);
}

/* Before the index is read again: what it lists then is listed. */
static void forget_index(struct updater *u)
{
	MAP_EACH(item, &u->items, struct item, in_map)
		unlist(u, item);
	u->parts = 0;
}

/* What we own and the index does not list any more, the primary has lost. */
static void find_lost(struct updater *u)
{
	u->lost = 0;
	MAP_EACH(i, &u->items, struct item, in_map) {
		if (!i->is_owned || i->is_listed)
			continue;
		set_owned(u, i, false);
		enqueue(u, i);
		u->lost++;
	}
	if ((u->lost > 0 || u->is_old) && u->config.on_lost)
		u->config.on_lost(u->config.arg, u->lost, u->is_old);
}

/* True if the primary does not have the zone, or does not let us change it. */
static bool is_not_there(const struct updater *u, const struct msg_header *header)
{
	unsigned rcode = msg_rcode(header);
	bool is_unknown = u->stage != STAGE_WORK && !(header->flags & MSG_AA);
	bool is_refused = rcode == RCODE_REFUSED && (u->stage != STAGE_WORK || u->stats.done == 0);
	return u->config.is_optional && (is_refused || rcode == RCODE_NOTAUTH || is_unknown);
}

static void wait_for_zone(struct updater *u, ns_t now)
{
	u->stats.is_in_use = u->stats.is_failing = false;
	u->not_before = now + UPDATER_HELD;
	if (u->sent)
		enqueue(u, u->sent);
}

/* The primary is well. */
static void note_success(struct updater *u)
{
	u->retry = UPDATER_RETRY_MIN;
	u->row = 0;
	u->stats.is_failing = false;
}

/* Handles the answer to the query for the serial. */
static void take_serial(
	struct updater *u, ns_t now, const uint8_t *answer, size_t len, unsigned rcode)
{
	uint32_t serial = 0;
	int err = update_read_serial(&u->names, answer, len, &serial);
	if (rcode != RCODE_NOERROR || err == ERR_SYNTAX) {
		back_off(u, now, rcode ? (int)rcode : RCODE_FORMERR);
		return;
	}
	note_success(u);
	const bool is_same = serial && serial == u->serial;
	u->check_at = is_same ? now + UPDATER_CHECK : NS_NEVER;
	u->is_old = serial && u->serial && !is_same && !serial_is_after(serial, u->serial);
	u->serial = serial;
	u->stage = is_same ? STAGE_WORK : STAGE_INDEX;
	if (!is_same)
		forget_index(u);
}

/* Handles the answer to a query for a part of the index. */
static void take_index(
	struct updater *u, ns_t now, const uint8_t *answer, size_t len, unsigned rcode)
{
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN) {
		back_off(u, now, (int)rcode);
		return;
	}
	int has_next = update_read_index(&u->names, answer, len, take_name, u);
	if (has_next < 0) {
		back_off(u, now, RCODE_FORMERR);
		return;
	}
	note_success(u);
	u->stats.is_in_use = true;
	u->parts++;
	if (has_next && u->parts < LIMIT_UPDATE_PARTS)
		return;
	const bool has_all = u->has_index && !u->is_old;
	u->stage = STAGE_WORK;
	u->check_at = now + UPDATER_CHECK;
	if (u->has_index)
		find_lost(u);
	u->has_index = true;
	if (!has_all)
		touch_all(u);
}

static void take_result(struct updater *u, ns_t now, struct item *i, unsigned rcode)
{
	switch (rcode) {
	case RCODE_NOERROR: settle(u, i); break;
	case RCODE_NXDOMAIN:
	case RCODE_YXDOMAIN:
	case RCODE_YXRRSET:
	case RCODE_NXRRSET: turn_round(u, i, now); break;
	case RCODE_FORMERR:
	case RCODE_SERVFAIL:
	case RCODE_REFUSED: refuse(u, i, now, (int)rcode); return;
	default: back_off(u, now, (int)rcode); return;
	}
	note_success(u);
}

void updater_input(struct updater *u, ns_t now, const uint8_t *answer, size_t len, bool is_verified)
{
	struct rd r = rd_init(answer ? answer : (const uint8_t *)"", answer ? len : 0);
	struct msg_header header;
	struct item *i = u->sent;
	if (!u->is_out)
		return;
	u->is_out = false;
	rd_header(&r, &header);
	bool is_answer = !r.err && header.flags & MSG_QR && header.id == u->id;
	if (is_answer && is_not_there(u, &header))
		wait_for_zone(u, now);
	else if (!is_answer || !is_verified)
		back_off(u, now, -1);
	else if (u->stage == STAGE_SERIAL)
		take_serial(u, now, answer, len, msg_rcode(&header));
	else if (!i)
		take_index(u, now, answer, len, msg_rcode(&header));
	else
		take_result(u, now, i, msg_rcode(&header));
}

ns_t updater_deadline(const struct updater *u)
{
	if (u->is_out)
		return NS_NEVER;
	bool has_work = u->stage != STAGE_WORK || !list_is_empty(&u->queue);
	ns_t next = has_work ? 0 : ns_min(heap_deadline(&u->held), u->check_at);
	return next < u->not_before ? u->not_before : next;
}

struct updater_stats updater_stats(const struct updater *u)
{
	return u->stats;
}
