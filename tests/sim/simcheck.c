/* SPDX-License-Identifier: ISC */
/*
 * Owns the invariants of every simulated network.
 * Never changes the run. simnet.c reports what is sent, received and put.
 */
#include <stdlib.h>
#include <string.h>

#include "msgtext.h"
#include "simnet.h"
#include "wire/msg.h"
#include "wire/rr.h"

static const ns_t echo_time = 10 * NS_PER_S;

/* A record of a message, with expanded rdata. */
struct seen {
	struct name owner;
	uint16_t type;
	bool has_flush;
	uint32_t ttl;
	size_t len;
	uint8_t rdata[1024];
};

static const char *text_of(const struct name *name)
{
	static char text[NAME_TEXT_CAP];
	return name_to_text(name->wire, text);
}

static bool next_record(struct rd *r, struct seen *ret)
{
	struct rr rr;
	struct wr w = wr_init(ret->rdata, sizeof(ret->rdata));
	rd_rr(r, &rr);
	if (r->err || rr_rdata_expand(r, &rr, &w))
		return false;
	ret->owner = rr.owner;
	ret->type = rr.type;
	ret->has_flush = rr.class & CLASS_FLUSH;
	ret->ttl = rr.ttl;
	ret->len = wr_len(&w);
	return true;
}

static struct sim_name *name_on(struct sim *sim, struct sim_port *port, const uint8_t *current)
{
	for (unsigned i = 0; i < port->name_count; i++)
		if (name_equal(port->names[i].current.wire, current))
			return &port->names[i];
	if (port->name_count == SIM_NAMES) {
		/* Old names that are not held make room. */
		for (unsigned i = 0; i < port->name_count; i++)
			if (!port->names[i].is_held) {
				port->names[i] = port->names[--port->name_count];
				break;
			}
		if (port->name_count == SIM_NAMES) {
			sim_fail(sim, "more names than the checks can count");
			return &port->names[0];
		}
	}
	struct sim_name *name = &port->names[port->name_count++];
	*name = (struct sim_name){.last_probe = -NS_PER_S};
	name_copy(&name->current, current);
	return name;
}

static const struct sim_record *record_of(const struct sim *sim, const struct sim_host *host,
	uint16_t type, const uint8_t *rdata, size_t len)
{
	for (unsigned i = 0; i < host->record_count; i++) {
		const struct sim_record *record = &host->records[i];
		if (record->until > sim->now && record->type == type && record->len == len &&
			memcmp(record->rdata, rdata, len) == 0)
			return record;
	}
	return NULL;
}

/* Sent */

static void note_probe(struct sim *sim, struct sim_port *port, const struct name *current)
{
	struct sim_name *name = name_on(sim, port, current->wire);
	/* If closer together, they are not two of one series. */
	name->probes = sim->now - name->last_probe >= 250 * NS_PER_MS ? name->probes + 1 : 1;
	name->last_probe = sim->now;
}

static void check_claimed(
	struct sim *sim, struct sim_host *host, struct sim_port *port, const struct seen *seen)
{
	const struct sim_record *record = record_of(sim, host, seen->type, seen->rdata, seen->len);
	struct sim_name *name = name_on(sim, port, seen->owner.wire);
	if (name->is_held || (record && record->is_known) || seen->type == RR_PTR)
		return;
	if (name->probes < 3)
		sim_fail(sim, "%s claims %s after %u silent probes", host->name,
			text_of(&seen->owner), name->probes);
	if (sim->now - name->last_probe < 250 * NS_PER_MS)
		sim_fail(sim, "%s claims %s too soon after the last probe", host->name,
			text_of(&seen->owner));
	name->is_held = true;
}

static void note_said(struct sim_host *host, const struct sim_port *port, const struct seen *seen);

static void settle_owed(struct sim_port *port, const struct seen *seen)
{
	for (unsigned i = 0; i < SIM_OWED; i++) {
		struct sim_owed *owed = &port->owed[i];
		/* The target of a record may have been renamed since the record was put. */
		bool is_same = rr_layout(seen->type).names > 0 ||
			       (owed->len == seen->len &&
				       memcmp(owed->rdata, seen->rdata, seen->len) == 0);
		if (owed->before && owed->type == seen->type && is_same &&
			name_equal(owed->owner.wire, seen->owner.wire))
			owed->before = 0;
	}
}

