/* SPDX-License-Identifier: ISC */
/*
 * Owns the program of the simulator: runs the scenarios, then random networks, one per seed.
 * Never uses the real network or clock. Run by `make check`; a failing seed is printed and can be
 * run alone, with each packet, by `sim_mdns --seed=N --trace`.
 */
#include <stdlib.h>
#include <string.h>

#include <dirent.h>

#include "msgtext.h"
#include "scenario.h"

enum { DEFAULT_SEEDS = 10000, SCENARIOS_MAX = 100 };

static const char *const names[] = {"web.local", "db.local", "web-2.local", "cache.local"};
enum {
	PUBLIC = 1,
	SIGNATURE = 150
}; /* whose names begin with "db", whatever they are renamed to */

/* Events in a random network */

static ns_t random_time(struct sim *sim, ns_t max)
{
	return (ns_t)sim_random(sim, (uint64_t)max);
}

static struct sim_faults random_faults(struct sim *sim)
{
	struct sim_faults faults = {.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS};
	if (sim_random(sim, 2))
		faults.loss_percent = (unsigned)sim_random(sim, 20);
	if (sim_random(sim, 3) == 0)
		faults.duplicate_percent = (unsigned)sim_random(sim, 30);
	if (sim_random(sim, 3) == 0)
		faults.delay_max = random_time(sim, 60 * NS_PER_MS) + NS_PER_MS;
	return faults;
}

static void build(struct sim *sim)
{
	unsigned wires = 1 + (unsigned)sim_random(sim, 2), hosts = 2 + (unsigned)sim_random(sim, 3);
	for (unsigned i = 0; i < wires; i++)
		sim->wires[sim_add_wire(sim, random_faults(sim))].has_reflector =
			sim_random(sim, 5) == 0;
	for (unsigned i = 0; i < hosts; i++) {
		char name[] = "a", v4[32], v6[32];
		name[0] = (char)('a' + i);
		unsigned host = sim_add_host(sim, name);
		unsigned ports = 1 + (sim_random(sim, 3) == 0);
		for (unsigned p = 0; p < ports; p++) {
			snprintf(v4, sizeof(v4), "10.9.%u.%u", i + 1, p + 1);
			snprintf(v6, sizeof(v6), "fe80::%x:%x", i + 1, p + 1);
			sim_add_port(sim, host, (unsigned)sim_random(sim, wires), v4,
				sim_random(sim, 4) ? v6 : NULL);
		}
	}
}

static void put_random(struct sim *sim, unsigned host, unsigned link)
{
	char records[256];
	const size_t which = sim_random(sim, ARRAY_LEN(names));
	const char *owner = names[which];
	unsigned variant = (unsigned)sim_random(sim, 3);
	const char *kind = which % 3 == 0 ? "host " : which == PUBLIC ? "public " : "";
	int len = snprintf(
		records, sizeof(records), "%sA 10.%u.%u.%u", kind, host + 1, link, variant + 1);
	if (sim_random(sim, 2))
		snprintf(records + len, sizeof(records) - (size_t)len,
			", %sAAAA 2001:db8:%u:%u::%u", which == PUBLIC ? kind : "", host + 1, link,
			variant + 1);
	sim_put(sim, host, link, owner, sim_random(sim, 4) ? records : NULL);
}

/* A stranger asks, or claims a name. */
static void speak_random(struct sim *sim)
{
	char message[256], peer[32];
	const char *name = names[sim_random(sim, ARRAY_LEN(names))];
	unsigned wire = (unsigned)sim_random(sim, sim->wire_count);
	const char *subnet =
		sim_random(sim, 3) ? "10.200.0" : "192.0.2"; /* the link's, or another */
	snprintf(peer, sizeof(peer), "%s.%u", subnet, 1 + (unsigned)sim_random(sim, 3));
	switch (sim_random(sim, 6)) {
	case 0:
		snprintf(message, sizeof(message), "id=5; q %s A", name);
		sim_say(sim, wire, peer, 40000, message);
		return;
	case 1:
		snprintf(message, sizeof(message), "q %s A qu; q %s AAAA qu%s", name, name,
			sim_random(sim, 2) ? "; ar . 32768 OPT" : "");
		break;
	case 2: snprintf(message, sizeof(message), "tc; q %s ANY", name); break;
	case 3: snprintf(message, sizeof(message), "qr; an %s 120 A flush %s", name, peer); break;
	case 4: snprintf(message, sizeof(message), "qr; an %s 0 A flush 10.1.1.1", name); break;
	default:
		snprintf(message, sizeof(message), "q %s ANY qu; ns %s 120 A %s", name, name, peer);
		break;
	}
	sim_say(sim, wire, peer, MDNS_PORT, message);
}

static void happen(struct sim *sim)
{
	unsigned host = (unsigned)sim_random(sim, sim->host_count);
	unsigned link = 1 + (unsigned)sim_random(sim, sim->hosts[host].port_count);
	switch (sim_random(sim, 12)) {
	case 0: sim_set_link(sim, host, link, !sim->hosts[host].ports[link - 1].is_up); break;
	case 1: sim_restart(sim, host); break;
	case 2: sim_part(sim, (unsigned)sim_random(sim, sim->wire_count)); break;
	case 3: sim_join(sim, 0, (unsigned)sim_random(sim, sim->wire_count)); break;
	case 4:
	case 5: speak_random(sim); break;
	default: put_random(sim, host, link); break;
	}
}

/* All hosts receive everything, and a stranger asks for each name, so that hosts with the
 * same name notice. */
