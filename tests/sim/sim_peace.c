/* SPDX-License-Identifier: ISC */
/*
 * Owns rounds in which a workload speaks for itself, and in which another responder on this host speaks
 * for the host: first or late, under our name for it or another, through changes of addresses, flaps of
 * our link and of its own, and restarts. After each change each name has one answer within ten seconds,
 * and who speaks for itself was never disturbed: no conflict, no lost tie, no other name.
 *
 * Never uses the real network or clock. Each responder is an engine of its own, which says what Avahi or
 * systemd-resolved would say. Run by `make check`; a round that failed is run alone, with
 * each packet, by `sim_peace --seed=N --trace`.
 */
#include <stdlib.h>
#include <string.h>

#include "simnet.h"
#include "wire/msg.h"

enum { ROUNDS = 200, STEPS = 8, TEXT_CAP = 256 };

static const ns_t settle_time = 10 * NS_PER_S, look_interval = 50 * NS_PER_MS;

/* What a responder says of its addresses. */
enum style {
	STYLE_ALL,
	STYLE_AVAHI, /* no link-local address beside a global one */
	STYLE_IPV4,
	STYLE_COUNT
};

/* Who speaks for itself: a workload, or this host by another responder. */
struct self {
	const char *who;
	unsigned host;        /* of the simulation */
	const char *name;     /* what we call it */
	const char *own_name; /* what it calls itself */
	const char *reverse;
	const char *kind;    /* of our records: "host " */
	const char *v4, *v6; /* their first bytes */
	enum style style;
	bool is_speaking, has_global, has_second;
};

enum { SELVES = 2 };

struct round {
	struct sim sim;
	unsigned us;
	struct self selves[SELVES];
	bool is_first_contact; /* both may probe at the same time: one waits a second (§8.2) */
	unsigned answers[SIM_HOSTS]; /* replies to the question that is being asked, by host */
};

static ns_t random_time(struct round *r, ns_t max)
{
	return (ns_t)sim_random(&r->sim, (uint64_t)max);
}

/* Changes */

static void put_ours(struct round *r, const struct self *self)
{
	char records[TEXT_CAP], pointer[TEXT_CAP];
	int len = snprintf(records, sizeof(records), "%sA 10.0.0.%s, AAAA fe80::%s", self->kind,
		self->v4, self->v6);
	if (self->has_second)
		len += snprintf(
			records + len, sizeof(records) - (size_t)len, ", A 10.0.1.%s", self->v4);
	if (self->has_global)
		snprintf(records + len, sizeof(records) - (size_t)len, ", AAAA 2001:db8::%s",
			self->v6);
	snprintf(pointer, sizeof(pointer), "known %sPTR %s", self->kind, self->name);
	sim_put(&r->sim, r->us, 1, self->name, records);
	sim_put(&r->sim, r->us, 1, self->reverse, pointer);
}

static void put_its_own(struct round *r, const struct self *self)
{
	char records[TEXT_CAP], pointer[TEXT_CAP];
	bool has_local =
		self->style == STYLE_ALL || (self->style == STYLE_AVAHI && !self->has_global);
	int len = snprintf(records, sizeof(records), "A 10.0.0.%s", self->v4);
	if (self->has_second)
		len += snprintf(
			records + len, sizeof(records) - (size_t)len, ", A 10.0.1.%s", self->v4);
	if (has_local)
		len += snprintf(
			records + len, sizeof(records) - (size_t)len, ", AAAA fe80::%s", self->v6);
	if (self->has_global && self->style != STYLE_IPV4)
		snprintf(records + len, sizeof(records) - (size_t)len, ", AAAA 2001:db8::%s",
			self->v6);
	snprintf(pointer, sizeof(pointer), "PTR %s", self->own_name);
	/* The shell looks who is in the group before we probe. */
	if (*self->kind)
		mdns_set_company(r->sim.hosts[r->us].m, r->sim.now, 1, self->is_speaking);
	sim_put(&r->sim, self->host, 1, self->own_name, self->is_speaking ? records : NULL);
	sim_put(&r->sim, self->host, 1, self->reverse, self->is_speaking ? pointer : NULL);
}

