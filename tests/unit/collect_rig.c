/* SPDX-License-Identifier: ISC */
/*
 * Owns the rig of the tests of the collector.
 * Never tests anything itself.
 */
#include "collect_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/sig0.h"
#include "unit.h"

static struct name name_of(const char *text)
{
	struct name n;
	assert_int_equal(name_from_text(text, NULL, &n), 0);
	return n;
}

struct addr rig_addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

struct rig_host rig_host(unsigned number)
{
	struct rig_host h;
	uint8_t secret[CRYPT_SECRET_LEN] = {1, 2, 3};
	char text[64];
	secret[3] = (uint8_t)number;
	secret[4] = (uint8_t)(number >> 8);
	/* Ed25519 is three times as fast. */
	assert_int_equal(
		key_from_secret(number % 4 == 0 ? DNSSEC_P256 : DNSSEC_ED25519, secret, &h.key), 0);
	key_set_flags(&h.key, KEY_FLAGS);
	snprintf(text, sizeof(text), "h%u.example.", number);
	h.signer = name_of(text);
	snprintf(text, sizeof(text), "h%u.local.", number);
	h.local = name_of(text);
	h.rdata_len = key_dnskey(&h.key, h.rdata);
	return h;
}

/* The sink. */

static struct rig_put *place_of(const struct rig *r, const char *label)
{
	struct rig_put *puts = (struct rig_put *)r->puts;
	for (int i = 0; i < RIG_NAMES; i++)
		if (strcmp(puts[i].label, label) == 0)
			return &puts[i];
	return NULL;
}

static int put(void *arg, const char *label, const struct addr *addrs, size_t count, uint32_t ttl_s,
	bool exists)
{
	struct rig *r = arg;
	struct rig_put *p = place_of(r, label);
	r->put_count++;
	if (r->put_fails)
		return ERR_NOMEM;
	if (!p)
		p = place_of(r, "");
	assert_non_null(p);
	if (!exists) {
		assert_true(p->label[0] != '\0'); /* it was there */
		*p = (struct rig_put){.count = 0};
		return 0;
	}
	assert_true(count <= LIMIT_HOST_ADDRS);
	snprintf(p->label, sizeof(p->label), "%s", label);
	p->count = count;
	p->ttl_s = ttl_s;
	for (size_t i = 0; i < count; i++) {
		p->addrs[i] = addrs[i];
		assert_true(i == 0 || addr_cmp(&addrs[i - 1], &addrs[i]) < 0);
	}
	return 0;
}

static bool is_taken(void *arg, const char *label)
{
	const struct rig *r = arg;
	return r->taken && strcmp(r->taken, label) == 0;
}

static size_t find_keys(void *arg, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF])
{
	const struct rig *r = arg;
	if (!r->in_zone || !name_equal(r->in_zone->signer.wire, signer))
		return 0;
	ret[0] = (struct rdata){r->in_zone->rdata, (uint16_t)r->in_zone->rdata_len};
	return 1;
}

static bool is_known(void *arg, const uint8_t *signer)
{
	const struct rig *r = arg;
	return r->known && name_equal(r->known, signer);
}

static void ask(void *arg, uint32_t link, const uint8_t *name, uint16_t type, bool is_wanted)
{
	struct rig *r = arg;
	assert_true(link != 0);
	r->asks += is_wanted ? 1 : -1;
	assert_true(r->asks >= 0);
	if (is_wanted) {
		name_to_text(name, r->last_ask);
		r->last_ask_type = type;
	}
}

static void on_news(void *arg, const struct collect_news *news)
{
	struct rig *r = arg;
	r->news[news->type]++;
}

/* Life. */

static void make(struct rig *r)
{
	const struct collect_sink sink = {
		put, is_taken, find_keys, ask, on_news, r, r->is_wanted, is_known};
	r->c = collect_new(7, &sink, &r->config);
	assert_non_null(r->c);
}