/* One goodbye is enough, however often it was put and removed before the goodbye. */
static void note_taken_back(
	struct sim_host *host, const struct sim_port *port, const struct seen *seen)
{
	for (unsigned i = 0; i < host->record_count; i++) {
		struct sim_record *record = &host->records[i];
		bool is_same = rr_layout(seen->type).names > 0 ||
			       (record->len == seen->len &&
				       memcmp(record->rdata, seen->rdata, seen->len) == 0);
		if (&host->ports[record->port] == port && record->type == seen->type && is_same &&
			record->until != NS_NEVER)
			record->was_sent = false;
	}
}

static void check_rate(struct sim *sim, struct sim_host *host, struct sim_port *port)
{
	unsigned count = 0;
	port->packets++;
	port->sent[port->sent_next++ % SIM_RATE_WINDOW] = sim->now;
	for (unsigned i = 0; i < SIM_RATE_WINDOW; i++)
		count += port->sent[i] > sim->now - NS_PER_S;
	if (count > sim->max_rate)
		sim_fail(sim, "%s sends %u multicast packets in a second", host->name, count);
}

void sim_note_sent(struct sim *sim, struct sim_host *host, struct sim_port *port,
	const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	bool is_first_lane = to->peer.family == ADDR_V4 || !port->v4.family;
	rd_header(&r, &h);
	if (len > 9000 - 28)
		sim_fail(sim, "%s sends %zu bytes", host->name, len);
	if (!port->is_up)
		sim_fail(sim, "%s sends on a link that is down", host->name);
	if (to->is_multicast && is_first_lane)
		check_rate(sim, host, port);
	for (unsigned i = 0; i < h.qdcount; i++) {
		struct question q;
		rd_question(&r, &q);
		if (!(h.flags & MSG_QR) && is_first_lane)
			note_probe(sim, port, &q.name);
	}
	unsigned count = (unsigned)h.count[0] + h.count[1] + h.count[2];
	for (unsigned i = 0; i < count; i++) {
		struct seen seen;
		if (!next_record(&r, &seen)) {
			sim_fail(sim, "%s sends a malformed packet", host->name);
			return;
		}
		if (!(h.flags & MSG_QR))
			continue;
		if (seen.ttl > 0 && to->is_multicast)
			note_said(host, port, &seen);
		if (seen.ttl == 0) {
			settle_owed(port, &seen);
			note_taken_back(host, port, &seen);
		} else if (seen.has_flush && seen.type != RR_NSEC)
			check_claimed(sim, host, port, &seen);
	}
	if (rd_left(&r) > 0)
		sim_fail(sim, "%s sends %zu bytes behind the message", host->name, rd_left(&r));
}

/* Received */

void sim_note_received(struct sim *sim, struct sim_host *host, struct sim_port *port,
	const uint8_t *packet, size_t len)
{
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	if (sim->is_rude)
		return;
	rd_header(&r, &h);
	if (r.err || !(h.flags & MSG_QR))
		return;
	for (unsigned i = 0; i < h.qdcount; i++) {
		struct question q;
		rd_question(&r, &q);
	}
	unsigned count = (unsigned)h.count[0] + h.count[1] + h.count[2];
	for (unsigned i = 0; i < count; i++) {
		struct seen seen;
		if (!next_record(&r, &seen))
			return;
		if (seen.ttl == 0 || seen.type == RR_NSEC || seen.type == RR_PTR ||
			record_of(sim, host, seen.type, seen.rdata, seen.len))
			continue;
		for (unsigned j = 0; j < port->name_count; j++)
			if (!port->names[j].is_held &&
				name_equal(port->names[j].current.wire, seen.owner.wire))
				port->names[j].probes = 0; /* a peer objects */
	}
}

/* States */

struct visit {
	struct sim *sim;
	struct sim_host *host;
};

static void note_state(void *arg, const struct mdns_status *status)
{
	struct visit *v = arg;
	struct sim_port *port = &v->host->ports[status->link - 1];
	struct sim_name *name = name_on(v->sim, port, status->current.wire);
	bool is_held = status->state == MDNS_ANNOUNCING || status->state == MDNS_ESTABLISHED;
	if (name->is_held && !is_held) {
		name->is_held = false;
		name->probes = 0;
		name->last_probe = -NS_PER_S;
	}
	if (!is_held && status->state != MDNS_PROBING)
		name->probes = 0;
}

void sim_note_states(struct sim *sim, struct sim_host *host)
{
	struct visit v = {.sim = sim, .host = host};
	mdns_each_status(host->m, note_state, &v);
}

/* Puts */

static bool is_held_on(
	struct sim_host *host, unsigned link, const uint8_t *owner, struct name *ret);

/* A record that is put again needs no goodbye. Neither do the others of a unique set:
 * it flushes them. */