static void put_both(struct round *r, const struct self *self, ns_t apart_max)
{
	bool we_first = sim_random(&r->sim, 2);
	if (we_first)
		put_ours(r, self);
	else
		put_its_own(r, self);
	sim_run(&r->sim, r->sim.now + random_time(r, apart_max));
	if (we_first)
		put_its_own(r, self);
	else
		put_ours(r, self);
}

static void flap(struct round *r, unsigned host)
{
	sim_set_link(&r->sim, host, 1, false);
	sim_run(&r->sim, r->sim.now + random_time(r, 3 * NS_PER_S));
	sim_set_link(&r->sim, host, 1, true);
}

/* Both use the same link. */
static void flap_ours(struct round *r)
{
	const struct self *beside = &r->selves[1];
	sim_set_link(&r->sim, beside->host, 1, false);
	flap(r, r->us);
	sim_set_link(&r->sim, beside->host, 1, true);
}

/* Removes what we say of the workload and puts it again: it was replaced, or the link was gone. */
static void replace(struct round *r, const struct self *self)
{
	sim_put(&r->sim, r->us, 1, self->name, NULL);
	sim_put(&r->sim, r->us, 1, self->reverse, NULL);
	sim_run(&r->sim, r->sim.now + random_time(r, 3 * NS_PER_S));
	put_ours(r, self);
}

static void restart(struct round *r, struct self *self)
{
	bool was_speaking = self->is_speaking;
	self->is_speaking = false;
	put_its_own(r, self);
	sim_run(&r->sim, r->sim.now + random_time(r, NS_PER_S));
	self->is_speaking = was_speaking;
	put_its_own(r, self);
}

/* Without a goodbye. Somebody asks for it, and for a moment nobody answers. */
static void kill_workload(struct round *r, struct self *self)
{
	char question[TEXT_CAP];
	snprintf(question, sizeof(question), "q %s A; q %s PTR", self->name, self->reverse);
	sim_set_link(&r->sim, self->host, 1, false);
	self->is_speaking = false;
	put_its_own(r, self);
	sim_set_link(&r->sim, self->host, 1, true);
	sim_run(&r->sim, r->sim.now + 10 * NS_PER_S + random_time(r, NS_PER_S));
	sim_say(&r->sim, 0, "10.200.0.9", MDNS_PORT, question);
}

static void change(struct round *r)
{
	struct self *self = &r->selves[sim_random(&r->sim, SELVES)];
	bool *which = sim_random(&r->sim, 2) ? &self->has_global : &self->has_second;
	switch (sim_random(&r->sim, 8)) {
	case 0:
		self->is_speaking = !self->is_speaking;
		put_its_own(r, self);
		break;
	case 1: restart(r, self); break;
	case 2: flap_ours(r); break;
	case 3: flap(r, r->selves[0].host); break;
	case 4: replace(r, self); break;
	case 5: kill_workload(r, &r->selves[0]); break;
	default:
		*which = !*which;
		put_both(r, self, 60 * NS_PER_MS);
		break;
	}
}

/* Checks */

static void check_state(void *arg, const struct mdns_status *status)
{
	struct round *r = arg;
	if (status->state == MDNS_CONFLICT && !r->is_first_contact)
		sim_fail(&r->sim, "who speaks for itself has lost a tie");
	if (!name_equal(status->name.wire, status->current.wire))
		sim_fail(&r->sim, "who speaks for itself has another name");
}

static void check_undisturbed(struct round *r)
{
	for (unsigned i = 0; i < SELVES; i++) {
		struct mdns *m = r->sim.hosts[r->selves[i].host].m;
		if (mdns_stats(m).conflicts > 0)
			sim_fail(&r->sim, "%s has a conflict", r->selves[i].who);
		mdns_each_status(m, check_state, r);
	}
}

static void settle(struct round *r)
{
	ns_t end = r->sim.now + settle_time;
	while (r->sim.now < end && !r->sim.failure[0]) {
		sim_run(&r->sim, r->sim.now + look_interval);
		check_undisturbed(r);
	}
}

