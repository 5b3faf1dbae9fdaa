/* SPDX-License-Identifier: ISC */
/*
 * The addresses of a name: at most so many, and with a TTL that ends before they do. The sink keeps the
 * last sets of each owner. Run by `make check`.
 */
#include <linux/if_addr.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "model/model.h"
#include "name/names.h"
#include "unit.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

enum { TTL_S = 60, NSID = 5, IFINDEX = 2, SAID_CAP = 4096 };

/* A record as it was put last. */
struct said {
	struct name owner;
	uint16_t type;
	uint32_t ttl_s;
	struct addr addr; /* of A and AAAA */
};

struct fixture {
	struct said said[SAID_CAP];
	size_t count;
	unsigned puts, mdns_puts, tellings;
	size_t left_out; /* as told last */
	struct policy policy;
	struct names *names;
	struct model *model;
	ns_t now;
	uint64_t random;
};

static int put_unicast(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	struct fixture *f = arg;
	size_t kept = 0;
	for (size_t i = 0; i < f->count; i++)
		if (!name_equal(f->said[i].owner.wire, owner))
			f->said[kept++] = f->said[i];
	f->count = kept;
	f->puts++;
	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; k < sets[i].count; k++) {
			assert_true(f->count < SAID_CAP);
			struct said *s = &f->said[f->count++];
			*s = (struct said){.type = sets[i].type, .ttl_s = sets[i].ttl};
			name_copy(&s->owner, owner);
			if (s->type != RR_PTR)
				s->addr = addr_make(s->type == RR_A ? ADDR_V4 : ADDR_V6,
					sets[i].rdata[k].bytes);
		}
	return 0;
}

static int put_reverse_zone(void *arg, const uint8_t *apex, enum names_zone what)
{
	(void)arg, (void)apex, (void)what;
	return 0;
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	(void)arg, (void)link, (void)is_gone;
	return 0;
}

static int put_mdns(void *arg, uint32_t ifindex, const uint8_t *owner, const struct rrset *sets,
	size_t count, struct names_mdns_kind kind)
{
	(void)ifindex, (void)owner, (void)kind;
	struct fixture *f = arg;
	f->mdns_puts++;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(sets[i].ttl, NAMES_MDNS_TTL_S); /* its end is a goodbye */
	return 0;
}

static void on_left_out(void *arg, const char *label, size_t count)
{
	struct fixture *f = arg;
	assert_string_equal(label, "web");
	f->tellings++;
	f->left_out = count;
}

static uint64_t draw(struct fixture *f, uint64_t below)
{
	return hash_mix(1, ++f->random) % below;
}

static void flush(struct fixture *f)
{
	names_set_time(f->names, f->now);
	names_flush(f->names);
	assert_false(names_is_dirty(f->names));
	assert_true(names_deadline(f->names) > f->now);
}

static struct fixture *start(void)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->now = 1000 * NS_PER_S;
	f->policy = (struct policy){.ttl_s = TTL_S,
		.sources = {NAME_ALIAS},
		.source_count = 1,
		.duplicates = DUPLICATES_MERGE,
		.mdns = NAME_MDNS_AUTO};
	assert_int_equal(name_from_text("example.", NULL, &f->policy.domain), 0);
	f->names = names_new(1, &f->policy,
		(struct names_sink){.put_unicast = put_unicast,
			.put_reverse_zone = put_reverse_zone,
			.put_mdns_link = put_mdns_link,
			.put_mdns = put_mdns,
			.on_left_out = on_left_out,
			.arg = f});
	f->model = model_new(1, names_listener(f->names));
	names_bind_model(f->names, f->model);
	struct event ns = {.type = EV_NS, .nsid = NSID, .ns.owner = OWNER_HOST};
	struct event link = {.type = EV_LINK, .nsid = NSID, .link.ifindex = IFINDEX};
	link.link.flags = IFF_UP | IFF_RUNNING | IFF_LOWER_UP | IFF_MULTICAST | IFF_BROADCAST;
	link.link.type = ARPHRD_ETHER;
	link.link.operstate = 6; /* IF_OPER_UP */
	link.link.parent_nsid = NSID;
	strcpy(link.link.name, "eth0");
	strcpy(link.link.alias, "web");
	assert_int_equal(model_apply(f->model, &ns), 0);
	assert_int_equal(model_apply(f->model, &link), 0);
	return f;
}

