/* SPDX-License-Identifier: ISC */
/*
 * Owns the test of model/sync.h and model/model.h together, against a simulated kernel that loses
 * notifications, interrupts dumps, and gives the id of a dead namespace to a new one.
 * Never touches a socket. Run by `make check`; `test_resync FIRST [END]` takes other seeds.
 */
#include "model/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "unit.h"

/* --- a simulated kernel ------------------------------------------------------------------- */

enum { SPACES = 4, LINKS = 4, ADDRS = 4, QUEUE_CAP = 12, STEPS = 400 };

struct sim_link {
	bool is_there;
	uint32_t mtu;
	bool has_addr[ADDRS];
	uint32_t addr_flags[ADDRS];
};

/* spaces[i] has the nsid i - 1: the first is our own. */
struct sim_ns {
	bool is_there;
	uint64_t changes; /* increases with each change, and with each new owner of the id */
	struct sim_link links[LINKS];
};

struct sim {
	uint64_t random;
	ns_t now;
	struct sim_ns spaces[SPACES];
	struct event queue[QUEUE_CAP];
	size_t queued;
	bool is_congested, has_lost; /* NETLINK_S_CONGESTED, and an ENOBUFS that is due */
	struct sync_request dump;    /* in flight, SYNC_ASK_NOTHING if none */
	size_t dump_at;              /* next object of it */
	uint64_t dump_changes;       /* of the namespace when it began */
	bool is_interrupted;
	struct event pipe[LINKS * ADDRS + SPACES]; /* dumped, but not received yet */
	size_t piped, received;
	bool has_ended; /* its `outcome` is received after the pipe */
	enum sync_outcome outcome;
	struct sync *sync;
	struct model *model;
	bool told_link[SPACES][LINKS], told_addr[SPACES][LINKS][ADDRS];
};

static unsigned roll(struct sim *sim, unsigned sides)
{
	sim->random = sim->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(sim->random >> 33) % sides;
}

static struct event link_event(const struct sim *sim, int n, int l)
{
	struct event ev = {.type = EV_LINK, .nsid = n - 1};
	ev.link.ifindex = (uint32_t)l + 1;
	ev.link.mtu = sim->spaces[n].links[l].mtu;
	return ev;
}

static struct event addr_event(const struct sim *sim, int n, int l, int a)
{
	struct event ev = {.type = EV_ADDR, .nsid = n - 1};
	const uint8_t bytes[4] = {10, 0, 0, (uint8_t)(a + 1)};
	ev.addr.ifindex = (uint32_t)l + 1;
	ev.addr.addr = addr_make(ADDR_V4, bytes);
	ev.addr.prefix_len = 24;
	ev.addr.flags = sim->spaces[n].links[l].addr_flags[a];
	return ev;
}

/* Like netlink_broadcast: a message without room is lost, and so are all others until
 * the queue is empty. */
static void notify(struct sim *sim, struct event ev)
{
	sim->spaces[ev.nsid + 1].changes++;
	if (sim->queued == QUEUE_CAP && !sim->is_congested)
		sim->has_lost = sim->is_congested = true;
	if (!sim->is_congested)
		sim->queue[sim->queued++] = ev;
}

static void change_link(struct sim *sim, int n, int l)
{
	struct sim_link *link = &sim->spaces[n].links[l];
	if (link->is_there && roll(sim, 2)) {
		for (int a = 0; a < ADDRS; a++)
			if (link->has_addr[a]) {
				struct event ev = addr_event(sim, n, l, a);
				ev.type = EV_ADDR_GONE;
				notify(sim, ev);
			}
		*link = (struct sim_link){0};
		struct event ev = link_event(sim, n, l);
		ev.type = EV_LINK_GONE;
		notify(sim, ev);
		return;
	}
	link->is_there = true;
	link->mtu = roll(sim, 3);
	notify(sim, link_event(sim, n, l));
}

static void change_addr(struct sim *sim, int n, int l, int a)
{
	struct sim_link *link = &sim->spaces[n].links[l];
	if (!link->is_there)
		return;
	struct event ev = addr_event(sim, n, l, a);
	if (link->has_addr[a] && roll(sim, 2)) {
		link->has_addr[a] = false;
		ev.type = EV_ADDR_GONE;
	} else {
		link->has_addr[a] = true;
		ev.addr.flags = link->addr_flags[a] = roll(sim, 3);
	}
	notify(sim, ev);
}

/* A namespace dies without news of its contents; a new one has contents from the start. */
static void change_ns(struct sim *sim, int n)
{
	struct sim_ns *ns = &sim->spaces[n];
	if (n == 0)
		return;
	struct event ev = {.type = ns->is_there ? EV_NS_GONE : EV_NS, .nsid = n - 1};
	memset(ns->links, 0, sizeof(ns->links));
	ns->is_there = !ns->is_there;
	for (int l = 0; l < LINKS && ns->is_there; l++) {
		ns->links[l].is_there = roll(sim, 2);
		ns->links[l].mtu = roll(sim, 3);
		for (int a = 0; a < ADDRS; a++)
			ns->links[l].has_addr[a] = ns->links[l].is_there && roll(sim, 2);
	}
	notify(sim, ev);
}

