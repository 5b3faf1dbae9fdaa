/* SPDX-License-Identifier: ISC */
/*
 * Owns the order in which a packet is judged.
 * Never keeps what one says.
 */
#include "base/err.h"
#include "collect/ask.h"
#include "collect/ckey.h"
#include "collect/gate.h"
#include "collect/said.h"
#include "wire/msg.h"

/* True if a response may come from there (RFC 6762 §6, §11). */
static bool is_on_link(const struct collect *c, int slot, const struct mdns_path *from)
{
	return slot != SLOT_NONE && from->peer_port == MDNS_PORT &&
	       multicast_is_on_link(
		       c->links[slot].prefixes, c->links[slot].prefix_count, &from->peer);
}

/* A packet on its way. */
struct arrival {
	const struct mdns_path *from;
	int slot;
	const uint8_t *packet;
	size_t len;
	struct sig0 sig;
	struct name host; /* the owner of the signature's record */
	int count;        /* of the items */
};

static enum collect_verdict read_items(struct collect *c, struct ckey *key, struct arrival *a)
{
	if (!gate_may_read(c, key, &a->from->peer))
		return COLLECT_BUSY;
	a->count = packet_read(a->packet, &a->sig, c->items);
	return a->count < 0 ? COLLECT_MALFORMED : COLLECT_ACCEPTED;
}

/* Takes what was verified. */
static enum collect_verdict take(struct collect *c, struct ckey *key, const struct arrival *a)
{
	gate_note(key, &a->from->peer, true);
	ckey_note_packet(c, key, &a->sig);
	said_take(c, key, a->slot, c->items, a->count);
	return COLLECT_ACCEPTED;
}

static enum collect_verdict verify(
	struct collect *c, struct ckey *key, const struct arrival *a, struct rdata rdata)
{
	gate_count_verify(c, key, &a->from->peer);
	c->stats.verified++;
	const int err = sig0_verify(a->packet, &a->sig, rdata);
	if (!err || err == ERR_NOMEM)
		return err ? COLLECT_BUSY : COLLECT_ACCEPTED;
	if (key) {
		gate_note(key, &a->from->peer, false);
		key->forged++;
	}
	return COLLECT_FORGED;
}

/* Returns the KEY of the host in the packet that has made its signature, if there is one. */
static struct rdata find_own_key(const struct collect *c, const struct arrival *a)
{
	struct wire_label host;
	wire_label_of(a->host.wire, &host);
	for (int i = 0; i < a->count && name_labels(a->host.wire) == 2; i++) {
		const struct item *item = &c->items[i];
		if (item->type == ITEM_KEY && item->ttl_s > 0 &&
			wire_label_equal(&item->name, &host) && sig0_is_by(&a->sig, item->key))
			return item->key;
	}
	return (struct rdata){NULL, 0};
}

/* The packet of an unknown key. Once its own KEY is in it, and it is right, that may become the first one that came. */
static enum collect_verdict judge_first(struct collect *c, struct arrival *a)
{
	struct ckey nobody = {.floor_s = 0};
	if (!ckey_may_be_first(c, a->sig.signer.wire))
		return COLLECT_STRANGER;
	enum collect_verdict v = ckey_check_time(c, &nobody, &a->sig);
	if (v == COLLECT_ACCEPTED)
		v = read_items(c, NULL, a);
	if (v != COLLECT_ACCEPTED)
		return v;
	const struct rdata rdata = find_own_key(c, a);
	if (!rdata.bytes) {
		ask_key(c, a->from->link, &a->from->peer, &a->host);
		return COLLECT_STRANGER;
	}
	v = verify(c, NULL, a, rdata);
	if (v != COLLECT_ACCEPTED)
		return v;
	struct ckey *key = ckey_add(c, a->sig.signer.wire, rdata);
	if (!key || !ckey_make_first(c, key))
		return COLLECT_STRANGER;
	const struct collect_news news = news_of_key(COLLECT_NEWS_KEY, key);
	tell(c, &news);
	ask_key_known(c, &a->host);
	return take(c, key, a);
}

static bool is_wanted(const struct collect *c, const struct arrival *a)
{
	return c->sink.is_wanted && c->sink.is_wanted(c->sink.arg, a->from, a->packet, a->len);
}

/* From what costs least to what costs most. */
static enum collect_verdict judge(struct collect *c, struct arrival *a)
{
	if (!is_on_link(c, a->slot, a->from))
		return COLLECT_OFF_LINK;
	enum collect_verdict v = packet_find_signature(a->packet, a->len, &a->sig, &a->host);
	if (v != COLLECT_ACCEPTED)
		return v;
	if (!crypt_is_known(a->sig.alg))
		return COLLECT_STRANGER;
	if (a->sig.signature_len != CRYPT_SIGNATURE_LEN)
		return COLLECT_FORGED;
	c->signed_s = sig0_since(&a->sig, c->now_s) + COLLECT_BACKDATE_S;
	struct ckey *key = ckey_of_packet(c, &a->sig);
	if (!key)
		return judge_first(c, a);
	v = ckey_check_time(c, key, &a->sig);
	if (v == COLLECT_ACCEPTED)
		v = read_items(c, key, a);
	if (v != COLLECT_ACCEPTED)
		return v;
	if (!said_is_news(c, key, a->slot, c->items, a->count) && !is_wanted(c, a))
		return COLLECT_KNOWN;
	v = verify(c, key, a, ckey_rdata(key));
	return v == COLLECT_ACCEPTED ? take(c, key, a) : v;
}

enum collect_verdict collect_input(struct collect *c, ns_t now, uint64_t now_s,
	const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	collect_enter(c, now, now_s);
	struct arrival a = {
		.from = from, .slot = link_slot(c, from->link), .packet = packet, .len = len};
	const enum collect_verdict v = judge(c, &a);
	c->stats.packets[v]++;
	return v;
}
