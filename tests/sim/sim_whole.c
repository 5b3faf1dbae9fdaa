/* SPDX-License-Identifier: ISC */
/*
 * Owns the program of the whole daemon in virtual time: scenarios that have failed elsewhere, then
 * random runs, one per seed.
 * Never uses the real network, kernel or clock. Run by `make check`; a failing seed is printed and
 * can be run alone, with each packet, by `sim_whole --seed=N --trace`.
 */
#include <stdlib.h>
#include <string.h>

#include "whole.h"

enum { DEFAULT_SEEDS = 2000, STEPS = 60, WORKLOAD = 1 };

/* --- scenarios ----------------------------------------------------------------------------- */

static void wait_for(struct whole *w, ns_t duration)
{
	whole_run(w, w->net.now + duration);
}

static void give_link(struct whole *w, int space, int l, uint32_t lower, const char *alias)
{
	struct kernel_link link = {.is_up = true, .mtu = 1500, .lower = lower};
	snprintf(link.alias, sizeof(link.alias), "%s", alias);
	simkernel_set_link(&w->kernel, space, l, &link);
}

static void give_addr(struct whole *w, int space, int l, int at, const char *prefix)
{
	char text[64];
	struct kernel_addr addr = {0};
	const char *len = strchr(prefix, '/');
	snprintf(text, sizeof(text), "%.*s", (int)(len - prefix), prefix);
	if (addr_parse(text, &addr.addr))
		abort();
	addr.prefix_len = (uint8_t)atoi(len + 1);
	simkernel_set_addr(&w->kernel, space, l, at, &addr);
}

/* Makes our link on wire 0, and a workload "web" with a macvlan of it. */
static void furnish(struct whole *w)
{
	give_link(w, 0, 0, 0, "");
	give_addr(w, 0, 0, 0, "10.0.0.1/16");
	simkernel_add_space(&w->kernel, WORKLOAD);
	give_link(w, WORKLOAD, 0, 1, "web");
	give_addr(w, WORKLOAD, 0, 0, "10.0.1.1/16");
	give_addr(w, WORKLOAD, 0, 1, "2001:db8::7/64");
}

/* The state of NAME.local on wire 0; MDNS_STATE_COUNT: it does not exist. */
struct wanted {
	struct name name;
	enum mdns_state state;
	struct name current;
};

static void look(void *arg, const struct mdns_status *status)
{
	struct wanted *wanted = arg;
	if (status->link != 1 || !name_equal(status->name.wire, wanted->name.wire))
		return;
	wanted->state = status->state;
	wanted->current = status->current;
}

static void expect_state(
	struct whole *w, const char *name, enum mdns_state state, const char *current)
{
	struct wanted wanted = {.state = MDNS_STATE_COUNT};
	struct name want = {0};
	if (name_from_text(name, NULL, &wanted.name) || name_from_text(current, NULL, &want))
		abort();
	mdns_each_status(w->net.hosts[WHOLE_HOST].m, look, &wanted);
	if (wanted.state != state)
		sim_fail(&w->net, "%s is in state %d and not in %d", name, wanted.state, state);
	else if (state != MDNS_STATE_COUNT && !name_equal(wanted.current.wire, want.wire))
		sim_fail(&w->net, "%s is not called %s", name, current);
}

static void a_workload_is_answered_and_announced(struct whole *w)
{
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	expect_state(w, "web.local", MDNS_ESTABLISHED, "web.local");
}

static void notifications_are_lost_while_names_conflict(struct whole *w)
{
	sim_put(&w->net, 1, 1, "web.local", "A 10.0.0.201");
	wait_for(w, 5 * NS_PER_S);
	furnish(w);
	wait_for(w, 100 * NS_PER_MS);
	uint64_t before = w->kernel.overruns;
	for (int i = 0; i < 3 * KERNEL_QUEUE; i++)
		give_addr(w, WORKLOAD, 0, 2, i % 2 ? "198.51.100.7/24" : "198.51.100.8/24");
	give_link(w, WORKLOAD, 1, 1, "db");
	give_addr(w, WORKLOAD, 1, 0, "10.0.1.2/16");
	if (w->kernel.overruns == before)
		sim_fail(&w->net, "nothing was lost");
	wait_for(w, 20 * NS_PER_S);
	expect_state(w, "web.local", MDNS_ESTABLISHED, "web-2.local");
	expect_state(w, "db.local", MDNS_ESTABLISHED, "db.local");
}

