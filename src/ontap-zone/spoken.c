/* SPDX-License-Identifier: ISC */
/*
 * Owns the packets of multicast DNS that wait for a signature, and their order.
 * Never makes a signature, and never waits for one for long.
 */
#include "ontap-zone/spoken.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "dnssec/sig0.h"
#include "wire/rr.h"

enum { UNICAST_BURST = 10 };

struct packet {
	struct list of_waiting;
	struct mdns_path to;
	uint64_t ticket; /* 0: it wants no signature, or none any more */
	ns_t until;
	size_t len;
	uint8_t bytes[]; /* and room for the signature */
};

void spoken_init(struct spoken *s, const struct spoken_sink *sink)
{
	*s = (struct spoken){.sink = *sink};
	list_init(&s->waiting);
}

static struct packet *first_of(const struct spoken *s)
{
	return s->count ? container_of(s->waiting.next, struct packet, of_waiting) : NULL;
}

static void drop(struct spoken *s, struct packet *p)
{
	list_remove(&p->of_waiting);
	s->count--;
	free(p);
}

void spoken_fini(struct spoken *s)
{
	while (s->count > 0)
		drop(s, first_of(s));
}

/* Sends what need not wait, from the first one on. */
static void release(struct spoken *s)
{
	for (struct packet *p; (p = first_of(s)) && p->ticket == 0;) {
		s->sink.send(s->sink.arg, &p->to, p->bytes, p->len);
		drop(s, p);
	}
}

/* It goes without. */
static void give_up(struct spoken *s, struct packet *p)
{
	if (s->given_up == 0 && s->sink.on_late)
		s->sink.on_late(s->sink.arg, true);
	s->given_up = p->ticket;
	s->stats.late++;
	p->ticket = 0;
}

static void give_up_all(struct spoken *s)
{
	LIST_EACH(p, &s->waiting, struct packet, of_waiting)
		if (p->ticket != 0)
			give_up(s, p);
	release(s);
}

void spoken_set_signer(struct spoken *s, bool has_signer)
{
	s->has_signer = has_signer;
	if (!has_signer)
		give_up_all(s);
	s->given_up = 0;
}

static bool is_same_way(const struct mdns_path *a, const struct mdns_path *b)
{
	return a->link == b->link && a->peer_port == b->peer_port && addr_equal(&a->peer, &b->peer);
}

static bool is_behind_another(const struct spoken *s, const struct mdns_path *to)
{
	LIST_EACH(p, &s->waiting, struct packet, of_waiting)
		if (is_same_way(&p->to, to))
			return true;
	return false;
}

/* While the signer is late, nothing waits for it. */
static bool may_be_signed(struct spoken *s, ns_t now, const struct mdns_path *to)
{
	if (!to->wants_signature || !s->has_signer)
		return false;
	if (s->given_up != 0) {
		s->stats.late++;
		return false;
	}
	if (to->is_multicast || budget_may(&s->unicast, now, UNICAST_BURST,
					NS_PER_S / (LIMIT_SPOKEN_UNICAST_S - UNICAST_BURST)))
		return true;
	s->stats.limited++;
	return false;
}

/* False: no memory. */
static bool wait(struct spoken *s, ns_t now, const struct mdns_path *to, const uint8_t *packet,
	size_t len, bool is_signed)
{
	struct packet *p = malloc(sizeof(*p) + len + LIMIT_MDNS_SIGNATURE);
	if (!p)
		return false;
	*p = (struct packet){.to = *to, .until = now + SPOKEN_PATIENCE, .len = len};
	memcpy(p->bytes, packet, len);
	list_append(&s->waiting, &p->of_waiting);
	s->count++;
	if (is_signed) {
		p->ticket = ++s->ticket;
		s->sink.sign(s->sink.arg, p->ticket, packet, len);
	}
	return true;
}

void spoken_take(
	struct spoken *s, ns_t now, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	if (s->count == LIMIT_SPOKEN)
		give_up_all(s);
	const bool is_signed = may_be_signed(s, now, to);
	if ((is_signed || is_behind_another(s, to)) && wait(s, now, to, packet, len, is_signed))
		return;
	s->sink.send(s->sink.arg, to, packet, len);
}

static struct packet *find(const struct spoken *s, uint64_t ticket)
{
	LIST_EACH(p, &s->waiting, struct packet, of_waiting)
		if (p->ticket == ticket)
			return p;
	return NULL;
}

void spoken_signed(
	struct spoken *s, uint64_t ticket, const uint8_t *owner, const uint8_t *rdata, size_t len)
{
	struct packet *p = ticket ? find(s, ticket) : NULL;
	if (s->given_up != 0 && ticket >= s->given_up) {
		s->given_up = 0;
		if (s->sink.on_late)
			s->sink.on_late(s->sink.arg, false);
	}
	if (!p)
		return;
	const bool is_signed =
		rdata && sig0_append(p->bytes, &p->len, p->len + LIMIT_MDNS_SIGNATURE, owner,
				 CLASS_IN, rdata, len) == 0;
	s->stats.signed_packets += is_signed;
	s->stats.late += !is_signed;
	p->ticket = 0;
	release(s);
}

void spoken_poll(struct spoken *s, ns_t now)
{
	LIST_EACH(p, &s->waiting, struct packet, of_waiting)
		if (p->ticket != 0 && p->until <= now)
			give_up(s, p);
	release(s);
}

/* The first one is the oldest, and what waits with it has the same time or a later one. */
ns_t spoken_deadline(const struct spoken *s)
{
	const struct packet *p = first_of(s);
	return p ? p->until : NS_NEVER;
}
