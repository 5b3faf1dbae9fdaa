/* SPDX-License-Identifier: ISC */
/*
 * Owns random networks in which hosts say names and others ask for them: names come and go, links go down and come back,
 * machines sleep, wires part and lose packets. At rest the cache of each querier has what the responders on its wire say,
 * and nothing else.
 * Never uses the real network or clock. Run by `make check`; a failing seed is printed and can be run alone, with each
 * packet, by `sim_querier --seed=N --trace`.
 */
#include <stdlib.h>
#include <string.h>

#include "msgtext.h"
#include "simnet.h"

enum { DEFAULT_SEEDS = 1000, PORTS = SIM_HOSTS * SIM_PORTS };

/* The last ones exist only when two hosts want the same name. */
static const char *const names[] = {"web.local", "db.local", "cache.local", "web-2.local",
	"web-3.local", "web-4.local", "db-2.local", "db-3.local", "db-4.local", "cache-2.local",
	"cache-3.local", "cache-4.local"};
enum { NAMES = ARRAY_LEN(names), PUT_NAMES = 3 };

static const char *const services[] = {"_x._tcp.local", "_y._tcp.local"};

/* What is asked for. */
static const uint16_t types[] = {RR_A, RR_AAAA};

/* For each host and link: what it asks for, a bit for each question. */
struct interest {
	bool is_asked[NAMES + ARRAY_LEN(services)][2];
};

struct run {
	struct sim sim;
	struct interest interests[SIM_HOSTS][SIM_PORTS];
};

static ns_t random_time(struct sim *sim, ns_t max)
{
	return (ns_t)sim_random(sim, (uint64_t)max);
}

/* Building */

static struct sim_faults random_faults(struct sim *sim)
{
	struct sim_faults faults = {.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS};
	if (sim_random(sim, 2))
		faults.loss_percent = (unsigned)sim_random(sim, 30);
	if (sim_random(sim, 3) == 0)
		faults.duplicate_percent = (unsigned)sim_random(sim, 30);
	if (sim_random(sim, 3) == 0)
		faults.delay_max = random_time(sim, 60 * NS_PER_MS) + NS_PER_MS;
	return faults;
}

static void build(struct sim *sim)
{
	unsigned wires = 1 + (unsigned)sim_random(sim, 2), hosts = 2 + (unsigned)sim_random(sim, 4);
	for (unsigned i = 0; i < wires; i++)
		sim->wires[sim_add_wire(sim, random_faults(sim))].has_reflector =
			sim_random(sim, 8) == 0;
	for (unsigned i = 0; i < hosts; i++) {
		char name[] = "a", v4[32], v6[32];
		name[0] = (char)('a' + i);
		unsigned host = sim_add_host(sim, name);
		if (i == 0 || sim_random(sim, 2))
			sim_add_querier(sim, host, sim_random(sim, 2));
		unsigned ports = 1 + (sim_random(sim, 3) == 0);
		for (unsigned p = 0; p < ports; p++) {
			snprintf(v4, sizeof(v4), "10.9.%u.%u", i + 1, p + 1);
			snprintf(v6, sizeof(v6), "fe80::%x:%x", i + 1, p + 1);
			/* Some have one family only. */
			const uint64_t families = sim_random(sim, 6);
			sim_add_port(sim, host, (unsigned)sim_random(sim, wires),
				families == 0 ? NULL : v4, families == 1 ? NULL : v6);
		}
	}
}

/* Events */

/* A name has the same records on all links of its host, as on those that are on one wire. Two hosts of one family each
 * would not hear of each other that they have the same name: so both have both. */
static void put_random(struct sim *sim, unsigned host)
{
	const struct sim_host *h = &sim->hosts[host];
	const char *name = names[sim_random(sim, PUT_NAMES)];
	char records[256];
	unsigned variant = 1 + (unsigned)sim_random(sim, 3);
	int len = snprintf(records, sizeof(records), "A 10.%u.0.%u", host + 1, variant);
	if (sim_random(sim, 2))
		len += snprintf(records + len, sizeof(records) - (size_t)len,
			", AAAA 2001:db8:%u::%u", host + 1, variant);
	if (sim_random(sim, 3) == 0)
		snprintf(records + len, sizeof(records) - (size_t)len, ", A 10.%u.0.77", host + 1);
	const bool is_put = sim_random(sim, 4);
	for (unsigned p = 0; p < h->port_count; p++)
		if (h->ports[p].v4.family && h->ports[p].v6.family)
			sim_put(sim, host, p + 1, name, is_put ? records : NULL);
}

static void put_service(struct sim *sim, unsigned host, unsigned link)
{
	char records[256];
	const char *service = services[sim_random(sim, ARRAY_LEN(services))];
	snprintf(records, sizeof(records), "shared PTR i%u-%u.%s", host,
		(unsigned)sim_random(sim, 3), service);
	if (sim_random(sim, 2))
		snprintf(records + strlen(records), sizeof(records) - strlen(records),
			", shared PTR more-%u.%s", host, service);
	sim_put(sim, host, link, service, sim_random(sim, 4) ? records : NULL);
}

