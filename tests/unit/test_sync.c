/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of model/sync.h, by itself and together with the model against a simulated kernel
 * that loses notifications, interrupts dumps, and gives an id of the dead to the living.
 * Never touches a socket. Run by `make check`; `test_sync FIRST [END]` takes other seeds.
 */
#include "model/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "unit.h"

/* --- the automaton by itself -------------------------------------------------------------- */

/* What the sink got, oldest first, as letters: B begin, L links, E end, A abort, G gone. */
struct record {
	char letters[64];
	size_t count;
	nsid_t last;
};

static void keep(void *arg, const struct event *ev)
{
	struct record *r = arg;
	const char letter = ev->type == EV_SYNC_BEGIN ? 'B' :
		ev->type == EV_SYNC_LINKS ? 'L' :
		ev->type == EV_SYNC_END ? 'E' :
		ev->type == EV_SYNC_ABORT ? 'A' : 'G';
	assert_true(r->count < sizeof(r->letters) - 1);
	r->letters[r->count++] = letter;
	r->last = ev->nsid;
}

static void expect(struct record *r, const char *letters)
{
	assert_string_equal(r->letters, letters);
	*r = (struct record){0};
}

static void expect_ask(struct sync *s, ns_t now, enum sync_ask ask, nsid_t nsid)
{
	struct sync_request request = sync_next(s, now);
	assert_int_equal(request.ask, ask);
	if (ask == SYNC_ASK_LINKS || ask == SYNC_ASK_ADDRS)
		assert_int_equal(request.nsid, nsid);
}

static void dump_well(struct sync *s, ns_t now, nsid_t nsid)
{
	expect_ask(s, now, SYNC_ASK_LINKS, nsid);
	sync_dump_done(s, SYNC_OK, now);
	expect_ask(s, now, SYNC_ASK_ADDRS, nsid);
	sync_dump_done(s, SYNC_OK, now);
}

/* An automaton at rest that knows only our own namespace. */
static struct sync *at_rest(struct record *r)
{
	*r = (struct record){0};
	struct sync *s = sync_new(true, keep, r);
	assert_non_null(s);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_dump_done(s, SYNC_OK, 0);
	assert_true(sync_has_table(s));
	assert_false(sync_is_settled(s));
	dump_well(s, 0, NSID_OWN);
	assert_true(sync_is_settled(s));
	expect(r, "BLE");
	return s;
}

static void the_start_dumps_the_table_and_then_each_namespace_once(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == NS_NEVER);
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	assert_false(sync_is_settled(s));
	dump_well(s, 1, 5);
	assert_int_equal(sync_ns_appeared(s, 5), 0); /* known: nothing wrong with it */
	expect_ask(s, 2, SYNC_ASK_NOTHING, 0);
	expect(&r, "BLE");
	sync_free(s);
}

static void without_a_table_only_our_own_namespace_is_dumped(void **state)
{
	struct record r = {0};
	struct sync *s = sync_new(false, keep, &r);
	(void)state;
	dump_well(s, 0, NSID_OWN);
	sync_overrun(s, 1);
	sync_drained(s, 0);
	dump_well(s, 0, NSID_OWN);
	expect(&r, "BLEBLE");
	sync_free(s);
}

static void nothing_is_dumped_before_the_queue_of_an_overrun_is_read(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_overrun(s, 3);
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == NS_NEVER);
	sync_received(s, 0);
	sync_received(s, 0);
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	sync_received(s, 0); /* as many as it can have held, though it is not empty */
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_dump_done(s, SYNC_OK, 0);
	dump_well(s, 0, NSID_OWN);
	expect(&r, "BLE");
	sync_free(s);
}

