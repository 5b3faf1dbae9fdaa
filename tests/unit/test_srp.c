/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of registrations (update/srp.h, RFC 9665) and of leases (RFC 9664): their form, who has a name, what is
 * served, and when it goes; also against a plain model, under random steps. Run by `make check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"
#include "update/diary.h"
#include "update/srp.h"
#include "wire/pack.h"
#include "zone/lookup.h"
#include "zone/node.h"
#include "zone_rig.h"

enum { NOW = 1764523456, KEY_LEN = 68 };

static struct {
	struct zone *zone;
	struct added *added;
	struct update_outcome outcome;
	uint64_t now_s;
	struct name other; /* whose name is somebody's; len 0: nobody's */
} rig;

static bool is_of_other(const void *arg UNUSED, const uint8_t *name)
{
	return rig.other.len > 0 && name_equal(name, rig.other.wire);
}

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.zone = zone_new(1, (struct zone_listener){0});
	rig.added = added_new(2);
	rig.now_s = NOW;
	rig_apex(rig.zone, "example.");
	rig_put(rig.zone, ZONE_DERIVED, "web.example.", "60 A 192.0.2.1", NULL);
	rig_commit(rig.zone, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	added_free(rig.added);
	rig_commit(rig.zone, 1);
	zone_free(rig.zone);
	return 0;
}

/* Keys: their bytes need not be of a curve, since nothing is verified here. */
static struct rdata key_of(unsigned who, uint8_t room[KEY_LEN])
{
	static const uint8_t head[] = {2, 1, 3, 13};
	memset(room, (int)who + 1, KEY_LEN);
	memcpy(room, head, sizeof(head));
	return (struct rdata){room, KEY_LEN};
}

/* Messages. */

struct message {
	uint8_t bytes[8192];
	struct pack p;
	unsigned who; /* the key */
};

static void begin(struct message *m, const char *zone, unsigned who)
{
	struct name apex = rig_name(zone);
	pack_init(&m->p, m->bytes, sizeof(m->bytes), 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&m->p, apex.wire, RR_SOA, CLASS_IN), 0);
	m->who = who;
}

static void add(struct message *m, const char *owner, uint16_t class, uint16_t type, uint32_t ttl,
	const void *rdata, size_t len)
{
	struct name n = rig_name(owner);
	const struct pack_rr rr = {n.wire, type, class, ttl, rdata, (uint16_t)len};
	assert_int_equal(pack_rr(&m->p, SECTION_AUTHORITY, &rr), 0);
}

static void clear(struct message *m, const char *owner)
{
	add(m, owner, CLASS_ANY, RR_ANY, 0, NULL, 0);
}

static void add_key(struct message *m, const char *owner)
{
	uint8_t room[KEY_LEN];
	struct rdata key = key_of(m->who, room);
	add(m, owner, CLASS_IN, RR_KEY, 120, key.bytes, key.len);
}

static void add_host(struct message *m, const char *host, uint8_t last)
{
	const uint8_t addr[] = {192, 0, 2, last};
	clear(m, host);
	if (last)
		add(m, host, CLASS_IN, RR_A, 120, addr, sizeof(addr));
	add_key(m, host);
}

static void add_ptr(struct message *m, const char *type, const char *service, uint16_t class)
{
	struct name n = rig_name(service);
	add(m, type, class, RR_PTR, class == CLASS_IN ? 120 : 0, n.wire, n.len);
}

static void add_srv(struct message *m, const char *service, const char *host, uint8_t port)
{
	uint8_t srv[6 + NAME_CAP] = {0, 0, 0, 0, 0, port};
	struct name n = rig_name(host);
	memcpy(srv + 6, n.wire, n.len);
	add(m, service, CLASS_IN, RR_SRV, 120, srv, 6u + n.len);
}

static void add_service(
	struct message *m, const char *service, const char *type, const char *host, uint8_t port)
{
	add_ptr(m, type, service, CLASS_IN);
	clear(m, service);
	add_srv(m, service, host, port);
	add(m, service, CLASS_IN, RR_TXT, 120, "\0", 1);
}

static int put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return zone_put(arg, ZONE_UPDATED, owner, sets, count);
}

static int try(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return zone_try(arg, ZONE_UPDATED, owner, sets, count);
}

static void put_all(void)
{
	assert_int_equal(added_put_all(rig.added, put, rig.zone), 0);
}

/* Sends the message, signed `ago` seconds ago (UINT64_MAX: without times). Returns the rcode. */
static int send_ago(
	struct message *m, const char *host, uint32_t lease_s, uint32_t key_lease_s, uint64_t ago)
{
	uint8_t room[KEY_LEN];
	const struct update_lease asked = {lease_s, key_lease_s, true};
	struct srp srp = {.key = key_of(m->who, room),
		.lease = update_lease_grant(&asked),
		.is_of_other = is_of_other};
	struct name domain = rig_name("example."), name = rig_name(host);
	const struct update_ground ground = {.zone = rig.zone,
		.domain = domain.wire,
		.by = {.key = name.wire, .when_s = rig.now_s},
		.try = try,
		.try_arg = rig.zone};
	struct update_message parsed;
	struct added_draft d;
	if (ago != UINT64_MAX) {
		srp.signed_s = rig.now_s - ago;
		srp.valid_s = srp.signed_s + 300;
	}
	assert_int_equal(update_message_parse(m->bytes, m->p.len, &parsed), 0);
	added_draft_init(&d, rig.added);
	int rcode = srp_judge(&ground, &srp, &parsed, &d, &rig.outcome);
	update_message_fini(&parsed);
	assert_true((rcode == 0) == (rig.outcome.reason == NULL));
	if (!rcode)
		assert_int_equal(added_take(&d), 0);
	added_draft_fini(&d);
	put_all();
	return rcode;
}

static int send(struct message *m, const char *host)
{
	return send_ago(m, host, 3600, 86400, 0);
}

/* Returns the number of records that are served in a view; to anybody. */
static int count_in(const char *owner, uint16_t type, unsigned view)
{
	struct name n = rig_name(owner);
	const struct node *node = zone_latest(rig.zone, n.wire);
	const struct node_set *set = node ? node_set(node, type, view) : NULL;
	return set ? set->count : 0;
}

static int count(const char *owner, uint16_t type)
{
	return count_in(owner, type, VIEW_WAN);
}

static void expire_at(uint64_t now_s)
{
	rig.now_s = now_s;
	(void)added_expire(rig.added, now_s);
	put_all();
}

static void a_host_and_its_services_are_registered(void **state)
{
	(void)state;
	struct message m;
	begin(&m, "example.", 1);
	add_service(&m, "Lamp._hap._udp.example.", "_hap._udp.example.", "lamp.example.", 80);
	add_ptr(&m, "_s1._sub._hap._udp.example.", "Lamp._hap._udp.example.", CLASS_IN);
	add_host(&m, "lamp.example.", 7);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
	assert_int_equal(count("lamp.example.", RR_A), 1);
	assert_int_equal(count("Lamp._hap._udp.example.", RR_SRV), 1);
	assert_int_equal(count("Lamp._hap._udp.example.", RR_TXT), 1);
	assert_int_equal(count("_hap._udp.example.", RR_PTR), 1);
	assert_int_equal(count("_s1._sub._hap._udp.example.", RR_PTR), 1);
	/* A key in the zone would have rights. */
	assert_int_equal(count("lamp.example.", RR_KEY), 0);
	assert_int_equal(count("Lamp._hap._udp.example.", RR_KEY), 0);
	assert_int_equal(added_next_end(rig.added), NOW + 3600);
	expire_at(NOW + 3599);
	assert_int_equal(count("lamp.example.", RR_A), 1);
	expire_at(NOW + 3600);
	assert_int_equal(count("lamp.example.", RR_A), 0);
	assert_int_equal(count("_hap._udp.example.", RR_PTR), 0);
	assert_int_equal(added_stats(rig.added).owners, 2); /* with the keys */
	expire_at(NOW + 86400);
	assert_int_equal(added_stats(rig.added).owners, 0);
	assert_int_equal(added_next_end(rig.added), UINT64_MAX);
}

static void names_of_others_are_not_registered(void **state)
{
	(void)state;
	static const char *const zones[] = {"example.", "default.service.arpa."};
	rig.other = rig_name("LAP.example.");
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		struct message m;
		char host[64];
		snprintf(host, sizeof(host), "lap.%s", zones[i]);
		begin(&m, zones[i], 1);
		add_host(&m, host, 7);
		assert_int_equal(send(&m, host), RCODE_YXDOMAIN);
		snprintf(host, sizeof(host), "lamp%zu.%s", i, zones[i]);
		begin(&m, zones[i], 1);
		add_host(&m, host, 7);
		assert_int_equal(send(&m, host), RCODE_NOERROR);
	}
	assert_int_equal(count("lap.example.", RR_A), 0);
}

static void the_default_zone_is_the_domain(void **state)
{
	(void)state;
	struct message m;
	begin(&m, "default.service.arpa.", 1);
	add_service(&m, "Lamp._hap._udp.default.service.arpa.", "_hap._udp.default.service.arpa.",
		"lamp.default.service.arpa.", 80);
	add_host(&m, "lamp.default.service.arpa.", 7);
	assert_int_equal(send(&m, "lamp.default.service.arpa."), RCODE_NOERROR);
	assert_int_equal(count("lamp.example.", RR_A), 1);
	struct name owner = rig_name("Lamp._hap._udp.example.");
	const struct node *n = zone_latest(rig.zone, owner.wire);
	const struct node_set *srv = n ? node_set(n, RR_SRV, VIEW_ANY) : NULL;
	assert_non_null(srv);
	const uint8_t *at = node_rdata(n, srv);
	struct name host = rig_name("lamp.example.");
	assert_true(name_equal(node_next_rdata(srv, &at).bytes + 6, host.wire));
	/* The same key may come by the other name. */
	begin(&m, "example.", 1);
	add_host(&m, "lamp.example.", 8);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
}

static void who_comes_first_has_the_name(void **state)
{
	(void)state;
	struct message m;
	begin(&m, "example.", 1);
	add_service(&m, "Lamp._hap._udp.example.", "_hap._udp.example.", "lamp.example.", 80);
	add_host(&m, "lamp.example.", 7);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
	begin(&m, "example.", 2);
	add_host(&m, "LAMP.example.", 66);
	assert_int_equal(send(&m, "LAMP.example."), RCODE_YXDOMAIN);
	begin(&m, "example.", 2);
	add_service(&m, "lamp._hap._udp.example.", "_hap._udp.example.", "other.example.", 80);
	add_host(&m, "other.example.", 66);
	assert_int_equal(send(&m, "other.example."), RCODE_YXDOMAIN);
	assert_int_equal(count("other.example.", RR_A), 0);
	/* What the kernel has is nobody's to register. */
	begin(&m, "example.", 2);
	add_host(&m, "web.example.", 66);
	assert_int_equal(send(&m, "web.example."), RCODE_YXDOMAIN);
	/* The name is the key's for as long as the key's lease. */
	expire_at(NOW + 86399);
	begin(&m, "example.", 2);
	add_host(&m, "lamp.example.", 66);
	assert_int_equal(send(&m, "lamp.example."), RCODE_YXDOMAIN);
	expire_at(NOW + 86400);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
}

static void all_of_a_host_is_removed(void **state)
{
	(void)state;
	struct message m;
	begin(&m, "example.", 1);
	add_service(&m, "a._hap._udp.example.", "_hap._udp.example.", "lamp.example.", 80);
	add_service(&m, "b._ipp._tcp.example.", "_ipp._tcp.example.", "lamp.example.", 80);
	add_ptr(&m, "_s._sub._ipp._tcp.example.", "b._ipp._tcp.example.", CLASS_IN);
	add_host(&m, "lamp.example.", 7);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
	begin(&m, "example.", 2);
	add_service(&m, "c._ipp._tcp.example.", "_ipp._tcp.example.", "desk.example.", 80);
	add_host(&m, "desk.example.", 8);
	assert_int_equal(send(&m, "desk.example."), RCODE_NOERROR);
	assert_int_equal(count("_ipp._tcp.example.", RR_PTR), 2);
	begin(&m, "example.", 1);
	add_host(&m, "lamp.example.", 0);
	assert_int_equal(send_ago(&m, "lamp.example.", 0, 7200, 0), RCODE_NOERROR);
	assert_int_equal(count("lamp.example.", RR_A), 0);
	assert_int_equal(count("a._hap._udp.example.", RR_SRV), 0);
	assert_int_equal(count("_hap._udp.example.", RR_PTR), 0);
	assert_int_equal(count("_s._sub._ipp._tcp.example.", RR_PTR), 0);
	assert_int_equal(count("_ipp._tcp.example.", RR_PTR), 1);
	assert_int_equal(count("c._ipp._tcp.example.", RR_SRV), 1);
	begin(&m, "example.", 2);
	add_host(&m, "lamp.example.", 66);
	assert_int_equal(send(&m, "lamp.example."), RCODE_YXDOMAIN);
	/* Without a lease for the key, the name is free when the last message cannot be repeated any more. */
	begin(&m, "example.", 1);
	add_host(&m, "lamp.example.", 0);
	assert_int_equal(send_ago(&m, "lamp.example.", 0, 0, 0), RCODE_NOERROR);
	expire_at(rig.now_s + 300);
	begin(&m, "example.", 2);
	add_host(&m, "lamp.example.", 66);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
}

static void private_addresses_are_for_the_lan(void **state)
{
	(void)state;
	static const uint8_t addrs[][4] = {{10, 0, 0, 7}, {169, 254, 0, 7}, {127, 0, 0, 1}};
	struct message m;
	begin(&m, "example.", 1);
	add_host(&m, "lamp.example.", 7);
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++)
		add(&m, "lamp.example.", CLASS_IN, RR_A, 120, addrs[i], 4);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
	assert_int_equal(count_in("lamp.example.", RR_A, VIEW_WAN), 1);
	assert_int_equal(count_in("lamp.example.", RR_A, VIEW_LAN), 2);
}

static void one_service_is_removed(void **state)
{
	(void)state;
	struct message m;
	begin(&m, "example.", 1);
	add_service(&m, "a._hap._udp.example.", "_hap._udp.example.", "lamp.example.", 80);
	add_service(&m, "b._hap._udp.example.", "_hap._udp.example.", "lamp.example.", 80);
	add_host(&m, "lamp.example.", 7);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
	begin(&m, "example.", 1);
	add_ptr(&m, "_hap._udp.example.", "a._hap._udp.example.", CLASS_NONE);
	clear(&m, "a._hap._udp.example.");
	add_host(&m, "lamp.example.", 7);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
	assert_int_equal(count("a._hap._udp.example.", RR_SRV), 0);
	assert_int_equal(count("b._hap._udp.example.", RR_SRV), 1);
	assert_int_equal(count("_hap._udp.example.", RR_PTR), 1);
}

static void an_old_message_is_not_taken_again(void **state)
{
	(void)state;
	struct message m;
	begin(&m, "example.", 1);
	add_host(&m, "lamp.example.", 7);
	assert_int_equal(send_ago(&m, "lamp.example.", 3600, 86400, 10), RCODE_NOERROR);
	begin(&m, "example.", 1);
	add_host(&m, "lamp.example.", 8);
	assert_int_equal(send_ago(&m, "lamp.example.", 3600, 86400, 5), RCODE_NOERROR);
	assert_int_equal(send_ago(&m, "lamp.example.", 3600, 86400, 10), RCODE_REFUSED);
	assert_int_equal(send_ago(&m, "lamp.example.", 3600, 86400, 5), RCODE_NOERROR);
	/* It has a clock: what comes without times is from somebody else's past. */
	assert_int_equal(send_ago(&m, "lamp.example.", 3600, 86400, UINT64_MAX), RCODE_REFUSED);
	/* A device without one cannot tell. */
	begin(&m, "example.", 2);
	add_host(&m, "clock.example.", 8);
	assert_int_equal(send_ago(&m, "clock.example.", 3600, 86400, UINT64_MAX), RCODE_NOERROR);
	assert_int_equal(send_ago(&m, "clock.example.", 3600, 86400, UINT64_MAX), RCODE_NOERROR);
	assert_int_equal(send_ago(&m, "clock.example.", 3600, 86400, 0), RCODE_NOERROR);
}

static void times_have_bounds(void **state)
{
	(void)state;
	static const struct {
		int64_t inception, expiration;
		bool is_right;
	} cases[] = {{-60, 60, true}, {0, 3600, true}, {0, 3601, false}, {1, 60, false},
		{-120, -1, false}, {-86400, 60, true}, {-86401, 60, false},
		{-0x7ffffff0LL, 60, false}, {-NOW, -NOW, true}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct sig0 sig = {.inception = (uint32_t)(NOW + cases[i].inception),
			.expiration = (uint32_t)(NOW + cases[i].expiration)};
		struct srp srp;
		assert_true(srp_is_valid_now(&sig, NOW, 3600) == cases[i].is_right);
		srp_set_times(&srp, &sig, NOW);
		if (cases[i].is_right)
			assert_true(srp.signed_s <= NOW && srp.valid_s <= NOW + 3600);
	}
}

/* Registrations share a half of all bytes: the other half is for those with rights. */
static void strangers_leave_room(void **state)
{
	(void)state;
	enum { TXT_LEN = 7680, HOSTS_MANY = 2000, KEYS_MANY = 250 };
	static uint8_t txt[TXT_LEN];
	struct message m;
	char host[32], service[48];
	int i = 0, rcode = RCODE_NOERROR;
	for (size_t at = 0; at < TXT_LEN; at += 256)
		txt[at] = 255;
	for (; i < HOSTS_MANY && !rcode; i++) {
		snprintf(host, sizeof(host), "h%d.example.", i);
		snprintf(service, sizeof(service), "s%d._x._tcp.example.", i);
		begin(&m, "example.", (unsigned)i % KEYS_MANY);
		add_ptr(&m, "_x._tcp.example.", service, CLASS_IN);
		clear(&m, service);
		add_srv(&m, service, host, 1);
		add(&m, service, CLASS_IN, RR_TXT, 120, txt, TXT_LEN);
		add_host(&m, host, 1);
		rcode = send(&m, host);
	}
	assert_int_equal(rcode, RCODE_REFUSED);
	assert_true(added_stats(rig.added).leased_bytes <= LIMIT_SRP_BYTES);
	assert_true(added_stats(rig.added).leased_bytes > LIMIT_SRP_BYTES - 2 * TXT_LEN);
	/* One that is there can be renewed. */
	begin(&m, "example.", 0);
	add_host(&m, "h0.example.", 1);
	assert_int_equal(send(&m, "h0.example."), RCODE_NOERROR);
}

/* Makes a registration that is right but for one thing. */
static void make_wrong(struct message *m, unsigned what)
{
	static const uint8_t addr[] = {192, 0, 2, 9};
	const char *s = "a._hap._udp.example.", *t = "_hap._udp.example.", *h = "lamp.example.";
	uint8_t room[KEY_LEN];
	begin(m, "example.", 1);
	if (what != 0)
		clear(m, h);
	add_key(m, h);
	add_ptr(m, what == 1 ? "_ipp._tcp.example." : t, s, CLASS_IN);
	if (what != 2)
		clear(m, s);
	add_srv(m, s, what == 3 ? "other.example." : h, 80);
	if (what != 4)
		add(m, s, CLASS_IN, RR_TXT, 120, "\0", 1);
	switch (what) {
	case 5: add_srv(m, s, h, 81); break;
	case 6: add(m, "other.example.", CLASS_IN, RR_A, 120, addr, sizeof(addr)); break;
	case 7: add(m, h, CLASS_IN, RR_CNAME, 120, "\0", 1); break;
	case 8: add(m, h, CLASS_ANY, RR_A, 0, NULL, 0); break;
	case 9: clear(m, "other.example."); break;
	case 10: add_ptr(m, t, "b._hap._udp.example.", CLASS_IN); break;
	case 11: add(m, h, CLASS_IN, RR_KEY, 120, key_of(9, room).bytes, KEY_LEN); break;
	case 12: add(m, h, CLASS_NONE, RR_A, 0, addr, sizeof(addr)); break;
	case 13: add_service(m, "a._b._c._udp.example.", "_b._c._udp.example.", h, 1); break;
	case 14: add_ptr(m, "x._s._sub._hap._udp.example.", s, CLASS_IN); break;
	case 15:
		add_service(m, "a._dnssd-srp._tcp.example.", "_dnssd-srp._tcp.example.", h, 1);
		break;
	case 16: add(m, "elsewhere.test.", CLASS_IN, RR_A, 120, addr, sizeof(addr)); break;
	case 17: /* a service that nothing leads to */
		clear(m, "b._hap._udp.example.");
		add_srv(m, "b._hap._udp.example.", h, 2);
		add(m, "b._hap._udp.example.", CLASS_IN, RR_TXT, 120, "\0", 1);
		break;
	default: break;
	}
}

static void what_is_no_registration_is_refused(void **state)
{
	(void)state;
	enum { WRONG = 18 };
	struct message m;
	for (unsigned what = 0; what < WRONG; what++) {
		make_wrong(&m, what);
		if (send(&m, "lamp.example.") != RCODE_REFUSED)
			fail_msg("%u is taken", what);
		assert_int_equal(added_stats(rig.added).owners, 0);
	}
	make_wrong(&m, WRONG);
	assert_int_equal(send(&m, "lamp.example."), RCODE_NOERROR);
}

static void records_have_data(void **state)
{
	(void)state;
	static const uint16_t types[] = {RR_A, RR_AAAA, RR_KEY, RR_SRV, RR_TXT, RR_PTR};
	struct message m;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		for (int class = 0; class < 2; class ++) {
			begin(&m, "example.", 1);
			add_host(&m, "lamp.example.", 7);
			clear(&m, "a._hap._udp.example.");
			/* As bytes: pack_rr() writes only what is valid. */
			struct wr w = wr_init(m.bytes, sizeof(m.bytes));
			struct name owner =
				rig_name(i < 3 ? "lamp.example." : "a._hap._udp.example.");
			wr_room(&w, m.p.len);
			wr_bytes(&w, owner.wire, owner.len);
			wr_u16(&w, types[i]);
			wr_u16(&w, class ? CLASS_NONE : CLASS_IN);
			wr_u32(&w, class ? 0 : 120);
			wr_u16(&w, 0);
			put_u16(m.bytes + 8, get_u16(m.bytes + 8) + 1);
			m.p.len = wr_len(&w);
			assert_int_equal(send(&m, "lamp.example."), RCODE_FORMERR);
		}
}

static void only_some_names_are_for_hosts(void **state)
{
	(void)state;
	static const char *const names[] = {"wan.example.", "LAN.example.", "a.b.example.",
		"_x.example.", "*.example.", "example.", "lamp.test."};
	struct message m;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		begin(&m, "example.", 1);
		add_host(&m, names[i], 7);
		assert_int_equal(send(&m, names[i]), RCODE_REFUSED);
	}
	begin(&m, "test.", 1);
	add_host(&m, "lamp.test.", 7);
	assert_int_equal(send(&m, "lamp.test."), RCODE_NOTAUTH);
}

/* Leases. */

static size_t with_option(uint8_t *out, const void *option, size_t len)
{
	struct message m;
	begin(&m, "example.", 1);
	struct wr w = wr_init(out, 512);
	wr_bytes(&w, m.bytes, m.p.len);
	wr_u8(&w, 0);
	wr_u16(&w, RR_OPT);
	wr_u16(&w, 1232);
	wr_u32(&w, 0);
	wr_u16(&w, (uint16_t)len);
	wr_bytes(&w, option, len);
	put_u16(out + 10, 1);
	return wr_len(&w);
}

static void the_lease_is_read(void **state)
{
	(void)state;
	uint8_t msg[512], option[UPDATE_LEASE_CAP];
	struct update_lease lease;
	static const uint8_t short_form[] = {0, 2, 0, 4, 0, 0, 14, 16};
	static const uint8_t after_another[] = {
		0, 9, 0, 1, 7, 0, 2, 0, 8, 0, 0, 14, 16, 0, 1, 0, 0};
	static const uint8_t wrong[] = {0, 2, 0, 5, 0, 0, 14, 16, 0};
	assert_int_equal(
		update_lease_find(msg, with_option(msg, short_form, sizeof(short_form)), &lease),
		1);
	assert_int_equal(lease.lease_s, 3600);
	assert_int_equal(lease.key_lease_s, 3600);
	assert_false(lease.has_key_lease);
	assert_int_equal(update_lease_put(&lease, option), sizeof(short_form));
	assert_memory_equal(option, short_form, sizeof(short_form));
	assert_int_equal(update_lease_find(msg,
				 with_option(msg, after_another, sizeof(after_another)), &lease),
		1);
	assert_int_equal(lease.key_lease_s, 65536);
	assert_int_equal(
		update_lease_find(msg, with_option(msg, wrong, sizeof(wrong)), &lease), ERR_SYNTAX);
	assert_int_equal(update_lease_find(msg, with_option(msg, wrong, 3), &lease), ERR_SYNTAX);
	assert_int_equal(update_lease_find(msg, with_option(msg, wrong, 0), &lease), 0);
}

static void a_lease_has_bounds(void **state)
{
	(void)state;
	static const uint32_t cases[][4] = {{0, 0, 0, 0}, {1, 1, 30, 30}, {3600, 60, 3600, 3600},
		{UINT32_MAX, UINT32_MAX, 86400, 14 * 86400}, {0, 7200, 0, 7200}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct update_lease asked = {cases[i][0], cases[i][1], true},
					  got = update_lease_grant(&asked);
		assert_int_equal(got.lease_s, cases[i][2]);
		assert_int_equal(got.key_lease_s, cases[i][3]);
	}
}

/* Random steps against a plain model: hosts and services with two names each, and who has them. */

enum { HOSTS = 3, SERVICES = 3, KEYS = 3, STEPS_A_SEED = 60 };

struct item {
	int key; /* -1: nobody */
	uint64_t until, key_until;
	int host;          /* of a service: to which it leads */
	uint64_t listed;   /* of a service: until when a PTR leads to it */
	uint64_t signed_s; /* of a host */
};
static struct item hosts[HOSTS], services[SERVICES];

static const char *name_of_item(const char *form, int i)
{
	static char texts[4][64];
	static unsigned next;
	char *text = texts[next++ % 4];
	snprintf(text, sizeof(texts[0]), form, i);
	return text;
}
#define HOST(i)    name_of_item("h%d.example.", i)
#define SERVICE(i) name_of_item("s%d._x._tcp.example.", i)

static void forget_ended(struct item *items, int count)
{
	for (int i = 0; i < count; i++)
		if (items[i].key >= 0 && items[i].key_until <= rig.now_s)
			items[i] = (struct item){.key = -1, .listed = items[i].listed};
}

static void restart(void)
{
	struct buf text = {0};
	size_t bad;
	diary_write_all(&text, rig.added);
	assert_int_equal(text.err, 0);
	added_free(rig.added);
	rig.added = added_new(3);
	assert_int_equal(diary_read(rig.added, buf_text(&text), text.len, &bad), 0);
	assert_int_equal(bad, 0);
	buf_fini(&text);
	put_all();
}

static bool may_have(const struct item *item, int key)
{
	return item->key < 0 || item->key == key;
}

static void random_registration(void)
{
	const int h = rand() % HOSTS, key = rand() % 4 ? h : rand() % KEYS;
	const unsigned with = (unsigned)rand() % (1 << SERVICES);
	const uint32_t lease_s = rand() % 5 ? 30 + (uint32_t)rand() % 1000 : 0;
	const uint32_t key_lease_s = rand() % 5 ? lease_s + (uint32_t)rand() % 1000 : 0;
	const struct update_lease asked = {lease_s, key_lease_s, true},
				  got = update_lease_grant(&asked);
	const uint64_t ago = (uint64_t)rand() % 20, signed_s = rig.now_s - ago;
	uint64_t key_until = rig.now_s + got.key_lease_s, until = rig.now_s + got.lease_s;
	struct message m;
	bool may = may_have(&hosts[h], key);
	if (key_until < signed_s + 300)
		key_until = signed_s + 300;
	begin(&m, "example.", (unsigned)key);
	for (int i = 0; i < SERVICES; i++)
		if (with & 1u << i) {
			add_service(&m, SERVICE(i), "_x._tcp.example.", HOST(h), 9);
			may = may && may_have(&services[i], key);
		}
	add_host(&m, HOST(h), (uint8_t)(h + 1));
	const bool is_old = hosts[h].key == key && signed_s < hosts[h].signed_s;
	int rcode = send_ago(&m, HOST(h), lease_s, key_lease_s, ago);
	assert_int_equal(rcode, !may_have(&hosts[h], key) ? RCODE_YXDOMAIN
				: is_old                  ? RCODE_REFUSED
				: !may                    ? RCODE_YXDOMAIN
							  : RCODE_NOERROR);
	if (rcode)
		return;
	hosts[h] = (struct item){key, got.lease_s ? until : 0, key_until, 0, 0, signed_s};
	for (int i = 0; i < SERVICES; i++) {
		if (with & 1u << i)
			services[i] = (struct item){key, got.lease_s ? until : 0, key_until, h,
				got.lease_s ? until : 0, signed_s};
		/* Those that this host registered before go with it. */
		else if (!got.lease_s && services[i].key >= 0 && services[i].host == h)
			services[i] = (struct item){key, 0, key_until, h, 0, signed_s};
	}
}

static void compare(void)
{
	int listed = 0;
	for (int i = 0; i < HOSTS; i++)
		assert_int_equal(
			count(HOST(i), RR_A), hosts[i].key >= 0 && hosts[i].until > rig.now_s);
	for (int i = 0; i < SERVICES; i++) {
		const bool is_there = services[i].key >= 0 && services[i].until > rig.now_s;
		assert_int_equal(count(SERVICE(i), RR_SRV), is_there);
		listed += services[i].listed > rig.now_s;
	}
	assert_int_equal(count("_x._tcp.example.", RR_PTR), listed);
}

static void the_model_agrees(void **state)
{
	const char *seeds = getenv("SRP_SEEDS");
	const unsigned last = seeds ? (unsigned)atoi(seeds) : 200;
	for (unsigned seed = 1; seed <= last; seed++) {
		srand(seed);
		for (int i = 0; i < HOSTS; i++)
			hosts[i] = (struct item){.key = -1};
		for (int i = 0; i < SERVICES; i++)
			services[i] = (struct item){.key = -1};
		for (int step = 0; step < STEPS_A_SEED; step++) {
			if (rand() % 4 == 0)
				expire_at(rig.now_s + (uint64_t)rand() % 600);
			forget_ended(hosts, HOSTS);
			forget_ended(services, SERVICES);
			if (rand() % 8 == 0)
				restart();
			random_registration();
			compare();
		}
		teardown(state);
		setup(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_host_and_its_services_are_registered),
		TEST(the_default_zone_is_the_domain),
		TEST(names_of_others_are_not_registered),
		TEST(who_comes_first_has_the_name),
		TEST(all_of_a_host_is_removed),
		TEST(private_addresses_are_for_the_lan),
		TEST(one_service_is_removed),
		TEST(an_old_message_is_not_taken_again),
		TEST(times_have_bounds),
		TEST(strangers_leave_room),
		TEST(what_is_no_registration_is_refused),
		TEST(records_have_data),
		TEST(only_some_names_are_for_hosts),
		TEST(the_lease_is_read),
		TEST(a_lease_has_bounds),
		TEST(the_model_agrees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