static void change_something(struct sim *sim)
{
	int n = (int)roll(sim, SPACES);
	unsigned kind = roll(sim, 12);
	if (kind == 0)
		change_ns(sim, n);
	else if (!sim->spaces[n].is_there)
		return;
	else if (kind < 5)
		change_link(sim, n, (int)roll(sim, LINKS));
	else
		change_addr(sim, n, (int)roll(sim, LINKS), (int)roll(sim, ADDRS));
}

static void receive(struct sim *sim)
{
	if (sim->has_lost) {
		sim->has_lost = false;
		sync_overrun(sim->sync, QUEUE_CAP);
		return;
	}
	if (sim->queued == 0) {
		sync_drained(sim->sync, sim->now);
		return;
	}
	struct event ev = sim->queue[0];
	memmove(sim->queue, sim->queue + 1, --sim->queued * sizeof(ev));
	if (sim->queued == 0)
		sim->is_congested = false;
	if (ev.type == EV_NS_GONE)
		sync_ns_gone(sim->sync, ev.nsid);
	else if (ev.nsid != NSID_OWN)
		assert_int_equal(sync_ns_appeared(sim->sync, ev.nsid), 0);
	assert_int_equal(model_apply(sim->model, &ev), 0);
	sync_received(sim->sync, sim->now);
}

static void dump_put(struct sim *sim, struct event ev)
{
	ev.is_dump = true;
	assert_true(sim->piped < ARRAY_LEN(sim->pipe));
	sim->pipe[sim->piped++] = ev;
}

static void dump_end(struct sim *sim, enum sync_outcome outcome)
{
	sim->has_ended = true;
	sim->outcome = outcome;
}

static void dump_table(struct sim *sim)
{
	for (int n = 1; n < SPACES; n++)
		if (sim->spaces[n].is_there)
			dump_put(sim, (struct event){.type = EV_NS, .nsid = n - 1});
	dump_end(sim, SYNC_OK);
}

/* Lists one link, or the addresses of one link. */
static void dump_link(struct sim *sim, int n, int l)
{
	const struct sim_link *link = &sim->spaces[n].links[l];
	if (link->is_there && sim->dump.ask == SYNC_ASK_LINKS)
		dump_put(sim, link_event(sim, n, l));
	for (int a = 0; a < ADDRS && sim->dump.ask == SYNC_ASK_ADDRS; a++)
		if (link->has_addr[a])
			dump_put(sim, addr_event(sim, n, l, a));
}

/* The kernel's side: makes the next part, from the present state. */
static void dump_produce(struct sim *sim)
{
	const struct sim_ns *ns = &sim->spaces[sim->dump.nsid + 1];
	if (sim->has_ended)
		return;
	sim->is_interrupted |= sim->dump_at > 0 && ns->changes != sim->dump_changes;
	sim->dump_changes = ns->changes;
	if (sim->dump.ask == SYNC_ASK_TABLE)
		dump_table(sim);
	else if (!ns->is_there)
		dump_end(sim, SYNC_ABSENT);
	else if (roll(sim, 100) == 0)
		dump_end(sim, SYNC_FAILED);
	else if (sim->dump_at == LINKS)
		dump_end(sim, sim->is_interrupted ? SYNC_INTERRUPTED : SYNC_OK);
	else
		dump_link(sim, sim->dump.nsid + 1, (int)sim->dump_at++);
}

/* Our side: receives one message, which may be older than news read before it. */
static void dump_receive(struct sim *sim)
{
	if (sim->received == sim->piped) {
		if (!sim->has_ended)
			return;
		sim->dump.ask = SYNC_ASK_NOTHING;
		sync_dump_done(sim->sync, sim->outcome, sim->now);
		return;
	}
	const struct event *ev = &sim->pipe[sim->received++];
	if (ev->type == EV_NS)
		assert_int_equal(sync_ns_appeared(sim->sync, ev->nsid), 0);
	assert_int_equal(model_apply(sim->model, ev), 0);
}

static void dump_begin(struct sim *sim)
{
	sim->dump = sync_next(sim->sync, sim->now);
	sim->dump_at = sim->piped = sim->received = 0;
	sim->is_interrupted = sim->has_ended = false;
}

static void dump_step(struct sim *sim)
{
	if (sim->dump.ask == SYNC_ASK_NOTHING || !sync_is_dumping(sim->sync))
		dump_begin(sim); /* the shell drops what is left of another dump */
	else if (roll(sim, 2))
		dump_produce(sim);
	else
		dump_receive(sim);
}

/* --- the reports to the listener must be consistent ---------------------------------------- */

