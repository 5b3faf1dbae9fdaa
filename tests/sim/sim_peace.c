/* SPDX-License-Identifier: ISC */
/*
 * Owns rounds in which a workload speaks for itself: first or late, under our name for it or another,
 * through changes of its addresses, flaps of our link and of its own, and restarts. After each change
 * each name has one answer within ten seconds, and the workload was never disturbed: no conflict, no
 * lost tie, no other name.
 *
 * Never uses the real network or clock. The workload's responder is an engine of its own, which says
 * what Avahi or systemd-resolved would say. Run by `make check`; a round that failed is run alone, with
 * each packet, by `sim_peace --seed=N --trace`.
 */
#include <stdlib.h>
#include <string.h>

#include "simnet.h"
#include "wire/msg.h"

enum { ROUNDS = 200, STEPS = 8, TEXT_CAP = 256 };

static const ns_t settle_time = 10 * NS_PER_S, look_interval = 50 * NS_PER_MS;
static const char owner[] = "web.local", reverse[] = "50.0.0.10.in-addr.arpa";

/* What the workload's responder says of its addresses. */
enum style {
	STYLE_ALL,
	STYLE_AVAHI, /* no link-local address beside a global one */
	STYLE_IPV4,
	STYLE_COUNT
};

struct round {
	struct sim sim;
	unsigned us, workload;
	enum style style;
	const char *own_name; /* what the workload calls itself */
	bool is_speaking, has_global, has_second;
	bool is_first_contact; /* both may probe at the same time: one waits a second (§8.2) */
	unsigned answers[SIM_HOSTS]; /* replies to the question that is being asked, by host */
};

static ns_t random_time(struct round *r, ns_t max)
{
	return (ns_t)sim_random(&r->sim, (uint64_t)max);
}

/* Changes */

static void put_ours(struct round *r)
{
	char records[TEXT_CAP];
	snprintf(records, sizeof(records), "A 10.0.0.50%s, AAAA fe80::50%s",
		r->has_second ? ", A 10.0.0.51" : "", r->has_global ? ", AAAA 2001:db8::50" : "");
	sim_put(&r->sim, r->us, 1, owner, records);
	sim_put(&r->sim, r->us, 1, reverse, "known PTR web.local");
}

static void put_its_own(struct round *r)
{
	char records[TEXT_CAP], pointer[TEXT_CAP];
	bool has_local = r->style == STYLE_ALL || (r->style == STYLE_AVAHI && !r->has_global);
	snprintf(records, sizeof(records), "A 10.0.0.50%s%s%s",
		r->has_second ? ", A 10.0.0.51" : "", has_local ? ", AAAA fe80::50" : "",
		r->has_global && r->style != STYLE_IPV4 ? ", AAAA 2001:db8::50" : "");
	snprintf(pointer, sizeof(pointer), "PTR %s", r->own_name);
	sim_put(&r->sim, r->workload, 1, r->own_name, r->is_speaking ? records : NULL);
	sim_put(&r->sim, r->workload, 1, reverse, r->is_speaking ? pointer : NULL);
}

/* Both see it, in any order. */
static void change_addresses(struct round *r)
{
	bool *which = sim_random(&r->sim, 2) ? &r->has_global : &r->has_second;
	bool we_first = sim_random(&r->sim, 2);
	*which = !*which;
	if (we_first)
		put_ours(r);
	else
		put_its_own(r);
	sim_run(&r->sim, r->sim.now + random_time(r, 60 * NS_PER_MS));
	if (we_first)
		put_its_own(r);
	else
		put_ours(r);
}

static void flap(struct round *r, unsigned host)
{
	sim_set_link(&r->sim, host, 1, false);
	sim_run(&r->sim, r->sim.now + random_time(r, 3 * NS_PER_S));
	sim_set_link(&r->sim, host, 1, true);
}

/* Removes what we say of the workload and puts it again: it was replaced, or the link was gone. */
static void replace(struct round *r)
{
	sim_put(&r->sim, r->us, 1, owner, NULL);
	sim_put(&r->sim, r->us, 1, reverse, NULL);
	sim_run(&r->sim, r->sim.now + random_time(r, 3 * NS_PER_S));
	put_ours(r);
}

static void start_or_stop(struct round *r)
{
	r->is_speaking = !r->is_speaking;
	put_its_own(r);
}

static void restart(struct round *r)
{
	bool was_speaking = r->is_speaking;
	r->is_speaking = false;
	put_its_own(r);
	sim_run(&r->sim, r->sim.now + random_time(r, NS_PER_S));
	r->is_speaking = was_speaking;
	put_its_own(r);
}

static void change(struct round *r)
{
	switch (sim_random(&r->sim, 7)) {
	case 0: start_or_stop(r); break;
	case 1: restart(r); break;
	case 2: flap(r, r->us); break;
	case 3: flap(r, r->workload); break;
	case 4: replace(r); break;
	default: change_addresses(r); break;
	}
}

