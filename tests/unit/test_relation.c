/* SPDX-License-Identifier: ISC */
/*
 * The relation of network and UTS namespaces: its reports equal a full inventory of the existing
 * tasks, whatever existed before, and in whichever order the news arrived.
 */
#include "model/relation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "unit.h"

enum { NETS = 6, UTSES = 5, PROXIES = 12 };

/* The reports that were not withdrawn. */
struct told {
	char names[NETS + 1][UTSES + 1][HOSTNAME_CAP];
	unsigned events;
};

static void on_event(void *arg, const struct event *ev)
{
	struct told *told = arg;
	assert_in_range(ev->nsid, 0, NETS);
	assert_in_range(ev->hostname.uts, 0, UTSES);
	char *name = told->names[ev->nsid][ev->hostname.uts];
	told->events++;
	if (ev->type == EV_HOSTNAME_GONE) {
		assert_int_not_equal(name[0], '\0'); /* never withdrawn twice */
		memset(name, 0, HOSTNAME_CAP);
		return;
	}
	assert_int_equal(ev->type, EV_HOSTNAME);
	memcpy(name, ev->hostname.name, HOSTNAME_CAP);
}

static struct relation_sight sight(uint64_t nsproxy, uint64_t net, uint64_t uts, const char *name)
{
	struct relation_sight s = {
		.nsproxy = nsproxy, .net = net, .pid = (int32_t)nsproxy + 1, .owner = OWNER_HOST};
	s.uts.uts = uts;
	snprintf(s.uts.name, sizeof(s.uts.name), "%s", name);
	return s;
}

static void saw(struct relation *r, uint64_t nsproxy, uint64_t net, uint64_t uts, const char *name)
{
	struct relation_sight s = sight(nsproxy, net, uts, name);
	assert_int_equal(relation_saw(r, &s), 0);
}

static void place_all(struct relation *r)
{
	uint64_t net;
	int32_t pid;
	while (relation_next_without_nsid(r, &net, &pid))
		relation_set_nsid(r, net, (nsid_t)net);
}

static void flush(struct relation *r)
{
	place_all(r);
	relation_flush(r);
}

static void a_pair_is_related_as_long_as_one_proxy_has_it(void **state)
{
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	saw(r, 1, 3, 2, "www");
	saw(r, 2, 3, 2, "www");
	flush(r);
	assert_string_equal(told.names[3][2], "www");
	relation_gone(r, 1);
	flush(r);
	assert_string_equal(told.names[3][2], "www");
	assert_true(relation_renamed(r, 2, "web"));
	flush(r);
	assert_string_equal(told.names[3][2], "web");
	relation_gone(r, 2);
	relation_gone(r, 2);
	flush(r);
	assert_string_equal(told.names[3][2], "");
	assert_false(relation_renamed(r, 2, "late"));
	assert_int_equal(relation_stats(r).pairs, 0);
	assert_int_equal(relation_stats(r).nets + relation_stats(r).utses, 0);
	assert_int_equal(told.events, 3);
	relation_free(r);
}

static void what_comes_and_goes_between_two_flushes_is_not_told(void **state)
{
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	saw(r, 1, 3, 2, "www");
	flush(r);
	told.events = 0;
	for (int i = 0; i < 100; i++) {
		saw(r, 2, 4, 1, "short");
		relation_renamed(r, 2, i % 2 ? "www" : "other");
		relation_gone(r, 2);
	}
	flush(r);
	assert_int_equal(told.events, 0);
	relation_free(r);
}

static void nothing_is_told_of_a_namespace_without_an_id(void **state)
{
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	uint64_t net;
	int32_t pid;
	saw(r, 9, 3, 2, "www");
	saw(r, 4, 3, 2, "www");
	relation_flush(r);
	assert_int_equal(told.events, 0);
	assert_true(relation_next_without_nsid(r, &net, &pid));
	assert_int_equal(net, 3);
	assert_int_equal(pid, 5); /* the lowest */
	assert_false(relation_next_without_nsid(r, &net, &pid));
	relation_doubt(r, 3);
	assert_false(relation_next_without_nsid(r, &net, &pid));
	saw(r, 9, 3, 2, "www");
	assert_true(relation_next_without_nsid(r, &net, &pid));
	assert_int_equal(pid, 10);
	relation_set_nsid(r, 3, 3);
	relation_flush(r);
	assert_string_equal(told.names[3][2], "www");
	relation_free(r);
}