static struct name question_of(unsigned number, unsigned family, uint16_t *ret_type)
{
	*ret_type = number < NAMES ? types[family] : RR_PTR;
	return msgtext_name(number < NAMES ? names[number] : services[number - NAMES]);
}

static void ask(struct run *run, unsigned host, unsigned link, unsigned number, unsigned family)
{
	bool *is_asked = &run->interests[host][link - 1].is_asked[number][family];
	uint16_t type;
	const struct name name = question_of(number, family, &type);
	if (*is_asked)
		sim_stop(&run->sim, host, link, name.wire, type);
	else
		sim_ask(&run->sim, host, link, name.wire, type);
	*is_asked = !*is_asked;
}

static void ask_random(struct run *run, unsigned host, unsigned link)
{
	ask(run, host, link, (unsigned)sim_random(&run->sim, NAMES + ARRAY_LEN(services)),
		(unsigned)sim_random(&run->sim, 2));
}

/* A stranger asks, like others or with what it knows. */
static void speak_random(struct sim *sim)
{
	char message[256];
	const char *name = names[sim_random(sim, PUT_NAMES)];
	unsigned wire = (unsigned)sim_random(sim, sim->wire_count);
	switch (sim_random(sim, 4)) {
	case 0: snprintf(message, sizeof(message), "q %s A qu; q %s AAAA", name, name); break;
	case 1: snprintf(message, sizeof(message), "tc; q %s A", name); break;
	case 2:
		snprintf(message, sizeof(message), "q %s A; an %s 120 A 10.1.1.1", name, name);
		break;
	default: snprintf(message, sizeof(message), "q %s A", name); break;
	}
	sim_say(sim, wire, "10.200.0.1", MDNS_PORT, message);
}

static void happen(struct run *run)
{
	struct sim *sim = &run->sim;
	unsigned host = (unsigned)sim_random(sim, sim->host_count);
	unsigned link = 1 + (unsigned)sim_random(sim, sim->hosts[host].port_count);
	switch (sim_random(sim, 14)) {
	case 0: sim_set_link(sim, host, link, !sim->hosts[host].ports[link - 1].is_up); break;
	case 1: sim_restart(sim, host); break;
	case 2: sim_part(sim, (unsigned)sim_random(sim, sim->wire_count)); break;
	case 3: sim_join(sim, 0, (unsigned)sim_random(sim, sim->wire_count)); break;
	case 4:
	case 5: speak_random(sim); break;
	case 6:
	case 7:
	case 8: put_service(sim, host, link); break;
	case 9:
	case 10:
		if (sim->hosts[host].q)
			ask_random(run, host, link);
		break;
	default: put_random(sim, host); break;
	}
}

/* At rest */

/* A question of a port, and what is said and kept of it. */
struct look {
	struct run *run;
	unsigned host, port;
	uint16_t type;
	struct rdata said[PORTS * 4];
	unsigned said_count, kept_count;
	unsigned segment;
	unsigned from_port; /* whose records are said now */
};

static void note_said(void *arg, const struct mdns_held *held)
{
	struct look *look = arg;
	if (held->type != look->type || held->link != look->from_port + 1)
		return;
	for (unsigned i = 0; i < look->said_count; i++)
		if (rdata_cmp(look->said[i].bytes, look->said[i].len, held->rdata.bytes,
			    held->rdata.len) == 0)
			return;
	look->said[look->said_count++] = held->rdata;
}

/* Collects what the ports of the wire say. One that has not the families of this one says nothing to it. */
static void collect_said(struct look *look, const uint8_t *name)
{
	struct sim *sim = &look->run->sim;
	const struct sim_port *here = &sim->hosts[look->host].ports[look->port];
	look->said_count = 0;
	for (unsigned h = 0; h < sim->host_count; h++)
		for (look->from_port = 0; look->from_port < sim->hosts[h].port_count;
			look->from_port++) {
			const struct sim_port *port = &sim->hosts[h].ports[look->from_port];
			const bool is_heard = (here->v4.family && port->v4.family) ||
					      (here->v6.family && port->v6.family);
			if (port->is_up && is_heard &&
				sim->wires[port->wire].segment == sim->wires[here->wire].segment)
				mdns_each_held(sim->hosts[h].m, name, note_said, look);
		}
}

static void check_kept(void *arg, const struct querier_record *record)
{
	struct look *look = arg;
	look->kept_count++;
	for (unsigned i = 0; i < look->said_count; i++)
		if (rdata_cmp(look->said[i].bytes, look->said[i].len, record->rdata.bytes,
			    record->rdata.len) == 0)
			return;
	char name[NAME_TEXT_CAP];
	sim_fail(&look->run->sim, "%s keeps a record of %s type %u that nobody says",
		look->run->sim.hosts[look->host].name, name_to_text(record->owner, name),
		record->type);
}