static void stop(struct fixture *f)
{
	model_free(f->model);
	names_free(f->names);
	free(f);
}

/* Reports an address whose lifetime ends then; 0: never. */
static void set_addr(struct fixture *f, const struct addr *addr, uint32_t expires_s, bool is_gone)
{
	struct event ev = {.type = is_gone ? EV_ADDR_GONE : EV_ADDR, .nsid = NSID};
	ev.addr = (struct event_addr){.ifindex = IFINDEX,
		.addr = *addr,
		.flags = expires_s ? 0 : IFA_F_PERMANENT,
		.prefix_len = addr->family == ADDR_V4 ? 16 : 64,
		.expires_s = expires_s};
	assert_int_equal(model_apply(f->model, &ev), 0);
}

static struct addr nth(const char *network, unsigned n)
{
	struct addr a;
	assert_int_equal(addr_parse(network, &a), 0);
	a.bytes[addr_len(&a) - 2] = (uint8_t)(n >> 8);
	a.bytes[addr_len(&a) - 1] = (uint8_t)n;
	return a;
}

/* Returns what was put for this owner and type; its TTL, or -1. */
static long ttl_of(const struct fixture *f, const char *owner, uint16_t type)
{
	struct name name;
	long ttl = -1;
	assert_int_equal(name_from_text(owner, NULL, &name), 0);
	for (size_t i = 0; i < f->count; i++)
		if (f->said[i].type == type && name_equal(f->said[i].owner.wire, name.wire))
			ttl = f->said[i].ttl_s;
	return ttl;
}

static void a_ttl_is_at_most_what_is_left(void **state)
{
	(void)state;
	struct fixture *f = start();
	const struct addr addr = nth("10.0.0.0", 1);
	unsigned steps = 0;
	set_addr(f, &addr, 1000 + 200, false);
	flush(f);
	assert_int_equal(ttl_of(f, "web.lan.example.", RR_A), TTL_S);
	for (; names_deadline(f->names) != NS_NEVER; steps++) {
		f->now = names_deadline(f->names) - 1;
		assert_true(ttl_of(f, "web.example.", RR_A) * NS_PER_S <= 1200 * NS_PER_S - f->now);
		f->now++;
		flush(f);
		assert_int_equal(
			ttl_of(f, "web.example.", RR_A), ttl_of(f, "web.lan.example.", RR_A));
		assert_int_equal(ttl_of(f, "web.example.", RR_A),
			ttl_of(f, "1.0.0.10.in-addr.arpa.", RR_PTR));
	}
	assert_int_equal(ttl_of(f, "web.lan.example.", RR_A), 0);
	assert_in_range(steps, 2, 7); /* 60, 32, 16, 8, 4, 2, 1, 0 */
	stop(f);
}

static void a_lifetime_renewed_in_time_costs_nothing(void **state)
{
	(void)state;
	struct fixture *f = start();
	const struct addr addr = nth("2001:db8::", 1);
	set_addr(f, &addr, 1000 + 1800, false);
	flush(f);
	const unsigned puts = f->puts;
	for (unsigned i = 0; i < 100; i++) {
		f->now += 200 * NS_PER_S;
		if (names_deadline(f->names) <= f->now)
			flush(f);
		set_addr(f, &addr, (uint32_t)(f->now / NS_PER_S) + 1800, false);
		assert_false(names_is_dirty(f->names));
	}
	assert_int_equal(f->puts, puts);
	/* It is made shorter by a router that leaves, and longer again. */
	set_addr(f, &addr, (uint32_t)(f->now / NS_PER_S) + 5, false);
	flush(f);
	assert_in_range(ttl_of(f, "web.wan.example.", RR_AAAA), 1, 4);
	set_addr(f, &addr, (uint32_t)(f->now / NS_PER_S) + 1800, false);
	flush(f);
	assert_int_equal(ttl_of(f, "web.wan.example.", RR_AAAA), TTL_S);
	set_addr(f, &addr, 0, false);
	flush(f);
	assert_int_equal(names_deadline(f->names), NS_NEVER);
	stop(f);
}