static void keep_pid(
	void *arg, nsid_t nsid UNUSED, const struct event_hostname *uts UNUSED, int32_t pid)
{
	*(int32_t *)arg = pid;
}

static int32_t look(struct relation *r, const int32_t *pids, size_t count)
{
	int32_t pid = -1;
	relation_begin(r);
	for (size_t i = 0; i < count; i++) {
		struct relation_sight s = sight(1, 3, 2, "www");
		s.pid = pids[i];
		assert_int_equal(relation_saw(r, &s), 0);
	}
	relation_end(r);
	relation_each(r, keep_pid, &pid);
	return pid;
}

/* When numbers of processes start again, short-lived processes have the lowest. If these stood for
 * the pair, they would end again and again. */
static void who_stands_for_a_pair_does_so_as_long_as_he_is_seen(void **state)
{
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	assert_int_equal(look(r, (int32_t[]){30000}, 1), 30000);
	assert_int_equal(look(r, (int32_t[]){500, 30000, 400}, 3), 30000);
	assert_int_equal(look(r, (int32_t[]){30000, 501}, 2), 30000);
	assert_int_equal(look(r, (int32_t[]){503, 502}, 2), 502);
	relation_free(r);
}

static void an_id_that_is_gone_is_forgotten_and_one_that_changed_told_anew(void **state)
{
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	saw(r, 1, 3, 2, "www");
	flush(r);
	relation_nsid_gone(r, 3); /* the model has dropped it with the namespace */
	memset(told.names, 0, sizeof(told.names));
	relation_gone(r, 1);
	relation_flush(r);
	assert_int_equal(told.events, 1);

	saw(r, 1, 3, 2, "www");
	flush(r);
	told.events = 0;
	relation_forget_nsids(r);
	saw(r, 1, 3, 2, "www");
	flush(r); /* the same id as before: nothing to report */
	assert_int_equal(told.events, 0);
	relation_forget_nsids(r);
	relation_set_nsid(r, 3, 5);
	relation_flush(r);
	assert_string_equal(told.names[3][2], "");
	assert_string_equal(told.names[5][2], "www");
	relation_free(r);
}

/* --- against an inventory ----------------------------------------------------------------- */

/* The kernel, as far as needed: the existing nsproxies, and the names. */
struct kernel {
	struct {
		bool is_there;
		uint64_t net, uts;
	} nsproxies[PROXIES];
	char names[UTSES][8];
	unsigned random;
};

static unsigned draw(struct kernel *k, unsigned below)
{
	k->random = k->random * 1103515245u + 12345u;
	return (k->random >> 16) % below;
}

/* Something happens; `r` gets the news (NULL: nobody). */
static void happen(struct kernel *k, struct relation *r)
{
	unsigned i = draw(k, PROXIES), uts = draw(k, UTSES);
	switch (draw(k, 4)) {
	case 0:
		snprintf(k->names[uts], sizeof(k->names[uts]), "n%u", draw(k, 1000));
		if (r)
			relation_renamed(r, uts, k->names[uts]);
		return;
	case 1:
		k->nsproxies[i].is_there = false;
		if (r)
			relation_gone(r, i);
		return;
	default: break;
	}
	k->nsproxies[i].is_there = true;
	k->nsproxies[i].net = draw(k, NETS);
	k->nsproxies[i].uts = uts;
	if (r)
		saw(r, i, k->nsproxies[i].net, uts, k->names[uts]);
}