static void check_question(struct look *look, unsigned number, unsigned family)
{
	struct sim *sim = &look->run->sim;
	char text[NAME_TEXT_CAP];
	const struct name name = question_of(number, family, &look->type);
	collect_said(look, name.wire);
	look->kept_count = 0;
	querier_each_of(
		sim->hosts[look->host].q, look->port + 1, name.wire, look->type, check_kept, look);
	if (look->kept_count != look->said_count)
		sim_fail(sim, "%s keeps %u records of %s type %u, and %u are said",
			sim->hosts[look->host].name, look->kept_count,
			name_to_text(name.wire, text), look->type, look->said_count);
}

static void check_port(struct run *run, unsigned host, unsigned port)
{
	struct look look = {.run = run, .host = host, .port = port};
	if (!run->sim.hosts[host].ports[port].is_up)
		return;
	for (unsigned i = 0; i < NAMES + ARRAY_LEN(services); i++)
		for (unsigned family = 0; family < 2; family++)
			if (run->interests[host][port].is_asked[i][family])
				check_question(&look, i, family);
}

/* Each querier with interest in all that there is. */
static void ask_all(struct run *run)
{
	struct sim *sim = &run->sim;
	for (unsigned h = 0; h < sim->host_count; h++)
		for (unsigned p = 0; sim->hosts[h].q && p < sim->hosts[h].port_count; p++)
			for (unsigned i = 0; i < NAMES + ARRAY_LEN(services); i++)
				for (unsigned family = 0; family < 2; family++)
					if (!run->interests[h][p].is_asked[i][family])
						ask(run, h, p + 1, i, family);
}

/* No packet is lost any more. Hosts with the same name learn of it, because it is asked for. */
static void calm_down(struct run *run)
{
	struct sim *sim = &run->sim;
	for (unsigned i = 0; i < sim->wire_count; i++) {
		sim->wires[i].faults =
			(struct sim_faults){.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS};
		if (sim_random(sim, 2))
			sim_join(sim, 0, i);
	}
	ask_all(run);
	for (int round = 0; round < 4; round++) {
		for (unsigned i = 0; i < NAMES; i++) {
			char message[NAME_TEXT_CAP];
			snprintf(message, sizeof(message), "q %s ANY", names[i]);
			for (unsigned wire = 0; wire < sim->wire_count; wire++)
				sim_say(sim, wire, "10.200.0.9", MDNS_PORT, message);
		}
		sim_run(sim, sim->now + 20 * NS_PER_S);
	}
}

static void check_all(struct run *run)
{
	for (unsigned h = 0; h < run->sim.host_count; h++)
		for (unsigned p = 0; run->sim.hosts[h].q && p < run->sim.hosts[h].port_count; p++)
			check_port(run, h, p);
}

static void run_random(struct run *run)
{
	struct sim *sim = &run->sim;
	build(sim);
	unsigned events = 10 + (unsigned)sim_random(sim, 60);
	for (unsigned i = 0; i < events && !sim->failure[0]; i++) {
		happen(run);
		sim_run(sim, sim->now + random_time(sim, sim_random(sim, 10) ? 1500 * NS_PER_MS
									     : 60 * NS_PER_S));
	}
	calm_down(run);
	/* A goodbye that was lost is not missed for longer than a TTL, 120 s; an answer not for longer than an interval. */
	sim_run(sim, sim->now + 300 * NS_PER_S);
	check_all(run);
}

static bool run_seed(uint64_t seed, FILE *trace)
{
	static struct run run;
	memset(run.interests, 0, sizeof(run.interests));
	sim_init(&run.sim, seed);
	run.sim.trace = trace;
	run_random(&run);
	bool is_good = !run.sim.failure[0];
	if (!is_good)
		printf("FAIL seed %llu: %s\n", (unsigned long long)seed, run.sim.failure);
	sim_fini(&run.sim);
	return is_good;
}

int main(int argc, char **argv)
{
	unsigned long long seeds = DEFAULT_SEEDS, first = 1, failed = 0;
	FILE *trace = NULL;
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--seeds=%llu", &seeds) == 1 ||
			sscanf(argv[i], "--first=%llu", &first) == 1)
			continue;
		if (sscanf(argv[i], "--seed=%llu", &first) == 1) {
			seeds = 1;
		} else if (strcmp(argv[i], "--trace") == 0) {
			trace = stdout;
		} else {
			printf("usage: %s [--seeds=N] [--first=N] [--seed=N] [--trace]\n", argv[0]);
			return 100;
		}
	}
	for (unsigned long long seed = first; seed < first + seeds; seed++)
		failed += !run_seed(seed, trace);
	printf("%llu random networks, %llu failures\n", seeds, failed);
	return failed > 0;
}
