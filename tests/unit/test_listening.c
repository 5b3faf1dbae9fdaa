/* SPDX-License-Identifier: ISC */
/*
 * When addresses are tried: ontap-zone/listening.h, with a model made of events. The clock, the sockets
 * and the watcher are those of this file.
 */
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "base/limits.h"
#include "model/model.h"
#include "ontap-zone/listening.h"
#include "unit.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

/* What the rest of the daemon would be. */
static struct {
	ns_t now;
	struct dns_place places[LIMIT_DNS_PLACES];
	size_t count, looks;
	struct addr refused; /* an address whose sockets fail with `err` */
	int err;
} world;

ns_t __wrap_loop_now(void);
ns_t __wrap_loop_now(void)
{
	return world.now;
}

void __wrap_dns_serve_at(struct dns *d, const struct dns_listen *places, size_t count);
void __wrap_dns_serve_at(struct dns *d UNUSED, const struct dns_listen *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		world.places[i] = (struct dns_place){
			places[i], addr_equal(&places[i].addr, &world.refused) ? world.err : 0};
	world.count = count;
}

bool __wrap_dns_place(const struct dns *d, size_t index, struct dns_place *ret);
bool __wrap_dns_place(const struct dns *d UNUSED, size_t index, struct dns_place *ret)
{
	if (index >= world.count)
		return false;
	*ret = world.places[index];
	return true;
}

void __wrap_watcher_look_for_owners(const struct watcher *w);
void __wrap_watcher_look_for_owners(const struct watcher *w UNUSED)
{
	world.looks++;
}

/* --- a daemon with `auto` and an Ethernet ------------------------------------------------- */

struct rig {
	struct model *model;
	struct listen_rule rule;
	struct listen_rules rules;
	struct listening listening;
	uint8_t others[1]; /* stands for objects that nobody looks into */
};