/* Visits each nsproxy. If `is_busy`, more happens in between, and the news comes afterwards. */
static void take_inventory(struct kernel *k, struct relation *r, bool is_busy)
{
	struct kernel replay = *k;
	unsigned later = 0;
	relation_begin(r);
	for (unsigned n = 0, i = draw(k, PROXIES); n < PROXIES; n++, i = (i + 1) % PROXIES) {
		if (is_busy && n == PROXIES / 2) {
			replay = *k;
			for (later = 0; later < 6; later++)
				happen(k, NULL);
		}
		if (k->nsproxies[i].is_there)
			saw(r, i, k->nsproxies[i].net, k->nsproxies[i].uts,
				k->names[k->nsproxies[i].uts]);
	}
	relation_end(r);
	for (unsigned i = 0; i < later; i++)
		happen(&replay, r);
}

static void expect_equal(const struct kernel *k, const struct told *told)
{
	char want[NETS + 1][UTSES + 1][HOSTNAME_CAP] = {0};
	for (unsigned i = 0; i < PROXIES; i++)
		if (k->nsproxies[i].is_there)
			strcpy(want[k->nsproxies[i].net][k->nsproxies[i].uts],
				k->names[k->nsproxies[i].uts]);
	assert_memory_equal(want, told->names, sizeof(want));
}

static void news_leads_to_what_an_inventory_finds(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct told told = {0};
		struct kernel k = {.random = seed};
		struct relation *r = relation_new(seed, on_event, &told);
		for (unsigned i = 0; i < UTSES; i++)
			strcpy(k.names[i], "first");
		for (unsigned i = 0; i < 200; i++) {
			happen(&k, r);
			if (draw(&k, 5) == 0)
				flush(r);
		}
		flush(r);
		expect_equal(&k, &told);
		relation_free(r);
	}
}

static void an_inventory_makes_good_for_lost_news_even_while_more_happens(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct told told = {0};
		struct kernel k = {.random = seed};
		struct relation *r = relation_new(seed, on_event, &told);
		for (unsigned i = 0; i < UTSES; i++)
			strcpy(k.names[i], "first");
		for (unsigned round = 0; round < 10; round++) {
			for (unsigned i = 0; i < 20; i++)
				happen(&k, draw(&k, 3) ? r : NULL);
			take_inventory(&k, r, round % 2);
			flush(r);
			expect_equal(&k, &told);
		}
		relation_free(r);
	}
}

static void the_order_of_sights_makes_no_difference(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 100; seed++) {
		struct told first = {0}, second = {0};
		struct relation *a = relation_new(1, on_event, &first);
		struct relation *b = relation_new(seed, on_event, &second);
		struct kernel k = {.random = seed};
		for (unsigned i = 0; i < 100; i++)
			happen(&k, NULL);
		take_inventory(&k, a, false);
		take_inventory(&k, b, false); /* starts at another one */
		flush(a);
		flush(b);
		assert_memory_equal(first.names, second.names, sizeof(first.names));
		relation_free(a);
		relation_free(b);
	}
}

static void the_limit_of_proxies_is_kept(void **state)
{
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	for (uint64_t i = 0; i < LIMIT_RELATION_PROXIES; i++)
		saw(r, i, i % NETS, i % UTSES, "n");
	struct relation_sight s = sight(LIMIT_RELATION_PROXIES, 1, 1, "n");
	assert_int_equal(relation_saw(r, &s), ERR_RANGE);
	relation_begin(r);
	relation_end(r);
	flush(r);
	assert_int_equal(relation_stats(r).pairs, 0);
	assert_int_equal(told.events, 0);
	relation_free(r);
}

static int users_saw(struct relation *r, uint64_t nsproxy, uint32_t uid)
{
	struct relation_sight s = sight(nsproxy, nsproxy % NETS, nsproxy % UTSES, "n");
	s.owner = uid == 0 ? OWNER_SYSTEM : uid == UINT32_MAX ? OWNER_UNKNOWN : OWNER_USER;
	s.uid = uid;
	return relation_saw(r, &s);
}