/* Checks */

static void check_state(void *arg, const struct mdns_status *status)
{
	struct round *r = arg;
	if (status->state == MDNS_CONFLICT && !r->is_first_contact)
		sim_fail(&r->sim, "the workload has lost a tie");
	if (!name_equal(status->name.wire, status->current.wire))
		sim_fail(&r->sim, "the workload has another name");
}

static void check_workload(struct round *r)
{
	struct mdns *m = r->sim.hosts[r->workload].m;
	if (mdns_stats(m).conflicts > 0)
		sim_fail(&r->sim, "the workload has a conflict");
	mdns_each_status(m, check_state, r);
}

static void settle(struct round *r)
{
	ns_t end = r->sim.now + settle_time;
	while (r->sim.now < end && !r->sim.failure[0]) {
		sim_run(&r->sim, r->sim.now + look_interval);
		check_workload(r);
	}
}

static void on_sent(void *arg, unsigned host, const struct mdns_path *to,
	const uint8_t *packet UNUSED, size_t len UNUSED)
{
	struct round *r = arg;
	r->answers[host] += !to->is_multicast;
}

/* A stranger asks once: one host answers. */
static void ask(struct round *r, const char *name, const char *type, bool is_its_own)
{
	char question[TEXT_CAP];
	memset(r->answers, 0, sizeof(r->answers));
	snprintf(question, sizeof(question), "id=5; q %s %s", name, type);
	sim_say(&r->sim, 0, "10.200.0.9", 40000, question);
	sim_run(&r->sim, r->sim.now + NS_PER_S);
	if (r->answers[r->us] != !is_its_own || r->answers[r->workload] != is_its_own)
		sim_fail(&r->sim, "%s: %u answers from us and %u from the workload, which %s", name,
			r->answers[r->us], r->answers[r->workload],
			r->is_speaking ? "speaks" : "is silent");
}

static void check_answers(struct round *r)
{
	bool has_same_name = strcmp(r->own_name, owner) == 0;
	ask(r, owner, "A", r->is_speaking && has_same_name);
	ask(r, reverse, "PTR", r->is_speaking);
	if (r->is_speaking)
		ask(r, r->own_name, "A", true);
}

/* Rounds */

static void build(struct round *r)
{
	static const struct sim_faults faults = {
		.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS};
	sim_add_wire(&r->sim, faults);
	r->us = sim_add_host(&r->sim, "us");
	r->workload = sim_add_host(&r->sim, "workload");
	sim_add_port(&r->sim, r->us, 0, "10.0.0.1", "fe80::1");
	sim_add_port(&r->sim, r->workload, 0, "10.0.0.50", "fe80::50");
	r->style = (enum style)sim_random(&r->sim, STYLE_COUNT);
	r->own_name = sim_random(&r->sim, 3) ? owner : "box.local";
	r->is_speaking = sim_random(&r->sim, 2);
	r->has_global = sim_random(&r->sim, 2);
	r->sim.on_sent = on_sent;
	r->sim.arg = r;
}

static void begin(struct round *r)
{
	bool we_first = sim_random(&r->sim, 2);
	if (we_first)
		put_ours(r);
	else
		put_its_own(r);
	sim_run(&r->sim, r->sim.now + random_time(r, 3 * NS_PER_S));
	if (we_first)
		put_its_own(r);
	else
		put_ours(r);
}

static bool run(uint64_t seed, FILE *trace)
{
	static struct round r;
	memset(&r, 0, sizeof(r));
	sim_init(&r.sim, seed);
	r.sim.trace = trace;
	build(&r);
	begin(&r);
	for (int step = 0; step < STEPS && !r.sim.failure[0]; step++) {
		r.is_first_contact = step == 0;
		settle(&r);
		check_answers(&r);
		change(&r);
	}
	bool is_good = !r.sim.failure[0];
	if (!is_good)
		printf("FAIL seed %llu, %s, style %d: %s\n", (unsigned long long)seed, r.own_name,
			(int)r.style, r.sim.failure);
	sim_fini(&r.sim);
	return is_good;
}

int main(int argc, char **argv)
{
	unsigned long long first = 1, count = ROUNDS, failed = 0;
	FILE *trace = NULL;
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--seed=%llu", &first) == 1)
			count = 1;
		else if (strcmp(argv[i], "--trace") == 0)
			trace = stdout;
		else if (sscanf(argv[i], "--seeds=%llu", &count) != 1)
			return 100;
	}
	for (unsigned long long seed = first; seed < first + count; seed++)
		failed += !run(seed, trace);
	printf("%llu rounds, %llu failed\n", count, failed);
	return failed > 0;
}