static void on_sent(void *arg, unsigned host, const struct mdns_path *to,
	const uint8_t *packet UNUSED, size_t len UNUSED)
{
	struct round *r = arg;
	r->answers[host] += !to->is_multicast;
}

/* A stranger asks once: one host answers. */
static void ask(struct round *r, const struct self *self, const char *name, const char *type,
	bool is_its_own)
{
	char question[TEXT_CAP];
	memset(r->answers, 0, sizeof(r->answers));
	snprintf(question, sizeof(question), "id=5; q %s %s", name, type);
	sim_say(&r->sim, 0, "10.200.0.9", 40000, question);
	sim_run(&r->sim, r->sim.now + NS_PER_S);
	if (r->answers[r->us] != !is_its_own || r->answers[self->host] != is_its_own)
		sim_fail(&r->sim, "%s: %u answers from us and %u from %s, which %s", name,
			r->answers[r->us], r->answers[self->host], self->who,
			self->is_speaking ? "speaks" : "is silent");
}

static void check_answers(struct round *r)
{
	for (unsigned i = 0; i < SELVES; i++) {
		const struct self *self = &r->selves[i];
		bool has_same_name = strcmp(self->own_name, self->name) == 0;
		/* Under another name the host is its neighbour's alone, on all of its links. */
		if (has_same_name || !*self->kind || !self->is_speaking)
			ask(r, self, self->name, "A", self->is_speaking && has_same_name);
		ask(r, self, self->reverse, "PTR", self->is_speaking);
		if (self->is_speaking)
			ask(r, self, self->own_name, "A", true);
	}
}

/* Rounds */

static void describe(struct round *r, struct self *self)
{
	self->style = (enum style)sim_random(&r->sim, STYLE_COUNT);
	self->is_speaking = sim_random(&r->sim, 2);
	self->has_global = sim_random(&r->sim, 2);
}

static void build(struct round *r)
{
	static const struct sim_faults faults = {
		.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS};
	sim_add_wire(&r->sim, faults);
	r->us = sim_add_host(&r->sim, "us");
	r->selves[0] = (struct self){.who = "the workload",
		.host = sim_add_host(&r->sim, "workload"),
		.name = "web.local",
		.own_name = sim_random(&r->sim, 3) ? "web.local" : "own.local",
		.reverse = "50.0.0.10.in-addr.arpa",
		.kind = "",
		.v4 = "50",
		.v6 = "50"};
	r->selves[1] = (struct self){.who = "the other responder",
		.host = sim_add_host(&r->sim, "beside"),
		.name = "box.local",
		.own_name = sim_random(&r->sim, 3) ? "box.local" : "desktop.local",
		.reverse = "1.0.0.10.in-addr.arpa",
		.kind = "host ",
		.v4 = "1",
		.v6 = "1"};
	sim_add_port(&r->sim, r->us, 0, "10.0.0.1", "fe80::1");
	sim_add_port(&r->sim, r->selves[0].host, 0, "10.0.0.50", "fe80::50");
	sim_add_port(&r->sim, r->selves[1].host, 0, "10.0.0.1", "fe80::1");
	for (unsigned i = 0; i < SELVES; i++)
		describe(r, &r->selves[i]);
	r->sim.on_sent = on_sent;
	r->sim.arg = r;
}

static bool run(uint64_t seed, FILE *trace)
{
	static struct round r;
	memset(&r, 0, sizeof(r));
	sim_init(&r.sim, seed);
	r.sim.trace = trace;
	build(&r);
	for (unsigned i = 0; i < SELVES; i++)
		put_both(&r, &r.selves[i], 3 * NS_PER_S);
	for (int step = 0; step < STEPS && !r.sim.failure[0]; step++) {
		r.is_first_contact = step == 0;
		settle(&r);
		check_answers(&r);
		change(&r);
	}
	bool is_good = !r.sim.failure[0];
	if (!is_good)
		printf("FAIL seed %llu: %s\n", (unsigned long long)seed, r.sim.failure);
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