static void a_user_gets_a_sixteenth_of_the_proxies(void **state)
{
	enum { USERS = LIMIT_RELATION_PROXIES / LIMIT_MODEL_USER_PART };
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	for (uint64_t i = 0; i < USERS; i++)
		assert_int_equal(users_saw(r, i, 1000), 0);
	assert_int_equal(users_saw(r, USERS, 1000), ERR_RANGE);
	assert_int_equal(users_saw(r, USERS, 1001), 0);
	assert_int_equal(users_saw(r, USERS + 1, 0), 0);
	assert_int_equal(users_saw(r, USERS + 2, UINT32_MAX), 0);
	/* The same one in namespaces of somebody else is his: the first has room, the second has not. */
	assert_int_equal(users_saw(r, 0, 1001), 0);
	assert_int_equal(users_saw(r, USERS, 1000), 0);
	assert_int_equal(users_saw(r, 0, 1000), ERR_RANGE);
	assert_false(relation_gone(r, 0));
	assert_true(relation_gone(r, 1));
	assert_int_equal(users_saw(r, 0, 1000), 0);
	relation_begin(r);
	assert_true(relation_end(r));
	for (uint64_t i = 0; i < USERS; i++)
		assert_int_equal(users_saw(r, i, 1000), 0);
	relation_free(r);
}

static void strangers_get_half_of_the_proxies(void **state)
{
	enum { HALF = LIMIT_RELATION_PROXIES / LIMIT_MODEL_STRANGERS_PART };
	(void)state;
	struct told told = {0};
	struct relation *r = relation_new(1, on_event, &told);
	for (uint64_t i = 0; i < HALF; i++)
		assert_int_equal(users_saw(r, i, 1000 + (uint32_t)i % 100), 0);
	assert_int_equal(users_saw(r, HALF, 2000), ERR_RANGE);
	assert_int_equal(users_saw(r, HALF, UINT32_MAX), ERR_RANGE);
	for (uint64_t i = HALF; i < LIMIT_RELATION_PROXIES; i++)
		saw(r, i, i % NETS, i % UTSES, "n");
	relation_free(r);
}

/* --- who chose a name ---------------------------------------------------------------------- */

enum { HOST_UTS = 0, HOST_NET = 6 };

/* The last report of each UTS namespace: whether its name is inherited. */
struct choices {
	bool is_inherited[UTSES + 1];
};

static void on_choice(void *arg, const struct event *ev)
{
	struct choices *choices = arg;
	choices->is_inherited[ev->hostname.uts] = ev->hostname.is_inherited;
}

static void saw_host(struct relation *r, const char *name)
{
	struct relation_sight s = sight(100, HOST_NET, HOST_UTS, name);
	s.uts.is_own = true;
	assert_int_equal(relation_saw(r, &s), 0);
	relation_set_nsid(r, HOST_NET, NSID_OWN);
}

static void saw_apart(
	struct relation *r, uint64_t nsproxy, uint64_t net, uint64_t uts, const char *name)
{
	struct relation_sight s = sight(nsproxy, net, uts, name);
	s.is_apart = true;
	assert_int_equal(relation_saw(r, &s), 0);
}

static void an_old_copy_of_the_hosts_name_is_not_chosen(void **state)
{
	(void)state;
	struct choices told = {{0}};
	struct relation *r = relation_new(1, on_choice, &told);
	relation_begin(r);
	saw_host(r, "image");
	saw(r, 1, HOST_NET, 1, "image");       /* a service in a sandbox */
	saw_apart(r, 2, HOST_NET, 2, "image"); /* a container on the host's network */
	saw(r, 3, 3, 3, "image");              /* a workload that chose nothing */
	relation_end(r);
	flush(r);
	relation_begin(r);
	saw_host(r, "alpha");
	saw(r, 1, HOST_NET, 1, "image");
	saw(r, 2, HOST_NET, 2, "image");
	saw(r, 3, 3, 3, "image");
	saw(r, 4, 4, 4, "image"); /* made just before the host was renamed */
	relation_end(r);
	flush(r);
	for (int i = 1; i <= 4; i++)
		assert_true(told.is_inherited[i]);
	/* Later the same name is a choice: the host does not have it any more. */
	saw(r, 5, 5, 5, "image");
	flush(r);
	assert_false(told.is_inherited[5]);
	relation_free(r);
}