static struct addr addr_of(const char *text)
{
	struct addr addr;
	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void hear(struct rig *r, const struct event *ev)
{
	if (!listening_hear(&r->listening, ev))
		assert_int_equal(model_apply(r->model, ev), 0);
	listening_poll(&r->listening, world.now);
}

static void add_addr(struct rig *r, const char *text)
{
	struct event ev = {.type = EV_ADDR, .nsid = NSID_OWN};
	ev.addr = (struct event_addr){.ifindex = 2, .addr = addr_of(text), .prefix_len = 24};
	hear(r, &ev);
}

/* Answers a look: nobody has a socket, or this process has one at that address. */
static void list_owners(struct rig *r, const char *addr, int32_t pid)
{
	struct event ev = {.type = EV_PORT_OWNER, .nsid = NSID_OWN};
	if (addr) {
		ev.port = (struct event_port){.addr = addr_of(addr), .port = 53, .pid = pid};
		hear(r, &ev);
	}
	hear(r, &(struct event){.type = EV_PORTS_LISTED, .nsid = NSID_OWN});
}

static void owner_ends(struct rig *r, const char *addr, uint16_t port)
{
	struct event ev = {.type = EV_PORT_FREE, .nsid = NSID_OWN};
	ev.port = (struct event_port){.addr = addr_of(addr), .port = port, .pid = 7};
	hear(r, &ev);
}

/* Lets time pass until `end`, with all that is due meanwhile. */
static void run_until(struct rig *r, ns_t end)
{
	ns_t at;
	while ((at = listening_deadline(&r->listening)) <= end) {
		const ns_t before = at;
		world.now = at > world.now ? at : world.now;
		listening_poll(&r->listening, world.now);
		assert_true(listening_deadline(&r->listening) > before); /* no spinning */
	}
	world.now = end;
}

static bool is_served(const char *text)
{
	const struct addr addr = addr_of(text);
	for (size_t i = 0; i < world.count; i++)
		if (addr_equal(&world.places[i].at.addr, &addr))
			return !world.places[i].err;
	return false;
}

static void start(struct rig *r, const char *refused, int err)
{
	struct event ev = {.type = EV_NS, .nsid = NSID_OWN};
	memset(r, 0, sizeof(*r));
	memset(&world, 0, sizeof(world));
	world.now = 1000 * NS_PER_S;
	world.err = err;
	world.refused = addr_of(refused);
	r->model = model_new(1, (struct model_listener){0});
	r->rule = (struct listen_rule){.kind = LISTEN_AUTO, .port = 53};
	r->rules = (struct listen_rules){&r->rule, 1};
	hear(r, &ev);
	ev = (struct event){.type = EV_LINK, .nsid = NSID_OWN};
	ev.link.ifindex = 2;
	ev.link.flags = IFF_UP | IFF_LOWER_UP | IFF_MULTICAST;
	strcpy(ev.link.name, "eth0");
	hear(r, &ev);
	add_addr(r, "192.168.1.2");
	listening_start(&r->listening, (struct dns *)r->others, r->model, &r->rules,
		(struct watcher *)r->others, NULL);
}

static void end(struct rig *r)
{
	model_free(r->model);
}

/* --- tests -------------------------------------------------------------------------------- */

static void each_new_address_has_its_two_seconds(void **state)
{
	(void)state;
	static struct rig r;
	start(&r, "0.0.0.0", 0);
	assert_true(is_served("192.168.1.2"));
	const ns_t t = world.now;
	add_addr(&r, "192.168.1.3");
	run_until(&r, t + 3 * NS_PER_S / 2);
	add_addr(&r, "192.168.1.4");
	run_until(&r, t + 2 * NS_PER_S);
	assert_true(is_served("192.168.1.3"));
	assert_false(is_served("192.168.1.4"));
	run_until(&r, t + 4 * NS_PER_S);
	assert_true(
		is_served("192.168.1.2") && is_served("192.168.1.3") && is_served("192.168.1.4"));
	assert_int_equal(listening_deadline(&r.listening), NS_NEVER);
	end(&r);
}

static void a_reload_takes_no_new_address_earlier(void **state)
{
	(void)state;
	static struct rig r;
	start(&r, "0.0.0.0", 0);
	add_addr(&r, "192.168.1.3");
	listening_retry(&r.listening);
	run_until(&r, world.now + NS_PER_S);
	assert_false(is_served("192.168.1.3"));
	run_until(&r, world.now + NS_PER_S);
	assert_true(is_served("192.168.1.3"));
	end(&r);
}

static void an_address_is_tried_again_if_its_owner_has_ended_before_the_look(void **state)
{
	(void)state;
	static struct rig r;
	start(&r, "192.168.1.2", -EADDRINUSE);
	assert_int_equal(world.looks, 1);
	list_owners(&r, NULL, 0);
	world.err = 0;
	run_until(&r, world.now + NS_PER_S);
	assert_false(is_served("192.168.1.2")); /* the owner may be restarting */
	run_until(&r, world.now + NS_PER_S);
	assert_true(is_served("192.168.1.2"));
	assert_int_equal(listening_deadline(&r.listening), NS_NEVER);
	end(&r);
}

static void while_the_owner_is_known_nothing_is_polled(void **state)
{
	(void)state;
	static struct rig r;
	start(&r, "192.168.1.2", -EADDRINUSE);
	list_owners(&r, "192.168.1.2", 7);
	assert_int_equal(listening_deadline(&r.listening), NS_NEVER);
	owner_ends(&r, "192.168.1.2", 5353);
	owner_ends(&r, "192.168.1.9", 53);
	assert_int_equal(listening_deadline(&r.listening), NS_NEVER); /* those are not in our way */
	owner_ends(&r, "192.168.1.2", 53);
	world.err = 0;
	run_until(&r, world.now + 2 * NS_PER_S);
	assert_true(is_served("192.168.1.2"));
	end(&r);
}

static void an_owner_that_is_not_known_is_looked_for_ever_more_rarely(void **state)
{
	(void)state;
	static struct rig r;
	start(&r, "192.168.1.2", -EADDRINUSE);
	for (unsigned i = 0; i < 600; i++) {
		list_owners(&r, "192.168.1.2", 0);
		run_until(&r, world.now + NS_PER_S);
	}
	assert_in_range(world.looks, 10, 20);
	end(&r);
}

static void what_lacked_descriptors_is_tried_again(void **state)
{
	(void)state;
	static struct rig r;
	start(&r, "192.168.1.2", -EMFILE);
	assert_int_equal(world.looks, 0);
	world.err = 0;
	run_until(&r, world.now + 2 * NS_PER_S);
	assert_true(is_served("192.168.1.2"));
	assert_int_equal(listening_deadline(&r.listening), NS_NEVER);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_new_address_has_its_two_seconds),
		cmocka_unit_test(a_reload_takes_no_new_address_earlier),
		cmocka_unit_test(an_address_is_tried_again_if_its_owner_has_ended_before_the_look),
		cmocka_unit_test(while_the_owner_is_known_nothing_is_polled),
		cmocka_unit_test(an_owner_that_is_not_known_is_looked_for_ever_more_rarely),
		cmocka_unit_test(what_lacked_descriptors_is_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