static void forgive(struct sim_port *port, const struct sim_record *record)
{
	for (unsigned i = 0; i < SIM_OWED; i++) {
		struct sim_owed *owed = &port->owed[i];
		if (owed->before && owed->type == record->type &&
			(record->is_unique ||
				(owed->len == record->len &&
					memcmp(owed->rdata, record->rdata, owed->len) == 0)))
			owed->before = 0;
	}
}

/* Nobody has the records that this one flushes any more: they need no goodbye. */
static void note_flushed(struct sim_host *host, const struct sim_record *by)
{
	for (unsigned i = 0; i < host->record_count; i++) {
		struct sim_record *record = &host->records[i];
		if (record->until != NS_NEVER && record->port == by->port &&
			record->type == by->type && name_equal(record->owner.wire, by->owner.wire))
			record->was_sent = false;
	}
}

/* Under its own name, or the one that it has now. */
static bool is_said_of(
	struct sim_host *host, const struct sim_record *record, const struct seen *seen)
{
	struct name current;
	return name_equal(record->owner.wire, seen->owner.wire) ||
	       (is_held_on(host, record->port + 1, record->owner.wire, &current) &&
		       name_equal(current.wire, seen->owner.wire));
}

static void note_said(struct sim_host *host, const struct sim_port *port, const struct seen *seen)
{
	for (unsigned i = 0; i < host->record_count; i++) {
		struct sim_record *record = &host->records[i];
		if (&host->ports[record->port] != port || record->type != seen->type ||
			record->len != seen->len ||
			memcmp(record->rdata, seen->rdata, seen->len) != 0 ||
			!is_said_of(host, record, seen))
			continue;
		record->was_sent = true;
		if (seen->has_flush)
			note_flushed(host, record);
	}
}

/* Returns the place of that record: its own, if it was put before, otherwise a free one. */
static struct sim_record *place_for(
	struct sim *sim, struct sim_host *host, const struct sim_record *like)
{
	for (unsigned i = 0; i < host->record_count; i++) {
		struct sim_record *record = &host->records[i];
		if (record->port == like->port && record->type == like->type &&
			record->len == like->len &&
			memcmp(record->rdata, like->rdata, like->len) == 0 &&
			name_equal(record->owner.wire, like->owner.wire))
			return record;
	}
	if (host->record_count == SIM_RECORDS) {
		sim_fail(sim, "more records than the checks can count");
		return &host->records[0];
	}
	struct sim_record *unused = &host->records[host->record_count++];
	*unused = (struct sim_record){0};
	return unused;
}

void sim_note_put(struct sim *sim, struct sim_host *host, unsigned link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned j = 0; j < sets[i].set.count; j++) {
			struct sim_record record = {
				.port = link - 1,
				.type = sets[i].set.type,
				.until = NS_NEVER,
				.is_unique = sets[i].is_unique,
				.is_known = sets[i].is_known_unique,
				.len = sets[i].set.rdata[j].len,
			};
			memcpy(record.rdata, sets[i].set.rdata[j].bytes, record.len);
			name_copy(&record.owner, owner);
			struct sim_record *place = place_for(sim, host, &record);
			/* Removed a moment ago and put again in the same step is not a removal. */
			record.was_sent = place->was_sent && place->until >= sim->now + echo_time;
			*place = record;
			forgive(&host->ports[link - 1], &record);
		}
}

static void owe(struct sim *sim, struct sim_port *port, const struct name *current,
	const struct sim_record *record)
{
	for (unsigned i = 0; i < SIM_OWED; i++) {
		struct sim_owed *owed = &port->owed[i];
		if (owed->before)
			continue;
		*owed = (struct sim_owed){
			.owner = *current,
			.type = record->type,
			.len = record->len,
			.before = sim->now + NS_PER_S,
		};
		memcpy(owed->rdata, record->rdata, record->len);
		return;
	}
}

/* All records of the owner on that link have ended; called before the engine knows. sim_note_put()
 * reports what replaces them, if anything. */
void sim_note_removed(
	struct sim *sim, struct sim_host *host, unsigned link, const uint8_t *owner, bool is_gone)
{
	struct name current;
	bool is_held = is_held_on(host, link, owner, &current);
	for (unsigned i = 0; i < host->record_count; i++) {
		struct sim_record *record = &host->records[i];
		if (record->until <= sim->now) {
			*record = host->records[--host->record_count];
			i--;
			continue;
		}
		if (record->until != NS_NEVER || record->port != link - 1 ||
			!name_equal(record->owner.wire, owner))
			continue;
		record->until = sim->now + echo_time;
		if (is_held && record->was_sent && host->ports[link - 1].is_up)
			owe(sim, &host->ports[link - 1], &current, record);
	}
	if (is_held && is_gone) {
		struct sim_name *name = name_on(sim, &host->ports[link - 1], current.wire);
		name->is_held = false;
		name->probes = 0;
	}
}