static void a_name_that_is_set_is_chosen(void **state)
{
	(void)state;
	struct choices told = {{0}};
	struct relation *r = relation_new(1, on_choice, &told);
	relation_begin(r);
	saw_host(r, "alpha");
	saw(r, 1, HOST_NET, 1, "alpha");
	saw(r, 2, 2, 2, "alpha");
	relation_end(r);
	relation_renamed(r, 1, "homeassistant");
	saw(r, 2, 2, 2, "web"); /* found by a look */
	saw(r, 3, HOST_NET, 3, "printer");
	flush(r);
	assert_false(told.is_inherited[1]);
	assert_false(told.is_inherited[2]);
	assert_false(told.is_inherited[3]);
	relation_renamed(r, 1, "alpha"); /* back to the host's */
	flush(r);
	assert_true(told.is_inherited[1]);
	relation_free(r);
}

static void what_was_there_before_us_must_be_apart_to_have_chosen(void **state)
{
	(void)state;
	struct choices told = {{0}};
	struct relation *r = relation_new(1, on_choice, &told);
	relation_begin(r);
	saw_host(r, "alpha");
	saw(r, 1, HOST_NET, 1, "image");         /* a sandbox from before the host was renamed */
	saw_apart(r, 2, HOST_NET, 2, "printer"); /* a container */
	saw(r, 3, 3, 3, "web");                  /* in a network namespace of its own */
	relation_end(r);
	flush(r);
	assert_true(told.is_inherited[1]);
	assert_false(told.is_inherited[2]);
	assert_false(told.is_inherited[3]);
	/* A name that it sets afterwards is a choice. */
	relation_renamed(r, 1, "scanner");
	flush(r);
	assert_false(told.is_inherited[1]);
	relation_free(r);
}

static void what_was_not_stored_is_told_again(void **state)
{
	struct told told = {.events = 0};
	struct relation *r = relation_new(1, on_event, &told);
	(void)state;
	saw(r, 1, 1, 1, "one");
	saw(r, 2, 2, 2, "two");
	flush(r);
	assert_int_equal(told.events, 2);
	relation_tell_again(r, 2);
	flush(r);
	assert_int_equal(told.events, 3);
	relation_tell_again(r, NSID_UNKNOWN);
	flush(r);
	assert_int_equal(told.events, 5);
	flush(r);
	assert_int_equal(told.events, 5);
	assert_string_equal(told.names[2][2], "two");
	relation_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_related_as_long_as_one_proxy_has_it),
		cmocka_unit_test(what_comes_and_goes_between_two_flushes_is_not_told),
		cmocka_unit_test(nothing_is_told_of_a_namespace_without_an_id),
		cmocka_unit_test(who_stands_for_a_pair_does_so_as_long_as_he_is_seen),
		cmocka_unit_test(an_id_that_is_gone_is_forgotten_and_one_that_changed_told_anew),
		cmocka_unit_test(news_leads_to_what_an_inventory_finds),
		cmocka_unit_test(an_inventory_makes_good_for_lost_news_even_while_more_happens),
		cmocka_unit_test(the_order_of_sights_makes_no_difference),
		cmocka_unit_test(the_limit_of_proxies_is_kept),
		cmocka_unit_test(a_user_gets_a_sixteenth_of_the_proxies),
		cmocka_unit_test(strangers_get_half_of_the_proxies),
		cmocka_unit_test(an_old_copy_of_the_hosts_name_is_not_chosen),
		cmocka_unit_test(a_name_that_is_set_is_chosen),
		cmocka_unit_test(what_was_there_before_us_must_be_apart_to_have_chosen),
		cmocka_unit_test(what_was_not_stored_is_told_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