static void calm_down(struct sim *sim)
{
	for (unsigned i = 0; i < sim->wire_count; i++) {
		sim->wires[i].faults =
			(struct sim_faults){.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS};
		sim_join(sim, 0, i);
	}
	for (int round = 0; round < 4; round++) {
		for (unsigned h = 0; h < sim->host_count; h++)
			for (unsigned p = 0; p < sim->hosts[h].port_count; p++)
				for (unsigned i = 0; i < sim->hosts[h].ports[p].name_count; i++) {
					char message[NAME_TEXT_CAP + 16] = "q ";
					name_to_text(sim->hosts[h].ports[p].names[i].current.wire,
						message + 2);
					strcat(message, " ANY");
					sim_say(sim, 0, "10.200.0.9", MDNS_PORT, message);
				}
		sim_run(sim, sim->now + 20 * NS_PER_S);
	}
	/* Leases of workloads do not matter here; a name that stays in conflict waits an hour. */
	sim_run(sim, sim->now + 20 * NS_PER_S);
	sim_check_settled(sim);
}

/* A packet wants a signature if it says something of a public name, has room for it then, and is no probe. */
static void check_signature(void *arg, unsigned host UNUSED, const struct mdns_path *to,
	const uint8_t *packet, size_t len)
{
	struct sim *sim = arg;
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	unsigned records = 0, is_public = 0;
	rd_header(&r, &h);
	rd_skip_questions(&r, h.qdcount);
	for (int s = 0; s < SECTION_COUNT; s++)
		for (unsigned i = 0; i < h.count[s] && !r.err; i++, records++) {
			struct rr rr;
			rd_rr(&r, &rr);
			is_public |= !r.err && memcmp(rr.owner.wire + 1, "db", 2) == 0;
		}
	const bool may_be = (h.flags & MSG_QR) && to->peer_port == MDNS_PORT;
	if (to->wants_signature && (!may_be || !is_public))
		sim_fail(sim, "a packet wants a signature for nothing");
	if (!to->wants_signature && may_be && to->is_multicast && is_public)
		sim_fail(sim, "a packet with a public name wants no signature");
	if (to->wants_signature && records > 1 &&
		len + SIGNATURE > multicast_payload(1500, LANES_ALL))
		sim_fail(sim, "there is no room for the signature");
}

static void run_random(struct sim *sim)
{
	sim->on_sent = check_signature;
	sim->arg = sim;
	sim->signature_room = SIGNATURE;
	build(sim);
	unsigned events = 5 + (unsigned)sim_random(sim, 25);
	for (unsigned i = 0; i < events && !sim->failure[0]; i++) {
		happen(sim);
		sim_run(sim, sim->now + random_time(sim, 1500 * NS_PER_MS));
	}
	calm_down(sim);
}

/* Runs */

static bool run_seed(uint64_t seed, FILE *trace)
{
	static struct sim sim;
	sim_init(&sim, seed);
	sim.trace = trace;
	run_random(&sim);
	bool is_good = !sim.failure[0];
	if (!is_good)
		printf("FAIL seed %llu: %s\n", (unsigned long long)seed, sim.failure);
	sim_fini(&sim);
	return is_good;
}

static bool run_scenario(const char *path, uint64_t seed, FILE *trace)
{
	static struct sim sim;
	sim_init(&sim, seed);
	sim.trace = trace;
	bool is_good = scenario_run(&sim, path);
	if (!is_good)
		printf("FAIL %s, seed %llu: %s\n", path, (unsigned long long)seed, sim.failure);
	sim_fini(&sim);
	return is_good;
}

static int is_scenario(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');
	return dot && strcmp(dot, ".sim") == 0;
}

static unsigned run_scenarios(const char *directory)
{
	struct dirent **entries;
	unsigned failed = 0;
	int count = scandir(directory, &entries, is_scenario, alphasort);
	if (count <= 0) {
		printf("FAIL no scenarios in %s\n", directory);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		char path[1400];
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		for (uint64_t seed = 1; seed <= 20; seed++)
			if (!run_scenario(path, seed, NULL)) {
				failed++;
				break;
			}
		free(entries[i]);
	}
	free(entries);
	printf("%d scenarios, 20 seeds each, %u failed\n", count, failed);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned long long seeds = DEFAULT_SEEDS, first = 1, failed = 0;
	const char *scenario = NULL, *source = getenv("top_srcdir");
	FILE *trace = NULL;
	bool is_one = false;
	char directory[1024];
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--seeds=%llu", &seeds) == 1 ||
			sscanf(argv[i], "--first=%llu", &first) == 1)
			continue;
		if (sscanf(argv[i], "--seed=%llu", &first) == 1) {
			is_one = true;
		} else if (strcmp(argv[i], "--trace") == 0) {
			trace = stdout;
		} else if (argv[i][0] != '-') {
			scenario = argv[i];
		} else {
			printf("usage: %s [--seeds=N] [--first=N] [--seed=N] [--trace] "
			       "[SCENARIO]\n",
				argv[0]);
			return 100;
		}
	}
	if (scenario)
		return !run_scenario(scenario, first, trace);
	if (is_one)
		return !run_seed(first, trace);
	snprintf(directory, sizeof(directory), "%s/tests/sim/scenarios", source ? source : ".");
	failed += run_scenarios(directory);
	for (unsigned long long seed = first; seed < first + seeds; seed++)
		failed += !run_seed(seed, NULL);
	printf("%llu random networks, %llu failures in all\n", seeds, failed);
	return failed > 0;
}