void sim_check_owed(struct sim *sim)
{
	for (unsigned h = 0; h < sim->host_count; h++)
		for (unsigned p = 0; p < sim->hosts[h].port_count; p++)
			for (unsigned i = 0; i < SIM_OWED; i++) {
				const struct sim_owed *owed = &sim->hosts[h].ports[p].owed[i];
				if (owed->before && owed->before < sim->now)
					sim_fail(sim, "%s says no goodbye to %s of type %u",
						sim->hosts[h].name, text_of(&owed->owner),
						owed->type);
			}
}

/* The end */

struct held {
	unsigned link;
	const uint8_t *owner;
	struct name *ret;
	bool is_held;
};

static void look_held(void *arg, const struct mdns_status *status)
{
	struct held *held = arg;
	if (status->link != held->link || !name_equal(status->name.wire, held->owner))
		return;
	held->is_held = status->state == MDNS_ANNOUNCING || status->state == MDNS_ESTABLISHED;
	*held->ret = status->current;
}

static bool is_held_on(struct sim_host *host, unsigned link, const uint8_t *owner, struct name *ret)
{
	struct held held = {.link = link, .owner = owner, .ret = ret};
	mdns_each_status(host->m, look_held, &held);
	return held.is_held;
}

enum { ALL_MAX = SIM_HOSTS * SIM_PORTS * SIM_NAMES };

struct claim_at_end {
	unsigned host, segment;
	struct mdns_status status;
};

struct all_claims {
	struct sim *sim;
	unsigned host, count;
	struct claim_at_end claims[ALL_MAX];
};

static void collect(void *arg, const struct mdns_status *status)
{
	struct all_claims *all = arg;
	const struct sim_port *port = &all->sim->hosts[all->host].ports[status->link - 1];
	if (all->count < ALL_MAX)
		all->claims[all->count++] = (struct claim_at_end){
			.host = all->host,
			.segment = all->sim->wires[port->wire].segment,
			.status = *status,
		};
}

static bool is_held_state(enum mdns_state state)
{
	return state == MDNS_ANNOUNCING || state == MDNS_ESTABLISHED;
}

/* True if each record of `a` under its name is also a record of `b`. */
static bool has_same_records(
	const struct sim *sim, const struct claim_at_end *a, const struct claim_at_end *b)
{
	const struct sim_host *host = &sim->hosts[a->host];
	for (unsigned i = 0; i < host->record_count; i++)
		if (host->records[i].until == NS_NEVER &&
			name_equal(host->records[i].owner.wire, a->status.name.wire) &&
			!record_of(sim, &sim->hosts[b->host], host->records[i].type,
				host->records[i].rdata, host->records[i].len))
			return false;
	return true;
}

static void check_pair(struct sim *sim, const struct claim_at_end *a, const struct claim_at_end *b)
{
	if (a->host == b->host || a->segment != b->segment || !is_held_state(a->status.state) ||
		!is_held_state(b->status.state))
		return;
	if (name_equal(a->status.current.wire, b->status.current.wire) &&
		!has_same_records(sim, a, b) && !has_same_records(sim, b, a))
		sim_fail(sim, "%s and %s both hold %s", sim->hosts[a->host].name,
			sim->hosts[b->host].name, text_of(&a->status.current));
}

void sim_check_settled(struct sim *sim)
{
	static struct all_claims all;
	all.count = 0;
	all.sim = sim;
	for (all.host = 0; all.host < sim->host_count; all.host++) {
		struct sim_host *host = &sim->hosts[all.host];
		mdns_each_status(host->m, collect, &all);
		ns_t deadline = mdns_deadline(host->m);
		if (deadline != NS_NEVER && deadline < sim->now + 60 * NS_PER_S)
			sim_fail(sim, "%s has something to do in %.3f s, though nothing happens",
				host->name, (double)(deadline - sim->now) / 1e9);
	}
	for (unsigned i = 0; i < all.count; i++) {
		const struct claim_at_end *claim = &all.claims[i];
		bool is_up = sim->hosts[claim->host].ports[claim->status.link - 1].is_up;
		if (is_up && !is_held_state(claim->status.state) &&
			claim->status.state != MDNS_YIELDED)
			sim_fail(sim, "%s has not got %s", sim->hosts[claim->host].name,
				text_of(&claim->status.current));
		for (unsigned j = i + 1; j < all.count; j++)
			check_pair(sim, claim, &all.claims[j]);
	}
}