static void an_overrun_during_a_dump_aborts_it_and_all_is_dumped_again(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 5);
	sync_overrun(s, 100);
	assert_false(sync_is_dumping(s));
	sync_dump_done(s, SYNC_OK, 0); /* of before: means nothing */
	expect(&r, "BA");
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	sync_dump_done(s, SYNC_OK, 0);
	for (int i = 0; i < 2; i++) {
		struct sync_request request = sync_next(s, 0);
		assert_int_equal(request.ask, SYNC_ASK_LINKS);
		sync_dump_done(s, SYNC_OK, 0);
		expect_ask(s, 0, SYNC_ASK_ADDRS, request.nsid);
		sync_dump_done(s, SYNC_OK, 0);
	}
	expect(&r, "BLEBLE");
	assert_true(sync_is_settled(s));
	sync_free(s);
}

static void overruns_that_follow_each_other_hold_dumps_back(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_overrun(s, 100);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_overrun(s, 100);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == 10 * NS_PER_MS);
	for (int i = 0; i < 20; i++) {
		sync_overrun(s, 100);
		sync_drained(s, 0);
	}
	assert_true(sync_deadline(s) == NS_PER_S);
	sync_free(s);
}

static void a_namespace_not_in_the_table_is_gone(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	assert_int_equal(sync_ns_appeared(s, 6), 0);
	dump_well(s, 0, 5);
	dump_well(s, 0, 6);
	expect(&r, "BLEBLE");
	sync_overrun(s, 1);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	assert_int_equal(sync_ns_appeared(s, 6), 0);
	sync_dump_done(s, SYNC_OK, 0);
	assert_int_equal(r.last, 5);
	expect(&r, "G");
	sync_free(s);
}

static void an_interrupted_dump_concludes_nothing_and_is_repeated_with_back_off(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	ns_t now = 0;
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	for (int i = 0; i < 10; i++) {
		static const int wait_ms[] = {0, 0, 10, 20, 40, 80, 160, 320, 640, 1000};
		assert_true(i == 0 || sync_deadline(s) == now + wait_ms[i] * NS_PER_MS);
		now += wait_ms[i] * NS_PER_MS;
		if (i > 1)
			expect_ask(s, now - 1, SYNC_ASK_NOTHING, 0);
		expect_ask(s, now, SYNC_ASK_LINKS, 5);
		/* Addresses are asked for though the links were interrupted: what is named counts. */
		sync_dump_done(s, i % 2 ? SYNC_OK : SYNC_INTERRUPTED, now);
		expect_ask(s, now, SYNC_ASK_ADDRS, 5);
		sync_dump_done(s, i % 2 ? SYNC_INTERRUPTED : SYNC_OK, now);
		expect(&r, i % 2 ? "BLA" : "BA");
		assert_int_equal(sync_is_settled(s), i + 1 >= SYNC_READY_FAILURES);
	}
	now += NS_PER_S;
	dump_well(s, now, 5);
	assert_true(sync_is_settled(s));
	assert_true(sync_deadline(s) == NS_NEVER);
	sync_free(s);
}

static void one_that_fails_or_is_refused_does_not_stop_the_others(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	for (nsid_t nsid = 1; nsid <= 4; nsid++)
		assert_int_equal(sync_ns_appeared(s, nsid), 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 1);
	sync_dump_done(s, SYNC_REFUSED, 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 2);
	sync_dump_done(s, SYNC_FAILED, 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 3);
	sync_dump_done(s, SYNC_ABSENT, 0);
	expect(&r, "BABABG");
	dump_well(s, 0, 4);
	dump_well(s, 0, 2); /* again, behind the others */
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == NS_NEVER);
	assert_true(sync_is_settled(s));
	sync_free(s);
}

static void a_namespace_that_goes_while_it_is_dumped_ends_its_dump(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	for (int phase = 0; phase < 3; phase++) {
		assert_int_equal(sync_ns_appeared(s, 5), 0);
		expect_ask(s, 0, SYNC_ASK_LINKS, 5);
		if (phase > 0)
			sync_dump_done(s, SYNC_OK, 0);
		if (phase > 1)
			expect_ask(s, 0, SYNC_ASK_ADDRS, 5);
		sync_ns_gone(s, 5);
		assert_false(sync_is_dumping(s));
		expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	}
	assert_true(sync_deadline(s) == NS_NEVER);
	sync_free(s);
}