static void a_namespace_dies_during_probing(struct whole *w)
{
	furnish(w);
	wait_for(w, 400 * NS_PER_MS);
	expect_state(w, "web.local", MDNS_PROBING, "web.local");
	simkernel_remove_space(&w->kernel, WORKLOAD);
	wait_for(w, 5 * NS_PER_S);
	expect_state(w, "web.local", MDNS_STATE_COUNT, ".");
}

static void a_dead_namespaces_id_passes_to_another_one(struct whole *w)
{
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	simkernel_remove_space(&w->kernel, WORKLOAD);
	simkernel_add_space(&w->kernel, WORKLOAD);
	give_link(w, WORKLOAD, 2, 1, "mail");
	give_addr(w, WORKLOAD, 2, 0, "10.0.1.5/16");
	wait_for(w, 5 * NS_PER_S);
	expect_state(w, "web.local", MDNS_STATE_COUNT, ".");
	expect_state(w, "mail.local", MDNS_ESTABLISHED, "mail.local");
}

/* The first file has an alias at web.example, the second one at web.local, and other addresses. */
static void files_hide_a_name_and_give_it_back(struct whole *w)
{
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	for (unsigned file = 1; file < 2 * NAIVE_FILES && !w->net.failure[0]; file++) {
		whole_reload(w, file);
		whole_check(w);
		if (file == NAIVE_FILES)
			simkernel_remove_space(&w->kernel, WORKLOAD);
	}
}

/* Records that a file adds to a workload's address, and other events of the link,
 * do not disturb it. */
static void a_reload_leaves_a_name_in_peace(struct whole *w)
{
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	whole_reload(w, 1);
	wait_for(w, 5 * NS_PER_S);
	give_addr(w, 0, 0, 1, "2001:db8::1/64");
	wait_for(w, 5 * NS_PER_S);
	unsigned long before = w->packets;
	whole_reload(w, 0);
	whole_turn(w);
	expect_state(w, "web.local", MDNS_ESTABLISHED, "web.local"); /* no new probes */
	wait_for(w, 5 * NS_PER_S);
	if (w->goodbyes > 0)
		sim_fail(&w->net, "%lu addresses were said goodbye to", w->goodbyes);
	if (before == 0)
		sim_fail(&w->net, "nothing was sent");
}

static void an_address_flaps_while_a_peer_asks(struct whole *w)
{
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	for (int i = 0; i < 40; i++) {
		sim_say(&w->net, 0, "10.0.0.210", i % 3 ? MDNS_PORT : 40000,
			i % 2 ? "q web.local A" : "id=7; q web.local ANY");
		if (i % 2)
			simkernel_remove_addr(&w->kernel, WORKLOAD, 0, 0);
		else
			give_addr(w, WORKLOAD, 0, 0, i % 4 ? "10.0.1.1/16" : "10.0.1.3/16");
		wait_for(w, (1 + i * 7 % 90) * NS_PER_MS);
	}
}

static void this_host_is_called_otherwise(struct whole *w)
{
	furnish(w);
	simkernel_set_hostname(&w->kernel, 0, "box");
	simkernel_set_hostname(&w->kernel, WORKLOAD, "box");
	wait_for(w, 5 * NS_PER_S);
	expect_state(w, "box.local", MDNS_ESTABLISHED, "box.local");
	sim_put(&w->net, 1, 1, "crate.local", "A 10.0.0.201");
	wait_for(w, 5 * NS_PER_S);
	simkernel_set_hostname(&w->kernel, 0, "crate");
	wait_for(w, 10 * NS_PER_S);
	expect_state(w, "box.local", MDNS_STATE_COUNT, ".");
	expect_state(w, "crate.local", MDNS_ESTABLISHED, "crate-2.local");
	simkernel_set_hostname(&w->kernel, 0, "");
	wait_for(w, 5 * NS_PER_S);
	expect_state(w, "crate.local", MDNS_STATE_COUNT, ".");
}

static void our_link_goes_with_all_that_stands_on_it(struct whole *w)
{
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	simkernel_remove_link(&w->kernel, 0, 0);
	wait_for(w, NS_PER_S);
	furnish(w);
	wait_for(w, 5 * NS_PER_S);
	expect_state(w, "web.local", MDNS_ESTABLISHED, "web.local");
}