/* Random addresses with random lifetimes, renewed and not: at each moment each TTL is at most what is
 * left of each address of its set, and the whole TTL if that is enough. */
static void check_ttls(const struct fixture *f, const uint32_t *expires_s, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct addr addr = nth("10.0.0.0", i);
		for (size_t k = 0; k < f->count; k++) {
			const struct said *s = &f->said[k];
			if (s->type != RR_A || !addr_equal(&s->addr, &addr) || expires_s[i] == 0)
				continue;
			const ns_t left = expires_s[i] * NS_PER_S - f->now;
			assert_true(s->ttl_s == 0 || s->ttl_s * NS_PER_S <= left);
		}
	}
}

static void at_each_moment_no_record_outlives_its_address(void **state)
{
	(void)state;
	enum { COUNT = 5 };
	struct fixture *f = start();
	uint32_t expires_s[COUNT] = {0};
	for (unsigned turn = 0; turn < 20000; turn++) {
		const unsigned i = (unsigned)draw(f, COUNT);
		const struct addr addr = nth("10.0.0.0", i);
		const ns_t next = f->now + (ns_t)draw(f, 20 * NS_PER_S);
		/* The daemon wakes up at each deadline. */
		while (names_deadline(f->names) <= next) {
			f->now = names_deadline(f->names);
			check_ttls(f, expires_s, COUNT);
			flush(f);
		}
		f->now = next;
		check_ttls(f, expires_s, COUNT);
		const uint32_t now_s = (uint32_t)(f->now / NS_PER_S);
		const bool is_gone = draw(f, 4) == 0;
		expires_s[i] = is_gone || draw(f, 4) == 0 ? 0 : now_s + (uint32_t)draw(f, 150);
		set_addr(f, &addr, expires_s[i], is_gone);
		flush(f);
		check_ttls(f, expires_s, COUNT);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		const struct addr addr = nth("10.0.0.0", i);
		set_addr(f, &addr, 0, false);
	}
	flush(f);
	assert_int_equal(ttl_of(f, "web.example.", RR_A), TTL_S);
	assert_int_equal(names_deadline(f->names), NS_NEVER);
	stop(f);
}

struct verdicts {
	size_t served, left_out, others;
	const struct fixture *f;
};

static bool is_said(const struct fixture *f, const struct addr *addr)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->said[i].type != RR_PTR && addr_equal(&f->said[i].addr, addr))
			return true;
	return false;
}

/* What is called served is served, and has a PTR; what is not is not, and has none. */
static void check_verdict(void *arg, const struct names_addr *na)
{
	struct verdicts *v = arg;
	char owner[NAME_TEXT_CAP];
	struct name reverse;
	const struct addr *addr = &na->addr->info.addr;
	const bool is_served = na->verdict == ADDR_SERVED;
	name_reverse(addr, 8 * (unsigned)addr_len(addr), &reverse);
	v->served += is_served;
	v->left_out += na->verdict == ADDR_SURPLUS;
	v->others += !is_served && na->verdict != ADDR_SURPLUS;
	assert_int_equal(is_said(v->f, addr), is_served);
	assert_int_equal(ttl_of(v->f, name_to_text(reverse.wire, owner), RR_PTR) >= 0, is_served);
}