void rig_add_link(struct rig *r, uint32_t id)
{
	const struct addr a = rig_addr("192.0.2.0"), b = rig_addr("10.0.0.0"),
			  d = rig_addr("2001:db8::");
	const struct prefix prefixes[] = {
		prefix_make(&a, 24), prefix_make(&b, 8), prefix_make(&d, 64)};
	assert_int_equal(collect_link(r->c, r->now, r->now_s, id, prefixes, 3), 0);
}

void rig_begin(struct rig *r, const struct collect_config *config)
{
	*r = (struct rig){.config = *config, .now = NS_PER_S, .now_s = RIG_START_S};
	make(r);
	rig_add_link(r, RIG_LINK);
}

void rig_end(struct rig *r)
{
	collect_free(r->c);
	buf_fini(&r->text);
}

void rig_write(struct rig *r)
{
	if (!r->keeps_text || !collect_has_changes(r->c))
		return;
	if (r->text.len == 0 || collect_wants_all(r->c)) {
		buf_clear(&r->text);
		collect_write_all(r->c, r->now, r->now_s, &r->text);
	} else {
		collect_write_changes(r->c, r->now, r->now_s, &r->text);
	}
	assert_int_equal(r->text.err, 0);
	assert_false(collect_has_changes(r->c));
}

void rig_restart(struct rig *r)
{
	size_t bad = 1;
	struct buf text = {0};
	if (r->keeps_text)
		rig_write(r);
	else
		collect_write_all(r->c, r->now, r->now_s, &text);
	const struct buf *from = r->keeps_text ? &r->text : &text;
	assert_int_equal(from->err, 0);
	collect_free(r->c);
	memset(r->puts, 0, sizeof(r->puts));
	r->asks = 0;
	make(r);
	if (from->len > 0) {
		assert_int_equal(collect_whole_len(from->bytes, from->len), from->len);
		assert_int_equal(
			collect_read(r->c, r->now, r->now_s, from->bytes, from->len, &bad), 0);
		assert_int_equal(bad, 0);
	}
	assert_false(collect_has_changes(r->c));
	buf_fini(&text);
	rig_add_link(r, RIG_LINK);
}

void rig_pass(struct rig *r, uint64_t seconds)
{
	const ns_t end = r->now + (ns_t)seconds * NS_PER_S;
	while (collect_deadline(r->c) <= end) {
		const ns_t at = ns_max(collect_deadline(r->c), r->now);
		r->now_s += (uint64_t)((at - r->now) / NS_PER_S);
		r->now += (at - r->now) / NS_PER_S * NS_PER_S;
		if (r->now < at) { /* the next whole second */
			r->now += NS_PER_S;
			r->now_s++;
		}
		collect_poll(r->c, r->now, r->now_s);
		assert_true(collect_deadline(r->c) > r->now);
		rig_write(r);
	}
	r->now_s += (uint64_t)((end - r->now) / NS_PER_S);
	r->now = end;
}

/* Packets. */

void packet_begin(struct rig_packet *m)
{
	pack_init(&m->p, m->bytes, RIG_PACKET, 0, MSG_QR | MSG_AA);
	m->p.may_compress_srv = true;
}

void packet_add(struct rig_packet *m, const char *owner, uint16_t type, uint32_t ttl_s,
	bool is_flush, const void *rdata, size_t len)
{
	const struct name n = name_of(owner);
	const struct pack_rr rr = {n.wire, type, is_flush ? CLASS_IN | CLASS_FLUSH : CLASS_IN,
		ttl_s, rdata, (uint16_t)len};
	assert_int_equal(pack_rr(&m->p, SECTION_ANSWER, &rr), 0);
}

void packet_add_addr(struct rig_packet *m, const char *host, const struct addr *a, uint32_t ttl_s)
{
	char owner[128];
	snprintf(owner, sizeof(owner), "%s.local.", host);
	packet_add(m, owner, a->family == ADDR_V4 ? RR_A : RR_AAAA, ttl_s, true, a->bytes,
		addr_len(a));
}