static void our_own_namespace_never_goes(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_ns_gone(s, NSID_OWN);
	sync_overrun(s, 1);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_dump_done(s, SYNC_OK, 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, NSID_OWN);
	sync_dump_done(s, SYNC_ABSENT, 0);
	dump_well(s, 0, NSID_OWN);
	expect(&r, "BABLE");
	sync_free(s);
}

static void a_dump_without_an_answer_is_given_up(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 5);
	assert_true(sync_deadline(s) == SYNC_PATIENCE);
	expect_ask(s, SYNC_PATIENCE - 1, SYNC_ASK_NOTHING, 0);
	expect_ask(s, SYNC_PATIENCE, SYNC_ASK_LINKS, 5);
	expect(&r, "BAB");
	sync_free(s);
}

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
	uint64_t changes; /* rises with each, and with each new owner of the id */
	struct sim_link links[LINKS];
};

struct sim {
	uint64_t random;
	ns_t now;
	struct sim_ns spaces[SPACES];
	struct event queue[QUEUE_CAP];
	size_t queued;
	bool is_congested, has_lost; /* NETLINK_S_CONGESTED, and ENOBUFS to be told */
	struct sync_request dump;    /* in flight, SYNC_ASK_NOTHING if none */
	size_t dump_at;              /* next object of it */
	uint64_t dump_changes;       /* of the namespace when it began */
	bool is_interrupted;
	struct event pipe[LINKS * ADDRS + SPACES]; /* dumped, and not received yet */
	size_t piped, received;
	bool has_ended; /* with `outcome`, which is received after the pipe */
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

/* As netlink_broadcast: what does not fit is lost, and so is all until the queue is empty. */
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

/* A namespace dies with no word about what was in it; a new one is full already. */
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

/* Names one link, or the addresses of one link. */
static void dump_link(struct sim *sim, int n, int l)
{
	const struct sim_link *link = &sim->spaces[n].links[l];
	if (link->is_there && sim->dump.ask == SYNC_ASK_LINKS)
		dump_put(sim, link_event(sim, n, l));
	for (int a = 0; a < ADDRS && sim->dump.ask == SYNC_ASK_ADDRS; a++)
		if (link->has_addr[a])
			dump_put(sim, addr_event(sim, n, l, a));
}

/* The kernel's side: the next part, as things are now. */
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

/* Our side: one message, which may be older than news that was read before it. */
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
		dump_begin(sim); /* the shell throws away what is left of another */
	else if (roll(sim, 2))
		dump_produce(sim);
	else
		dump_receive(sim);
}

/* --- what the listener is told must fit together ------------------------------------------ */

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

/* Lets everything come to rest. It must do so in a bounded number of steps. */
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
	sim->model = model_new(seed,
		(struct model_listener){.on_link = on_link, .on_addr = on_addr, .arg = sim});
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
		cmocka_unit_test(the_start_dumps_the_table_and_then_each_namespace_once),
		cmocka_unit_test(without_a_table_only_our_own_namespace_is_dumped),
		cmocka_unit_test(nothing_is_dumped_before_the_queue_of_an_overrun_is_read),
		cmocka_unit_test(an_overrun_during_a_dump_aborts_it_and_all_is_dumped_again),
		cmocka_unit_test(overruns_that_follow_each_other_hold_dumps_back),
		cmocka_unit_test(a_namespace_not_in_the_table_is_gone),
		cmocka_unit_test(an_interrupted_dump_concludes_nothing_and_is_repeated_with_back_off),
		cmocka_unit_test(one_that_fails_or_is_refused_does_not_stop_the_others),
		cmocka_unit_test(a_namespace_that_goes_while_it_is_dumped_ends_its_dump),
		cmocka_unit_test(our_own_namespace_never_goes),
		cmocka_unit_test(a_dump_without_an_answer_is_given_up),
		cmocka_unit_test_teardown(
			after_any_history_the_model_equals_the_kernel, tell_seed),
	};
	if (argc > 1) {
		seed = strtoull(argv[1], NULL, 10);
		seed_end = argc > 2 ? strtoull(argv[2], NULL, 10) : seed + 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