static void on_link(void *arg, enum model_change change, const struct model_link *link,
	const struct event_link *before)
{
	struct sim *sim = arg;
	bool *told = &sim->told_link[link->ns->nsid + 1][link->info.ifindex - 1];
	assert_int_equal(*told, change != MODEL_LINK_NEW);
	assert_int_equal(before != NULL, change == MODEL_LINK_CHANGED);
	if (before)
		assert_memory_not_equal(before, &link->info, sizeof(*before));
	*told = change != MODEL_LINK_GONE;
	for (int a = 0; a < ADDRS && !*told; a++)
		assert_false(sim->told_addr[link->ns->nsid + 1][link->info.ifindex - 1][a]);
}

static void on_addr(void *arg, enum model_change change, const struct model_addr *addr,
	const struct event_addr *before)
{
	struct sim *sim = arg;
	nsid_t n = addr->link->ns->nsid + 1;
	uint32_t l = addr->info.ifindex - 1;
	bool *told = &sim->told_addr[n][l][addr->info.addr.bytes[3] - 1];
	assert_true(sim->told_link[n][l]);
	assert_int_equal(*told, change != MODEL_ADDR_NEW);
	assert_int_equal(before != NULL, change == MODEL_ADDR_CHANGED);
	if (before)
		assert_memory_not_equal(before, &addr->info, sizeof(*before));
	*told = change != MODEL_ADDR_GONE;
}

static void to_model(void *arg, const struct event *ev)
{
	struct sim *sim = arg;
	assert_int_equal(model_apply(sim->model, ev), 0);
}

static void compare_link(const struct sim *sim, int n, int l)
{
	const struct sim_link *want = &sim->spaces[n].links[l];
	const struct model_link *have = model_link(sim->model, n - 1, (uint32_t)l + 1);
	assert_int_equal(have != NULL, want->is_there);
	assert_int_equal(sim->told_link[n][l], want->is_there);
	if (have)
		assert_int_equal(have->info.mtu, want->mtu);
	for (int a = 0; a < ADDRS; a++) {
		struct event ev = addr_event(sim, n, l, a);
		const struct model_addr *addr =
			model_addr(sim->model, n - 1, (uint32_t)l + 1, &ev.addr.addr);
		assert_int_equal(addr != NULL, want->has_addr[a]);
		assert_int_equal(sim->told_addr[n][l][a], want->has_addr[a]);
		if (addr)
			assert_int_equal(addr->info.flags, want->addr_flags[a]);
	}
}

static void compare(const struct sim *sim)
{
	for (int n = 0; n < SPACES; n++) {
		const struct model_ns *ns = model_ns(sim->model, n - 1);
		assert_int_equal(ns != NULL, sim->spaces[n].is_there);
		for (int l = 0; l < LINKS; l++)
			compare_link(sim, n, l);
	}
}

/* Lets everything settle. It must do so in a bounded number of steps. */
static void settle(struct sim *sim)
{
	for (int i = 0; i < 100000; i++) {
		receive(sim);
		dump_step(sim);
		if (sim->queued || sim->has_lost || sim->dump.ask != SYNC_ASK_NOTHING)
			continue;
		ns_t deadline = sync_deadline(sim->sync);
		if (deadline == NS_NEVER) {
			assert_true(sync_is_settled(sim->sync));
			return;
		}
		if (deadline > sim->now)
			sim->now = deadline;
	}
	fail_msg("no end");
}

static void run_history(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	sim->random = seed;
	sim->spaces[0].is_there = true;
	sim->model = model_new(
		seed, (struct model_listener){.on_link = on_link, .on_addr = on_addr, .arg = sim});
	sim->sync = sync_new(true, to_model, sim);
	unsigned laziness = 1 + roll(sim, 6); /* how much more happens than is read */
	for (int i = 0; i < STEPS; i++) {
		unsigned what = roll(sim, 4 + laziness);
		if (what < 2)
			receive(sim);
		else if (what < 4)
			dump_step(sim);
		else
			change_something(sim);
		sim->now += roll(sim, 3) * NS_PER_MS;
		if (roll(sim, 100) == 0) {
			settle(sim);
			compare(sim);
		}
	}
	settle(sim);
	compare(sim);
	sync_free(sim->sync);
	model_free(sim->model);
	free(sim);
}

static uint64_t seed = 1;
static uint64_t seed_end = 10000;

static void after_any_history_the_model_equals_the_kernel(void **state)
{
	(void)state;
	for (; seed < seed_end; seed++)
		run_history(seed);
}

static int tell_seed(void **state)
{
	(void)state;
	if (seed < seed_end)
		printf("failed with seed %llu\n", (unsigned long long)seed);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(after_any_history_the_model_equals_the_kernel, tell_seed),
	};
	if (argc > 1) {
		seed = strtoull(argv[1], NULL, 10);
		seed_end = argc > 2 ? strtoull(argv[2], NULL, 10) : seed + 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