static void what_is_left_out_is_told_and_has_no_reverse_name(void **state)
{
	(void)state;
	struct fixture *f = start();
	for (unsigned turn = 0; turn < 2000; turn++) {
		const unsigned i = (unsigned)draw(f, 260);
		const struct addr addr = nth(i % 2 ? "10.0.0.0" : "fd00::", i);
		set_addr(f, &addr, 0, draw(f, 20) == 0);
		if (draw(f, 10) != 0)
			continue;
		struct verdicts v = {.f = f};
		flush(f);
		if (names_explain(f->names, "web", check_verdict, &v) == ERR_ABSENT)
			continue;
		assert_int_equal(v.others, 0);
		assert_int_equal(v.left_out, names_stats(f->names).left_out);
		assert_true(v.served <= 2 * LIMIT_HOST_ADDRS);
	}
	assert_true(names_stats(f->names).left_out > 0);
	assert_true(f->tellings > 0);
	stop(f);
}

static void it_is_told_once_and_the_lowest_are_served(void **state)
{
	(void)state;
	struct fixture *f = start();
	for (unsigned i = 0; i < 130; i++) {
		const struct addr addr = nth("10.0.0.0", 200 - i);
		set_addr(f, &addr, 0, false);
		flush(f);
	}
	assert_int_equal(f->tellings, 1);
	assert_int_equal(f->left_out, 1);
	assert_int_equal(names_stats(f->names).left_out, 30);
	for (unsigned i = 71; i <= 200; i++) {
		const struct addr addr = nth("10.0.0.0", i);
		assert_int_equal(is_said(f, &addr), i <= 170);
	}
	stop(f);
}

/* Deprecated ones are served where there is nothing better, and counted only then. */
static void of_deprecated_addresses_as_many_are_served_and_counted(void **state)
{
	(void)state;
	struct fixture *f = start();
	for (unsigned i = 0; i < 250; i++) {
		const struct addr addr = nth("10.0.0.0", (i * 7) % 250);
		struct event ev = {.type = EV_ADDR, .nsid = NSID};
		ev.addr = (struct event_addr){.ifindex = IFINDEX,
			.addr = addr,
			.flags = IFA_F_DEPRECATED,
			.prefix_len = 16};
		assert_int_equal(model_apply(f->model, &ev), 0);
	}
	flush(f);
	assert_int_equal(names_stats(f->names).left_out, 150);
	for (unsigned i = 0; i < 250; i++) {
		const struct addr addr = nth("10.0.0.0", i);
		assert_int_equal(is_said(f, &addr), i < LIMIT_HOST_ADDRS);
	}
	struct verdicts v = {.f = f};
	assert_int_equal(names_explain(f->names, "web", check_verdict, &v), 0);
	assert_int_equal(v.left_out, 150);
	const struct addr better = nth("10.0.0.0", 300);
	set_addr(f, &better, 0, false);
	flush(f);
	assert_int_equal(names_stats(f->names).left_out, 0);
	assert_true(is_said(f, &better));
	stop(f);
}

static void the_records_put_for_a_change_do_not_grow_with_the_addresses(void **state)
{
	(void)state;
	struct fixture *f = start();
	for (unsigned i = 0; i < 8000; i++) {
		const struct addr addr = nth("10.0.0.0", i);
		set_addr(f, &addr, 0, false);
	}
	flush(f);
	unsigned puts = f->puts;
	struct addr addr = nth("10.0.0.0", 9000);
	set_addr(f, &addr, 0, false); /* left out */
	flush(f);
	assert_int_equal(f->puts, puts);
	addr = nth("10.0.0.0", 5);
	set_addr(f, &addr, 0, true);
	flush(f);
	/* Three owners, the reverse name that ends and the one that begins. */
	assert_int_equal(f->puts, puts + 5);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ttl_is_at_most_what_is_left),
		cmocka_unit_test(a_lifetime_renewed_in_time_costs_nothing),
		cmocka_unit_test(at_each_moment_no_record_outlives_its_address),
		cmocka_unit_test(what_is_left_out_is_told_and_has_no_reverse_name),
		cmocka_unit_test(it_is_told_once_and_the_lowest_are_served),
		cmocka_unit_test(of_deprecated_addresses_as_many_are_served_and_counted),
		cmocka_unit_test(the_records_put_for_a_change_do_not_grow_with_the_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