static void there_is_room_again_for_what_was_refused(struct whole *w)
{
	whole_make_narrow(w);
	furnish(w);
	give_link(w, 0, 1, 0, "own");
	for (int i = 0; i < KERNEL_ADDRS; i++)
		give_addr(w, WORKLOAD, 0, i,
			(const char *[]){
				"10.0.1.1/16", "10.0.1.2/16", "10.0.1.3/16", "10.0.1.4/16"}[i]);
	wait_for(w, NS_PER_S);
	if (!model_is_lacking(pipeline_model(w->pipeline)))
		sim_fail(&w->net, "there is room for everything");
	wait_for(w, 5 * NS_PER_S);
}

static const struct scenario {
	const char *name;
	void (*run)(struct whole *w);
} scenarios[] = {
#define SCENARIO(f)                                                                                \
	{                                                                                          \
#f, f                                                                              \
	}
	SCENARIO(a_workload_is_answered_and_announced),
	SCENARIO(notifications_are_lost_while_names_conflict),
	SCENARIO(a_namespace_dies_during_probing),
	SCENARIO(a_dead_namespaces_id_passes_to_another_one),
	SCENARIO(files_hide_a_name_and_give_it_back),
	SCENARIO(a_reload_leaves_a_name_in_peace),
	SCENARIO(an_address_flaps_while_a_peer_asks),
	SCENARIO(this_host_is_called_otherwise),
	SCENARIO(our_link_goes_with_all_that_stands_on_it),
	SCENARIO(there_is_room_again_for_what_was_refused),
};

/* --- random runs --------------------------------------------------------------------------- */

static void random_step(struct whole *w)
{
	uint8_t step[WHOLE_STEP_LEN];
	for (size_t i = 0; i < sizeof(step); i++)
		step[i] = (uint8_t)sim_random(&w->net, 256);
	whole_step(w, step);
}

/* Other events, while the daemon reads. */
static void on_receive(void *arg)
{
	struct whole *w = arg;
	struct kernel_link *link = &w->kernel.spaces[0].links[0];
	if (sim_random(&w->net, 8) > 0 || !link->is_there)
		return;
	give_addr(w, 0, 0, 0, sim_random(&w->net, 2) ? "10.0.0.1/16" : "10.0.0.2/16");
}

static void run_random(struct whole *w)
{
	bool is_busy = sim_random(&w->net, 4) == 0;
	w->kernel.arg = w;
	if (sim_random(&w->net, 4) == 0)
		whole_make_narrow(w);
	if (sim_random(&w->net, 3))
		furnish(w);
	for (unsigned i = 0; i < STEPS && !w->net.failure[0]; i++) {
		w->kernel.on_receive = is_busy ? on_receive : NULL;
		random_step(w);
		if (i % 20 == 19)
			whole_check(w);
	}
}

/* --- runs ---------------------------------------------------------------------------------- */

static bool run(const char *name, void (*what)(struct whole *w), uint64_t seed, FILE *trace)
{
	static struct whole w;
	if (whole_init(&w, seed)) {
		w.net.trace = trace;
		what(&w);
		whole_check(&w);
	}
	bool is_good = !w.net.failure[0];
	if (!is_good)
		printf("FAIL %s, seed %llu: %s\n", name, (unsigned long long)seed, w.net.failure);
	whole_fini(&w);
	return is_good;
}

int main(int argc, char **argv)
{
	unsigned long long seeds = DEFAULT_SEEDS, first = 1, failed = 0;
	FILE *trace = NULL;
	const char *only = NULL;
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--seeds=%llu", &seeds) == 1 ||
			sscanf(argv[i], "--first=%llu", &first) == 1)
			continue;
		if (sscanf(argv[i], "--seed=%llu", &first) == 1)
			seeds = 1, only = "";
		else if (strcmp(argv[i], "--trace") == 0)
			trace = stdout;
		else if (argv[i][0] != '-')
			only = argv[i], seeds = 0;
		else
			return printf("usage: %s [--seeds=N] [--first=N] [--seed=N] [--trace] "
				      "[SCENARIO]\n",
				       argv[0]),
			       100;
	}
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		if (!only || strcmp(only, scenarios[i].name) == 0)
			failed += !run(scenarios[i].name, scenarios[i].run, first, trace);
	for (unsigned long long seed = first; seed < first + seeds; seed++)
		failed += !run("random", run_random, seed, trace);
	printf("%zu scenarios, %llu random runs, %llu failures in all\n", ARRAY_LEN(scenarios),
		seeds, failed);
	return failed > 0;
}