void packet_add_instance(struct rig_packet *m, const char *host, const char *wanted, uint32_t ttl_s)
{
	char owner[128], target[128], txt[80] = {0};
	snprintf(owner, sizeof(owner), "%s._ontap._udp.local.", host);
	snprintf(target, sizeof(target), "%s.local.", host);
	const struct name instance = name_of(owner), n = name_of(target);
	uint8_t srv[6 + NAME_CAP] = {0};
	memcpy(srv + 6, n.wire, n.len);
	if (wanted)
		txt[0] = (char)snprintf(txt + 1, sizeof(txt) - 1, "d=%s", wanted);
	packet_add(m, "_ontap._udp.local.", RR_PTR, ttl_s, false, instance.wire, instance.len);
	packet_add(m, owner, RR_SRV, ttl_s, true, srv, 6u + n.len);
	packet_add(m, owner, RR_TXT, ttl_s, true, txt, 1u + (unsigned)txt[0]);
}

void packet_add_key(struct rig_packet *m, const struct rig_host *h)
{
	char owner[NAME_TEXT_CAP];
	packet_add(
		m, name_to_text(h->local.wire, owner), RR_KEY, 120, true, h->rdata, h->rdata_len);
}

void packet_sign(struct rig_packet *m, const struct rig_host *h, uint64_t inception_s)
{
	struct sig0_rdata rdata;
	m->len = m->p.len;
	assert_int_equal(sig0_make(&h->key, h->signer.wire, inception_s, inception_s + 180,
				 m->bytes, m->len, &rdata),
		0);
	assert_int_equal(sig0_append(m->bytes, &m->len, RIG_PACKET, h->local.wire, CLASS_IN,
				 rdata.bytes, rdata.len),
		0);
}

enum collect_verdict packet_send_from(
	struct rig *r, uint32_t link, const struct rig_packet *m, const struct addr *peer)
{
	const struct mdns_path from = {
		.link = link, .peer = *peer, .peer_port = MDNS_PORT, .is_multicast = true};
	const enum collect_verdict v =
		collect_input(r->c, r->now, r->now_s, &from, m->bytes, m->len);
	rig_write(r);
	return v;
}

enum collect_verdict packet_send(struct rig *r, uint32_t link, const struct rig_packet *m)
{
	const struct addr peer = rig_addr("192.0.2.77");
	return packet_send_from(r, link, m, &peer);
}

enum collect_verdict rig_say(struct rig *r, const struct rig_host *h, const char *host,
	const char *wanted, const char *addrs, uint32_t ttl_s)
{
	static struct rig_packet m;
	char copy[512], *rest = NULL;
	snprintf(copy, sizeof(copy), "%s", addrs);
	packet_begin(&m);
	packet_add_instance(&m, host, wanted, ttl_s);
	for (char *a = strtok_r(copy, " ", &rest); a; a = strtok_r(NULL, " ", &rest)) {
		const struct addr addr = rig_addr(a);
		packet_add_addr(&m, host, &addr, ttl_s);
	}
	packet_sign(&m, h, r->now_s - 60);
	return packet_send(r, RIG_LINK, &m);
}

/* Assertions. */

const struct rig_put *rig_find(const struct rig *r, const char *label)
{
	return place_of(r, label);
}

void rig_assert(const struct rig *r, const char *label, const char *addrs, uint32_t ttl_s)
{
	const struct rig_put *p = rig_find(r, label);
	char all[LIMIT_HOST_ADDRS * ADDR_TEXT_CAP] = "", addr[ADDR_TEXT_CAP];
	if (!addrs) {
		assert_null(p);
		return;
	}
	assert_non_null(p);
	for (size_t i = 0; i < p->count; i++) {
		strcat(all, i > 0 ? " " : "");
		strcat(all, addr_format(&p->addrs[i], addr));
	}
	assert_string_equal(all, addrs);
	assert_int_equal(p->ttl_s, ttl_s);
}

static void take_state(void *arg, const struct collect_name *name)
{
	*(enum collect_state *)arg = name->state;
}

enum collect_state rig_state(const struct rig *r, const char *label)
{
	enum collect_state state = COLLECT_STATE_COUNT;
	(void)collect_find(r->c, label, take_state, &state);
	return state;
}
